/**
 * When an interval that failed is tried again. The rule reads the ledger and nothing else, so that it is the same after
 * a restart and on another machine:
 *
 * - read and still due, for the second time: something of ours fails after the reading (a full disk, a bug): 15 s, then twice
 *   as long, up to 15 minutes; the first time it was a crash: at once;
 * - never tried, interrupted by us (cancelled) or by a crash (abandoned): at once;
 * - the data had not arrived (INCOMPLETE): after a tenth of the interval, at least 30 s, at most 10 minutes;
 * - trouble that may pass (down, timeout …): 15 s, then twice as long each time, up to 15 minutes;
 * - trouble that somebody has to mend (password, permission, SQL): 5 minutes, then twice as long, up to an hour.
 *
 * There is no last attempt: the interval stays due until it is read.
 */
import { rhythmOf } from "@foretop/engine";
import type { CrawlSystem } from "./crawl-system.ts";
import type { Detector } from "../resources/detector.ts";
import type { LedgerAttempt } from "../store/store.ts";
import type { Interval } from "./batch.ts";

/** Epoch ms; 0 when it may be tried at once. */
export async function retryAtMs(detector: Detector, interval: Interval, system: CrawlSystem): Promise<number> {
  const attempts = await system.store.ledger.list(detector.id, { ...interval, limit: ATTEMPTS_CONSIDERED_MAX });
  return retryAtAfter(
    attempts.filter((a) => a.generation === detector.generation && a.interval.startMs === interval.startMs && a.interval.endMs === interval.endMs),
    rhythmOf(detector.config.frequency).intervalSeconds * 1000,
  );
}

/** Doubling stops long before. */
const ATTEMPTS_CONSIDERED_MAX = 20;
const MINUTE_MS = 60_000;

/** @param attempts  of one interval, newest first */
export function retryAtAfter(attempts: readonly LedgerAttempt[], intervalMs: number): number {
  const last = attempts[0];
  if (last === undefined || last.endedMs === null) return 0;
  switch (last.outcome) {
    case "incomplete":
      return last.endedMs + Math.min(10 * MINUTE_MS, Math.max(30_000, intervalMs / 10));
    case "failed": {
      const [first, longest] = last.transient === false ? [5 * MINUTE_MS, 60 * MINUTE_MS] : [15_000, 15 * MINUTE_MS];
      const failures = attempts.findIndex((attempt) => attempt.outcome !== "failed");
      const count = failures === -1 ? attempts.length : failures;
      return last.endedMs + Math.min(longest, first * 2 ** (count - 1));
    }
    case "succeeded": {
      const other = attempts.findIndex(({ outcome }) => outcome !== "succeeded");
      const count = other === -1 ? attempts.length : other;
      return count < 2 ? 0 : last.endedMs + Math.min(15 * MINUTE_MS, 15_000 * 2 ** (count - 2));
    }
    default:
      return 0;
  }
}
