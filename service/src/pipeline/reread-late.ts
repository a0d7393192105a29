/**
 * Late data. The last intervals (the detector's horizon) are read again with one statement; those whose rows changed are
 * corrected, and everything after them is judged again. Streaming equals batch for rows that arrive within the horizon;
 * older ones need `backfill`.
 */
import { intervalStartAt, intervalStartBefore, nextIntervalStart, rhythmOf } from "@foretop/engine";
import type { Interval } from "../crawl/batch.ts";
import { crawlRange } from "../crawl/crawl-range.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { correctIntervals, type CorrectionReport } from "./correct-intervals.ts";
import { findChanges } from "./find-changes.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import { loadLiveModels } from "./live-models.ts";
import type { System } from "./system.ts";

export interface RereadReport extends CorrectionReport {
  readonly reason: string | null;
  readonly intervalsRead: number;
}

const NOTHING: RereadReport = { intervalsChanged: 0, groupsChanged: 0, groupsRetracted: 0, record: null, reason: null, intervalsRead: 0 };

/**
 * Reads the detector's horizon again; after an outage from the horizon of the head at which that was done last, so that
 * each interval is read once more when the head has left it behind. Throws SourceError; nothing is changed then.
 */
export async function rereadLate(detector: Detector, system: System, signal?: AbortSignal): Promise<RereadReport> {
  const { frequency, zone, horizonIntervals } = detector.config;
  if (horizonIntervals === 0 || detector.headMs === null || detector.liveFromMs === null) return NOTHING;
  const untilMs = (await system.store.detectors.lateRowsUntil(detector.id)) ?? detector.liveFromMs;
  const horizonMs = intervalStartBefore(Math.min(untilMs, detector.headMs), horizonIntervals, frequency, zone);
  const longestMs = intervalStartAt(detector.headMs - REREAD_INTERVALS_MAX * rhythmOf(frequency).intervalSeconds * 1000, frequency, zone);
  const startMs = Math.max(horizonMs, longestMs, detector.liveFromMs);
  if (startMs >= detector.headMs) return NOTHING;
  const report = await rereadRange(detector, { startMs, endMs: detector.headMs }, system, { purpose: "late", ...(signal === undefined ? {} : { signal }) });
  await system.store.detectors.setLateRowsUntil(detector.id, detector.generation, detector.headMs);
  return report;
}

/** After a longer outage the oldest intervals need a back-fill: one statement must not read a year. */
const REREAD_INTERVALS_MAX = 5_000;

/** Intervals that one back-fill reads in one statement. */
const BACKFILL_INTERVALS_MAX = 20_000;

/**
 * Reads any past live intervals again, however old; of those that the range only touches, too.
 *
 * @throws UserError when the range holds no live interval or too many; SourceError
 */
export async function backfill(detector: Detector, range: Interval, system: System, signal?: AbortSignal): Promise<RereadReport> {
  const { headMs, liveFromMs, config } = detector;
  if (headMs === null || liveFromMs === null) {
    throw new UserError(`${config.name} has no live intervals yet`, { code: "CONFLICT", advice: "Activate it first." });
  }
  // Whole intervals only: one that is read in part would look as if rows had been deleted.
  const startMs = Math.max(intervalStartAt(range.startMs, config.frequency, config.zone), liveFromMs);
  const endMs = Math.min(nextIntervalStart(intervalStartAt(range.endMs - 1, config.frequency, config.zone), config.frequency, config.zone), headMs);
  if (startMs >= endMs) {
    throw new UserError("there is no live interval in this range", {
      where: "from, to",
      advice: `Live intervals are from ${new Date(liveFromMs).toISOString()} to ${new Date(headMs).toISOString()}; older ones were learned as history.`,
    });
  }
  if (intervalStartBefore(endMs, BACKFILL_INTERVALS_MAX, config.frequency, config.zone) > startMs) {
    throw new UserError(`a back-fill reads at most ${BACKFILL_INTERVALS_MAX} intervals at once`, { code: "LIMIT", where: "from, to", advice: "Split the range." });
  }
  const options = { purpose: "rerun" as const, ...(signal === undefined ? {} : { signal }) };
  for (let tries = 1; ; tries++) {
    // The schedule may commit an interval while we compute: once more, from where the head is now.
    const now = (await system.store.detectors.get(detector.id)) ?? detector;
    try {
      return await rereadRange(now, { startMs, endMs }, system, options);
    } catch (error) {
      if (!(error instanceof HeadMovedError) || tries === BACKFILL_TRIES_MAX) throw error;
    }
  }
}

/** A back-fill that takes longer than an interval so many times in a row has to be split. */
const BACKFILL_TRIES_MAX = 5;

async function rereadRange(
  detector: Detector,
  range: Interval,
  system: System,
  options: { purpose: "late" | "rerun"; signal?: AbortSignal },
): Promise<RereadReport> {
  const reread = await crawlRange(detector, range, system, options);
  const { table } = await loadLiveModels(detector, system);
  const before = await judgedIntervals(detector, range, system.store);
  const { batches, reason } = findChanges(table, reread, before, system.clock.nowMs());
  const intervalsRead = reread.startMs.length;
  if (batches.size === 0) return { ...NOTHING, intervalsRead };
  return { ...(await correctIntervals(detector, batches, system, reason)), reason, intervalsRead };
}
