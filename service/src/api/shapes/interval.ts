/** The detector log: intervals in effect, and the ledger of readings behind them. */
import { z } from "zod";
import { instant, intervalShape } from "./common.ts";

export const rowCounts = z.object({
  processed: z.number(),
  invalid: z.number(),
  partial: z.number(),
  outside: z.number(),
  reasons: z.record(z.string(), z.number()),
});

export const intervalSummary = z.object({
  start: instant,
  end: instant,
  status: z.enum(["COMPLETED", "FAILED"]),
  message: z.string().nullable(),
  version: z.number().describe("from 1; a re-run or a late correction is a new one"),
  rows: rowCounts.nullable(),
  seriesCount: z.number(),
  anomalyCount: z.number(),
  heldBackCount: z.number(),
  knownAt: instant,
});

export const attemptShape = z.object({
  id: z.string(),
  interval: intervalShape,
  attempt: z.number(),
  purpose: z.enum(["history", "live", "rerun", "late", "backtest", "check"]).describe("check: whether rows have changed, without reading them"),
  outcome: z.enum(["running", "succeeded", "failed", "cancelled", "abandoned", "incomplete"]),
  errorCode: z.string().nullable(),
  error: z.string().nullable(),
  transient: z.boolean().nullable(),
  rows: z.number(),
  bytes: z.number(),
  maxTimestamp: instant.nullable(),
  started: instant,
  ended: instant.nullable(),
  milliseconds: z.number().nullable(),
  queryHash: z.string(),
  statementId: z.string().nullable(),
  statement: z.string().describe("as sent, with placeholders"),
  parameters: z.array(instant),
});

export const qualityShape = z.object({
  type: z.string(),
  column: z.string().nullable(),
  description: z.string(),
  value: z.number(),
});

export const intervalDetail = intervalSummary.extend({
  quality: z.array(qualityShape),
  attempts: z.array(attemptShape).describe("newest first, at most 50"),
  asked: z
    .object({ readings: z.number(), checks: z.number().describe("whether rows have changed, without reading them") })
    .describe("statements that have asked the source for this interval, alone or together with others; listLedger has them all"),
});
