/**
 * Rows that reach the warehouse after their hour, as in every real one. None of them may raise an alarm:
 *
 * - *slow*: some rows of each hour arrive up to four minutes after its end. They are there when the offset of five
 *   minutes is over, so the interval is complete when it is read.
 * - *stragglers*: for a few hours, small extra rows arrive hours later in one upload (a cell that was offline). They are
 *   too small to matter; whoever reads the interval again finds them.
 * - *late loads*: in two hours most rows of all combinations arrive forty minutes late. Whoever judges the interval at
 *   its time sees a crash that never happened: its row count says that it is not complete yet.
 *
 * They are for the replayed days only, where the virtual clock can deliver them.
 */
import { uniform } from "./hash-noise.ts";
import type { DemoPeriod } from "./demo-period.ts";
import type { Incident } from "./incidents.ts";
import { HOUR_MS, REPLAY_DAYS } from "./warehouse-shape.ts";

export interface LatePlan {
  /** starts of the hours whose load was late */
  readonly loadHours: readonly number[];
  /** starts of the hours with stragglers */
  readonly stragglerHours: readonly number[];
}

const STREAM = 51;
const LOAD_COUNT = 2;
const STRAGGLER_HOURS = 12;
/** of an hour's rows, in a late load */
const LOAD_SHARE = 0.7;
const LOAD_DELAY_MS = 40 * 60_000;
const SLOW_SHARE = 0.04;
const SLOW_DELAY_MS_MAX = 240_000;
const STRAGGLER_SHARE = 0.3;
/** of its combination's views in that hour */
export const STRAGGLER_SIZE = 0.015;
const STRAGGLER_HOURS_MAX = 20;
/** A late load keeps this far from incidents, so that neither hides the other. */
const DISTANCE_HOURS = 5;

export function planLateRows(seed: number, period: DemoPeriod, incidents: readonly Incident[]): LatePlan {
  const candidates: number[] = [];
  for (let ms = period.replayFromMs + 24 * HOUR_MS; ms < period.anchorMs - 24 * HOUR_MS; ms += HOUR_MS) {
    const near = incidents.some(
      (incident) => ms >= incident.startMs - DISTANCE_HOURS * HOUR_MS && ms < incident.endMs + DISTANCE_HOURS * HOUR_MS,
    );
    if (!near) candidates.push(ms);
  }
  const loadHours = Array.from(
    { length: LOAD_COUNT },
    // One in each part of the candidates: never the same hour twice.
    (_, k) => candidates[Math.floor(((k + uniform(seed, STREAM, k)) * candidates.length) / LOAD_COUNT)],
  );
  const stragglerHours = Array.from({ length: STRAGGLER_HOURS }, (_, k) => {
    const share = (k + uniform(seed, STREAM + 1, k)) / STRAGGLER_HOURS;
    return period.replayFromMs + Math.floor(share * (REPLAY_DAYS - 1) * 24) * HOUR_MS;
  });
  return { loadHours, stragglerHours };
}

/** When a row of the replayed days arrives, epoch ms; null when it is there in time (with its hour). */
export function arrivalOf(
  plan: LatePlan,
  { seed, hourMs, combination, row }: { seed: number; hourMs: number; combination: number; row: number },
): number | null {
  const hour = hourMs / HOUR_MS;
  const endMs = hourMs + HOUR_MS;
  if (plan.loadHours.includes(hourMs) && uniform(seed, STREAM + 2, hour, combination, row) < LOAD_SHARE) {
    return endMs + LOAD_DELAY_MS;
  }
  if (uniform(seed, STREAM + 3, hour, combination, row) >= SLOW_SHARE) return null;
  return endMs + Math.floor(uniform(seed, STREAM + 4, hour, combination, row) * SLOW_DELAY_MS_MAX);
}

/** When the straggler of a combination arrives, epoch ms; null when the hour has none for it. */
export function stragglerArrivalOf(
  plan: LatePlan,
  { seed, hourMs, combination }: { seed: number; hourMs: number; combination: number },
): number | null {
  const hour = hourMs / HOUR_MS;
  if (!plan.stragglerHours.includes(hourMs) || uniform(seed, STREAM + 5, hour, combination) >= STRAGGLER_SHARE) return null;
  // All of an hour together: one upload of what was collected.
  const hoursLate = 1 + Math.floor(uniform(seed, STREAM + 6, hour) * STRAGGLER_HOURS_MAX);
  return hourMs + HOUR_MS + hoursLate * HOUR_MS;
}
