/**
 * One interval of a detector: every series judged, then every series learned. A series is judged by a state that its
 * value has not touched; `judge` writes nothing, so judging twice gives the same bytes.
 */
import {
  KIND_DROP_TO_ZERO,
  KIND_NONE,
  KIND_RECOVERY,
  KIND_STOPPED,
  R_DIRECTION,
  R_SCORE,
  RULE,
  VISIBLE_SCORE,
  findKind,
  rememberPoint,
} from "../anomalies/rules.ts";
import { EngineError } from "../models/engine-error.ts";
import { STRETCH_FROM, VALUE_LIMIT } from "../models/constants.ts";
import { judgePoint } from "../models/judge-point.ts";
import { learnPoint } from "../models/learn-point.ts";
import * as judged from "../models/judged.ts";
import { floatsOf, numbersOf, pointsToLearn } from "../models/series-states.ts";
import * as slots from "../models/state-layout.ts";
import { layoutOf } from "../models/state-layout.ts";
import type { SeriesStates } from "../models/states.ts";
import { exp, ln } from "../stats/elementary.ts";
import { checkInterval } from "./check.ts";
import type { IntervalInput, Judgement, MeasureSettings } from "./judgement.ts";
import { HELD_BACK_REASONS, STATUSES } from "./judgement.ts";
import { scoreOf, severityOf } from "./severity.ts";

// Copies, for speed: models/constants.ts says why.
const { JUDGED, J_EXPECTED, J_INCIDENT, J_SCORE, J_SHIFT, J_SPREAD } = judged;
const {
  D_LEARNED_UNTIL,
  D_MIN,
  D_POINTS,
  F_BLOCK_DEVIATION_DOWN,
  F_BLOCK_DEVIATION_UP,
  F_BLOCK_MEAN_DOWN,
  F_BLOCK_MEAN_UP,
  F_Q_DOWN,
  F_Q_UP,
  F_STRETCH_DOWN,
  F_STRETCH_UP,
} = slots;

const JUDGED_STATUS = STATUSES.indexOf("judged");
const LEARNING_STATUS = STATUSES.indexOf("learning");
const MISSING_STATUS = STATUSES.indexOf("missing");
const BELOW_SENSITIVITY = HELD_BACK_REASONS.indexOf("below the sensitivity");
const BELOW_EFFECT = HELD_BACK_REASONS.indexOf("below the minimum effect");
const BELOW_VOLUME = HELD_BACK_REASONS.indexOf("below the minimum volume");
const OTHER_DIRECTION = HELD_BACK_REASONS.indexOf("other direction");
const STILL_LEARNING = HELD_BACK_REASONS.indexOf("learning");

export interface JudgeOptions {
  /** points a series needs before it is judged; default 300, or 14 for daily data (`foretop score` may ask for less) */
  readonly pointsToLearn?: number;
}

/**
 * What is said about every series in one interval. Reads only.
 *
 * @throws EngineError INTERVAL_OUT_OF_ORDER when a series has already learned this interval or a later one
 */
export function judge(states: SeriesStates, input: IntervalInput, options: JudgeOptions = {}): Judgement {
  checkInterval(states, input);
  return run(states, input, options, false);
}

/** Lets every series learn the interval; call once, after `judge`. Fails like `judge`, and then nothing is learned. */
export function learn(states: SeriesStates, input: IntervalInput, judgement: Judgement): void {
  checkInterval(states, input);
  if (judgement.kind.length !== states.seriesCount) {
    throw new EngineError("SERIES_COUNT", `the judgement has ${judgement.kind.length} series, the states ${states.seriesCount}`);
  }
  const d = numbersOf(states);
  const f = floatsOf(states);
  const layout = layoutOf(states.rhythm);
  const { inDay, hourOfWeek } = input.position;
  for (let s = 0; s < states.seriesCount; s++) {
    const b = s * states.stateLength;
    const value = usable(input.values[s]);
    judgePoint(d, f, b, layout, inDay, hourOfWeek, value);
    rememberPoint(d, f, b, layout, inDay, value, input.datasetArrived);
    learnPoint(d, f, b, layout, inDay, hourOfWeek, value);
    d[b + D_LEARNED_UNTIL] = input.startMs;
  }
}

