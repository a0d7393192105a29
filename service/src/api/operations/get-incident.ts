import { z } from "zod";
import { findIncidents } from "../../pipeline/find-incidents.ts";
import { describeIncident } from "../describe-incident.ts";
import { findGroup } from "../find-group.ts";
import { operation } from "../operation.ts";
import { groupInput } from "../shapes/group.ts";
import { incidentOfGroupOutput } from "../shapes/incident.ts";

/** Groups that began or ended so long before and after are looked at: an incident of weeks is told in parts. */
const AROUND_MS = 3 * 86_400_000;

export const getIncident = operation({
  name: "getIncident",
  method: "GET",
  path: "/v1/groups/:group/incident",
  doc: "The incident that a group belongs to: the groups of other measures and detectors that began with it; null when it stands alone.",
  input: z.strictObject({ group: groupInput }),
  output: incidentOfGroupOutput,
  async handle(system, input) {
    const { group } = (await findGroup(system, input.group)).stored;
    const { incidents } = await findIncidents({ fromMs: group.startMs - AROUND_MS, toMs: group.lastMs + AROUND_MS, severityMin: 0 }, system.store);
    const found = incidents.find(({ groups }) => groups.includes(group.id));
    return { incident: found === undefined ? null : describeIncident(found) };
  },
});
