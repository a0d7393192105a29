/**
 * Ratios (failure rate, conversion): did the *rate* of a segment move, given the traffic that it had? A shift of the mix
 * alone is no cause.
 *
 * The expected rate of a leaf comes from its history: the total rate, times the main effects of its values, pulled to its
 * own history as far as that has observations. A segment's gain is the binomial log-likelihood ratio of what happened
 * against what was expected, divided by the overdispersion that history shows, minus the price of naming it.
 *
 * Not every ratio is a share of its denominator: revenue per order is an amount, in whatever unit. There the evidence is
 * that of a Poisson count in the unit in which history scatters like one, so that euros and cents give the same answer.
 */
import { ln } from "../stats/elementary.ts";
import { codesOf, cubeShape, forEachCell, rollUpCube, type CubeShape } from "./cube.ts";
import { medianOf } from "./evidence.ts";
import { lift, splitDimension } from "./ratio-lift.ts";

export interface RatioSettings {
  /** nats above the price */
  readonly gainMin: number;
  /** … and after the first cause this share of the first one's */
  readonly gainShareMin: number;
  /** … and this share of the first one's change, on the log scale: where one segment fails, others wobble with it */
  readonly changeShareMin: number;
  /** a cause's excess as a share of the whole excess */
  readonly excessShareMin: number;
  /** a cause's excess as a share of its expected */
  readonly changeMin: number;
  readonly causesMax: number;
}

export const RATIO_SETTINGS: RatioSettings = { gainMin: 4, gainShareMin: 0.01, changeShareMin: 0.35, excessShareMin: 0.02, changeMin: 0.2, causesMax: 15 };

/**
 * A segment's evidence does not grow beyond this ratio: an expected rate near zero is known too badly, and would make a
 * corner with few requests outdo the large segment that people mean (real incidents: 46 → 48 of 68 first causes right).
 */
const RATIO_MAX = 10;

/** How many observations the total's rate, and then the main effects, are worth against a value's or leaf's own. */
const PSEUDO_OBSERVATIONS = 20;

export interface RatioHistory {
  /** [interval × leaf], oldest first; 0 where a leaf had nothing */
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
  readonly intervalCount: number;
}

/** "share": whole numbers of cases among whole numbers of trials (failures per request); "amount": anything else */
export type RatioForm = "share" | "amount";

export interface RatioExpectation {
  readonly form: RatioForm;
  /** [leaf] expected rate */
  readonly rate: Float64Array;
  /** variance of a value's numerator over the binomial one */
  readonly overdispersion: number;
  /** intervals of the history that were taken as calm */
  readonly calmCount: number;
}

/**
 * The expected rate of each leaf and the overdispersion, from history. Intervals whose total rate is over 1.5 times the
 * 40 % quantile stay out: the onset is often in the history.
 */
export function expectedRates(
  { numerator, denominator, intervalCount }: RatioHistory,
  { sizes, codes }: { readonly sizes: readonly number[]; readonly codes: readonly Int32Array[] },
  form: RatioForm = "share",
): RatioExpectation {
  const leafCount = codes[0]?.length ?? (intervalCount === 0 ? 0 : numerator.length / intervalCount);
  const calm = calmIntervals({ numerator, denominator, intervalCount }, leafCount, form);
  const x = new Float64Array(leafCount);
  const b = new Float64Array(leafCount);
  for (const t of calm) {
    for (let i = 0; i < leafCount; i++) {
      x[i] = x[i]! + numerator[t * leafCount + i]!;
      b[i] = b[i]! + denominator[t * leafCount + i]!;
    }
  }
  const B = sumOf(b);
  const total = B > 0 ? sumOf(x) / B : 0;
  const rate = new Float64Array(leafCount).fill(total);
  for (let d = 0; d < sizes.length; d++) {
    const own = byValue(codes[d]!, x, sizes[d]!);
    const ownB = byValue(codes[d]!, b, sizes[d]!);
    for (let i = 0; i < leafCount; i++) {
      const c = codes[d]![i]!;
      const valueRate = (own[c]! + PSEUDO_OBSERVATIONS * total) / (ownB[c]! + PSEUDO_OBSERVATIONS);
      if (total > 0) rate[i] = (rate[i]! * valueRate) / total;
    }
  }
  for (let i = 0; i < leafCount; i++) {
    const shrunk = (x[i]! + PSEUDO_OBSERVATIONS * rate[i]!) / (b[i]! + PSEUDO_OBSERVATIONS);
    rate[i] = Math.max(form === "share" ? 1e-9 : 1e-9 * total, shrunk);
  }
  return { form, rate, overdispersion: overdispersionOf({ numerator, denominator, intervalCount }, { sizes, codes, rate, calm, leafCount, form }), calmCount: calm.length };
}

