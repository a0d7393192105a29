import type { Rhythm } from "../time/rhythm.ts";
import { EngineError } from "./engine-error.ts";
import { startState } from "./ensemble.ts";
import { D_AGE, D_LEARNED_UNTIL, D_POINTS, layoutOf } from "./state-layout.ts";
import type { SeriesStates } from "./states.ts";

/**
 * The states of `seriesCount` series that have seen nothing.
 *
 * @example
 * createStates(rhythmOf("PT1H"), 3).data.length // 3 × the state length of an hourly series
 */
export function createStates(rhythm: Rhythm, seriesCount: number): SeriesStates {
  if (!Number.isInteger(seriesCount) || seriesCount < 0) {
    throw new EngineError("SERIES_COUNT", `seriesCount is ${seriesCount}; it must be a whole number from 0 up`);
  }
  const layout = layoutOf(rhythm);
  const data = new Float64Array(seriesCount * layout.stateLength);
  const states = { rhythm, seriesCount, stateLength: layout.stateLength, data };
  const f = floatsOf(states);
  for (let s = 0; s < seriesCount; s++) startState(data, f, s * layout.stateLength, layout);
  return states;
}

/** The same states with fresh series appended; the old series keep their numbers and their bytes. */
export function growStates(states: SeriesStates, seriesCount: number): SeriesStates {
  if (seriesCount < states.seriesCount) {
    throw new EngineError("SERIES_COUNT", `cannot grow from ${states.seriesCount} series to ${seriesCount}`);
  }
  const layout = layoutOf(states.rhythm);
  const data = new Float64Array(seriesCount * layout.stateLength);
  data.set(states.data);
  const grown = { rhythm: states.rhythm, seriesCount, stateLength: layout.stateLength, data };
  const f = floatsOf(grown);
  for (let s = states.seriesCount; s < seriesCount; s++) startState(data, f, s * layout.stateLength, layout);
  return grown;
}

/**
 * The states of some series alone, copied: a part for a worker thread, or the rows of a shard.
 *
 * @param series  indexes into `states`, in the order wanted
 */
export function pickStates(states: SeriesStates, series: ArrayLike<number>): SeriesStates {
  const { rhythm, stateLength } = states;
  const data = new Float64Array(series.length * stateLength);
  for (let s = 0; s < series.length; s++) {
    data.set(states.data.subarray(series[s] * stateLength, (series[s] + 1) * stateLength), s * stateLength);
  }
  return { rhythm, seriesCount: series.length, stateLength, data };
}

/** Start of the last interval a series has learned, epoch ms; NaN when it has learned none. */
export function learnedUntilMs(states: SeriesStates, series: number): number {
  return states.data[series * states.stateLength + D_LEARNED_UNTIL];
}

/** Points a series has learned; missing ones do not count. */
export function pointsLearned(states: SeriesStates, series: number): number {
  return states.data[series * states.stateLength + D_POINTS];
}

/** Points a series needs before it is judged: 300, or 14 days of daily data. */
export function pointsToLearn(rhythm: Rhythm): number {
  return rhythm.weekLength === 0 ? 14 : 300;
}

/** Intervals since the first point of a series, missing ones included. */
export function intervalsSeen(states: SeriesStates, series: number): number {
  return states.data[series * states.stateLength + D_AGE];
}

/** The 64-bit numbers of the states; the layout has no other form. */
export function numbersOf(states: SeriesStates): Float64Array {
  if (states.data instanceof Float64Array) return states.data;
  throw new EngineError("STATE_FORMAT", "states hold 64-bit slots; got a Float32Array");
}

/** The same bytes seen as 32-bit numbers. */
export function floatsOf(states: { readonly data: Float32Array | Float64Array }): Float32Array {
  return new Float32Array(states.data.buffer, states.data.byteOffset, states.data.byteLength / 4);
}