/** `judge` and `learn` in one pass over the states: the same judgement and the same bytes, at two thirds of the cost. */
export function judgeAndLearn(states: SeriesStates, input: IntervalInput, options: JudgeOptions = {}): Judgement {
  checkInterval(states, input);
  return run(states, input, options, true);
}

/** Infinite values are missing, absurd ones are cut; −0 is 0. */
export function usable(value: number): number {
  if (value > VALUE_LIMIT) return value === Infinity ? NaN : VALUE_LIMIT;
  if (value < -VALUE_LIMIT) return value === -Infinity ? NaN : -VALUE_LIMIT;
  return value + 0;
}

/** A judgement of `seriesCount` series in which nothing is said yet. */
export function emptyJudgement(seriesCount: number): Judgement {
  return {
    expected: new Float64Array(seriesCount).fill(NaN),
    lower: new Float64Array(seriesCount).fill(NaN),
    upper: new Float64Array(seriesCount).fill(NaN),
    score: new Float64Array(seriesCount).fill(NaN),
    shiftScore: new Float64Array(seriesCount).fill(NaN),
    incidentScore: new Float64Array(seriesCount).fill(NaN),
    severity: new Float64Array(seriesCount).fill(NaN),
    direction: new Int8Array(seriesCount),
    kind: new Uint8Array(seriesCount),
    status: new Uint8Array(seriesCount),
    heldBack: new Uint8Array(seriesCount),
    pointsNeeded: new Int32Array(seriesCount),
  };
}

function run(states: SeriesStates, input: IntervalInput, options: JudgeOptions, learns: boolean): Judgement {
  const { seriesCount, stateLength, rhythm } = states;
  const d = numbersOf(states);
  const f = floatsOf(states);
  const layout = layoutOf(rhythm);
  const { inDay, hourOfWeek } = input.position;
  const { values, settings, settingsOf, datasetArrived, startMs } = input;
  const needed = options.pointsToLearn ?? pointsToLearn(rhythm);
  const scoreMin = settings.map((each) => scoreOf(each.severityMin));
  const out = emptyJudgement(seriesCount);

  for (let s = 0; s < seriesCount; s++) {
    const b = s * stateLength;
    const value = usable(values[s]);
    const settingIndex = settingsOf[s];
    judgePoint(d, f, b, layout, inDay, hourOfWeek, value);
    writeJudgement(out, s, d, f, b, layout, inDay, value, datasetArrived, settings[settingIndex], scoreMin[settingIndex], needed);
    if (learns) {
      rememberPoint(d, f, b, layout, inDay, value, datasetArrived);
      learnPoint(d, f, b, layout, inDay, hourOfWeek, value);
      d[b + D_LEARNED_UNTIL] = startMs;
    }
  }
  return out;
}