function calmIntervals({ numerator, denominator, intervalCount }: RatioHistory, leafCount: number, form: RatioForm): number[] {
  const rates = Array.from({ length: intervalCount }, (_, t) => {
    const b = sumOf(denominator.subarray(t * leafCount, (t + 1) * leafCount));
    return b > 0 ? sumOf(numerator.subarray(t * leafCount, (t + 1) * leafCount)) / b : NaN;
  });
  const known = rates.filter((r) => !Number.isNaN(r)).sort((a, b) => a - b);
  if (known.length === 0) return [];
  const limit = 1.5 * known[Math.floor(0.4 * (known.length - 1))]! + (form === "share" ? 0.002 : 0);
  return rates.flatMap((rate, t) => (rate <= limit ? [t] : []));
}

/** The median over single values and calm intervals of (x − E)² / (E(1 − p)), over its median for binomial data. */
function overdispersionOf(
  { numerator, denominator }: RatioHistory,
  { sizes, codes, rate, calm, leafCount, form }: { sizes: readonly number[]; codes: readonly Int32Array[]; rate: Float64Array; calm: readonly number[]; leafCount: number; form: RatioForm },
): number {
  const squares: number[] = [];
  for (const t of calm) {
    const x = numerator.subarray(t * leafCount, (t + 1) * leafCount);
    const b = denominator.subarray(t * leafCount, (t + 1) * leafCount);
    const expected = b.map((n, i) => n * rate[i]!);
    for (let d = 0; d < sizes.length; d++) {
      const X = byValue(codes[d]!, x, sizes[d]!);
      const E = byValue(codes[d]!, expected, sizes[d]!);
      const B = byValue(codes[d]!, b, sizes[d]!);
      for (let c = 0; c < sizes[d]!; c++) {
        if (form === "amount") {
          if (E[c]! > 0) squares.push((X[c]! - E[c]!) ** 2 / E[c]!);
          continue;
        }
        if (!(E[c]! > 0.5)) continue;
        const rest = E[c]! < B[c]! ? 1 - E[c]! / B[c]! : 1; // above 1 a ratio is a count, not a share
        squares.push((X[c]! - E[c]!) ** 2 / (E[c]! * rest));
      }
    }
  }
  if (squares.length === 0) return 1;
  // An amount's unit is anybody's: what history scatters by is the size of one "case".
  if (form === "amount") return Math.max(Number.MIN_VALUE * 1e16, medianOf(Float64Array.from(squares)) / 0.455);
  return Math.min(50, Math.max(1, medianOf(Float64Array.from(squares)) / 0.455)); // .455: the median of χ² with one degree of freedom
}

/** One segment whose rate moved, with its sums when it was found (leaves of earlier ones are out). */
export interface RatioFinding {
  /** a code per dimension, the size for ANY */
  readonly codes: readonly number[];
  readonly gain: number;
  /** X / E */
  readonly ratio: number;
}

/**
 * @param now.numerator    [leaf]
 * @param now.denominator  [leaf]
 */
