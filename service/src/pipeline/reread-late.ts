/**
 * Late data. The last intervals (the detector's horizon) are asked for again: their fingerprints where the source can make
 * them, and the rows of those that are new or differ. Intervals whose rows changed are corrected, and everything after them
 * is judged again. Streaming equals batch for rows that arrive within the horizon;
 * older ones need `backfill`.
 */
import { intervalStartAt, intervalStartBefore, intervalStarts, nextIntervalStart, rhythmOf } from "@foretop/engine";
import type { Interval, LeafBatch } from "../crawl/batch.ts";
import { crawlRange } from "../crawl/crawl-range.ts";
import { fingerprintRange } from "../crawl/fingerprint-range.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { correctIntervals, type CorrectionReport } from "./correct-intervals.ts";
import { findChanges, reasonOf, type ChangeCounts } from "./find-changes.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import { loadLiveModels } from "./live-models.ts";
import { seenBy } from "./seen-prints.ts";
import type { System } from "./system.ts";
import { withClaim } from "./with-claim.ts";

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
  const report = await rereadChanged(detector, { startMs, endMs: detector.headMs }, system, signal);
  await system.store.detectors.setLateRowsUntil(detector.id, detector.generation, detector.headMs);
  return report;
}

/** Asks the source for fingerprints first, where it can make them, and reads only the intervals that are new or differ. */
async function rereadChanged(detector: Detector, range: Interval, system: System, signal: AbortSignal | undefined): Promise<RereadReport> {
  const options = { purpose: "late" as const, ...(signal === undefined ? {} : { signal }) };
  const seen = seenBy(system);
  const prints = seen.isHopeless(detector) ? null : await fingerprintRange(detector, range, system, signal);
  if (prints === null) {
    seen.giveUp(detector);
    return rereadRange(detector, range, system, options);
  }
  const starts = Array.from(intervalStarts(range.startMs, range.endMs, detector.config.frequency, detector.config.zone));
  const changed = starts.filter((ms) => !seen.isSame(detector, ms, prints.get(ms)));
  let report = NOTHING;
  if (changed.length > 0) {
    const endMs = nextIntervalStart(changed.at(-1)!, detector.config.frequency, detector.config.zone);
    report = await rereadRange(detector, { startMs: changed[0]!, endMs }, system, options);
  }
  // A correction makes the next lineage; whoever else makes one has read other rows than these.
  const isCorrected = report.intervalsChanged + report.groupsChanged + report.groupsRetracted > 0;
  seen.remember(detector, detector.lineage + (isCorrected ? 1 : 0), starts, prints);
  return report;
}

/** After a longer outage the oldest intervals need a back-fill: one statement must not read a year. */
const REREAD_INTERVALS_MAX = 5_000;

/** Intervals that one back-fill reads again: so many are judged anew in one piece. */
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
  const keptFromMs = await system.store.segments.keptFrom(detector.id, detector.generation);
  if (keptFromMs !== null && startMs < keptFromMs) {
    throw new UserError(`points before ${new Date(keptFromMs).toISOString()} have expired`, { code: "EXPIRED", where: "from", advice: "Begin the range there; retention.pointsDays says how long points are kept." });
  }
  const options = { purpose: "rerun" as const, ...(signal === undefined ? {} : { signal }) };
  const doing = `a back-fill of ${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()} is under way`;
  return withClaim(detector, system, doing, async () => {
    for (let tries = 1; ; tries++) {
      // An interval that was under way when we came may still be committed: once more, from where the head is now.
      const now = (await system.store.detectors.get(detector.id)) ?? detector;
      try {
        return await rereadRange(now, { startMs, endMs }, system, options);
      } catch (error) {
        if (!(error instanceof HeadMovedError) || tries === BACKFILL_TRIES_MAX) throw error;
      }
    }
  });
}

/** With the schedule waiting, only what was under way already can come in between. */
const BACKFILL_TRIES_MAX = 5;

/** Intervals that are read with one statement: bounds what is in memory, and how long the source is kept busy at a time. */
const INTERVALS_PER_STATEMENT = 500;

async function rereadRange(
  detector: Detector,
  range: Interval,
  system: System,
  options: { purpose: "late" | "rerun"; signal?: AbortSignal },
): Promise<RereadReport> {
  const { table } = await loadLiveModels(detector, system);
  const starts = Array.from(intervalStarts(range.startMs, range.endMs, detector.config.frequency, detector.config.zone));
  const batches = new Map<number, LeafBatch>();
  let counts: ChangeCounts = { rowsMore: 0, rowsLess: 0, latestMs: 0 };
  for (let from = 0; from < starts.length; from += INTERVALS_PER_STATEMENT) {
    const part = { startMs: starts[from]!, endMs: starts[from + INTERVALS_PER_STATEMENT] ?? range.endMs };
    const reread = await crawlRange(detector, part, system, options);
    const changes = findChanges(table, reread, await judgedIntervals(detector, { ...part, keepDamaged: true }, system.store), system.clock.nowMs());
    for (const [startMs, batch] of changes.batches) batches.set(startMs, batch);
    counts = {
      rowsMore: counts.rowsMore + changes.counts.rowsMore,
      rowsLess: counts.rowsLess + changes.counts.rowsLess,
      latestMs: Math.max(counts.latestMs, changes.counts.latestMs),
    };
  }
  const intervalsRead = starts.length;
  if (batches.size === 0) return { ...NOTHING, intervalsRead };
  const reason = reasonOf(counts);
  return { ...(await correctIntervals(detector, batches, system, reason)), reason, intervalsRead };
}
