/** Measures that moved with a group. */
import { z } from "zod";
import { instant } from "./common.ts";

export const relatedMeasureShape = z.object({
  detector: z.string(),
  measure: z.string(),
  series: z.number().describe("number of the measure's total, for getSeriesPoints"),
  relation: z.enum(["cause", "effect", "together", "earlier"]).describe("cause, effect: a chain of links with a lag, found in the history; together: linked without a lag, so that no direction is claimed; earlier: too little history, it only began earlier"),
  declared: z.boolean().describe("true: a part of the declared ratio, a cause by definition; its percentage is exact, and may be below 0 or above 100 where the parts offset"),
  onset: instant.describe("first interval in which it was anomalous"),
  lagIntervals: z.number().describe("from cause to effect"),
  strength: z.number().nullable().describe("spreads of the effect per spread of the cause; null where there is no link of their own"),
  percentage: z.number().nullable().describe("causes: 0 to 100 of the group's deviation that the link accounts for"),
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
  notCompared: z.array(z.string()).describe("measures without a total of their own, or beyond the limit"),
});