export function ratioScan(
  now: { readonly numerator: Float64Array; readonly denominator: Float64Array },
  { form, rate, overdispersion }: RatioExpectation,
  { sizes, codes }: { readonly sizes: readonly number[]; readonly codes: readonly Int32Array[] },
  settings: RatioSettings = RATIO_SETTINGS,
): RatioFinding[] {
  const shape = cubeShape(sizes);
  const D = sizes.length;
  const leafCount = rate.length;
  const X = new Float64Array(shape.cellCount);
  const E = new Float64Array(shape.cellCount);
  const B = new Float64Array(shape.cellCount);
  for (let i = 0; i < leafCount; i++) {
    let cell = 0;
    for (let d = 0; d < D; d++) cell += codes[d]![i]! * shape.strides[d]!;
    X[cell] = X[cell]! + now.numerator[i]!;
    E[cell] = E[cell]! + (form === "amount" || rate[i]! > 1 ? rate[i]! : Math.min(0.999, rate[i]!)) * now.denominator[i]!;
    B[cell] = B[cell]! + now.denominator[i]!;
  }
  for (const sums of [X, E, B]) rollUpCube(shape, sums);
  const any = cellOfAny(shape);
  const wholeExcess = Math.abs(X[any]! - E[any]!);
  const segmentPrice = (fixed: number) => {
    let segments = 1;
    for (let d = 0; d < D; d++) if (fixed & (1 << d)) segments *= sizes[d]!;
    return ln(Math.min(segments, Math.max(1, leafCount))) + D * Math.LN2;
  };
  const prices = Float64Array.from({ length: 1 << D }, (_, fixed) => segmentPrice(fixed));
  const everything = sizes.map((size) => Array.from({ length: size + 1 }, (_, c) => c));
  const findings: RatioFinding[] = [];
  // Set when the total would be named although it is split: the next pick lies along this dimension.
  let along = -1;
  let wholeGain = 0;
  while (findings.length < settings.causesMax) {
    let best = -1;
    let bestFixed = 0;
    let bestGain = Math.max(settings.gainMin, settings.gainShareMin * (findings[0]?.gain ?? 0));
    forEachCell(shape, everything, (cell, fixed) => {
      const x = X[cell]!;
      const e = E[cell]!;
      const b = B[cell]!;
      const excess = Math.abs(x - e);
      if (!(b > 0) || !(e > 0) || excess < settings.changeMin * e || excess < settings.excessShareMin * wholeExcess) return;
      if (along >= 0 && (fixed & (1 << along)) === 0) return;
      // After a first cause the total is no second one: the rest moves a little with it.
      if (fixed === 0 && findings.length > 0) return;
      if (findings.length > 0 && Math.abs(ln(Math.max(x, 1e-9) / e)) < settings.changeShareMin * Math.abs(ln(Math.max(findings[0]!.ratio, 1e-9)))) return;
      const gain = (form === "share" ? binomialEvidence(x, e, b) : amountEvidence(x, e)) / overdispersion - prices[fixed]!;
      // Ties go to fewer dimensions: where one value determines another, both name the same leaves.
      const isTie = best >= 0 && Math.abs(gain - bestGain) <= 1e-9;
      if (isTie ? fixedCount(fixed) < bestFixed : gain > bestGain) {
        bestGain = gain;
        best = cell;
        bestFixed = fixedCount(fixed);
      }
    });
    if (best < 0 && along < 0) break;
    if (best < 0) {
      // Split, yet no value is loud enough on its own: then the whole is what can be said.
      findings.push({ codes: [...sizes], gain: wholeGain, ratio: X[any]! / E[any]! });
      break;
    }
    const lifted = lift(codesOf(shape, best), { shape, X, E }, along);
    const isTotal = lifted.every((code, d) => code === sizes[d]);
    along = isTotal ? splitDimension({ shape, X, E, B, overdispersion }) : -1;
    if (along >= 0) {
      wholeGain = bestGain;
      continue;
    }
    const cell = lifted.reduce((at, code, d) => at + code * shape.strides[d]!, 0);
    findings.push({ codes: lifted, gain: bestGain, ratio: X[cell]! / E[cell]! });
    takeOutOf(shape, lifted, [X, E, B]);
  }
  return findings;
}

function amountEvidence(x: number, e: number): number {
  if (x > RATIO_MAX * e) return x * ln(RATIO_MAX) - e * (RATIO_MAX - 1);
  return (x > 0 ? x * ln(x / e) : 0) - x + e;
}

/** ln of how much likelier x of b is under its own rate than under the expected one. */
function binomialEvidence(x: number, e: number, b: number): number {
  const rest = b - x;
  const restExpected = b - e;
  if (x > RATIO_MAX * e) return x * ln(RATIO_MAX) - e * (RATIO_MAX - 1);
  const own = x > 0 ? x * ln(x / e) : 0;
  // A ratio may exceed 1 (orders per visit is one, items per order is not): then it is a count given its traffic.
  if (rest < 0 || restExpected <= 0) return own - x + e;
  return own + (rest > 0 ? rest * ln(rest / restExpected) : 0);
}

function fixedCount(bits: number): number {
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}

function cellOfAny({ sizes, strides }: CubeShape): number {
  return sizes.reduce((cell, size, d) => cell + size * strides[d]!, 0);
}

function takeOutOf(shape: CubeShape, codes: readonly number[], columns: readonly Float64Array[]): void {
  const leafChoices = codes.map((code, d) => (code === shape.sizes[d]! ? Array.from({ length: code }, (_, c) => c) : [code]));
  forEachCell(shape, leafChoices, (cell) => {
    for (const sums of columns) sums[cell] = 0;
  });
  // Few findings and small cubes: rolling up again costs less than keeping track.
  const openCells = (sums: Float64Array) => {
    forEachCell(shape, shape.sizes.map((size) => Array.from({ length: size + 1 }, (_, c) => c)), (cell, fixed) => {
      if (fixed !== (1 << shape.sizes.length) - 1) sums[cell] = 0;
    });
    rollUpCube(shape, sums);
  };
  for (const sums of columns) openCells(sums);
}

function byValue(codes: Int32Array, column: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(size);
  for (let i = 0; i < column.length; i++) sums[codes[i]!] = sums[codes[i]!]! + column[i]!;
  return sums;
}

function sumOf(column: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i]!;
  return sum;
}
