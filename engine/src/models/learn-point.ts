import { ln } from "../stats/elementary.ts";
import * as constants from "./constants.ts";
import * as judged from "./judged.ts";
import { learnExperts } from "./learn-experts.ts";
import { learnStack } from "./learn-stack.ts";
import { learnTail } from "./learn-tail.ts";
import { clamp, rate, visitRate } from "./rates.ts";
import * as slots from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

// Copies, for speed: constants.ts says why.
const { FIRST_SCORED_POINT, MEMORY_LONG, SHIFT_FAST_RATE, SHIFT_SLOW_RATE } = constants;
const {
  JUDGED,
  J_SCORE,
  J_BACK,
  J_EXPECTED,
  J_GATED,
  J_INCIDENT_X,
  J_KNOWN,
  J_MATURE,
  J_SHIFT_D,
  J_SHIFT_RUN,
  J_SHIFT_SPREAD,
  J_SPREAD,
} = judged;
const {
  D_AGE,
  D_FAST,
  D_GLOBAL_MEAN,
  D_GLOBAL_VARIANCE,
  D_LAST_VALUE,
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
  D_TREND_LEVEL,
  D_WEEK_FAST,
  D_WEEK_SLOW,
  EXPERT_COUNT,
  F_DAYS,
  F_DAY_MAX,
  F_DAY_MEAN,
  F_DAY_POINTS,
  F_GATED,
  F_LOSS,
  F_MEMORY_AGE,
  F_MEMORY_BACK,
  F_MEMORY_SCORE,
  F_NONZERO,
  F_Q_DOWN,
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
  F_ZERO_SHARE,
  REST_SLOTS,
} = slots;

const HEDGE_RATE = 0.03;
const HEDGE_LOSS_LIMIT = 4;
const SPREAD_PER_DEVIATION = 1.25; // makes the mean absolute deviation the standard deviation for normal data
const QUANTUM_CREEP = 1.0001; // so that one odd value does not fix it
const GATE_SPREADS = 3;
const GATE_DOUBLING = 4; // points of a run after which the limit doubles
const GATE_RELEARN = 12; // points of a run after which it is the new regime
const SHIFT_SQUARE_LEAST = 1e-3; // white noise has 0.14 and 0.03
const MEMORY_EARLY = 6; // points within which a quiet gate means that it was a spike, and nothing was left
const MEMORY_SEASONS = 2;
const BACK_POINTS = 3; // in a row: then the old regime is restored

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
      f[c + F_MEMORY_SCORE] = J[J_SCORE];
    }
  } else {
    if (J[J_SCORE] > f[c + F_MEMORY_SCORE]) f[c + F_MEMORY_SCORE] = J[J_SCORE];
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
  J[J_GATED] = gated;
  for (let k = known ? 0 : 2; k <= EXPERT_COUNT; k += known ? 1 : 6) {
    const loss = Math.abs(gated - J[k]) * perSpread;
    f[c + F_LOSS + k] += lossRate * ((loss < HEDGE_LOSS_LIMIT ? loss : HEDGE_LOSS_LIMIT) - f[c + F_LOSS + k]);
  }
  if (known) learnStack(f, c);

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
  f[at] += (visitRate(d[b + D_AGE], layout.dayLength) / layout.pointsPerHour) * (by4 - f[at]);

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

function learnShiftAverage(f: Float32Array, average: number, square: number, dev: number, k: number): void {
  const e = f[average] + k * (dev - f[average]);
  f[average] = e;
  const before = f[square];
  const seen = e * e < 9 * before ? e * e : 9 * before;
  const after = before + 0.003 * (seen - before);
  // Months of silence would bring it down to nothing, and the next small shift to a score of 1e22.
  f[square] = after > SHIFT_SQUARE_LEAST ? after : SHIFT_SQUARE_LEAST;
}

/** Points in 24 hours; a daily series has 1. */
function pointsPerDay(layout: StateLayout): number {
  return layout.weekLength === 0 ? 1 : layout.dayLength;
}
