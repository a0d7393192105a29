/**
 * What the search for causes of a ratio is given: numerators and denominators of its leaves over one interval or several,
 * and those of the last intervals before, from which it learns how rates differ between segments and how they scatter.
 *
 * Rates have a daily rhythm of their own. It is taken out of the history by the forecasts of the measure's total: a rate
 * that was to be 2 % then and 3 % now counts as half as much again.
 */
import { rhythmOf, type RatioCauseInput } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { PointsSegment, Store } from "../store/store.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import type { JudgedFigures, MeasureLeaves } from "./measure-leaves.ts";
import { seriesCountOf } from "./interval-data.ts";

/** Judged intervals before the one that is explained; with fewer than the least, rates are looked at as averages. */
export const RATIO_HISTORY_INTERVALS = 24;
export const RATIO_HISTORY_MIN = 6;

export type RatioLeaves = Pick<RatioCauseInput, "dimensions" | "numerator" | "denominator" | "history">;

/** @returns null when there is too little history, or an amount is negative: a rate of it is no rate */
export async function ratioLeaves(
  { series, dimensions, total }: Pick<MeasureLeaves, "series" | "dimensions" | "total">,
  detector: Detector,
  { intervals, startMs }: { readonly intervals: readonly JudgedFigures[]; readonly startMs: number },
  store: Store,
): Promise<RatioLeaves | null> {
  const fromMs = startMs - RATIO_HISTORY_INTERVALS * rhythmOf(detector.config.frequency).intervalSeconds * 1000;
  // A damaged file is told of where its interval is read for its own sake; here it is one interval less.
  const found = (await judgedIntervals(detector, { startMs: fromMs, endMs: startMs, keepDamaged: true }, store)).filter(({ points }) => points !== null && points.scores !== null);
  if (found.length < RATIO_HISTORY_MIN) return null;
  const count = series.length;
  const numerator = new Float64Array(count);
  const denominator = new Float64Array(count);
  for (const figures of intervals) {
    for (const [i, s] of series.entries()) {
      const rate = figures.values[s] ?? NaN;
      const weight = figures.counts[s] ?? 0;
      if (!Number.isFinite(rate) || !(weight > 0)) continue;
      numerator[i] = numerator[i]! + rounded(rate * weight);
      denominator[i] = denominator[i]! + weight;
    }
  }
  const expectedNow = mean(intervals.map(({ expected }) => expected[total] ?? NaN));
  const rhythm = new Float64Array(found.length).fill(1);
  const history = { numerator: new Float64Array(found.length * count), denominator: new Float64Array(found.length * count), intervalCount: found.length, rhythm };
  for (const [t, { record, points }] of found.entries()) {
    const { values, counts, expected } = columnsAt(points!, record.interval.startMs);
    const factor = expectedNow / (expected[total] ?? NaN);
    if (factor > 0 && factor < Infinity) rhythm[t] = factor;
    for (const [i, s] of series.entries()) {
      const rate = values[s] ?? NaN;
      const weight = counts[s] ?? 0;
      if (!Number.isFinite(rate) || !(weight > 0)) continue;
      history.numerator[t * count + i] = rounded(rate * weight);
      history.denominator[t * count + i] = weight;
    }
  }
  if ([numerator, denominator, history.numerator, history.denominator].some((column) => column.some((value) => value < 0))) return null;
  return { dimensions, numerator, denominator, history };

  /** A count divided and multiplied by its denominator is that count, not its neighbour by the last bit. */
  function rounded(value: number): number {
    const whole = Math.round(value);
    return Math.abs(value - whole) <= 1e-9 * Math.max(1, Math.abs(value)) ? whole : value;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function columnsAt(points: PointsSegment, startMs: number): { values: Float64Array; counts: Float64Array; expected: Float64Array } {
  const length = seriesCountOf(points, startMs);
  const values = new Float64Array(length).fill(NaN);
  const counts = new Float64Array(length);
  const expected = new Float64Array(length).fill(NaN);
  for (let row = 0; row < points.startMs.length; row++) {
    if (points.startMs[row] !== startMs) continue;
    const s = points.series[row]!;
    values[s] = points.value[row]!;
    counts[s] = points.count[row]!;
    expected[s] = points.scores!.expected[row]!;
  }
  return { values, counts, expected };
}
