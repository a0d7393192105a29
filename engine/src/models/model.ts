import type { Position, Rhythm } from "../time/rhythm.ts";

/**
 * The contract of a model: an algorithm with its state, learning one series, one interval after the other. A state is a
 * flat slice of numbers; everything the model knows is in it. The suite in model-contract.ts runs on every model.
 *
 * The product runs the ensemble through its own fused path (scores/judge.ts); this is the narrow door for comparing
 * models, and for a second product model, should the bench show that one helps.
 */
export interface Model {
  /** as in the registry and in stored states */
  readonly name: string;
  /** 64-bit slots that one series takes */
  stateLength(rhythm: Rhythm): number;
  /** Writes the state of a series that has seen nothing. */
  start(state: Float64Array, rhythm: Rhythm): void;
  /** Judges a value; reads only. NaN = missing: expected is given, the score is NaN. */
  score(state: Float64Array, rhythm: Rhythm, position: Position, value: number): ModelScore;
  /** Learns the value; call after `score`. NaN learns nothing but moves time on. */
  learn(state: Float64Array, rhythm: Rhythm, position: Position, value: number): void;
}

export interface ModelScore {
  /** NaN before the first point */
  readonly expected: number;
  /** how far off, in units of what is usual for the series; NaN when the value is missing or nothing is known */
  readonly score: number;
}
