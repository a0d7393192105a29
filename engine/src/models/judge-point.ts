import { exp, ln } from "../stats/elementary.ts";
import * as constants from "./constants.ts";
import * as judged from "./judged.ts";
import { clamp } from "./rates.ts";
import * as slots from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

// Copies, for speed: constants.ts says why.
const {
  FIRST_SCORED_POINT,
  STRETCH_FROM,
  MEMORY_LONG,
  BLOCK_DEVIATION,
  LN_5,
  SHIFT_FAST_RATE,
  SHIFT_SLOW_RATE,
} = constants;
const {
  JUDGED,
  J_BACK,
  J_EXPECTED,
  J_FLOOR,
  J_GLOBAL_Z,
  J_INCIDENT,
  J_INCIDENT_X,
  J_KNOWN,
  J_LN_Z,
  J_MATURE,
  J_SCORE,
  J_SCORE_BEFORE_MEMORY,
  J_SHIFT,
  J_SHIFT_D,
  J_SHIFT_RAW,
  J_SHIFT_RUN,
  J_SHIFT_SIGN,
  J_SHIFT_SPREAD,
  J_SPREAD,
  J_SPREAD_FAST,
  J_SPREAD_HOUR,
  J_SPREAD_LONG,
  J_STACK,
  J_STACK_OUT,
  J_STACK_X,
  J_UNIT,
  J_Z,
} = judged;
const {
  D_AGE,
  D_FAST,
  D_GLOBAL_MEAN,
  D_GLOBAL_VARIANCE,
  D_LAST_RESIDUAL,
  D_LEVEL,
  D_MAX,
  D_MIN,
  D_MOVEMENT,
  D_OLD_LEVEL,
  D_OLD_SPREAD,
  D_POINTS,
  D_QUANTUM,
  D_RATIO_LEVEL,
  D_SLOW,
  D_SLOW_LEVEL,
  D_SPREAD_FAST,
  D_SPREAD_GLOBAL,
  D_SPREAD_LONG,
  D_SPREAD_SHIFT,
  D_TREND,
  D_TREND_LEVEL,
  D_WEEK_FAST,
  D_WEEK_SLOW,
  EXPERT_COUNT,
  F_BLOCK_DEVIATION_UP,
  F_BLOCK_MEAN_UP,
  F_DAY_MEAN,
  F_LOSS,
  F_MEMORY_AGE,
  F_MEMORY_SCORE,
  F_NONZERO,
  F_Q_DOWN,
  F_Q_GLOBAL,
  F_Q_SHIFT,
  F_Q_UP,
  F_REST,
  F_SHIFT_FAST,
  F_SHIFT_FAST_SQUARE,
  F_SHIFT_RUN,
  F_SHIFT_SLOW,
  F_SHIFT_SLOW_SQUARE,
  F_STRETCH_UP,
  F_WEIGHT,
  F_ZERO_SHARE,
  REST_SLOTS,
} = slots;

/** A deviation counts at most this many spreads, also where the spread is 0. */
const Z_LIMIT = 1000;
const ZERO_SCORE_PER_NAT = 2;
const HEDGE_SHARPNESS = 5;
// Weights by steps of 1/128 in the exponent: 0.4 % of a weight is far below what decides.
const HEDGE_STEPS_PER_UNIT = 128;
const HEDGE_STEPS = HEDGE_SHARPNESS * HEDGE_STEPS_PER_UNIT;
const HEDGE_WEIGHTS = Float32Array.from({ length: HEDGE_STEPS * 4 + 1 }, (_, i) => exp(-i / HEDGE_STEPS_PER_UNIT));
const STACK_X_LIMIT = 8;
const RELEVANT_MOVEMENT = 0.1; // of the usual movement: anything smaller is nobody's incident
const RELEVANT_LEVEL = 0.001;
const SPARSE_SPREADS = 2;
const LOUD_SCORE = 10; // severity 83
const MEMORY_SHORT = 3; // points after which a value of the old regime is no incident of its own
const BACK_SPREADS = 2;
const SHIFT_RARITY = 0.85; // puts the slow channel on the point score's scale
const SHIFT_POINTS = 3;
const SHIFT_AWAY = 0.5;

/**
 * Judges one value and leaves every part in JUDGED. Reads only. A missing value (NaN) still gets its expected value
 * and spread; before the first point everything is NaN.
 *
 * @param b  first 64-bit slot of the series' slice
 */
