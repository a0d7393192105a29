/**
 * The product's model: nine cheap experts, their mixture, a robust spread, and a score that is a rarity of *this*
 * series (docs/models/ensemble.md has the mathematics in words and what each part was measured to be worth).
 *
 * Two functions over one slice of plain numbers: `judgePoint` reads, `learnPoint` writes. `learnPoint` works with what
 * `judgePoint` has just left in `JUDGED` for the same point, so that nothing is computed twice in the fused path; who
 * learns later calls `judgePoint` again first and gets the same bytes.
 *
 * No objects, closures or allocation per point; no Math.exp, Math.log or Math.pow (stats/elementary.ts says why).
 */
import { exp, expRough, ln } from "../stats/elementary.ts";
import {
  COARSE_BINS,
  D_AGE,
  D_FAST,
  D_GLOBAL_MEAN,
  D_GLOBAL_VARIANCE,
  D_LAST_RESIDUAL,
  D_LAST_VALUE,
  D_LEARNED_UNTIL,
  D_LEVEL,
  D_MAX,
  D_MIN,
  D_MOVEMENT,
  D_OLD_LEVEL,
  D_OLD_SLOW,
  D_OLD_SLOW_LEVEL,
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
  F_GATED,
  F_LOSS,
  F_MEMORY_AGE,
  F_MEMORY_BACK,
  F_Q_DOWN,
  F_Q_GLOBAL,
  F_Q_SHIFT,
  F_Q_UP,
  F_REST,
  F_REST_AGE,
  F_REST_SLOT,
  F_RUN,
  F_SHIFT_FAST,
  F_SHIFT_FAST_SQUARE,
  F_SHIFT_RUN,
  F_SHIFT_SLOW,
  F_SHIFT_SLOW_SQUARE,
  F_TAIL_AGE,
  F_TAIL_DOWN,
  F_TAIL_GLOBAL,
  F_TAIL_POINTS,
  F_TAIL_SHIFT,
  F_TAIL_UP,
  F_WEIGHT,
  F_NONZERO,
  F_STRETCH_DOWN,
  F_STRETCH_UP,
  F_ZERO_SHARE,
  REST_SLOTS,
  TAIL_BINS,
} from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

// What `judgePoint` leaves behind: slots of JUDGED.
export const J_EXPERT = 0; // [9]
export const J_STACK = 9;
export const J_EXPECTED = 10;
export const J_SPREAD = 11;
export const J_FLOOR = 12;
export const J_Z = 13; // |value − expected| / spread
export const J_SCORE = 14;
export const J_SHIFT = 15; // score of the slow channel, with its sign in J_SHIFT_SIGN
export const J_INCIDENT = 16;
export const J_SHIFT_SIGN = 17;
export const J_SHIFT_D = 18; // deviation that the slow channel takes in
export const J_UNIT = 19; // u: the stack's unit
export const J_GLOBAL_Z = 20;
export const J_INCIDENT_X = 21;
export const J_STACK_X = 22; // [9]
export const J_STACK_OUT = 31; // the stack's own output before its clamp, in units
export const J_LN_Z = 32;
export const J_SPREAD_HOUR = 33;
export const J_SPREAD_FAST = 34;
export const J_SPREAD_LONG = 35;
export const J_KNOWN = 36; // 1 when the position has been seen: the profile experts count
export const J_MATURE = 37; // 1 after two seasons: the stack counts
export const J_SHIFT_SPREAD = 38;
export const J_BACK = 39; // 1 when the value is back in the remembered regime
const J_SHIFT_RAW = 40; // before its rarity
export const J_SCORE_BEFORE_MEMORY = 41;
export const J_SHIFT_RUN = 42;
const J_COUNT = 43;

/** The last point judged, all its parts. One for the process: judging is synchronous and reads it at once. */
export const JUDGED = new Float64Array(J_COUNT);
const covarianceTimesX = new Float64Array(EXPERT_COUNT);

/** Values beyond are treated as this large: their squares still fit, and no business number is near it. */
export const VALUE_LIMIT = 1e30;
/** A deviation counts at most this many spreads, also where the spread is 0. */
const Z_LIMIT = 1000;
const FIRST_SCORED_POINT = 5;

export const STRETCH_FROM = 3;
const STRETCH_MAX = 1.3;
const STRETCH_REFERENCE = 0.3; // mean log excess of the top 5 %: 0.17 for normal data, 0.33 for Student's t(3)
const ZERO_SCORE_PER_NAT = 2;

const HEDGE_SHARPNESS = 5;
const HEDGE_RATE = 0.03;
const HEDGE_LOSS_LIMIT = 4;
const STACK_FORGETTING = 1 - 1 / 3000;
const STACK_COVARIANCE = 0.02; // a strong pull to expert 0
const STACK_COVARIANCE_FLOOR = 1e-7;
const STACK_X_LIMIT = 8;

