import { z } from "zod";
import { findIncidents, INCIDENT_GROUPS_MAX } from "../../pipeline/find-incidents.ts";
import { UserError } from "../../telemetry/errors.ts";
import { describeIncident } from "../describe-incident.ts";
import { operation } from "../operation.ts";
import { instantInput, instantText, severityInput } from "../shapes/common.ts";
import { listIncidentsOutput } from "../shapes/incident.ts";

const DAYS_DEFAULT = 14;
const DAY_MS = 86_400_000;

export const listIncidents = operation({
  name: "listIncidents",
  method: "GET",
  path: "/v1/incidents",
  doc: `Groups of several measures and detectors that belong together, the newest first: their times meet, and one's segment is part of the other's or their history links them. The last ${DAYS_DEFAULT} days unless a range is given; at most ${INCIDENT_GROUPS_MAX} groups are put together.`,
  input: z.strictObject({ from: instantInput.optional(), to: instantInput.optional(), severityMin: severityInput.default(70) }),
  output: listIncidentsOutput,
  async handle(system, { from, to, severityMin }) {
    const heads = (await system.store.detectors.list()).map(({ headMs }) => headMs ?? 0);
    const toMs = to === undefined ? Math.max(...heads, 0) || system.clock.nowMs() : Date.parse(to);
    const fromMs = from === undefined ? toMs - DAYS_DEFAULT * DAY_MS : Date.parse(from);
    if (fromMs >= toMs) throw new UserError("the range is empty: from is not before to", { where: "from" });
    const { incidents, isCut } = await findIncidents({ fromMs, toMs, severityMin }, system.store);
    return { incidents: incidents.map(describeIncident), from: instantText(fromMs), to: instantText(toMs), cut: isCut };
  },
});
