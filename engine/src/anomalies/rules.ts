/**
 * The rules that tell kinds of anomalies apart, and the little memory they need: the longest gap, the longest flat
 * run, the share of zeros. docs/models/kinds.md says the same in words, with how often each rule is right.
 *
 * `findKind` reads, `rememberPoint` writes; both work on the series' own slice, after `judgePoint`.
 */
import { MEMORY_LONG } from "../models/constants.ts";
import * as judged from "../models/judged.ts";
import * as slots from "../models/state-layout.ts";
import type { StateLayout } from "../models/state-layout.ts";
import type { Kind } from "../scores/judgement.ts";
import { KINDS } from "../scores/judgement.ts";
import { ln } from "../stats/elementary.ts";

// Copies, for speed: models/constants.ts says why.
const { JUDGED, J_BACK, J_EXPECTED, J_FLOOR, J_SCORE, J_SCORE_BEFORE_MEMORY, J_SHIFT, J_SHIFT_SIGN, J_SPREAD } = judged;
const {
  D_LAST_VALUE,
  D_POINTS,
  D_QUANTUM,
  F_FLAT,
  F_FLAT_LONGEST,
  F_FLAT_SHARE,
  F_GAP,
  F_GAP_LONGEST,
  F_GAP_SHARE,
  F_MEMORY_AGE,
  F_SIDE,
  F_ZERO,
  F_ZERO_SHARE,
} = slots;

const kindIndex = (kind: Kind): number => KINDS.indexOf(kind);
export const KIND_NONE = 0;
export const KIND_SPIKE = kindIndex("spike");
export const KIND_DIP = kindIndex("dip");
export const KIND_LEVEL_SHIFT = kindIndex("level shift");
export const KIND_DROP_TO_ZERO = kindIndex("drop to zero");
export const KIND_STOPPED = kindIndex("stopped");
export const KIND_FLAT_LINE = kindIndex("flat line");
export const KIND_RECOVERY = kindIndex("recovery");

/** A score from which a finding is worth showing as held back, severity 59. */
export const VISIBLE_SCORE = 5;
/** The default threshold, severity 70: memory of runs must not depend on anybody's settings. */
const OPEN_SCORE = 6.75;
const CALM_SPREADS = 3;
const RUN_OF_SHIFT = 4; // points on one side from which it is no longer a spike
const FLAT_POINTS = 6;
const ZERO_POINTS = 3;
const GAP_INTERVALS = 3;
const RULE_POINTS = 24; // history below which no rule speaks
const SCORE_PER_NAT = 0.4; // 17 nats, about 1 in 20 million, is severity 70
const RULE_SCORE_LIMIT = 20;
const SHARE_RATE = 1 / 5000;
const ZERO_SHARE_MAX = 0.01;

// What `findKind` leaves behind, besides the kind it returns.
export const R_SCORE = 0; // score of the rule; 0 when only the point or shift score speaks
export const R_DIRECTION = 1;
export const RULE = new Float64Array(2);

/**
 * The kind of finding at this point, and in RULE its own score and direction; KIND_NONE below the score `visible`.
 * Reads only.
 */
export function findKind(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  value: number,
  datasetArrived: boolean,
  visible: number,
): number {
  const c = 2 * b;
  const points = d[b + D_POINTS];
  RULE[R_SCORE] = 0;
  RULE[R_DIRECTION] = 0;
  if (value !== value) return datasetArrived ? findStopped(f, c, layout, points, visible) : KIND_NONE;
  if (points < RULE_POINTS) return KIND_NONE;

  const expected = JUDGED[J_EXPECTED];
  if (value === 0) {
    const zeros = f[c + F_ZERO] + 1;
    const hour = layout.pointsPerHour > 1 ? Math.floor(inDay / layout.pointsPerHour) : inDay;
    if (zeros >= ZERO_POINTS && f[c + layout.F_ZERO_HOUR + hour] < ZERO_SHARE_MAX) {
      RULE[R_SCORE] = ruleScore(zeros, f[c + F_ZERO_SHARE], points);
      RULE[R_DIRECTION] = expected < 0 ? 1 : -1;
      if (RULE[R_SCORE] >= visible) return KIND_DROP_TO_ZERO;
    }
  }
  if (isSame(value, d[b + D_LAST_VALUE], d[b + D_QUANTUM])) {
    const flat = f[c + F_FLAT] + 1;
    const longest = f[c + F_FLAT_LONGEST];
    // A series that only ever takes one value, or hardly moves at all, has no flat line.
    if (flat >= FLAT_POINTS && flat > 2 * longest && f[c + F_FLAT_SHARE] < 0.5 && JUDGED[J_SPREAD] > 1.5 * JUDGED[J_FLOOR]) {
      RULE[R_SCORE] = ruleScore(flat, f[c + F_FLAT_SHARE], points);
      if (RULE[R_SCORE] >= visible) return KIND_FLAT_LINE;
    }
  }
  RULE[R_SCORE] = 0;

  const score = JUDGED[J_SCORE];
  if (JUDGED[J_BACK] === 1 && f[c + F_MEMORY_AGE] >= MEMORY_LONG && score < visible && JUDGED[J_SCORE_BEFORE_MEMORY] >= visible) {
    RULE[R_DIRECTION] = value > d[b + D_LAST_VALUE] ? 1 : -1;
    return KIND_RECOVERY;
  }
  const shift = JUDGED[J_SHIFT];
  const side = f[c + F_SIDE];
  if (shift >= visible && shift >= score) {
    RULE[R_DIRECTION] = JUDGED[J_SHIFT_SIGN];
    return KIND_LEVEL_SHIFT;
  }
  if (score < visible) return KIND_NONE;
  const up = value > expected;
  RULE[R_DIRECTION] = up ? 1 : -1;
  const run = up ? (side > 0 ? side + 1 : 1) : side < 0 ? 1 - side : 1;
  if (run >= RUN_OF_SHIFT) return KIND_LEVEL_SHIFT;
  return up ? KIND_SPIKE : KIND_DIP;
}