const SPREAD_PER_DEVIATION = 1.25; // makes the mean absolute deviation the standard deviation for normal data
const RELEVANT_MOVEMENT = 0.1; // of the usual movement: anything smaller is nobody's incident
const RELEVANT_LEVEL = 0.001;
const SPARSE_SPREADS = 2;
const QUANTUM_CREEP = 1.0001; // so that one odd value does not fix it

const GATE_SPREADS = 3;
const GATE_DOUBLING = 4; // points of a run after which the limit doubles
const GATE_RELEARN = 12; // points of a run after which it is the new regime

const MEMORY_EARLY = 6; // points within which a quiet gate means that it was a spike, and nothing was left
const MEMORY_SHORT = 3; // points after which a value of the old regime is no incident of its own
export const MEMORY_LONG = 12; // points after which what was left is a regime to come back to
const MEMORY_SEASONS = 2;
const BACK_SPREADS = 2;
const BACK_POINTS = 3; // in a row: then the old regime is restored
const TAIL_LOWEST = 0.5; // the histogram's first level
const LN_TAIL_LOWEST = -0.6931471805599453;
const TAIL_PER_OCTAVE = 6;
const COARSE_PER_OCTAVE = 3;
const LN2 = 0.6931471805599453;
const TAIL_WEIGHT = 20; // exceedances the reference is worth
const TAIL_REFIT = 32;
const TAIL_HALVED = 20_000;
const LN_REF_05 = ln(2.2);
const LN_REF_01 = ln(3.3);
const LN_REF_001 = ln(5.6);
const LN_STEP_01 = ln(1.5);
const LN_STEP_001 = ln(1.7);
const BLOCK_DEVIATION = 0.5; // V at the start, and the V from which a series counts as bursty
const BLOCK_LEAST = 2;
const SHIFT_RARITY = 0.85; // puts the slow channel on the point score's scale
const SHIFT_POINTS = 3;
const SHIFT_AWAY = 0.5;
const SHIFT_FAST_RATE = 1 / 4;
const SHIFT_SLOW_RATE = 1 / 16;

function blockLength(layout: StateLayout): number {
  return layout.dayLength > 96 ? layout.dayLength : 96;
}

function blockMeanReference(layout: StateLayout): number {
  return 0.7 + 0.2 * ln(blockLength(layout)) - 0.15;
}

