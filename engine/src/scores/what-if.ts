import { judgePoint } from "../models/judge-point.ts";
import { J_EXPECTED, J_FLOOR, J_MATURE, J_SCORE, J_SPREAD, J_SPREAD_FAST, J_SPREAD_HOUR, J_SPREAD_LONG, J_STACK, JUDGED } from "../models/judged.ts";
import { floatsOf, numbersOf } from "../models/series-states.ts";
import {
  D_LEVEL,
  D_POINTS,
  D_SLOW,
  D_WEEK_SLOW,
  F_GATED,
  F_Q_DOWN,
  F_Q_UP,
  layoutOf,
} from "../models/state-layout.ts";
import type { SeriesStates } from "../models/states.ts";
import type { Position } from "../time/rhythm.ts";
import { spreadsPerScore, usable } from "./judge.ts";
import { checkPosition, checkSeries, checkSettings, checkStates } from "./check.ts";
import type { MeasureSettings } from "./judgement.ts";
import { scoreOf, severityOf } from "./severity.ts";

export interface SmallestChange {
  readonly expected: number;
  /** how far the value must fall / rise in one interval to be an anomaly, in the measure's unit; NaN before any point */
  readonly drop: number;
  readonly rise: number;
  /** the same as a share of expected; NaN where expected is 0 */
  readonly dropShare: number;
  readonly riseShare: number;
}

/**
 * The smallest single drop and rise that would be an anomaly of this series at this position now, with the measure's
 * settings: what the band says, and what a smaller minimum effect would hold back. Learns nothing.
 */
export function smallestChangeCaught(
  states: SeriesStates,
  series: number,
  position: Position,
  settings: MeasureSettings,
): SmallestChange {
  checkPlace(states, series, position);
  checkSettings(settings);
  const b = series * states.stateLength;
  const f = floatsOf(states);
  judgePoint(numbersOf(states), f, b, layoutOf(states.rhythm), position.inDay, position.hourOfWeek, NaN);
  const expected = JUDGED[J_EXPECTED];
  const score = scoreOf(settings.severityMin);
  const least = Math.max(settings.effectMin, settings.effectShareMin * Math.abs(expected));
  const drop = Math.max(least, score * spreadsPerScore(f, 2 * b, score, false) * JUDGED[J_SPREAD]);
  const rise = Math.max(least, score * spreadsPerScore(f, 2 * b, score, true) * JUDGED[J_SPREAD]);
  const size = Math.abs(expected);
  return { expected, drop, rise, dropShare: size > 0 ? drop / size : NaN, riseShare: size > 0 ? rise / size : NaN };
}

/** Severity that a value would have at this position now, by its point score alone. Learns nothing. */
export function severityIf(states: SeriesStates, series: number, position: Position, value: number): number {
  checkPlace(states, series, position);
  const b = series * states.stateLength;
  judgePoint(numbersOf(states), floatsOf(states), b, layoutOf(states.rhythm), position.inDay, position.hourOfWeek, usable(value));
  return severityOf(JUDGED[J_SCORE]);
}

/** How expected value and band of one series at one position came about. All numbers in the measure's unit. */
export interface Explanation {
  readonly expected: number;
  /** slow offset, what the position in the day and the hour of the week add to it; their sum is one of nine experts */
  readonly level: number;
  readonly dailyProfile: number;
  readonly weekProfile: number;
  /** current level without any season */
  readonly currentLevel: number;
  /** nine experts, then their learned combination; expected is a mean of them, weighted by recent success */
  readonly experts: readonly number[];
  readonly combination: number;
  /** usual deviation at this moment, from four memories and a floor */
  readonly spread: number;
  readonly spreadByHour: number;
  readonly spreadLately: number;
  readonly spreadOverDays: number;
  readonly spreadFloor: number;
  /** spreads that are rare for this series upward and downward, relative to a normal one (1) */
  readonly rarityUp: number;
  readonly rarityDown: number;
  readonly pointsLearned: number;
  /** points whose influence was limited because they were far off */
  readonly pointsGated: number;
  /** two seasons have been seen */
  readonly mature: boolean;
}

/** Explains what would be expected of a series at a position now. Learns nothing. */
export function explainExpected(states: SeriesStates, series: number, position: Position): Explanation {
  checkPlace(states, series, position);
  const b = series * states.stateLength;
  const c = 2 * b;
  const d = numbersOf(states);
  const f = floatsOf(states);
  const layout = layoutOf(states.rhythm);
  judgePoint(d, f, b, layout, position.inDay, position.hourOfWeek, NaN);
  const mature = JUDGED[J_MATURE] === 1;
  return {
    expected: JUDGED[J_EXPECTED],
    level: mature && layout.weekLength > 0 ? d[b + D_WEEK_SLOW] : d[b + D_SLOW],
    dailyProfile: f[c + layout.F_PROFILE + position.inDay],
    weekProfile: layout.weekLength > 0 ? f[c + layout.F_WEEK + position.hourOfWeek] : 0,
    currentLevel: d[b + D_LEVEL],
    experts: [...JUDGED.subarray(0, 9)],
    combination: JUDGED[J_STACK],
    spread: JUDGED[J_SPREAD],
    spreadByHour: JUDGED[J_SPREAD_HOUR],
    spreadLately: JUDGED[J_SPREAD_FAST],
    spreadOverDays: JUDGED[J_SPREAD_LONG],
    spreadFloor: JUDGED[J_FLOOR],
    rarityUp: f[c + F_Q_UP],
    rarityDown: f[c + F_Q_DOWN],
    pointsLearned: d[b + D_POINTS],
    pointsGated: f[c + F_GATED],
    mature,
  };
}

function checkPlace(states: SeriesStates, series: number, position: Position): void {
  checkStates(states);
  checkSeries(states, series);
  checkPosition(layoutOf(states.rhythm), position);
}
