/**
 * What is due now, detector by detector, interval by interval, in order. Takes no input but the state: it may be run at
 * any time, twice, or after a crash. `serve` calls it when the clock says so, the demo and the backtest with a virtual
 * clock: nothing else differs.
 */
import { dueIntervals } from "../crawl/due-intervals.ts";
import { retryAtMs } from "../crawl/retry-rule.ts";
import type { Interval } from "../crawl/batch.ts";
import { runInterval } from "../pipeline/run-interval.ts";
import { rereadLate } from "../pipeline/reread-late.ts";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError, type IntervalRecord } from "../store/store.ts";
import { SourceError, adviceOf, describeError } from "../telemetry/errors.ts";

/** Intervals of one detector in one go: after an outage the others get their turn in between. */
export const INTERVALS_PER_TURN_MAX = 500;

/** When a detector whose past somebody is judging again is looked at the next time. */
const CLAIMED_LOOK_MS = 2_000;

export interface RunDueOptions {
  readonly signal?: AbortSignal;
  /** only this one */
  readonly detectorId?: string;
  readonly onInterval?: (detector: Detector, record: IntervalRecord) => void;
}

export interface RunDueReport {
  readonly completed: number;
  readonly failed: number;
  /** more was due than one turn takes */
  readonly more: boolean;
  /** when the interval that could not be read may be tried again, epoch ms; null when none waits */
  readonly waitUntilMs: number | null;
}

export async function runDue(system: System, options: RunDueOptions = {}): Promise<RunDueReport> {
  const detectors = options.detectorId === undefined ? await system.store.detectors.list() : [await system.store.detectors.get(options.detectorId)];
  let completed = 0;
  let failed = 0;
  let more = false;
  let waitUntilMs: number | null = null;
  for (const detector of detectors) {
    if (detector === null || !isRunning(detector)) continue;
    const report = await runDetector(detector, system, options);
    completed += report.completed;
    failed += report.failed;
    more ||= report.more;
    if (report.waitUntilMs !== null) waitUntilMs = Math.min(waitUntilMs ?? Infinity, report.waitUntilMs);
  }
  return { completed, failed, more, waitUntilMs };
}

function isRunning(detector: Detector): boolean {
  return (detector.status === "ACTIVE" || detector.status === "LEARNING") && detector.headMs !== null;
}

/** All due intervals of one detector, oldest first; stops at the first that can't be read now. */
export async function runDetector(detector: Detector, system: System, { signal, onInterval }: RunDueOptions): Promise<RunDueReport> {
  const due = dueIntervals(detector, system.clock.nowMs(), INTERVALS_PER_TURN_MAX);
  let completed = 0;
  for (const interval of due) {
    signal?.throwIfAborted();
    const current = await system.store.detectors.get(detector.id);
    if (current === null || !isRunning(current) || current.headMs !== interval.startMs) break; // changed under us: next turn
    // Somebody judges the past again, which moves all that follows: due intervals wait for it.
    if ((await system.store.detectors.claimedFor(current.id, system.clock.nowMs())) !== null) return { completed, failed: 0, more: false, waitUntilMs: system.clock.nowMs() + CLAIMED_LOOK_MS };
    const retryMs = await retryAtMs(current, interval, system);
    if (retryMs > system.clock.nowMs()) return { completed, failed: 0, more: false, waitUntilMs: retryMs };
    try {
      const record = await runInterval(current, interval, system, signal);
      completed += 1;
      onInterval?.(current, record);
      system.log.info(
        { detector: current.config.name, interval: new Date(interval.startMs).toISOString(), rows: record.rows?.processed, anomalies: record.anomalyCount },
        "interval done",
      );
    } catch (error) {
      if (error instanceof HeadMovedError) break; // another process was faster: nothing is lost
      if (signal?.aborted === true) throw error;
      await recordFailure(current, interval, error, system);
      return { completed, failed: 1, more: false, waitUntilMs: null };
    }
  }
  const more = due.length === INTERVALS_PER_TURN_MAX;
  if (completed > 0 && !more) await rereadOnce(detector.id, system, signal);
  return { completed, failed: 0, more, waitUntilMs: null };
}

/** Late rows are looked for once a turn, after what is due: at most one more statement per interval. */
async function rereadOnce(detectorId: string, system: System, signal: AbortSignal | undefined): Promise<void> {
  const detector = await system.store.detectors.get(detectorId);
  if (detector === null || !isRunning(detector)) return;
  try {
    const report = await rereadLate(detector, system, signal);
    if (report.intervalsChanged === 0) return;
    const { reason, intervalsChanged, groupsChanged, groupsRetracted } = report;
    system.log.info({ detector: detector.config.name, reason, intervalsChanged, groupsChanged, groupsRetracted }, "past intervals corrected");
  } catch (error) {
    if (signal?.aborted === true) throw error;
    if (error instanceof HeadMovedError) return; // another process was faster
    if (!(error instanceof SourceError)) throw error;
    // What is due has been done; the ledger holds the failed reading, and the next turn reads again.
    system.log.warn({ detector: detector.config.name, error: describeError(error) }, "late rows could not be looked for; the next interval tries again");
  }
}

/** The interval stays due; the detector log says why, in words. Errors of ours are not swallowed. */
async function recordFailure(detector: Detector, interval: Interval, error: unknown, system: System): Promise<void> {
  const advice = adviceOf(error);
  const message = advice === null ? describeError(error) : `${describeError(error)} – ${advice}`;
  system.log.warn(
    { detector: detector.config.name, interval: new Date(interval.startMs).toISOString(), error: message },
    "interval failed; it stays due",
  );
  await system.store.intervals.recordFailure({
    detectorId: detector.id,
    generation: detector.generation,
    interval,
    version: 1,
    status: "FAILED",
    message,
    attemptId: null,
    rows: null,
    seriesCount: 0,
    anomalyCount: 0,
    heldBackCount: 0,
    segmentId: null,
    knownAtMs: system.clock.nowMs(),
  });
  if (!(error instanceof SourceError)) throw error;
}
