/** A detector as people and programs see it: configuration without secrets, and how it is doing. */
import { z } from "zod";
import { figure, instant, intervalShape } from "./common.ts";

export const detectorStatus = z.enum(["INACTIVE", "ACTIVATING", "LEARNING", "ACTIVE", "DEACTIVATING", "FAILED", "DELETING"]);

export const learningShape = z
  .object({
    pointsSeen: z.number().describe("intervals learned so far"),
    pointsNeeded: z.number().describe("intervals still missing until findings are reported; 0 when there are enough"),
    readyAt: instant.nullable().describe("when the last one needed will have been read, if all arrive"),
  })
  .describe("how far learning is");

export const lagShape = z
  .object({
    lagSeconds: z.number().describe("how long the next due interval has been waiting; 0 when nothing is due"),
    dueIntervals: z.number().describe("intervals that are due and not judged"),
    nextDue: instant.nullable().describe("when the next interval is read; null while the detector is not running"),
  })
  .describe("how far behind");

export const failureShape = z
  .object({
    at: instant,
    interval: intervalShape.nullable(),
    code: z.string().nullable(),
    message: z.string(),
    transient: z.boolean().nullable().describe("whether trying again may help"),
  })
  .describe("the last thing that went wrong and has not been put right since");

export const detectorSummary = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  frequency: z.string().describe("PT5M, PT10M, PT1H, P1D"),
  zone: z.string(),
  status: detectorStatus,
  failureReason: z.string().nullable(),
  muted: z.boolean(),
  measures: z.array(z.string()),
  dimensions: z.array(z.string()),
  seriesCount: z.number().describe("series judged in the last interval"),
  openGroupCount: z.number(),
  lastInterval: intervalShape.nullable(),
  lag: lagShape,
  learning: learningShape.nullable().describe("null unless LEARNING"),
  lastFailure: failureShape.nullable(),
  created: instant,
  modified: instant,
});

export const troubleShape = z
  .object({
    kind: z.enum(["failed", "behind", "silent"]),
    since: instant,
    message: z.string().describe('goes on from "The detector NAME …"'),
    advice: z.string().describe("what to do"),
  })
  .describe("what is wrong with a detector itself, as long as it lasts; its alerts were told");

export const detectorDetail = detectorSummary.extend({
  findings: z.array(troubleShape).describe("what is wrong with the detector itself now; empty when nothing is"),
  generation: z.number(),
  configHash: z.string(),
  head: instant.nullable().describe("end of the last interval learned"),
  liveFrom: instant.nullable().describe("where history ended and live intervals began"),
  offsetSeconds: z.number(),
  series: z.object({ leaves: z.number(), rollUps: z.number() }),
  bytes: z.object({ points: z.number(), checkpoint: z.number() }).describe("on disk"),
  source: z.object({ kind: z.string(), settings: z.record(z.string(), z.unknown()) }),
  statements: z.array(z.object({ title: z.string(), file: z.string().nullable(), sql: z.string() })),
  timestampColumn: z.string(),
  measureSettings: z.array(
    z.object({
      name: z.string(),
      aggregation: z.string(),
      whenAbsent: z.string(),
      severityMin: z.number(),
      direction: z.string(),
      effectMin: z.number(),
      effectShareMin: z.number(),
      volumeMin: z.number(),
    }),
  ),
  relations: z.array(z.string()).describe("what measures are made of, e.g. revenue = orders × order_value; those of ratios included"),
  links: z.array(z.object({ detector: z.string(), measures: z.array(z.string()).describe("empty = all"), declaredBy: z.string() })).describe("detectors that are looked at together with this one; a link is declared by one of the two"),
  alerts: z.array(
    z.object({
      name: z.string(),
      description: z.string().nullable(),
      severityMin: z.number(),
      measures: z.array(z.string()),
      channel: z.object({ kind: z.string(), settings: z.record(z.string(), z.unknown()) }),
    }),
  ),
  limits: z.record(z.string(), z.number()),
  recent: z
    .object({
      from: instant.nullable(),
      intervalCount: z.number(),
      failedCount: z.number(),
      judgedCount: z.number().describe("points judged"),
      anomalyCount: z.number().describe("points that were anomalies"),
      heldBackCount: z.number().describe("findings that were held back, each with its reason"),
      rowCount: figure,
    })
    .describe("sums over the last intervals (at most 500): says why nothing was found, when nothing was"),
});
