/**
 * Activation with history: a history is run through once to learn what each series looks like, then what is *rare* for
 * it is forgotten and it is run through again. The second pass sees the residuals of a model that knows the season, so
 * the first live interval is judged as well as the hundredth.
 *
 * Series never touch each other: a worker thread may take any slice of the rows with the states of those series.
 */
import { rememberPoint, resetRuns } from "../anomalies/rules.ts";
import { EngineError } from "../models/engine-error.ts";
import { resetTail } from "../models/ensemble.ts";
import { judgePoint } from "../models/judge-point.ts";
import { learnPoint } from "../models/learn-point.ts";
import { floatsOf, numbersOf } from "../models/series-states.ts";
import { D_LEARNED_UNTIL, layoutOf } from "../models/state-layout.ts";
import type { StateLayout } from "../models/state-layout.ts";
import type { SeriesStates } from "../models/states.ts";
import type { Position } from "../time/rhythm.ts";
import { checkPosition, checkStates } from "./check.ts";
import { usable } from "./judge.ts";

export interface History {
  /** [interval] starts, epoch milliseconds, ascending */
  readonly startMs: Float64Array;
  /** [interval] */
  readonly positions: readonly Position[];
  /** [series × interval], row-major; NaN = missing */
  readonly values: Float64Array;
  /** [interval] 0 where no row at all arrived; default: every interval arrived */
  readonly datasetArrived?: Uint8Array;
}

export interface LearnHistoryOptions {
  /** first series of `states` that row 0 of `values` belongs to; default 0 */
  readonly firstSeries?: number;
  /** run twice (default) or only once, as a live detector would have seen it */
  readonly passes?: 1 | 2;
  /** refuse a history shorter than a season (a day; a week of days) instead of going on learning after it; default false */
  readonly seasonRequired?: boolean;
}

/**
 * Lets states learn a history. Rows of `values` are the series `firstSeries`, `firstSeries + 1`, … of `states`.
 *
 * O(series × interval × passes); no memory beyond the states.
 *
 * @throws EngineError when shapes do not fit, or a series has already learned an interval of it; nothing is learned then
 */
export function learnHistory(states: SeriesStates, history: History, options: LearnHistoryOptions = {}): void {
  checkStates(states);
  const { firstSeries = 0, passes = 2 } = options;
  const { startMs, positions, values } = history;
  const intervalCount = startMs.length;
  if (intervalCount === 0) return;
  const rowCount = values.length / intervalCount;
  if (
    positions.length !== intervalCount ||
    (history.datasetArrived !== undefined && history.datasetArrived.length !== intervalCount) ||
    !Number.isInteger(rowCount) ||
    !Number.isInteger(firstSeries) ||
    firstSeries < 0 ||
    firstSeries + rowCount > states.seriesCount
  ) {
    throw new EngineError(
      "SERIES_COUNT",
      `${values.length} values and ${positions.length} positions are not rows of ${intervalCount} intervals for series ${firstSeries} … ${states.seriesCount - 1}`,
    );
  }
  const layout = layoutOf(states.rhythm);
  const d = numbersOf(states);
  const f = floatsOf(states);
  checkOrder(startMs);
  if (options.seasonRequired === true && intervalCount < layout.dayLength) {
    throw new EngineError(
      "SEASON_LONGER_THAN_HISTORY",
      `the history of series ${firstSeries} has ${intervalCount} intervals, its season ${layout.dayLength}: learn from more, or without a history`,
      firstSeries,
    );
  }
  for (let s = 0; s < rowCount; s++) {
    const until = d[(firstSeries + s) * states.stateLength + D_LEARNED_UNTIL];
    if (until >= startMs[0]) {
      throw new EngineError(
        "INTERVAL_OUT_OF_ORDER",
        `series ${firstSeries + s} has learned up to ${new Date(until).toISOString()}; the history begins at ${new Date(startMs[0]).toISOString()}`,
        firstSeries + s,
      );
    }
  }
  const inDay = new Uint16Array(intervalCount);
  const hourOfWeek = new Uint8Array(intervalCount);
  for (let t = 0; t < intervalCount; t++) {
    const position = positions[t];
    checkPosition(layout, position);
    inDay[t] = position.inDay;
    hourOfWeek[t] = position.hourOfWeek;
  }

  for (let s = 0; s < rowCount; s++) {
    const b = (firstSeries + s) * states.stateLength;
    const row = values.subarray(s * intervalCount, (s + 1) * intervalCount);
    learnRow(d, f, b, layout, row, inDay, hourOfWeek, history.datasetArrived, passes);
    d[b + D_LEARNED_UNTIL] = startMs[intervalCount - 1];
  }
}

/** The passes over one series' history; the row's length decides how far. */
export function learnRow(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  row: Float64Array,
  inDay: Uint16Array,
  hourOfWeek: Uint8Array,
  datasetArrived: Uint8Array | undefined,
  passes: number,
): void {
  for (let pass = 0; pass < passes; pass++) {
    if (pass > 0) {
      resetTail(f, 2 * b, layout);
      resetRuns(f, 2 * b);
    }
    for (let t = 0; t < row.length; t++) {
      const value = usable(row[t]);
      const arrived = datasetArrived === undefined || datasetArrived[t] !== 0;
      judgePoint(d, f, b, layout, inDay[t], hourOfWeek[t], value);
      rememberPoint(d, f, b, layout, inDay[t], value, arrived);
      learnPoint(d, f, b, layout, inDay[t], hourOfWeek[t], value);
    }
  }
}

function checkOrder(startMs: Float64Array): void {
  if (!Number.isFinite(startMs[0])) throw new EngineError("POSITION", `startMs of the first interval is ${startMs[0]}`);
  for (let t = 1; t < startMs.length; t++) {
    if (!(startMs[t] > startMs[t - 1])) {
      throw new EngineError("INTERVAL_OUT_OF_ORDER", `interval ${t} of the history does not come after interval ${t - 1}`);
    }
  }
}
