/** Which segments did it: beside a group, and as the answer to "explain this range". */
import { VERDICTS } from "@foretop/engine";
import { z } from "zod";
import { CAUSE_METHODS } from "../../store/cause-methods.ts";
import { figure, instant, intervalShape } from "./common.ts";
import { contributionShape, segmentShape } from "./contribution.ts";

export const siblingShape = z.object({
  dimension: z.string(),
  fixed: z.boolean().describe("true: other values of what the cause fixes; false: values inside the cause"),
  alike: z.array(z.string().nullable()).describe("moved like the cause"),
  otherwise: z.array(z.string().nullable()).describe("did not"),
  alikeCount: z.number().describe("of all, where the list was cut"),
  otherwiseCount: z.number(),
  unclearCount: z.number().describe("too little volume to tell"),
});

export const causeShape = z.object({
  segment: segmentShape,
  name: z.string(),
  expected: figure,
  actual: figure,
  change: figure.describe("actual / expected − 1; null when nothing was expected"),
  direction: z.enum(["up", "down"]),
  share: z.number().describe("of the gross deviation, 0 to 1"),
  gain: z.number().describe("nats of evidence above the price of naming it"),
  strength: z.enum(["weak", "clear", "strong"]),
  together: z.number().describe("causes with the same number were found as one"),
  inGroup: z.boolean().describe("false: it moved at the same time, outside of the group's own segments"),
  siblings: z.array(siblingShape),
  sql: z.string().nullable().describe("gives `actual` in the source"),
});

export const outOfBandShape = z.object({
  segment: segmentShape,
  name: z.string(),
  actual: z.number(),
  lower: z.number(),
  upper: z.number(),
  direction: z.enum(["up", "down"]),
});

export const causesShape = z.object({
  interval: intervalShape.describe("what was looked at"),
  measure: z.string(),
  method: z.enum(CAUSE_METHODS).describe("how the measure's segments make up the whole; rates: a ratio, given its traffic; distinct counts: proposed as if they added up, then counted in the source"),
  verdict: z.enum(VERDICTS),
  sentence: z.string(),
  expected: figure,
  actual: figure,
  causes: z.array(causeShape),
  explained: z.object({ net: z.number(), gross: z.number() }).describe("deviation inside the causes over all of it"),
  sharedChange: z.number().describe("by how much all forecasts are off together, as far as that is usual; causes are told apart from it"),
  smallestSeen: z.object({ total: z.number(), tenth: z.number() }).nullable().describe("smallest relative change of everything, and of a segment with a tenth of the volume, that would have been named"),
  outOfBand: z.array(outOfBandShape).describe("minima and maxima only"),
  check: z
    .object({ done: z.boolean(), text: z.string(), sql: z.string().nullable().describe("one column for each proposal, the total last"), comparedWith: intervalShape.nullable(), comparedSql: z.string().nullable() })
    .nullable()
    .describe("distinct counts only: whether the causes were counted by a query of their own"),
  missingCount: z.number().describe("combinations without a usable value"),
  notes: z.array(z.string()).describe("what was not looked at, or not one by one, and why"),
});

export const dataVerdictShape = z.object({
  verdict: z.enum(["probably the pipeline", "possibly the pipeline", "probably the business"]),
  reasons: z.array(z.string()),
});

export const explanationOutput = causesShape.extend({
  detector: z.string(),
  group: z.string().nullable(),
  intervalCount: z.number(),
  contributions: z.array(contributionShape),
  data: dataVerdictShape.nullable().describe("of a group; null for a range"),
  known: instant.describe("what was known then"),
});