/** Row `s` of the judgement, from what `judgePoint` left for this point. */
export function writeJudgement(
  out: Judgement,
  s: number,
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: ReturnType<typeof layoutOf>,
  inDay: number,
  value: number,
  datasetArrived: boolean,
  settings: MeasureSettings,
  scoreMin: number,
  needed: number,
): void {
  const expected = JUDGED[J_EXPECTED];
  const missingPoints = needed - d[b + D_POINTS];
  const learning = missingPoints > 0;
  const missing = value !== value;
  out.expected[s] = expected;
  out.lower[s] = expected - scoreMin * spreadsPerScore(f, 2 * b, scoreMin, false) * JUDGED[J_SPREAD];
  out.upper[s] = expected + scoreMin * spreadsPerScore(f, 2 * b, scoreMin, true) * JUDGED[J_SPREAD];
  // What was never below zero – a count, a sum of sales – is not expected to be: only what is told is cut, nothing learned.
  if (d[b + D_MIN] >= 0) {
    if (out.expected[s] < 0) out.expected[s] = 0;
    if (out.lower[s] < 0) out.lower[s] = 0;
  }
  out.status[s] = missing ? MISSING_STATUS : learning ? LEARNING_STATUS : JUDGED_STATUS;
  out.pointsNeeded[s] = learning ? missingPoints : 0;

  const visible = scoreMin < VISIBLE_SCORE ? scoreMin : VISIBLE_SCORE;
  const kind = findKind(d, f, b, layout, inDay, value, datasetArrived, visible);
  let score = 0;
  if (!learning && !missing) {
    score = JUDGED[J_SCORE];
    out.score[s] = score;
    out.shiftScore[s] = JUDGED[J_SHIFT];
    out.incidentScore[s] = JUDGED[J_INCIDENT];
    if (JUDGED[J_SHIFT] > score) score = JUDGED[J_SHIFT];
  }
  if (RULE[R_SCORE] > score) score = RULE[R_SCORE];
  // A series that stopped has no value but a severity; while learning, only a finding by rule has one.
  const severity = severityOf(score);
  if (!(missing || learning) || RULE[R_SCORE] > 0) out.severity[s] = severity;
  if (kind === KIND_NONE) return;

  const direction = RULE[R_DIRECTION];
  out.kind[s] = kind;
  out.direction[s] = direction;
  out.heldBack[s] = reasonToHoldBack(settings, severity, kind, direction, value, expected, learning);
}

function reasonToHoldBack(
  settings: MeasureSettings,
  severity: number,
  kind: number,
  direction: number,
  value: number,
  expected: number,
  learning: boolean,
): number {
  // Drop to zero and stopped need no score, so they are said in the learning phase too.
  if (kind === KIND_RECOVERY) return 0;
  if (learning && kind !== KIND_DROP_TO_ZERO && kind !== KIND_STOPPED) return STILL_LEARNING;
  if (severity < settings.severityMin) return BELOW_SENSITIVITY;
  if ((settings.direction === "up" && direction < 0) || (settings.direction === "down" && direction > 0)) return OTHER_DIRECTION;
  const actual = value === value ? value : 0;
  const effect = Math.abs(actual - expected);
  if (effect < settings.effectMin || effect < settings.effectShareMin * Math.abs(expected)) return BELOW_EFFECT;
  if (Math.max(actual, expected) < settings.volumeMin) return BELOW_VOLUME;
  return 0;
}

/**
 * Spreads that one unit of score is worth at `score`, on one side: Q, less where tails are thin, more where the series
 * is bursty. The inverse of the score in `judgePoint`, which is a piecewise straight line in logarithms.
 */
export function spreadsPerScore(f: Float32Array, c: number, score: number, up: boolean): number {
  const q = up ? f[c + F_Q_UP] : f[c + F_Q_DOWN];
  if (!(score > 0) || score === Infinity) return q;
  const lnQ = ln(q);
  const stretchAt = lnQ + ln(STRETCH_FROM);
  const stretch = Math.max(0, (up ? f[c + F_STRETCH_UP] : f[c + F_STRETCH_DOWN]) - 1);
  const burstAt = (up ? f[c + F_BLOCK_MEAN_UP] : f[c + F_BLOCK_MEAN_DOWN]) + 0.3;
  const deviation = up ? f[c + F_BLOCK_DEVIATION_UP] : f[c + F_BLOCK_DEVIATION_DOWN];
  const damping = deviation > 0.5 ? 1 - 0.5 / deviation : 0;
  const lnScoreAt = (lnZ: number) =>
    lnZ - lnQ + stretch * Math.max(0, lnZ - stretchAt) - damping * Math.max(0, lnZ - burstAt);
  const wanted = ln(score);
  // Below both bends, between them, or above both: the first piece that reaches the score.
  const first = Math.min(stretchAt, burstAt);
  const second = Math.max(stretchAt, burstAt);
  let from = first;
  let slope = 1;
  if (wanted > lnScoreAt(first)) slope = first === stretchAt ? 1 + stretch : 1 - damping;
  if (wanted > lnScoreAt(second)) {
    from = second;
    slope = 1 + stretch - damping;
  }
  return exp(from + (wanted - lnScoreAt(from)) / slope) / score;
}
