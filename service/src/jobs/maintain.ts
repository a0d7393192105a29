/**
 * Housekeeping, as a job without input: merges the small segments of past days, removes what is older than its retention,
 * and files that nobody names. May run at any time, twice, or be killed in the middle.
 */
import type { System } from "../pipeline/system.ts";
import { describeError } from "../telemetry/errors.ts";
import { expire } from "./expire.ts";

/** Segments of intervals younger than this are left alone: late rows would only undo the work. */
const COMPACT_AFTER_MS = 2 * 86_400_000;
/** A file that no committed row names is somebody's unfinished work for this long, then it is swept. */
const SWEEP_AFTER_MS = 86_400_000;

export interface MaintainReport {
  readonly segmentsMerged: number;
  readonly filesSwept: number;
  readonly bytesSwept: number;
}

export async function maintain(system: System, signal?: AbortSignal): Promise<MaintainReport> {
  const { store, clock, log } = system;
  let segmentsMerged = 0;
  for (const detector of await store.detectors.list()) {
    signal?.throwIfAborted();
    try {
      segmentsMerged += (await store.segments.compact(detector.id, clock.nowMs() - COMPACT_AFTER_MS, signal)).merged;
      const gone = await expire(detector, system, signal);
      if (Object.values(gone).some((count) => count > 0)) log.info({ detector: detector.config.name, ...gone }, "expired");
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // One damaged segment must not keep the others from being looked after; it is named here, and read again next time.
      log.warn({ detector: detector.config.name, error: describeError(error) }, "housekeeping could not be finished");
    }
  }
  const swept = await store.segments.sweep(Date.now() - SWEEP_AFTER_MS); // ages of files follow the machine's clock
  if (segmentsMerged + swept.files > 0) log.info({ segmentsMerged, filesSwept: swept.files, bytesSwept: swept.bytes }, "housekeeping done");
  return { segmentsMerged, filesSwept: swept.files, bytesSwept: swept.bytes };
}
