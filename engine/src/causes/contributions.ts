/**
 * The contribution matrix: for each dimension, how much each of its values has to do with a deviation, 0–100, summing to
 * 100. The retired service showed the same with an unpublished method; this one is written down.
 *
 * It answers "where was it seen", not "what did it": when platform=ios falls alike in all countries, the country column
 * only repeats the countries' shares of traffic. The causes are shown above it.
 */
import type { DimensionContribution, ValueContribution } from "../groups/group.ts";
import type { DimensionColumn } from "./leaves.ts";

/** A value's deviation counts when it is at least this many of its spreads. */
const SPREADS_MIN = 2;

/** Leaves of an additive measure, in columns. NaN in `actual` or `expected` leaves the leaf out. */
export interface AdditiveLeaves {
  readonly dimensions: readonly DimensionColumn[];
  /** [leaf] */
  readonly actual: Float64Array;
  /** [leaf] */
  readonly expected: Float64Array;
  /** [leaf] standard deviation of actual around expected; without it every deviation counts */
  readonly spread?: Float64Array;
}

/** Leaves of a ratio or an average (sum / count), in columns. A leaf with a NaN is left out. */
export interface RatioLeaves {
  readonly dimensions: readonly DimensionColumn[];
  /** [leaf] */
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
  readonly numeratorExpected: Float64Array;
  readonly denominatorExpected: Float64Array;
}

/**
 * Additive measures: a value's weight is |Σ(actual − expected)| netted inside it, when that is at least 2 of its spreads
 * (else 0; if none passes, all count). If nothing deviates at all, weights are expected shares.
 *
 * @returns per dimension its values in dictionary order
 *
 * O(leaves × dimensions).
 */
export function contributions({ dimensions, actual, expected, spread }: AdditiveLeaves): DimensionContribution[] {
  const isMissing = (i: number): boolean => !Number.isFinite(actual[i]! + expected[i]!);
  let isWhole = true;
  for (let i = 0; i < actual.length && isWhole; i++) isWhole = !isMissing(i);
  const of = (column: Float64Array): Float64Array => (isWhole ? column : column.map((value, i) => (isMissing(i) ? 0 : value)));
  const columns = { actual: of(actual), expected: of(expected), variance: spread === undefined ? null : of(spread.map((s) => (s > 0 ? s * s : 0))) };
  return dimensions.map(({ name, values, codes }) => {
    const actualOf = sumsByValue(columns.actual, codes, values.length);
    const expectedOf = sumsByValue(columns.expected, codes, values.length);
    const varianceOf = columns.variance === null ? new Float64Array(values.length) : sumsByValue(columns.variance, codes, values.length);
    const deviation = actualOf.map((v, c) => v - expectedOf[c]!);
    let weights = deviation.map((d, c) => (Math.abs(d) >= SPREADS_MIN * Math.sqrt(varianceOf[c]!) ? Math.abs(d) : 0));
    if (!weights.some((w) => w > 0)) weights = deviation.map(Math.abs);
    if (!weights.some((w) => w > 0)) weights = expectedOf.map(Math.abs);
    const scores = scoresTo100(weights);
    return {
      dimension: name,
      values: values.map((value, c) => ({
        value,
        score: scores[c]!,
        actual: actualOf[c]!,
        expected: expectedOf[c]!,
        direction: directionOf(deviation[c]!),
      })),
    };
  });
}

function sumsByValue(column: Float64Array, codes: Int32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < column.length; i++) {
    const c = codes[i]!;
    sums[c] = sums[c]! + column[i]!;
  }
  return sums;
}

/**
 * Ratios and averages: with weights w = b/B and rates r, expected (0) and actual (1), and m = (R0 + R1)/2, a value's rate
 * effect is ½(w0 + w1)(r1 − r0) and its mix effect (½(r0 + r1) − m)(w1 − w0). Over the values of a dimension they sum
 * to R1 − R0 exactly. The score is the share of |rate + mix|.
 *
 * A value that has no denominator on one side has no rate there and takes the other side's: all of its effect is mix.
 * `actual` and `expected` of the result are rates; NaN without a denominator.
 */