function findStopped(f: Float32Array, c: number, layout: StateLayout, points: number, visible: number): number {
  const gap = f[c + F_GAP] + 1;
  if (points < RULE_POINTS || gap < GAP_INTERVALS || gap <= 2 * f[c + F_GAP_LONGEST]) return KIND_NONE;
  // After a day (a week of days) of silence it is known, and said no longer.
  if (gap > GAP_INTERVALS + 2 * f[c + F_GAP_LONGEST] + layout.dayLength) return KIND_NONE;
  RULE[R_SCORE] = ruleScore(gap, f[c + F_GAP_SHARE], points);
  RULE[R_DIRECTION] = -1;
  return RULE[R_SCORE] >= visible ? KIND_STOPPED : KIND_NONE;
}

/**
 * How rare a run is: `length` times in a row what happens with this share. A share is never believed to be smaller
 * than one in the points seen.
 */
function ruleScore(length: number, share: number, points: number): number {
  const least = 1 / (points + 2);
  const score = -SCORE_PER_NAT * length * ln(share > least ? share : least);
  return score < RULE_SCORE_LIMIT ? score : RULE_SCORE_LIMIT;
}

function isSame(value: number, last: number, quantum: number): boolean {
  return Math.abs(value - last) <= 0.5 * quantum * 0.99 || value === last;
}

/** Updates the rules' memory with the point; call before `learnPoint`, whose counters it reads. */
export function rememberPoint(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  value: number,
  datasetArrived: boolean,
): void {
  const c = 2 * b;
  const points = d[b + D_POINTS];
  const share = points < 1 / SHARE_RATE ? 1 / (points + 1) : SHARE_RATE;
  if (value !== value) {
    if (points === 0 || !datasetArrived) return;
    f[c + F_GAP] += 1;
    f[c + F_GAP_SHARE] += share * (1 - f[c + F_GAP_SHARE]);
    return;
  }
  const gap = f[c + F_GAP];
  if (gap > f[c + F_GAP_LONGEST]) f[c + F_GAP_LONGEST] = gap;
  f[c + F_GAP] = 0;
  f[c + F_GAP_SHARE] -= share * f[c + F_GAP_SHARE];

  const zero = value === 0 ? 1 : 0;
  f[c + F_ZERO] = zero === 1 ? f[c + F_ZERO] + 1 : 0;
  f[c + F_ZERO_SHARE] += share * (zero - f[c + F_ZERO_SHARE]);
  const hour = layout.pointsPerHour > 1 ? Math.floor(inDay / layout.pointsPerHour) : inDay;
  const zeroAt = c + layout.F_ZERO_HOUR + hour;
  const visits = Math.floor(points / layout.hourCount);
  f[zeroAt] += (zero - f[zeroAt]) * (visits < 50 ? 1 / (visits + 1) : 0.02);

  if (points > 0 && isSame(value, d[b + D_LAST_VALUE], d[b + D_QUANTUM])) {
    f[c + F_FLAT] += 1;
    f[c + F_FLAT_SHARE] += share * (1 - f[c + F_FLAT_SHARE]);
  } else {
    if (f[c + F_FLAT] > f[c + F_FLAT_LONGEST]) f[c + F_FLAT_LONGEST] = f[c + F_FLAT];
    f[c + F_FLAT] = 0;
    f[c + F_FLAT_SHARE] -= share * f[c + F_FLAT_SHARE];
  }

  if (points === 0) return;
  const residual = value - JUDGED[J_EXPECTED];
  const side = f[c + F_SIDE];
  const high = JUDGED[J_SCORE] >= OPEN_SCORE || (side !== 0 && Math.abs(residual) > CALM_SPREADS * JUDGED[J_SPREAD]);
  if (!high) f[c + F_SIDE] = 0;
  else if (residual > 0) f[c + F_SIDE] = side > 0 ? side + 1 : 1;
  else f[c + F_SIDE] = side < 0 ? side - 1 : -1;
}

/** Between the two passes over a history: no run goes on from the end to the start. */
export function resetRuns(f: Float32Array, c: number): void {
  f[c + F_GAP] = 0;
  f[c + F_ZERO] = 0;
  f[c + F_FLAT] = 0;
  f[c + F_SIDE] = 0;
  f[c + F_MEMORY_AGE] = 0;
}
