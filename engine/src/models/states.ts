/**
 * The states of all series of one detector: one typed array, a flat slice per series. Everything that a series'
 * judgement depends on is in its slice, so that save → load → go on is bit-identical, and one series never touches
 * another's.
 */
import type { Rhythm } from "../time/rhythm.ts";

export interface SeriesStates {
  readonly rhythm: Rhythm;
  readonly seriesCount: number;
  /** numbers per series */
  readonly stateLength: number;
  /** [series × stateLength], row-major */
  readonly data: Float32Array | Float64Array;
}