export function ratioContributions(leaves: RatioLeaves): DimensionContribution[] {
  const { dimensions, numerator, denominator, numeratorExpected, denominatorExpected } = leaves;
  return dimensions.map(({ name, values, codes }) => {
    const x0 = new Float64Array(values.length);
    const b0 = new Float64Array(values.length);
    const x1 = new Float64Array(values.length);
    const b1 = new Float64Array(values.length);
    for (let i = 0; i < numerator.length; i++) {
      if (!Number.isFinite(numerator[i]! + denominator[i]! + numeratorExpected[i]! + denominatorExpected[i]!)) continue;
      const c = codes[i]!;
      x0[c] = x0[c]! + numeratorExpected[i]!;
      b0[c] = b0[c]! + denominatorExpected[i]!;
      x1[c] = x1[c]! + numerator[i]!;
      b1[c] = b1[c]! + denominator[i]!;
    }
    const effects = rateAndMix({ x0, b0, x1, b1 });
    let weights = effects.map(({ rate, mix }) => Math.abs(rate + mix));
    if (!weights.some((w) => w > 0)) weights = [...b0];
    const scores = scoresTo100(weights);
    return {
      dimension: name,
      values: values.map((value, c): ValueContribution => {
        const { rate, mix } = effects[c]!;
        return {
          value,
          score: scores[c]!,
          actual: b1[c] === 0 ? NaN : x1[c]! / b1[c]!,
          expected: b0[c] === 0 ? NaN : x0[c]! / b0[c]!,
          direction: directionOf(rate + mix),
          rateEffect: rate,
          mixEffect: mix,
        };
      }),
    };
  });
}

interface RatioSums {
  readonly x0: Float64Array;
  readonly b0: Float64Array;
  readonly x1: Float64Array;
  readonly b1: Float64Array;
}

function rateAndMix({ x0, b0, x1, b1 }: RatioSums): { rate: number; mix: number }[] {
  const sum = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
  const B0 = sum(b0);
  const B1 = sum(b1);
  if (B0 === 0 || B1 === 0) return Array.from(x0, () => ({ rate: 0, mix: 0 })); // there is no R0 or no R1
  const middle = (sum(x0) / B0 + sum(x1) / B1) / 2;
  return Array.from(x0, (_, c) => {
    const w0 = b0[c]! / B0;
    const w1 = b1[c]! / B1;
    const r0 = b0[c] !== 0 ? x0[c]! / b0[c]! : b1[c] !== 0 ? x1[c]! / b1[c]! : 0;
    const r1 = b1[c] !== 0 ? x1[c]! / b1[c]! : r0;
    return { rate: ((w0 + w1) / 2) * (r1 - r0), mix: ((r0 + r1) / 2 - middle) * (w1 - w0) };
  });
}

function directionOf(deviation: number): -1 | 0 | 1 {
  return deviation > 0 ? 1 : deviation < 0 ? -1 : 0;
}

/**
 * Largest-remainder rounding to two decimals: what is shown sums to 100. Hundredths are dealt out as whole numbers; equal
 * remainders go to the earlier value. All weights 0: equal shares.
 */
export function scoresTo100(weights: ArrayLike<number>): number[] {
  const count = weights.length;
  const scale = Math.max(0, ...Array.from(weights)); // keeps the sum finite for weights near the largest number
  const relative = Array.from(weights, (w) => (scale > 0 ? w / scale : 1));
  const sum = relative.reduce((a, b) => a + b, 0);
  const exact = relative.map((w) => (w / sum) * 10_000);
  const hundredths = exact.map(Math.floor);
  const left = 10_000 - hundredths.reduce((a, b) => a + b, 0);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b]! - hundredths[b]! - (exact[a]! - hundredths[a]!) || a - b);
  for (let k = 0; k < left && k < count; k++) hundredths[order[k]!] = hundredths[order[k]!]! + 1;
  return hundredths.map((h) => h / 100);
}
