/** The demo's dates, all from one anchor: the end of the replayed days, from where it goes on live. */
import { DAY_MS, FUTURE_DAYS, HISTORY_DAYS, HOUR_MS, REPLAY_DAYS } from "./warehouse-shape.ts";

export interface DemoPeriod {
  /** end of the replay, a whole UTC hour, epoch ms */
  readonly anchorMs: number;
  /** first hour of history */
  readonly startMs: number;
  /** end of history and start of the replayed days */
  readonly replayFromMs: number;
  /** end of the rows */
  readonly endMs: number;
}

export function demoPeriod(anchorMs: number): DemoPeriod {
  return {
    anchorMs,
    startMs: anchorMs - HISTORY_DAYS * DAY_MS,
    replayFromMs: anchorMs - REPLAY_DAYS * DAY_MS,
    endMs: anchorMs + FUTURE_DAYS * DAY_MS,
  };
}

/** `--once` is always about this day, so that its result is the same tomorrow. */
export const FIXED_ANCHOR_MS = Date.UTC(2026, 5, 1);

/** The end of the newest hour that is due already, so that a replay up to it can be complete. */
export function lastWholeHour(nowMs: number, offsetSeconds: number): number {
  return Math.floor((nowMs - offsetSeconds * 1000) / HOUR_MS) * HOUR_MS;
}
