/**
 * Where each number of a series' state lies.
 *
 * A state is one flat slice of 64-bit slots. What needs the precision (levels, times, ranges) is kept as 64-bit
 * numbers at the front; the rest (profiles, histograms, covariance) as 32-bit numbers, two to a slot, seen through a
 * Float32Array over the same bytes. That keeps a 5-minute state at half the size, and rounding at every learn makes
 * memory and disk agree by construction. Profiles hold *deviations* from a level, so 32 bits are enough for a series
 * that moves by 10 around 1,000,000,000.
 *
 * Offsets named `D_…` count 64-bit slots from the slice's start; `F_…` count 32-bit slots from the same start.
 */
import type { Rhythm } from "../time/rhythm.ts";

/** Raised whenever a slot changes its meaning; older states are then relearned (state-bytes.ts). */
export const STATE_VERSION = 1;

// 64-bit slots ------------------------------------------------------------------------------------------------------
export const D_LEARNED_UNTIL = 0; // start of the last interval learned, epoch ms; NaN = none
export const D_AGE = 1; // intervals since the first point, missing ones included
export const D_POINTS = 2; // points learned
export const D_LEVEL = 3;
export const D_SLOW_LEVEL = 4;
export const D_SLOW = 5; // offsets of the daily profile
export const D_FAST = 6;
export const D_WEEK_SLOW = 7; // offsets of daily + week profile
export const D_WEEK_FAST = 8;
export const D_RATIO_LEVEL = 9;
export const D_LAST_RESIDUAL = 10;
export const D_TREND_LEVEL = 11;
export const D_TREND = 12;
export const D_MIN = 13;
export const D_MAX = 14;
export const D_QUANTUM = 15; // smallest non-zero step seen; 0 = none yet
export const D_LAST_VALUE = 16;
export const D_GLOBAL_MEAN = 17; // without any season, for the incident layer
export const D_GLOBAL_VARIANCE = 18;
export const D_SPREAD_GLOBAL = 19;
export const D_SPREAD_FAST = 20;
export const D_SPREAD_LONG = 21;
export const D_MOVEMENT = 22; // mean |value − slow level|
export const D_SPREAD_SHIFT = 23; // own spread of the slow channel
export const D_OLD_LEVEL = 24; // the regime before the last level shift, as an offset of the profiles; NaN = none
export const D_OLD_SLOW = 25;
export const D_OLD_SLOW_LEVEL = 26;
export const D_OLD_SPREAD = 27; // as it was at that hour
export const D_COUNT = 28;

