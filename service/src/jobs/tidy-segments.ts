/**
 * Keeps the folder of segments small: intervals that nobody changes any more are merged by day, files that nobody names
 * are removed. Takes no input but the state and may be run at any time, twice, or by two processes.
 */
import type { System } from "../pipeline/system.ts";

/** Late rows are read again within a day or three (`horizonIntervals`); after that an interval is left alone. */
const COMPACT_AFTER_MS = 4 * 86_400_000;

/** A file without a name may belong to a commit that is about to name it, or to a reader that is still at it. */
const SWEEP_AFTER_MS = 6 * 3_600_000;

export interface TidyReport {
  readonly merged: number;
  readonly into: number;
  readonly removedFiles: number;
  readonly removedBytes: number;
}

export async function tidySegments(system: Pick<System, "store" | "log">, signal?: AbortSignal): Promise<TidyReport> {
  let merged = 0;
  let into = 0;
  for (const { id, headMs, config } of await system.store.detectors.list()) {
    if (headMs === null) continue;
    const done = await system.store.segments.compact(id, headMs - COMPACT_AFTER_MS, signal);
    merged += done.merged;
    into += done.into;
    if (done.merged > 0) system.log.info({ detector: config.name, ...done }, "segments merged");
  }
  // The files' own times are the machine's, whatever clock the system runs on.
  const removed = await system.store.segments.sweep(Date.now() - SWEEP_AFTER_MS);
  if (removed.files > 0) system.log.info({ ...removed }, "unnamed segments removed");
  return { merged, into, removedFiles: removed.files, removedBytes: removed.bytes };
}
