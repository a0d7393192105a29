import { z } from "zod";
import { verifyEvidence as verify } from "../../pipeline/gather-evidence.ts";
import { asOfInput } from "../as-of.ts";
import { findGroup } from "../find-group.ts";
import { operation } from "../operation.ts";
import { seriesName } from "../series-name.ts";
import { figure, figureOf } from "../shapes/common.ts";
import { describeEvidence, evidenceShape } from "../shapes/evidence.ts";
import { groupInput } from "../shapes/group.ts";

export const verifyEvidence = operation({
  name: "verifyEvidence",
  method: "POST",
  path: "/v1/groups/:group/evidence/verify",
  doc: "Reads the group's interval again from the source, judges it with the states of then, and says whether everything is the same. The reading is in the ledger; nothing else changes.",
  input: z.strictObject({ group: groupInput, asOf: asOfInput }),
  output: z.object({
    same: z.boolean(),
    differences: z.array(z.object({ series: z.string(), what: z.enum(["actual", "expected", "severity"]), was: figure, is: figure, correctedSince: z.boolean().describe("a later reading has found the same: corrected since, by too little for a revision") })),
    evidence: evidenceShape,
  }),
  async handle(system, input) {
    const { stored, detector } = await findGroup(system, input.group, input.asOf);
    const { isSame, differences, evidence } = await verify(stored, detector, system);
    return {
      same: isSame,
      differences: differences.map(({ key, what, was, is, isCorrectedSince }) => ({ series: key === null ? "" : seriesName(key), what, was: figureOf(was), is: figureOf(is), correctedSince: isCorrectedSince })),
      evidence: describeEvidence(evidence),
    };
  },
});