// 32-bit slots, fixed part ---------------------------------------------------------------------------------------
const F_FIRST = D_COUNT * 2;
export const F_RUN = F_FIRST; // points in a row beyond the gate's limit; negative = below
export const F_GATED = F_FIRST + 1; // points that were clipped
export const F_SHIFT_FAST = F_FIRST + 2; // EWMAs of the slow channel and their mean squares
export const F_SHIFT_SLOW = F_FIRST + 3;
export const F_SHIFT_FAST_SQUARE = F_FIRST + 4;
export const F_SHIFT_SLOW_SQUARE = F_FIRST + 5;
export const F_TAIL_POINTS = F_FIRST + 6; // z seen by the histograms, halved at 20,000
export const F_TAIL_AGE = F_FIRST + 7; // points since the last refit
export const F_BLOCK_POINTS = F_FIRST + 8;
export const F_BLOCKS = F_FIRST + 9;
export const F_BLOCK_UP = F_FIRST + 10; // largest z of the block
export const F_BLOCK_DOWN = F_FIRST + 11;
export const F_BLOCK_MEAN_UP = F_FIRST + 12; // M: running mean of ln(largest z)
export const F_BLOCK_MEAN_DOWN = F_FIRST + 13;
export const F_BLOCK_DEVIATION_UP = F_FIRST + 14; // V
export const F_BLOCK_DEVIATION_DOWN = F_FIRST + 15;
export const F_Q_UP = F_FIRST + 16;
export const F_Q_DOWN = F_FIRST + 17;
export const F_Q_GLOBAL = F_FIRST + 18; // of the incident layer
export const F_Q_SHIFT = F_FIRST + 19;
export const F_DAY_POINTS = F_FIRST + 20; // incident layer: mean log daily maximum
export const F_DAY_MAX = F_FIRST + 21;
export const F_DAYS = F_FIRST + 22;
export const F_DAY_MEAN = F_FIRST + 23;
export const F_REST_AGE = F_FIRST + 24; // points in the current slot of the resting period
export const F_REST_SLOT = F_FIRST + 25;
export const F_GAP = F_FIRST + 26; // silent intervals in a row, while the dataset delivered
export const F_GAP_LONGEST = F_FIRST + 27;
export const F_GAP_SHARE = F_FIRST + 28; // running share of missing intervals
export const F_FLAT = F_FIRST + 29; // equal values in a row
export const F_FLAT_LONGEST = F_FIRST + 30;
export const F_FLAT_SHARE = F_FIRST + 31;
export const F_ZERO = F_FIRST + 32; // zeros in a row
export const F_ZERO_SHARE = F_FIRST + 33;
export const F_SIDE = F_FIRST + 34; // points in a row whose score was high; negative = below
export const F_MEMORY_AGE = F_FIRST + 35; // points since the old regime was left; 0 = none remembered
export const F_MEMORY_BACK = F_FIRST + 36; // points in a row that are back in it
export const F_MEMORY_SCORE = F_FIRST + 37; // largest score since the old regime was left
export const F_NONZERO = F_FIRST + 38; // robust mean size of values other than 0
export const F_STRETCH_UP = F_FIRST + 39; // exponent that lifts high scores of thin-tailed series
export const F_STRETCH_DOWN = F_FIRST + 40;
export const F_SHIFT_RUN = F_FIRST + 41; // points in a row on one side of expert 4; negative = below
export const F_SPARE = F_FIRST + 42; // two slots for what comes next (holidays, feedback), always 0 today 
export const F_REST = F_FIRST + 44; // [REST_SLOTS] largest x of each part of the resting period
export const REST_SLOTS = 8;
export const F_LOSS = F_REST + REST_SLOTS; // [10] experts and stack
export const EXPERT_COUNT = 9;
export const F_WEIGHT = F_LOSS + EXPERT_COUNT + 1; // [9] stack weights: experts 1 … 8 against 0, and a constant
export const F_COVARIANCE = F_WEIGHT + EXPERT_COUNT; // [45] lower triangle, row by row
export const F_TAIL_UP = F_COVARIANCE + (EXPERT_COUNT * (EXPERT_COUNT + 1)) / 2; // [TAIL_BINS]
export const TAIL_BINS = 48;
export const F_TAIL_DOWN = F_TAIL_UP + TAIL_BINS;
export const F_TAIL_GLOBAL = F_TAIL_DOWN + TAIL_BINS; // [COARSE_BINS]
export const COARSE_BINS = 24;
export const F_TAIL_SHIFT = F_TAIL_GLOBAL + COARSE_BINS;
export const F_HOURS = F_TAIL_SHIFT + COARSE_BINS; // [hours] spread, then [hours] share of zeros, then the profiles

/** The part of the layout that depends on the interval. */
export interface StateLayout {
  readonly dayLength: number;
  readonly weekLength: number;
  /** bins of the spread in a day: 24, or 7 for daily data */
  readonly hourCount: number;
  /** points in an hour bin's visit */
  readonly pointsPerHour: number;
  /** positions of the ratio profile: half the positions at 5 minutes, where neighbours hardly differ */
  readonly ratioLength: number;
  readonly F_SPREAD_HOUR: number;
  readonly F_ZERO_HOUR: number;
  readonly F_PROFILE: number; // [dayLength]
  readonly F_WEEK: number; // [weekLength]
  readonly F_RATIO: number; // [ratioLength]
  readonly F_RING: number; // [dayLength] value − level, one season ago
  /** 64-bit slots per series */
  readonly stateLength: number;
}

const layouts = new Map<number, StateLayout>();

/** One layout object per rhythm, so that the hot loop always sees the same one. */
export function layoutOf(rhythm: Rhythm): StateLayout {
  const key = 1000 * rhythm.dayLength + rhythm.weekLength;
  let layout = layouts.get(key);
  if (layout === undefined) {
    layout = buildLayout(rhythm.dayLength, rhythm.weekLength);
    layouts.set(key, layout);
  }
  return layout;
}

function buildLayout(dayLength: number, weekLength: number): StateLayout {
  const hourCount = Math.min(dayLength, 24);
  const ratioLength = dayLength > 144 ? dayLength / 2 : dayLength;
  const F_SPREAD_HOUR = F_HOURS;
  const F_ZERO_HOUR = F_SPREAD_HOUR + hourCount;
  const F_PROFILE = F_ZERO_HOUR + hourCount;
  const F_WEEK = F_PROFILE + dayLength;
  const F_RATIO = F_WEEK + weekLength;
  const F_RING = F_RATIO + ratioLength;
  return {
    dayLength,
    weekLength,
    hourCount,
    pointsPerHour: dayLength / hourCount,
    ratioLength,
    F_SPREAD_HOUR,
    F_ZERO_HOUR,
    F_PROFILE,
    F_WEEK,
    F_RATIO,
    F_RING,
    stateLength: Math.ceil((F_RING + dayLength) / 2),
  };
}
