/**
 * What a detector will take in a year, if it goes on as it does: what an interval takes now, times the intervals that its
 * retention keeps. Files only grow smaller when they are merged, so young installations see a little too much.
 */
import { rhythmOf } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import { retentionOf } from "../resources/retention.ts";
import type { DetectorSpace } from "../store/store.ts";

const YEAR_DAYS = 365;
const DAY_SECONDS = 86_400;
/** Points without scores, as a share of those with: 3.4 of 24 bytes a row (docs/decisions/0002), where none are stored yet. */
const PLAIN_SHARE = 0.15;
/** The newest ones and the one that history left, beside one a week. */
const CHECKPOINTS_BESIDE = 5;

export interface SpaceForecast {
  readonly pointsBytes: number;
  readonly checkpointBytes: number;
}

/** Null before the first live interval: nothing to go by. */
export function forecastSpace(detector: Detector, space: DetectorSpace, nowMs: number): SpaceForecast | null {
  const { config, liveFromMs } = detector;
  if (liveFromMs === null || space.intervals === 0) return null;
  const { pointsDays, scoresDays, checkpointsDays } = retentionOf(config);
  const intervalsPerDay = DAY_SECONDS / rhythmOf(config.frequency).intervalSeconds;
  const rowsPerInterval = (space.scoredRows + space.plainRows) / space.intervals;
  const scoredPerRow = space.scoredRows === 0 ? 0 : space.scoredBytes / space.scoredRows;
  const plainPerRow = space.plainRows === 0 ? scoredPerRow * PLAIN_SHARE : space.plainBytes / space.plainRows;
  const daysThen = Math.min(pointsDays, (nowMs - liveFromMs) / (DAY_SECONDS * 1000) + YEAR_DAYS);
  const scoredDays = Math.min(scoresDays, daysThen);
  const perDay = rowsPerInterval * intervalsPerDay;
  return {
    pointsBytes: Math.round(space.historyBytes + perDay * (scoredDays * scoredPerRow + (daysThen - scoredDays) * plainPerRow)),
    checkpointBytes: Math.round(space.checkpointBytesEach * (CHECKPOINTS_BESIDE + checkpointsDays / 7)),
  };
}