/** Points in 24 hours; a daily series has 1. */
function pointsPerDay(layout: StateLayout): number {
  return layout.weekLength === 0 ? 1 : layout.dayLength;
}

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

  // Experts, each clamped to the range ever seen, widened by 30 %.
  const level = d[b + D_LEVEL];
  const slowLevel = d[b + D_SLOW_LEVEL];
  const range = 0.3 * (d[b + D_MAX] - d[b + D_MIN]);
  const low = d[b + D_MIN] - range;
  const high = d[b + D_MAX] + range;
  const trend = clamp(d[b + D_TREND_LEVEL] + 0.9 * d[b + D_TREND], low, high);
  if (known) {
    const week = layout.weekLength > 0 ? f[c + layout.F_WEEK + hourOfWeek] : 0;
    const ring = f[c + layout.F_RING + inDay];
    const ratio = f[c + layout.F_RATIO + (layout.ratioLength < dayLength ? inDay >> 1 : inDay)];
    J[0] = clamp(profile + d[b + D_SLOW], low, high);
    J[1] = clamp(profile + d[b + D_FAST], low, high);
    J[2] = clamp(level, low, high);
    J[3] = clamp(ring === ring ? level + ring : level, low, high);
    J[4] = clamp(profile + week + d[b + D_WEEK_SLOW], low, high);
    J[5] = clamp(profile + week + d[b + D_WEEK_FAST], low, high);
    J[6] = clamp(ratio === ratio ? ratio * d[b + D_RATIO_LEVEL] : level, low, high);
    J[7] = clamp(profile + d[b + D_LAST_RESIDUAL], low, high);
    J[8] = trend;
  } else {
    J[0] = J[4] = slowLevel;
    J[1] = J[2] = J[3] = J[5] = J[6] = J[7] = level;
    J[8] = trend;
  }

  // Spread: four memories, a geometric mean, and a floor below which nothing is anybody's incident.
  const hour = layout.pointsPerHour > 1 ? Math.floor(inDay / layout.pointsPerHour) : inDay;
  const global = d[b + D_SPREAD_GLOBAL];
  const visits = age / dayLength;
  const spreadHour = (visits * f[c + layout.F_SPREAD_HOUR + hour] + 8 * global) / (visits + 8);
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
  const spread = Math.sqrt(mean * mean + floor * floor);
  const unit = Math.sqrt(global * global + floor * floor);
  J[J_SPREAD] = spread;
  J[J_FLOOR] = floor;
  J[J_UNIT] = unit;
  J[J_SPREAD_HOUR] = spreadHour;
  J[J_SPREAD_FAST] = spreadFast;
  J[J_SPREAD_LONG] = spreadLong;

  // Stack: what the other experts say against expert 0, weighed by recursive least squares.
  let stack = J[0];
  if (known) {
    const perUnit = unit > 0 ? 1 / unit : 0;
    const first = J[0];
    let out = 0;
    let hullLow = first;
    let hullHigh = first;
    for (let k = 1; k < EXPERT_COUNT; k++) {
      const e = J[k];
      if (e < hullLow) hullLow = e;
      else if (e > hullHigh) hullHigh = e;
      const x = clamp((e - first) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
      J[J_STACK_X + k - 1] = x;
      out += f[c + F_WEIGHT + k - 1] * x;
    }
    J[J_STACK_X + EXPERT_COUNT - 1] = 1;
    out += f[c + F_WEIGHT + EXPERT_COUNT - 1];
    J[J_STACK_OUT] = out;
    stack = clamp(first + unit * out, hullLow - unit, hullHigh + unit);
  }
  J[J_STACK] = stack;
  J[J_KNOWN] = known ? 1 : 0;
  J[J_MATURE] = mature ? 1 : 0;

  // Hedge: weights fall with each expert's recent loss; the stack is its tenth member.
  let expected: number;
  if (known) {
    const members = mature ? EXPERT_COUNT + 1 : EXPERT_COUNT;
    let best = f[c + F_LOSS];
    for (let k = 1; k < members; k++) if (f[c + F_LOSS + k] < best) best = f[c + F_LOSS + k];
    let weights = 0;
    let sum = 0;
    for (let k = 0; k < members; k++) {
      const w = expRough(HEDGE_SHARPNESS * (best - f[c + F_LOSS + k]));
      weights += w;
      sum += w * J[k];
    }
    expected = sum / weights;
    if (mature) expected = 0.5 * (expected + stack);
  } else {
    const w = expRough(HEDGE_SHARPNESS * (f[c + F_LOSS + 2] - f[c + F_LOSS + 8]));
    expected = (J[2] + w * J[8]) / (1 + w);
  }
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
  const up = residual > 0;
  const lnZ = z > 0.01 ? ln(z) : -4.6;
  let score = z / (up ? f[c + F_Q_UP] : f[c + F_Q_DOWN]);
  const blockMean = up ? f[c + F_BLOCK_MEAN_UP] : f[c + F_BLOCK_MEAN_DOWN];
  const blockDeviation = up ? f[c + F_BLOCK_DEVIATION_UP] : f[c + F_BLOCK_DEVIATION_DOWN];
  const beyond = lnZ - blockMean - 0.3;
  const burst = blockDeviation > BLOCK_DEVIATION && beyond > 0 ? exp(-beyond * (1 - BLOCK_DEVIATION / blockDeviation)) : 1;
  const raw = score * burst; // what the incident layer sees
  if (score > STRETCH_FROM) {
    // Thin tails: far out is rarer than the same distance elsewhere.
    const stretch = up ? f[c + F_STRETCH_UP] : f[c + F_STRETCH_DOWN];
    if (stretch > 1) score = STRETCH_FROM * exp(stretch * ln(score / STRETCH_FROM));
  }
  score *= burst;
  if (points < FIRST_SCORED_POINT) score = 0;
  if (value === 0 && zeroShare > 0) {
    // A zero can't be rarer than zeros are.
    const most = -ZERO_SCORE_PER_NAT * ln(zeroShare);
    if (score > most) score = most;
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
    if (memoryAge > MEMORY_LONG && Math.abs(away) < BACK_SPREADS * oldSpread && Math.abs(away) < Math.abs(value - J[4])) J[J_BACK] = 1;
    if (oldScore < score) score = oldScore;
  }
  J[J_Z] = z;
  J[J_LN_Z] = lnZ;
  J[J_SCORE] = score;

  // Slow channel: expert 4, which no shift can pull along quickly.
  let shift = 0;
  let rawShift = 0;
  let sign = 0;
  if (mature) {
    const own = d[b + D_SPREAD_SHIFT];
    const shiftSpread = Math.sqrt(own * own + 0.25 * spread * spread + floor * floor);
    const away = value - J[4];
    const dev = shiftSpread > 0 ? clamp(away / shiftSpread, -5, 5) : away > 0 ? 5 : away < 0 ? -5 : 0;
    const e1 = f[c + F_SHIFT_FAST] + SHIFT_FAST_RATE * (dev - f[c + F_SHIFT_FAST]);
    const e2 = f[c + F_SHIFT_SLOW] + SHIFT_SLOW_RATE * (dev - f[c + F_SHIFT_SLOW]);
    const s1 = Math.abs(e1) / Math.sqrt(f[c + F_SHIFT_FAST_SQUARE]);
    const s2 = Math.abs(e2) / Math.sqrt(f[c + F_SHIFT_SLOW_SQUARE]);
    rawShift = s1 > s2 ? s1 : s2;
    J[J_SHIFT_RUN] = shiftRun(f[c + F_SHIFT_RUN], dev);
    // What a spike leaves in the averages is no shift: the value must still be away, and have been so before.
    if (J[J_SHIFT_RUN] * (s1 > s2 ? e1 : e2) > 0 && Math.abs(J[J_SHIFT_RUN]) >= SHIFT_POINTS && J[J_BACK] === 0) {
      shift = rawShift / (SHIFT_RARITY * f[c + F_Q_SHIFT]);
    }
    sign = (s1 > s2 ? e1 : e2) > 0 ? 1 : -1;
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
  const s = (0.7 * rawShift) / f[c + F_Q_SHIFT];
  const x = Math.sqrt(raw * raw + g * g + s * s);
  let largest = 0;
  for (let k = 0; k < REST_SLOTS; k++) if (f[c + F_REST + k] > largest) largest = f[c + F_REST + k];
  J[J_GLOBAL_Z] = globalZ;
  J[J_INCIDENT_X] = x;
  J[J_INCIDENT] = x > largest ? x / exp(0.7 * (f[c + F_DAY_MEAN] - 1.6094379124341003)) : 0;
}

/**
 * Learns the point that `judgePoint` has just judged: same slice, same position, same value, nothing in between.
 * A missing value learns nothing but moves time on.
 */
export function learnPoint(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  hourOfWeek: number,
  value: number,
): void {
  const points = d[b + D_POINTS];
  if (value !== value) {
    if (points > 0) d[b + D_AGE] += 1;
    return;
  }
  if (points === 0) {
    firstPoint(d, f, b, layout, inDay, value);
    return;
  }
  const J = JUDGED;
  const c = 2 * b;
  const expected = J[J_EXPECTED];
  const spread = J[J_SPREAD];
  const residual = value - expected;
  const known = J[J_KNOWN] === 1;
  const mature = J[J_MATURE] === 1;
  const age = d[b + D_AGE];

  if (points >= FIRST_SCORED_POINT) learnTail(f, c, layout, residual > 0);
  learnIncident(d, f, b, layout, points, value);

  // Gate: one spike moves nothing much; a run that goes on is the new regime.
  let gated = value;
  const qUp = f[c + F_Q_UP];
  const qDown = f[c + F_Q_DOWN];
  const q = qUp < qDown ? qUp : qDown;
  const limit = GATE_SPREADS * spread * (q > 1 ? q : 1);
  let run = f[c + F_RUN];
  if (points >= FIRST_SCORED_POINT && Math.abs(residual) > limit) {
    if (residual > 0) run = run > 0 ? run + 1 : 1;
    else run = run < 0 ? run - 1 : -1;
    const length = Math.abs(run);
    if (length <= GATE_RELEARN) {
      let factor = 1;
      for (let k = GATE_DOUBLING; k < length; k += GATE_DOUBLING) factor *= 2;
      const widened = limit * factor;
      gated = expected + clamp(residual, -widened, widened);
      f[c + F_GATED] += 1;
    }
  } else run = 0;
  f[c + F_RUN] = run;
  // Memory of the regime that is being left.
  let restored = false;
  const memory = f[c + F_MEMORY_AGE];
  if (memory === 0) {
    if (Math.abs(run) === 1 && mature) {
      d[b + D_OLD_LEVEL] = d[b + D_WEEK_SLOW];
      d[b + D_OLD_SLOW] = d[b + D_SLOW];
      d[b + D_OLD_SLOW_LEVEL] = d[b + D_SLOW_LEVEL];
      d[b + D_OLD_SPREAD] = spread;
      f[c + F_MEMORY_AGE] = 1;
      f[c + F_MEMORY_BACK] = 0;
    }
  } else {
    const back = J[J_BACK] === 1 || (memory <= MEMORY_EARLY && run === 0) ? f[c + F_MEMORY_BACK] + 1 : 0;
    f[c + F_MEMORY_BACK] = back;
    if (back >= BACK_POINTS) {
      restored = memory >= MEMORY_LONG;
      f[c + F_MEMORY_AGE] = 0;
    } else f[c + F_MEMORY_AGE] = memory + 1 > MEMORY_SEASONS * layout.dayLength ? 0 : memory + 1;
  }

  if (value !== 0) {
    const size = Math.abs(value);
    const usual = f[c + F_NONZERO];
    const seen = points * (1 - f[c + F_ZERO_SHARE]);
    f[c + F_NONZERO] = usual === 0 ? size : usual + rate(1 / 200, seen) * ((size < 5 * usual ? size : 5 * usual) - usual);
  }

  // Losses and stack.
  const perSpread = spread > 0 ? 1 / spread : 0;
  const lossRate = rate(HEDGE_RATE, known ? age - layout.dayLength : points);
  for (let k = 0; k <= EXPERT_COUNT; k++) {
    if (!known && k !== 2 && k !== 8) continue;
    let loss = Math.abs(gated - J[k]) * perSpread;
    if (loss > HEDGE_LOSS_LIMIT) loss = HEDGE_LOSS_LIMIT;
    f[c + F_LOSS + k] += lossRate * (loss - f[c + F_LOSS + k]);
  }
  if (known) learnStack(f, c, gated);

  learnSpreads(d, f, b, layout, inDay, value, residual, points);
  if (mature) learnShift(d, f, b, value - J[4], age - 2 * layout.dayLength);
  learnExperts(d, f, b, layout, inDay, hourOfWeek, gated, known, mature);

  if (restored) {
    // Back where it was: go on from there, instead of following the way back. The fast offsets too: they still hold
    // what the regime that has ended taught them, and would raise an aftershock hours later.
    d[b + D_WEEK_FAST] = d[b + D_WEEK_SLOW] = d[b + D_OLD_LEVEL];
    d[b + D_FAST] = d[b + D_SLOW] = d[b + D_OLD_SLOW];
    d[b + D_SLOW_LEVEL] = d[b + D_OLD_SLOW_LEVEL];
    f[c + F_SHIFT_FAST] = f[c + F_SHIFT_SLOW] = 0;
    f[c + F_RUN] = 0;
  }

  // Quantum and movement see the value itself.
  const step = Math.abs(value - d[b + D_LAST_VALUE]);
  const quantum = d[b + D_QUANTUM] * QUANTUM_CREEP;
  d[b + D_QUANTUM] = step > 0 && (quantum === 0 || step < quantum) ? step : quantum;
  d[b + D_LAST_VALUE] = value;
  d[b + D_POINTS] = points + 1;
  d[b + D_AGE] = age + 1;
}

function firstPoint(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  value: number,
): void {
  const c = 2 * b;
  d[b + D_LEVEL] = d[b + D_SLOW_LEVEL] = d[b + D_TREND_LEVEL] = value;
  d[b + D_SLOW] = d[b + D_FAST] = d[b + D_WEEK_SLOW] = d[b + D_WEEK_FAST] = d[b + D_RATIO_LEVEL] = value;
  d[b + D_MIN] = d[b + D_MAX] = d[b + D_LAST_VALUE] = d[b + D_GLOBAL_MEAN] = value;
  f[c + layout.F_PROFILE + inDay] = 0;
  d[b + D_POINTS] = 1;
  d[b + D_AGE] = 1;
}

/** Histogram, block maxima and their Q, of the side the point lies on. */
function learnTail(f: Float32Array, c: number, layout: StateLayout, up: boolean): void {
  const z = JUDGED[J_Z];
  const lnZ = JUDGED[J_LN_Z];
  if (lnZ > LN_TAIL_LOWEST) {
    let bin = Math.floor((lnZ - LN_TAIL_LOWEST) * (TAIL_PER_OCTAVE / LN2));
    if (bin >= TAIL_BINS) bin = TAIL_BINS - 1;
    f[c + (up ? F_TAIL_UP : F_TAIL_DOWN) + bin] += 1;
  }
  addCoarse(f, c + F_TAIL_GLOBAL, JUDGED[J_GLOBAL_Z]);
  addCoarse(f, c + F_TAIL_SHIFT, JUDGED[J_SHIFT_RAW]);
  const block = c + (up ? F_BLOCK_UP : F_BLOCK_DOWN);
  if (z > f[block]) f[block] = z;
  let total = f[c + F_TAIL_POINTS] + 1;
  if (total >= TAIL_HALVED) {
    total *= 0.5;
    for (let k = c + F_TAIL_UP; k < c + F_TAIL_SHIFT + COARSE_BINS; k++) f[k] *= 0.5;
  }
  f[c + F_TAIL_POINTS] = total;

  const blockPoints = f[c + F_BLOCK_POINTS] + 1;
  if (blockPoints >= blockLength(layout)) {
    f[c + F_BLOCK_POINTS] = 0;
    const blocks = f[c + F_BLOCKS] + 1;
    f[c + F_BLOCKS] = blocks;
    const k = 1 / Math.min(blocks + 10, 40); // as if 10 blocks of the reference had been seen
    endBlock(f, c + F_BLOCK_UP, c + F_BLOCK_MEAN_UP, c + F_BLOCK_DEVIATION_UP, k);
    endBlock(f, c + F_BLOCK_DOWN, c + F_BLOCK_MEAN_DOWN, c + F_BLOCK_DEVIATION_DOWN, k);
  } else f[c + F_BLOCK_POINTS] = blockPoints;

  const tailAge = f[c + F_TAIL_AGE] + 1;
  if (tailAge >= TAIL_REFIT) {
    f[c + F_TAIL_AGE] = 0;
    const reference = blockMeanReference(layout);
    f[c + F_Q_UP] = exp(
      lnQuantileTerm(f, c + F_TAIL_UP, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[c + F_BLOCK_MEAN_UP] - reference),
    );
    f[c + F_Q_DOWN] = exp(
      lnQuantileTerm(f, c + F_TAIL_DOWN, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[c + F_BLOCK_MEAN_DOWN] - reference),
    );
    f[c + F_STRETCH_UP] = stretchOf(f, c + F_TAIL_UP, 0.5 * total);
    f[c + F_STRETCH_DOWN] = stretchOf(f, c + F_TAIL_DOWN, 0.5 * total);
    f[c + F_Q_GLOBAL] = exp(
      lnQuantileTerm(f, c + F_TAIL_GLOBAL, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3),
    );
    f[c + F_Q_SHIFT] = exp(lnQuantileTerm(f, c + F_TAIL_SHIFT, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3));
  } else f[c + F_TAIL_AGE] = tailAge;
}

function endBlock(f: Float32Array, max: number, mean: number, deviation: number, k: number): void {
  // A block in which nothing reaches 2 spreads says only that: a series of zeros with bursts has many such days.
  const lnMax = ln(f[max] > BLOCK_LEAST ? f[max] : BLOCK_LEAST);
  const v = f[deviation];
  const above = lnMax - f[mean];
  const away = Math.abs(above);
  f[mean] += k * (above < 2 * v ? above : 2 * v); // one incident in the history must not hide the next

  f[deviation] = v + k * ((away < 3 * v ? away : 3 * v) - v);
  f[max] = 0;
}

function addCoarse(f: Float32Array, bins: number, x: number): void {
  if (!(x > TAIL_LOWEST)) return;
  let bin = Math.floor((ln(x) - LN_TAIL_LOWEST) * (COARSE_PER_OCTAVE / LN2));
  if (bin >= COARSE_BINS) bin = COARSE_BINS - 1;
  f[bins + bin] += 1;
}

/**
 * Σ exponent · ln(quantile / reference) over the levels exceeded by 5 %, 1 % and 0.1 % of `total` points. Each
 * quantile is pulled to its reference with the weight of 20 exceedances, so that short histories change little.
 */
function lnQuantileTerm(
  f: Float32Array,
  bins: number,
  binCount: number,
  perOctave: number,
  total: number,
  a05: number,
  a01: number,
  a001: number,
): number {
  let above = 0;
  let bin = binCount;
  let sought = 0.001 * total;
  let m = sought;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen001 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.01 * total;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen01 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.05 * total;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen05 = lnLevel(f, bins, bin, above, sought, perOctave);
  m = 0.1 * total; // of both sides: what one side has seen says something about the other
  const q05 = (m * seen05 + TAIL_WEIGHT * LN_REF_05) / (m + TAIL_WEIGHT);
  m = 0.02 * total;
  const q01 = (m * seen01 + TAIL_WEIGHT * (q05 + LN_STEP_01)) / (m + TAIL_WEIGHT);
  m = 0.002 * total;
  const q001 = (m * seen001 + TAIL_WEIGHT * (q01 + LN_STEP_001)) / (m + TAIL_WEIGHT);
  return a05 * (q05 - LN_REF_05) + a01 * (q01 - LN_REF_01) + a001 * (q001 - LN_REF_001);
}

/** Hill's mean log excess over the level that 5 % reach, as an exponent ≥ 1 where it is smaller than the reference. */
function stretchOf(f: Float32Array, bins: number, total: number): number {
  const sought = 0.05 * total;
  let above = 0;
  let sum = 0;
  let bin = TAIL_BINS;
  while (bin > 0 && above < sought) {
    bin--;
    above += f[bins + bin];
    sum += f[bins + bin] * bin;
  }
  if (above === 0) return 1;
  const excess = ((sum / above - bin + 0.5) * LN2) / TAIL_PER_OCTAVE;
  const shrunk = (above * excess + TAIL_WEIGHT * STRETCH_REFERENCE) / (above + TAIL_WEIGHT);
  const stretch = Math.sqrt(STRETCH_REFERENCE / shrunk);
  return stretch < 1 ? 1 : stretch > STRETCH_MAX ? STRETCH_MAX : stretch;
}

/** ln of the level that `sought` points exceed, inside the bin where the count from above has reached it. */
function lnLevel(
  f: Float32Array,
  bins: number,
  bin: number,
  above: number,
  sought: number,
  perOctave: number,
): number {
  if (above < sought || f[bins + bin] === 0) return LN_TAIL_LOWEST;
  return LN_TAIL_LOWEST + ((bin + (above - sought) / f[bins + bin]) * LN2) / perOctave;
}

function learnIncident(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  points: number,
  value: number,
): void {
  const c = 2 * b;
  const k = rate(1 / 6400, points);
  const away = value - d[b + D_GLOBAL_MEAN];
  d[b + D_GLOBAL_MEAN] += k * away;
  d[b + D_GLOBAL_VARIANCE] = (1 - k) * (d[b + D_GLOBAL_VARIANCE] + k * away * away);

  const x = JUDGED[J_INCIDENT_X];
  const slotLength = Math.ceil((1.4 * pointsPerDay(layout)) / REST_SLOTS);
  let slot = f[c + F_REST_SLOT];
  const restAge = f[c + F_REST_AGE] + 1;
  if (restAge > slotLength) {
    slot = slot + 1 >= REST_SLOTS ? 0 : slot + 1;
    f[c + F_REST_SLOT] = slot;
    f[c + F_REST_AGE] = 1;
    f[c + F_REST + slot] = 0;
  } else f[c + F_REST_AGE] = restAge;
  if (x > f[c + F_REST + slot]) f[c + F_REST + slot] = x;

  if (x > f[c + F_DAY_MAX]) f[c + F_DAY_MAX] = x;
  const dayPoints = f[c + F_DAY_POINTS] + 1;
  if (dayPoints >= layout.dayLength) {
    const days = f[c + F_DAYS] + 1;
    const max = f[c + F_DAY_MAX] > 0.1 ? f[c + F_DAY_MAX] : 0.1;
    f[c + F_DAY_MEAN] += (ln(max) - f[c + F_DAY_MEAN]) / (12 + days);
    f[c + F_DAYS] = days;
    f[c + F_DAY_MAX] = 0;
    f[c + F_DAY_POINTS] = 0;
  } else f[c + F_DAY_POINTS] = dayPoints;
}

/** One step of recursive least squares with bounded forgetting. */
function learnStack(f: Float32Array, c: number, gated: number): void {
  const J = JUDGED;
  const unit = J[J_UNIT];
  if (!(unit > 0)) return;
  const px = covarianceTimesX;
  const covariance = c + F_COVARIANCE;
  let trace = 0;
  for (let i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    const xi = J[J_STACK_X + i];
    let sum = 0;
    for (let j = 0; j < i; j++, at++) {
      const v = f[at];
      sum += v * J[J_STACK_X + j];
      px[j] += v * xi;
    }
    const v = f[at++];
    trace += v;
    px[i] = sum + v * xi;
  }
  const noise = J[J_SPREAD] / unit;
  let denominator = noise * noise;
  for (let i = 0; i < EXPERT_COUNT; i++) denominator += px[i] * J[J_STACK_X + i];
  const perDenominator = 1 / denominator;
  const error = ((gated - J[0]) / unit - J[J_STACK_OUT]) * perDenominator;
  const growth = trace > STACK_COVARIANCE * EXPERT_COUNT ? 1 : 1 / STACK_FORGETTING;
  for (let i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    f[c + F_WEIGHT + i] += px[i] * error;
    const gain = px[i] * perDenominator;
    for (let j = 0; j < i; j++, at++) f[at] = (f[at] - gain * px[j]) * growth;
    const diagonal = (f[at] - gain * px[i]) * growth;
    f[at++] = diagonal > STACK_COVARIANCE_FLOOR ? diagonal : STACK_COVARIANCE_FLOOR;
  }
}

/** Spreads learn from the raw residual, each with a clip of its own: only the long one sees big values. */
function learnSpreads(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  value: number,
  residual: number,
  points: number,
): void {
  const c = 2 * b;
  const spread = JUDGED[J_SPREAD];
  const raw = Math.abs(residual);
  // A spread of 0 that is clipped by itself would stay 0 for ever: the first points are not clipped.
  const free = points < FIRST_SCORED_POINT || spread === 0;
  const by4 = SPREAD_PER_DEVIATION * (free || raw < 4 * spread ? raw : 4 * spread);
  const by3 = SPREAD_PER_DEVIATION * (free || raw < 3 * spread ? raw : 3 * spread);
  const by30 = SPREAD_PER_DEVIATION * (free || raw < 30 * spread ? raw : 30 * spread);
  d[b + D_SPREAD_GLOBAL] += rate(1 / 100, points - 1) * (by4 - d[b + D_SPREAD_GLOBAL]);
  d[b + D_SPREAD_FAST] += rate(1 / 20, points - 1) * (by3 - d[b + D_SPREAD_FAST]);
  d[b + D_SPREAD_LONG] += rate(1 / (5 * pointsPerDay(layout)), points - 1) * (by30 - d[b + D_SPREAD_LONG]);
  const hour = layout.pointsPerHour > 1 ? Math.floor(inDay / layout.pointsPerHour) : inDay;
  const at = c + layout.F_SPREAD_HOUR + hour;
  const visits = Math.floor(d[b + D_AGE] / layout.dayLength);
  f[at] += (rate(0.08, visits) / layout.pointsPerHour) * (by4 - f[at]);

  const move = Math.abs(value - d[b + D_SLOW_LEVEL]);
  d[b + D_MOVEMENT] += rate(1 / (20 * pointsPerDay(layout)), points - 1) * (move - d[b + D_MOVEMENT]);
}

function learnShift(d: Float64Array, f: Float32Array, b: number, away: number, seen: number): void {
  const c = 2 * b;
  const raw = Math.abs(away);
  const shiftSpread = JUDGED[J_SHIFT_SPREAD];
  const own = SPREAD_PER_DEVIATION * (raw < 4 * shiftSpread ? raw : 4 * shiftSpread);
  d[b + D_SPREAD_SHIFT] += rate(1 / 100, seen) * (own - d[b + D_SPREAD_SHIFT]);
  const dev = JUDGED[J_SHIFT_D];
  f[c + F_SHIFT_RUN] = JUDGED[J_SHIFT_RUN];
  learnShiftAverage(f, c + F_SHIFT_FAST, c + F_SHIFT_FAST_SQUARE, dev, SHIFT_FAST_RATE);
  learnShiftAverage(f, c + F_SHIFT_SLOW, c + F_SHIFT_SLOW_SQUARE, dev, SHIFT_SLOW_RATE);
}

/** Points in a row on one side, with this deviation as the newest. */
function shiftRun(before: number, dev: number): number {
  if (dev > SHIFT_AWAY) return before > 0 ? before + 1 : 1;
  if (dev < -SHIFT_AWAY) return before < 0 ? before - 1 : -1;
  return 0;
}

function learnShiftAverage(f: Float32Array, average: number, square: number, dev: number, k: number): void {
  const e = f[average] + k * (dev - f[average]);
  f[average] = e;
  const before = f[square];
  const seen = e * e < 9 * before ? e * e : 9 * before;
  f[square] = before + 0.003 * (seen - before);
}

function learnExperts(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  hourOfWeek: number,
  gated: number,
  known: boolean,
  mature: boolean,
): void {
  const c = 2 * b;
  const dayLength = layout.dayLength;
  const points = d[b + D_POINTS];
  const age = d[b + D_AGE];
  const visits = Math.floor(age / dayLength);
  const level = d[b + D_LEVEL];
  const slowLevel = d[b + D_SLOW_LEVEL];
  const profileAt = c + layout.F_PROFILE + inDay;
  const profile = f[profileAt];
  const slowRate = rate(1 / dayLength, points);

  f[c + layout.F_RING + inDay] = gated - level;
  d[b + D_LEVEL] = level + rate(0.3, points) * (gated - level);
  d[b + D_SLOW_LEVEL] = slowLevel + slowRate * (gated - slowLevel);
  const trendLevel = d[b + D_TREND_LEVEL] + 0.9 * d[b + D_TREND];
  const trendError = gated - trendLevel;
  d[b + D_TREND_LEVEL] = trendLevel + 0.6 * trendError;
  d[b + D_TREND] = 0.9 * d[b + D_TREND] + 0.09 * trendError;
  if (gated < d[b + D_MIN]) d[b + D_MIN] = gated;
  if (gated > d[b + D_MAX]) d[b + D_MAX] = gated;

  const ratioAt = c + layout.F_RATIO + (layout.ratioLength < dayLength ? inDay >> 1 : inDay);
  const ratio = f[ratioAt];
  const seenRatio = Math.abs(slowLevel) > 1e-9 * (d[b + D_MAX] - d[b + D_MIN]) ? clamp(gated / slowLevel, -1, 10) : 1;
  const newRatio = ratio === ratio ? ratio + 0.08 * (seenRatio - ratio) : seenRatio;
  f[ratioAt] = newRatio === newRatio ? newRatio : 1;

  if (!known) {
    // A bin's first value is its deviation from the slow level; the offsets go with the levels.
    f[profileAt] = gated - slowLevel;
    d[b + D_SLOW] = d[b + D_WEEK_SLOW] = d[b + D_SLOW_LEVEL];
    d[b + D_FAST] = d[b + D_WEEK_FAST] = d[b + D_LEVEL];
    d[b + D_RATIO_LEVEL] = d[b + D_SLOW_LEVEL];
    d[b + D_LAST_RESIDUAL] = d[b + D_LEVEL];
    return;
  }
  const ratioError = gated - ratio * d[b + D_RATIO_LEVEL];
  if (ratioError === ratioError) d[b + D_RATIO_LEVEL] += (0.1 * ratioError * ratio) / (ratio * ratio > 1 ? ratio * ratio : 1);
  const above = gated - profile;
  const slow = d[b + D_SLOW];
  const weekSlow = d[b + D_WEEK_SLOW];
  let week = 0;
  if (layout.weekLength > 0) {
    const weekAt = c + layout.F_WEEK + hourOfWeek;
    week = f[weekAt];
    f[weekAt] = week + (0.25 / layout.pointsPerHour) * (above - week - weekSlow);
  }
  d[b + D_SLOW] = slow + slowRate * (above - slow);
  d[b + D_FAST] += 0.4 * (above - d[b + D_FAST]);
  d[b + D_WEEK_SLOW] = weekSlow + slowRate * (above - week - weekSlow);
  d[b + D_WEEK_FAST] += 0.4 * (above - week - d[b + D_WEEK_FAST]);
  d[b + D_LAST_RESIDUAL] = above;

  // Two seasons in, the week takes its part first: weekends would leak into the daily profile.
  const change = rate(0.08, visits) * (mature ? above - week - weekSlow : above - slow);
  f[profileAt] = profile + change;
  if (dayLength >= 96) {
    // 288 free bins are noisy: neighbours share.
    const before = c + layout.F_PROFILE + (inDay === 0 ? dayLength - 1 : inDay - 1);
    const after = c + layout.F_PROFILE + (inDay === dayLength - 1 ? 0 : inDay + 1);
    f[before] += 0.15 * change;
    f[after] += 0.15 * change;
  }
}

/** 1/(n+1) at first, then the constant. */
function rate(constant: number, n: number): number {
  const k = 1 / (n + 1);
  return k > constant ? k : constant;
}

function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}
