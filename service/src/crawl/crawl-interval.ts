import type { CrawlSystem } from "./crawl-system.ts";
import type { Detector } from "../resources/detector.ts";
import type { LedgerAttempt } from "../store/store.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { Interval, LeafBatch } from "./batch.ts";
import { READINGS_CONSIDERED_MAX, waitUntilMs, whyIncomplete } from "./completeness.ts";
import { dataQuality } from "./data-quality.ts";
import { fillTable } from "./fill-table.ts";
import { readAttempt } from "./read-attempt.ts";

export interface CrawlIntervalOptions {
  /** default "live"; only live readings are checked for completeness */
  readonly purpose?: Exclude<LedgerAttempt["purpose"], "history">;
  readonly signal?: AbortSignal;
}

/**
 * Reads one interval: one statement, one row in the ledger. Reading it again gives the same batch, as long as the
 * source's rows are the same.
 *
 * Throws SourceError: the interval stays due. Code "INCOMPLETE": the rows have not all arrived (completeness.ts); past
 * the dataset's waiting time the batch is given as it is, with a remark.
 */
export async function crawlInterval(detector: Detector, interval: Interval, system: CrawlSystem, options: CrawlIntervalOptions = {}): Promise<LeafBatch> {
  const { config } = detector;
  const purpose = options.purpose ?? "live";
  return readAttempt(
    detector,
    interval,
    system,
    { purpose, rowsMax: config.limits.rowsPerIntervalMax, limitName: "limits.rowsPerIntervalMax", ...(options.signal && { signal: options.signal }) },
    async (attempt) => {
      const filled = await fillTable(config, attempt, { startMs: Float64Array.of(interval.startMs), endMs: interval.endMs });
      const { table, maxTimestampMs } = filled;
      const remark = purpose === "live" ? await checkCompleteness(detector, interval, { rows: table.processed, maxTimestampMs }, system) : null;
      return {
        interval,
        ...table.take(),
        rows: table.counts(),
        quality: dataQuality(config, filled),
        maxTimestampMs,
        attemptId: attempt.id,
        remark,
      };
    },
  );
}

/** Null, or the remark with which it is judged all the same; throws SourceError "INCOMPLETE" while waiting may help. */
async function checkCompleteness(
  detector: Detector,
  interval: Interval,
  { rows, maxTimestampMs }: { rows: number; maxTimestampMs: number | null },
  { store, clock }: CrawlSystem,
): Promise<string | null> {
  const { config } = detector;
  if (config.completeness.rowShareMin <= 0) return null;
  const earlier = await store.ledger.recentRowCounts(detector.id, detector.generation, READINGS_CONSIDERED_MAX);
  // The history's reading is one of many intervals: its row count says nothing about one.
  const single = earlier.filter((reading) => reading.endMs - reading.startMs <= 2 * (interval.endMs - interval.startMs));
  const why = whyIncomplete(config, { ...interval, rows, maxTimestampMs }, single);
  if (why === null) return null;
  if (clock.nowMs() >= waitUntilMs(config, interval)) return `judged incomplete: ${why}`;
  throw new SourceError(`the interval's data has not all arrived: ${why}`, {
    code: "INCOMPLETE",
    transient: true,
    advice: `It is read again until ${new Date(waitUntilMs(config, interval)).toISOString()}, then judged as it is. If this happens often, raise the dataset's offset.`,
  });
}
