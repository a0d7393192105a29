/** An anomaly group: in a list, in full, and its series over time. */
import { KINDS } from "@foretop/engine";
import { z } from "zod";
import { causesShape, dataVerdictShape } from "./causes.ts";
import { figure, instant, intervalShape, nextCursor } from "./common.ts";
import { contributionShape, segmentShape } from "./contribution.ts";

export { contributionShape, segmentShape };

export const kindName = z.enum(KINDS);

export const groupInput = z.string().min(1, "empty").max(100, "longer than 100 characters").describe("A group's id, from listGroups.");

export const groupSummary = z.object({
  id: z.string(),
  detectorId: z.string(),
  detector: z.string().describe("name"),
  headline: z.string(),
  measure: z.string(),
  aggregation: z.string().describe("of the measure: SUM, AVG, COUNT, MIN, MAX, RATIO"),
  kind: kindName,
  direction: z.enum(["up", "down", "mixed"]),
  severity: z.number(),
  status: z.enum(["open", "closed", "retracted", "merged"]),
  start: instant.describe("start of the first anomalous interval"),
  last: instant.describe("start of the last anomalous interval"),
  end: instant.describe("end of the last anomalous interval"),
  actual: figure,
  expected: figure,
  lower: figure,
  upper: figure,
  deviationShare: figure.describe("(actual − expected) / |expected|; null when expected is 0 or either is missing"),
  segments: z.array(segmentShape),
  seriesCount: z.number(),
  revision: z.number(),
});

export const listGroupsOutput = z.object({
  groups: z.array(groupSummary),
  nextCursor,
  statistics: z.object({
    total: z.number().describe("all groups that match, not only this page's"),
    from: instant.nullable().describe("start of the range that was searched; null when it is not limited"),
    byMeasure: z.array(z.object({ measure: z.string(), count: z.number() })),
  }),
});

export const memberShape = z.object({
  series: z.number().describe("the series' number in its detector"),
  id: z.string().describe("SHA-512 of detector and key, as in messages"),
  name: z.string(),
  dimensions: segmentShape,
  isLeaf: z.boolean(),
  isHead: z.boolean().describe("belongs to the smallest set of series that explains the group"),
  kind: kindName,
  direction: z.enum(["up", "down"]),
  severity: z.number(),
  start: instant,
  last: instant,
  intervalCount: z.number(),
  peak: instant,
  actual: figure,
  expected: figure,
  lower: figure,
  upper: figure,
});

export const evidenceShape = z.object({
  statement: z.string().describe("as sent, with placeholders"),
  parameters: z.array(instant),
  shown: z.string().describe("the statement with its bound values in place, to run by hand"),
  queryHash: z.string(),
  configHash: z.string(),
  modelVersion: z.string(),
  interval: intervalShape,
  attempt: z
    .object({
      id: z.string(),
      outcome: z.string(),
      rows: z.number(),
      bytes: z.number(),
      started: instant,
      milliseconds: z.number().nullable(),
      statementId: z.string().nullable(),
    })
    .nullable()
    .describe("the ledger's row of the reading; null once it has been removed"),
});

export const groupDelivery = z.object({
  key: z.string(),
  alert: z.string(),
  channel: z.string(),
  revision: z.number(),
  event: z.string(),
  status: z.enum(["pending", "sent", "failed", "muted"]),
  attempts: z.number(),
  detail: z.string().nullable(),
  sent: instant.nullable(),
});

export const groupDetail = groupSummary.extend({
  peak: instant.describe("start of the interval whose figures are shown"),
  mergedInto: z.string().nullable(),
  zone: z.string(),
  frequency: z.string(),
  members: z.array(memberShape),
  memberCount: z.number().describe("`members` holds at most 500, the most severe ones"),
  contributions: z.array(contributionShape),
  causes: causesShape.nullable().describe("which segments did it, at the peak; null in groups of before it was looked at"),
  data: dataVerdictShape.nullable().describe("a fault of the data, or a change of the business?"),
  evidence: evidenceShape,
  deliveries: z.array(groupDelivery),
  revisions: z.array(
    z.object({
      revision: z.number(),
      knownAt: instant,
      status: z.string(),
      severity: z.number(),
      last: instant,
      seriesCount: z.number(),
      headline: z.string(),
      reason: z.string().nullable().describe("why there is this revision, when it is not simply the next interval"),
    }),
  ),
});
