import type { DimensionColumn } from "./leaves.ts";

/** What is expected of the total and of single dimension values, by their own forecasts. NaN where there is none. */
export interface LevelExpected {
  readonly total: number;
  /** [dimension][value] in the order of the columns */
  readonly values: readonly Float64Array[];
}

const ROUNDS = 3;
/** A level may correct its leaves by at most this factor: beyond it the two disagree about what is there. */
const FACTOR_MAX = 2;

/**
 * Leaves' expected values brought into line with the forecasts of the levels above them (iterative proportional fitting).
 *
 * Forecasts of sparse leaves are noisy and share small biases; over 10,000 leaves a common bias of a few percent is many
 * spreads, and would be named as a cause. The levels' own series are large and forecast well. All forecasts come from the
 * past, so that an incident of now is not corrected away.
 *
 * Negative expected values of leaves are taken as 0. O(leaves × dimensions).
 */
export function raked(expected: Float64Array, dimensions: readonly DimensionColumn[], levels: LevelExpected): Float64Array {
  const out = expected.map((f) => (f > 0 ? f : f <= 0 ? 0 : NaN));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [d, { values, codes }] of dimensions.entries()) {
      const sums = new Float64Array(values.length);
      for (let i = 0; i < out.length; i++) if (out[i]! > 0) sums[codes[i]!] = sums[codes[i]!]! + out[i]!;
      const factors = sums.map((sum, c) => factorOf(levels.values[d]?.[c] ?? NaN, sum));
      for (let i = 0; i < out.length; i++) out[i] = out[i]! * factors[codes[i]!]!;
    }
  }
  let sum = 0;
  for (let i = 0; i < out.length; i++) if (out[i]! > 0) sum += out[i]!;
  const factor = factorOf(levels.total, sum);
  return factor === 1 ? out : out.map((f) => f * factor);
}

function factorOf(level: number, sum: number): number {
  if (!(level > 0) || !(sum > 0)) return 1;
  return Math.min(FACTOR_MAX, Math.max(1 / FACTOR_MAX, level / sum));
}
