import { intervalStarts } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { HistoryBatch, Interval } from "./batch.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import { dataQuality } from "./data-quality.ts";
import { fillTable } from "./fill-table.ts";
import { readAttempt } from "./read-attempt.ts";

/**
 * Reads several past intervals again with one statement: for late rows, and for back-fills. Unlike a history, intervals
 * without rows stay in the result.
 *
 * Throws SourceError; what was known before stays as it is then.
 */
export async function crawlRange(
  detector: Detector,
  range: Interval,
  system: CrawlSystem,
  { purpose = "late", signal }: { purpose?: "late" | "rerun"; signal?: AbortSignal } = {},
): Promise<HistoryBatch> {
  const { config } = detector;
  const startMs = intervalStarts(range.startMs, range.endMs, config.frequency, config.zone);
  const rowsMax = Math.min(config.limits.rowsPerHistoryMax, config.limits.rowsPerIntervalMax * startMs.length);
  return readAttempt(
    detector,
    range,
    system,
    { purpose, rowsMax, limitName: "limits.rowsPerIntervalMax", ...(signal && { signal }) },
    async (attempt) => {
      const filled = await fillTable(config, attempt, { startMs, endMs: range.endMs });
      const { table, maxTimestampMs } = filled;
      return {
        startMs,
        endMs: range.endMs,
        ...table.take(),
        rows: table.counts(),
        rowsPerInterval: table.rowsPerInterval,
        quality: dataQuality(config, filled),
        maxTimestampMs,
        attemptId: attempt.id,
      };
    },
  );
}
