import { z } from "zod";
import { gatherEvidence } from "../../pipeline/gather-evidence.ts";
import { asOfInput } from "../as-of.ts";
import { findGroup } from "../find-group.ts";
import { operation } from "../operation.ts";
import { describeEvidence, evidenceShape } from "../shapes/evidence.ts";
import { groupInput } from "../shapes/group.ts";

export const getEvidence = operation({
  name: "getEvidence",
  method: "GET",
  path: "/v1/groups/:group/evidence",
  doc: "What a group's figures rest on: the SQL that reproduces each of them, the reading, versions and hashes, and how expected and band came about.",
  input: z.strictObject({ group: groupInput, asOf: asOfInput }),
  output: evidenceShape,
  async handle(system, input) {
    const { stored, detector } = await findGroup(system, input.group, input.asOf);
    return describeEvidence(await gatherEvidence(stored, detector, system));
  },
});
