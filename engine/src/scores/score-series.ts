/**
 * One series from its first point to its last, judged exactly as a live detector would judge it: what `foretop score`,
 * the backtest of a file and the accuracy bench call, so that there is no second path.
 */
import { rememberPoint } from "../anomalies/rules.ts";
import { judgePoint } from "../models/judge-point.ts";
import { learnPoint } from "../models/learn-point.ts";
import { createStates, floatsOf, numbersOf, pointsToLearn } from "../models/series-states.ts";
import { layoutOf } from "../models/state-layout.ts";
import type { Rhythm } from "../time/rhythm.ts";
import { EngineError } from "../models/engine-error.ts";
import { checkPosition, checkSettings } from "./check.ts";
import { emptyJudgement, usable, writeJudgement } from "./judge.ts";
import type { Judgement, MeasureSettings } from "./judgement.ts";
import { DEFAULT_MEASURE_SETTINGS } from "./judgement.ts";
import { learnRow } from "./learn-history.ts";
import { scoreOf } from "./severity.ts";

export interface SeriesToScore {
  /** [interval] on a regular grid, oldest first; NaN = missing */
  readonly values: Float64Array;
  /** [interval] positions, from the local time of the data's zone */
  readonly inDay: Uint16Array;
  readonly hourOfWeek: Uint8Array;
}

export interface ScoreSeriesOptions {
  /** intervals that are history, learned in two passes and not judged; 0 = judged as soon as enough is known */
  readonly historyCount?: number;
  /** points needed before the first judgement; default 300 (14 daily), and what a history holds is enough */
  readonly pointsToLearn?: number;
  readonly settings?: MeasureSettings;
}

/**
 * Judges every interval after the history.
 *
 * @returns a Judgement whose columns are [interval] instead of [series]; history is "learning", with NaN scores
 *
 * @throws EngineError when the columns have different lengths, or a position or a setting is not one
 *
 * O(interval).
 */
export function scoreSeries(rhythm: Rhythm, series: SeriesToScore, options: ScoreSeriesOptions = {}): Judgement {
  const { historyCount = 0, settings = DEFAULT_MEASURE_SETTINGS } = options;
  const { values, inDay, hourOfWeek } = series;
  const needed = options.pointsToLearn ?? (historyCount > 0 ? 0 : pointsToLearn(rhythm));
  const layout = layoutOf(rhythm);
  checkSettings(settings);
  if (inDay.length !== values.length || hourOfWeek.length !== values.length || !(historyCount >= 0 && historyCount <= values.length)) {
    throw new EngineError(
      "SERIES_COUNT",
      `${values.length} values have ${inDay.length} and ${hourOfWeek.length} positions, and ${historyCount} of them are history`,
    );
  }
  for (let t = 0; t < values.length; t++) checkPosition(layout, { inDay: inDay[t], hourOfWeek: hourOfWeek[t] });
  const states = createStates(rhythm, 1);
  const d = numbersOf(states);
  const f = floatsOf(states);
  const scoreMin = scoreOf(settings.severityMin);
  const out = emptyJudgement(values.length);
  out.status.fill(1, 0, historyCount);
  if (historyCount > 0) learnRow(d, f, 0, layout, values.subarray(0, historyCount), inDay, hourOfWeek, undefined, 2);

  for (let t = historyCount; t < values.length; t++) {
    const value = usable(values[t]);
    judgePoint(d, f, 0, layout, inDay[t], hourOfWeek[t], value);
    writeJudgement(out, t, d, f, 0, layout, inDay[t], value, true, settings, scoreMin, needed);
    rememberPoint(d, f, 0, layout, inDay[t], value, true);
    learnPoint(d, f, 0, layout, inDay[t], hourOfWeek[t], value);
  }
  return out;
}