export function judgePoint(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  hourOfWeek: number,
  value: number,
): void {
  const J = JUDGED;
  const c = 2 * b;
  const points = d[b + D_POINTS];
  if (points === 0) {
    J.fill(NaN);
    return;
  }
  const age = d[b + D_AGE];
  const dayLength = layout.dayLength;
  const profile = f[c + layout.F_PROFILE + inDay];
  const known = age >= dayLength && profile === profile;
  const mature = known && age >= 2 * dayLength;

  // Spread: four memories, a geometric mean, and a floor below which nothing is anybody's incident.
  const slowLevel = d[b + D_SLOW_LEVEL];
  const hour = layout.pointsPerHour > 1 ? Math.floor(inDay / layout.pointsPerHour) : inDay;
  const global = d[b + D_SPREAD_GLOBAL];
  const shrinkage = 8 * dayLength;
  const spreadHour = (age * f[c + layout.F_SPREAD_HOUR + hour] + shrinkage * global) / (age + shrinkage);
  const fast = d[b + D_SPREAD_FAST];
  const spreadFast = fast > 0.5 * global ? fast : 0.5 * global;
  const spreadLong = d[b + D_SPREAD_LONG];
  let floor = 0.5 * d[b + D_QUANTUM];
  const levelFloor = RELEVANT_LEVEL * Math.abs(slowLevel);
  if (levelFloor > floor) floor = levelFloor;
  const movementFloor = RELEVANT_MOVEMENT * d[b + D_MOVEMENT];
  if (movementFloor > floor) floor = movementFloor;
  const zeroShare = f[c + F_ZERO_SHARE];
  if (zeroShare > 0.5) {
    // Mostly zeros: what is usual is set by the other values, not by how often they come.
    const sparseFloor = SPARSE_SPREADS * (2 * zeroShare - 1) * f[c + F_NONZERO];
    if (sparseFloor > floor) floor = sparseFloor;
  }
  const product = spreadFast * spreadLong;
  const mean = product > 0 && spreadHour > 0 ? exp(0.4 * ln(spreadHour) + 0.3 * ln(product)) : 0;
  const floorSquare = floor * floor;
  const spread = Math.sqrt(mean * mean + floorSquare);
  const unit = Math.sqrt(global * global + floorSquare);
  J[J_SPREAD] = spread;
  J[J_FLOOR] = floor;
  J[J_UNIT] = unit;
  J[J_SPREAD_HOUR] = spreadHour;
  J[J_SPREAD_FAST] = spreadFast;
  J[J_SPREAD_LONG] = spreadLong;

  // Experts, each clamped to the range ever seen, widened by 30 %.
  const level = d[b + D_LEVEL];
  const least = d[b + D_MIN];
  const most = d[b + D_MAX];
  const range = 0.3 * (most - least);
  const low = least - range;
  const high = most + range;
  const e8 = clamp(d[b + D_TREND_LEVEL] + 0.9 * d[b + D_TREND], low, high);
  const losses = c + F_LOSS;
  let expected: number;
  let weekExpected: number;
  if (known) {
    const week = layout.weekLength > 0 ? f[c + layout.F_WEEK + hourOfWeek] : 0;
    const ring = f[c + layout.F_RING + inDay];
    const ratio = f[c + layout.F_RATIO + (layout.ratioLength < dayLength ? inDay >> 1 : inDay)];
    const e0 = clamp(profile + d[b + D_SLOW], low, high);
    const e1 = clamp(profile + d[b + D_FAST], low, high);
    const e2 = clamp(level, low, high);
    const e3 = clamp(ring === ring ? level + ring : level, low, high);
    const e4 = clamp(profile + week + d[b + D_WEEK_SLOW], low, high);
    const e5 = clamp(profile + week + d[b + D_WEEK_FAST], low, high);
    const e6 = clamp(ratio === ratio ? ratio * d[b + D_RATIO_LEVEL] : level, low, high);
    const e7 = clamp(profile + d[b + D_LAST_RESIDUAL], low, high);
    weekExpected = e4;
    J[0] = e0;
    J[1] = e1;
    J[2] = e2;
    J[3] = e3;
    J[4] = e4;
    J[5] = e5;
    J[6] = e6;
    J[7] = e7;
    J[8] = e8;

    // Stack: what the other experts say against expert 0, weighed by recursive least squares.
    const perUnit = unit > 0 ? 1 / unit : 0;
    const x0 = clamp((e1 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x1 = clamp((e2 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x2 = clamp((e3 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x3 = clamp((e4 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x4 = clamp((e5 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x5 = clamp((e6 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x6 = clamp((e7 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const x7 = clamp((e8 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    J[J_STACK_X] = x0;
    J[J_STACK_X + 1] = x1;
    J[J_STACK_X + 2] = x2;
    J[J_STACK_X + 3] = x3;
    J[J_STACK_X + 4] = x4;
    J[J_STACK_X + 5] = x5;
    J[J_STACK_X + 6] = x6;
    J[J_STACK_X + 7] = x7;
    const w = c + F_WEIGHT;
    const out =
      f[w] * x0 + f[w + 1] * x1 + (f[w + 2] * x2 + f[w + 3] * x3) + (f[w + 4] * x4 + f[w + 5] * x5 + (f[w + 6] * x6 + f[w + 7] * x7)) + f[w + 8];
    J[J_STACK_OUT] = out;
    let stack = e0 + unit * out;
    // Within a unit of expert 0 it is within a unit of the experts' hull.
    if (!(out >= -1 && out <= 1)) stack = clamp(stack, hullLow(J) - unit, hullHigh(J) + unit);
    J[J_STACK] = stack;

    // Hedge: weights fall with each expert's recent loss; the stack is its tenth member.
    let best = f[losses];
    for (let k = 1; k < EXPERT_COUNT; k++) if (f[losses + k] < best) best = f[losses + k];
    if (mature && f[losses + EXPERT_COUNT] < best) best = f[losses + EXPERT_COUNT];
    const h0 = hedgeWeight(HEDGE_STEPS * (f[losses] - best));
    const h1 = hedgeWeight(HEDGE_STEPS * (f[losses + 1] - best));
    const h2 = hedgeWeight(HEDGE_STEPS * (f[losses + 2] - best));
    const h3 = hedgeWeight(HEDGE_STEPS * (f[losses + 3] - best));
    const h4 = hedgeWeight(HEDGE_STEPS * (f[losses + 4] - best));
    const h5 = hedgeWeight(HEDGE_STEPS * (f[losses + 5] - best));
    const h6 = hedgeWeight(HEDGE_STEPS * (f[losses + 6] - best));
    const h7 = hedgeWeight(HEDGE_STEPS * (f[losses + 7] - best));
    const h8 = hedgeWeight(HEDGE_STEPS * (f[losses + 8] - best));
    const weights = h0 + h1 + (h2 + h3) + (h4 + h5 + (h6 + h7)) + h8;
    const sum = h0 * e0 + h1 * e1 + (h2 * e2 + h3 * e3) + (h4 * e4 + h5 * e5 + (h6 * e6 + h7 * e7)) + h8 * e8;
    if (mature) {
      const h9 = hedgeWeight(HEDGE_STEPS * (f[losses + 9] - best));
      expected = 0.5 * ((sum + h9 * stack) / (weights + h9) + stack);
    } else expected = sum / weights;
  } else {
    J[0] = J[4] = J[J_STACK] = weekExpected = slowLevel;
    J[1] = J[2] = J[3] = J[5] = J[6] = J[7] = level;
    J[8] = e8;
    const best = f[losses + 2] < f[losses + 8] ? f[losses + 2] : f[losses + 8];
    const h2 = hedgeWeight(HEDGE_STEPS * (f[losses + 2] - best));
    const h8 = hedgeWeight(HEDGE_STEPS * (f[losses + 8] - best));
    expected = (h2 * level + h8 * e8) / (h2 + h8);
  }
  J[J_KNOWN] = known ? 1 : 0;
  J[J_MATURE] = mature ? 1 : 0;
  J[J_EXPECTED] = expected;

  if (value !== value) {
    J[J_Z] = J[J_SCORE] = J[J_SHIFT] = J[J_INCIDENT] = J[J_LN_Z] = NaN;
    J[J_SHIFT_SIGN] = 0;
    return;
  }

  // Score: the deviation in spreads over what is rare for this series on that side.
  const residual = value - expected;
  const deviation = Math.abs(residual);
  const z = deviation < Z_LIMIT * spread ? deviation / spread : deviation > 0 ? Z_LIMIT : 0;
  const side = residual > 0 ? c : c + 1; // slots of a side lie next to each other, upward first
  const lnZ = z > 0.01 ? ln(z) : -4.6;
  let score = z / f[side + F_Q_UP];
  const beyond = lnZ - f[side + F_BLOCK_MEAN_UP] - 0.3;
  let raw = score; // what the incident layer sees
  let burst = 1;
  if (beyond > 0) {
    const blockDeviation = f[side + F_BLOCK_DEVIATION_UP];
    if (blockDeviation > BLOCK_DEVIATION) burst = exp(-beyond * (1 - BLOCK_DEVIATION / blockDeviation));
    raw *= burst;
  }
  if (score > STRETCH_FROM) {
    // Thin tails: far out is rarer than the same distance elsewhere.
    const stretch = f[side + F_STRETCH_UP];
    if (stretch > 1) score = STRETCH_FROM * exp(stretch * ln(score / STRETCH_FROM));
  }
  score *= burst;
  if (points < FIRST_SCORED_POINT) score = 0;
  if (value === 0 && zeroShare > 0) {
    // A zero can't be rarer than zeros are.
    const rarest = -ZERO_SCORE_PER_NAT * ln(zeroShare);
    if (score > rarest) score = rarest;
  }
  J[J_BACK] = 0;
  J[J_SCORE_BEFORE_MEMORY] = score;
  const memoryAge = f[c + F_MEMORY_AGE];
  if (memoryAge > MEMORY_SHORT && known) {
    // A return to the regime before a shift is no incident of its own.
    const old = clamp(profile + (layout.weekLength > 0 ? f[c + layout.F_WEEK + hourOfWeek] : 0) + d[b + D_OLD_LEVEL], low, high);
    const oldSpread = d[b + D_OLD_SPREAD] > floor ? d[b + D_OLD_SPREAD] : floor;
    const away = value - old;
    const q = away > 0 ? f[c + F_Q_UP] : f[c + F_Q_DOWN];
    const oldScore = Math.abs(away) / oldSpread / q;
    if (memoryAge > MEMORY_LONG && Math.abs(away) < BACK_SPREADS * oldSpread && Math.abs(away) < Math.abs(value - weekExpected)) J[J_BACK] = 1;
    // After a short absence only if leaving was as loud, or loud enough for anybody: else the return is the news.
    const left = f[c + F_MEMORY_SCORE];
    if (oldScore < score && (memoryAge > MEMORY_LONG || left >= score || left >= LOUD_SCORE)) score = oldScore;
  }
  J[J_Z] = z;
  J[J_LN_Z] = lnZ;
  J[J_SCORE] = score;

  // Slow channel: expert 4, which no shift can pull along quickly.
  const qShift = f[c + F_Q_SHIFT];
  let shift = 0;
  let rawShift = 0;
  let sign = 0;
  if (mature) {
    const own = d[b + D_SPREAD_SHIFT];
    const shiftSpread = Math.sqrt(own * own + 0.25 * spread * spread + floorSquare);
    const away = value - weekExpected;
    const dev = shiftSpread > 0 ? clamp(away / shiftSpread, -5, 5) : away > 0 ? 5 : away < 0 ? -5 : 0;
    const e1 = f[c + F_SHIFT_FAST] + SHIFT_FAST_RATE * (dev - f[c + F_SHIFT_FAST]);
    const e2 = f[c + F_SHIFT_SLOW] + SHIFT_SLOW_RATE * (dev - f[c + F_SHIFT_SLOW]);
    const square1 = f[c + F_SHIFT_FAST_SQUARE];
    const square2 = f[c + F_SHIFT_SLOW_SQUARE];
    const isFast = e1 * e1 * square2 > e2 * e2 * square1;
    const e = isFast ? e1 : e2;
    rawShift = Math.abs(e) / Math.sqrt(isFast ? square1 : square2);
    const run = shiftRun(f[c + F_SHIFT_RUN], dev);
    J[J_SHIFT_RUN] = run;
    // What a spike leaves in the averages is no shift: the value must still be away, and have been so before.
    if (run * e > 0 && Math.abs(run) >= SHIFT_POINTS && J[J_BACK] === 0) shift = rawShift / (SHIFT_RARITY * qShift);
    sign = e > 0 ? 1 : -1;
    J[J_SHIFT_D] = dev;
    J[J_SHIFT_SPREAD] = shiftSpread;
  }
  J[J_SHIFT] = shift;
  J[J_SHIFT_RAW] = rawShift;
  J[J_SHIFT_SIGN] = sign;

  // Incident layer: does something larger begin than anything of the last 1.4 days?
  const variance = d[b + D_GLOBAL_VARIANCE];
  const globalZ = variance > 0 ? Math.abs(value - d[b + D_GLOBAL_MEAN]) / Math.sqrt(variance) : 0;
  const g = globalZ / f[c + F_Q_GLOBAL];
  const s = (0.7 * rawShift) / qShift;
  const x = Math.sqrt(raw * raw + g * g + s * s);
  J[J_GLOBAL_Z] = globalZ;
  J[J_INCIDENT_X] = x;
  J[J_INCIDENT] = isLargest(f, c + F_REST, x) ? x / exp(0.7 * (f[c + F_DAY_MEAN] - LN_5)) : 0;
}

function hedgeWeight(steps: number): number {
  return HEDGE_WEIGHTS[steps | 0];
}

function isLargest(f: Float32Array, rest: number, x: number): boolean {
  for (let k = 0; k < REST_SLOTS; k++) if (!(x > f[rest + k])) return false;
  return true;
}

function hullLow(J: Float64Array): number {
  let low = J[0];
  for (let k = 1; k < EXPERT_COUNT; k++) if (J[k] < low) low = J[k];
  return low;
}

function hullHigh(J: Float64Array): number {
  let high = J[0];
  for (let k = 1; k < EXPERT_COUNT; k++) if (J[k] > high) high = J[k];
  return high;
}

/** Points in a row on one side, with this deviation as the newest. */
function shiftRun(before: number, dev: number): number {
  if (dev > SHIFT_AWAY) return before > 0 ? before + 1 : 1;
  if (dev < -SHIFT_AWAY) return before < 0 ? before - 1 : -1;
  return 0;
}
