/** Measures that moved with a group. */
import { z } from "zod";
import { figure, instant } from "./common.ts";
import { segmentShape } from "./contribution.ts";

export const relatedMeasureShape = z.object({
  detector: z.string(),
  measure: z.string(),
  series: z.number().describe("number of the measure's total, for getSeriesPoints"),
  relation: z.enum(["cause", "effect", "together", "earlier"]).describe("cause, effect: a chain of links with a lag, found in the history; together: linked without a lag, so that no direction is claimed; earlier: too little history, it only began earlier"),
  declared: z
    .object({
      relation: z.string().describe("e.g. revenue = orders × order_value"),
      expected: figure,
      actual: figure,
      amount: z.number().describe("what the part contributed to the whole's change, in the whole's unit; the amounts of all parts add up to it"),
      share: z.number().describe("the same in percent: below 0 or above 100 where parts offset each other"),
    })
    .nullable()
    .describe("a cause or effect by definition, at the group's peak: one measure is a part of the other by a declared relation or as a ratio; exact"),
  onset: instant.describe("first interval in which it was anomalous; the group's peak for what is declared"),
  lagIntervals: z.number().describe("from cause to effect"),
  strength: z.number().nullable().describe("spreads of the effect per spread of the cause; null where there is no link of their own"),
  percentage: z.number().nullable().describe("causes: of the group's deviation that the link accounts for, 0 to 100; of a declared part its exact share"),
  timesBefore: z.number().describe("times in the history that both were anomalous with this lag"),
  group: z.string().nullable().describe("the group in which it was anomalous then; null = below what is reported"),
});

export const relatedOutput = z.object({
  group: z.string(),
  detector: z.string(),
  measure: z.string(),
  related: z.array(relatedMeasureShape),
  unknownPercentage: z.number().describe("100 minus the causes' percentages"),
  historyCount: z.number().describe("judged intervals before the group that were looked at"),
  hasHistory: z.boolean().describe("false: too few of them for links; only the order of onsets is told"),
  segment: segmentShape.describe("where declared relations were split: the group's head, or the total where a part does not have it"),
  notes: z.array(z.string()).describe("declared relations and links that could not be used, and why"),
  notCompared: z.array(z.string()).describe("measures without a total of their own, or beyond the limit"),
});
