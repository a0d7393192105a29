import { intervalStartBefore, intervalStarts } from "@foretop/engine";
import type { CrawlSystem } from "./crawl-system.ts";
import type { Detector } from "../resources/detector.ts";
import type { HistoryBatch, Interval } from "./batch.ts";
import { dataQuality } from "./data-quality.ts";
import { fillTable } from "./fill-table.ts";
import { readAttempt } from "./read-attempt.ts";

export interface CrawlHistoryOptions {
  /** end of the last interval, which is where live begins; on the detector's grid */
  readonly endMs: number;
  readonly onProgress?: (progress: HistoryProgress) => void;
  readonly signal?: AbortSignal;
}

export interface HistoryProgress {
  readonly rows: number;
  readonly bytes: number;
  /** 0–1: share of the intervals of which a row has been seen; 1 at the end */
  readonly shareDone: number;
}

const PROGRESS_EVERY_ROWS = 50_000;

/**
 * Reads the whole history with exactly one statement, as a stream: memory holds leaves × intervals, never rows. It ends
 * on an interval's boundary, so that its last interval is whole. Intervals before the first row are left out.
 *
 * Throws SourceError; nothing is kept of a history that was read in part.
 */
export async function crawlHistory(detector: Detector, system: CrawlSystem, { endMs, onProgress, signal }: CrawlHistoryOptions): Promise<HistoryBatch> {
  const { config } = detector;
  const range = historyRange(detector, endMs);
  return readAttempt(
    detector,
    range,
    system,
    { purpose: "history", rowsMax: config.limits.rowsPerHistoryMax, limitName: "limits.rowsPerHistoryMax", ...(signal && { signal }) },
    async (attempt) => {
      const startMs = intervalStarts(range.startMs, range.endMs, config.frequency, config.zone);
      let bytesRead = 0;
      let told = 0;
      const filled = await fillTable(config, attempt, { startMs, endMs: range.endMs }, (table, bytes) => {
        bytesRead += bytes;
        if (table.processed - told < PROGRESS_EVERY_ROWS) return;
        told = table.processed;
        onProgress?.({ rows: told, bytes: bytesRead, shareDone: Math.min(0.99, table.intervalsSeen / startMs.length) });
      });
      const { table, maxTimestampMs } = filled;
      onProgress?.({ rows: table.processed, bytes: bytesRead, shareDone: 1 });

      const first = table.rowsPerInterval.findIndex((count) => count > 0);
      const from = first === -1 ? startMs.length : first;
      return {
        startMs: startMs.slice(from),
        endMs: range.endMs,
        ...table.take(from),
        rows: table.counts(),
        rowsPerInterval: table.rowsPerInterval.slice(from),
        quality: dataQuality(config, filled, first === -1 ? {} : { training: { startMs: startMs[first]!, endMs: range.endMs } }),
        maxTimestampMs,
        attemptId: attempt.id,
      };
    },
  );
}

/** The configured number of intervals before `endMs`. */
export function historyRange({ config }: Detector, endMs: number): Interval {
  return { startMs: intervalStartBefore(endMs, config.history.intervalsMax, config.frequency, config.zone), endMs };
}
