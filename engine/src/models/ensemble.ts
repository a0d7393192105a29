/**
 * The product's model: nine cheap experts, their mixture, a robust spread, and a score that is a rarity of *this*
 * series (docs/models/ensemble.md has the mathematics in words and what each part was measured to be worth).
 *
 * Two functions over one slice of plain numbers: `judgePoint` (judge-point.ts) reads, `learnPoint` (learn-point.ts) writes. `learnPoint` works with what
 * `judgePoint` has just left in `JUDGED` for the same point, so that nothing is computed twice in the fused path; who
 * learns later calls `judgePoint` again first and gets the same bytes.
 *
 * No objects, closures or allocation per point; no Math.exp, Math.log or Math.pow (stats/elementary.ts says why).
 */
import { BLOCK_DEVIATION, SHIFT_FAST_RATE, SHIFT_SLOW_RATE, STACK_COVARIANCE } from "./constants.ts";
import { blockMeanReference } from "./learn-tail.ts";
import {
  COARSE_BINS,
  D_LAST_VALUE,
  D_LEARNED_UNTIL,
  D_OLD_LEVEL,
  EXPERT_COUNT,
  F_BLOCKS,
  F_BLOCK_DEVIATION_DOWN,
  F_BLOCK_DEVIATION_UP,
  F_BLOCK_DOWN,
  F_BLOCK_MEAN_DOWN,
  F_BLOCK_MEAN_UP,
  F_BLOCK_POINTS,
  F_BLOCK_UP,
  F_COVARIANCE,
  F_DAYS,
  F_DAY_MAX,
  F_DAY_MEAN,
  F_DAY_POINTS,
  F_Q_DOWN,
  F_Q_GLOBAL,
  F_Q_SHIFT,
  F_Q_UP,
  F_REST,
  F_REST_AGE,
  F_REST_SLOT,
  F_RUN,
  F_SHIFT_FAST_SQUARE,
  F_SHIFT_SLOW_SQUARE,
  F_STRETCH_DOWN,
  F_STRETCH_UP,
  F_TAIL_AGE,
  F_TAIL_POINTS,
  F_TAIL_SHIFT,
  F_TAIL_UP,
  REST_SLOTS,
} from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

/** Writes a new series' state: nothing known, everything at its reference. */
export function startState(d: Float64Array, f: Float32Array, b: number, layout: StateLayout): void {
  const c = 2 * b;
  d.fill(0, b, b + layout.stateLength);
  d[b + D_LEARNED_UNTIL] = NaN;
  d[b + D_LAST_VALUE] = NaN;
  d[b + D_OLD_LEVEL] = NaN;
  f.fill(NaN, c + layout.F_PROFILE, c + layout.F_PROFILE + layout.dayLength);
  f.fill(NaN, c + layout.F_RATIO, c + layout.F_RATIO + layout.ratioLength);
  f.fill(NaN, c + layout.F_RING, c + layout.F_RING + layout.dayLength);
  for (let i = 0, k = 0; i < EXPERT_COUNT; k += ++i + 1) f[c + F_COVARIANCE + k] = STACK_COVARIANCE;
  // Mean squares of the two averages on white noise: the start, until the series' own are known.
  f[c + F_SHIFT_FAST_SQUARE] = SHIFT_FAST_RATE / (2 - SHIFT_FAST_RATE);
  f[c + F_SHIFT_SLOW_SQUARE] = SHIFT_SLOW_RATE / (2 - SHIFT_SLOW_RATE);
  resetTail(f, c, layout);
}

/** Forgets what is rare for the series, keeps what it looks like: between the two passes over a history. */
export function resetTail(f: Float32Array, c: number, layout: StateLayout): void {
  f.fill(0, c + F_TAIL_UP, c + F_TAIL_SHIFT + COARSE_BINS);
  f.fill(0, c + F_REST, c + F_REST + REST_SLOTS);
  f[c + F_TAIL_POINTS] = 0;
  f[c + F_TAIL_AGE] = 0;
  f[c + F_BLOCK_POINTS] = 0;
  f[c + F_BLOCKS] = 0;
  f[c + F_BLOCK_UP] = 0;
  f[c + F_BLOCK_DOWN] = 0;
  f[c + F_BLOCK_MEAN_UP] = f[c + F_BLOCK_MEAN_DOWN] = blockMeanReference(layout);
  f[c + F_BLOCK_DEVIATION_UP] = f[c + F_BLOCK_DEVIATION_DOWN] = BLOCK_DEVIATION;
  f[c + F_STRETCH_UP] = f[c + F_STRETCH_DOWN] = 1;
  f[c + F_Q_UP] = f[c + F_Q_DOWN] = f[c + F_Q_GLOBAL] = f[c + F_Q_SHIFT] = 1;
  f[c + F_DAY_POINTS] = 0;
  f[c + F_DAY_MAX] = 0;
  f[c + F_DAYS] = 0;
  f[c + F_DAY_MEAN] = 1.6094379124341003; // ln 5
  f[c + F_REST_AGE] = 0;
  f[c + F_REST_SLOT] = 0;
  f[c + F_RUN] = 0;
}
