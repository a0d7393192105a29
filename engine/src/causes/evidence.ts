/**
 * What each leaf says, in sums that add up over a segment's leaves.
 *
 * Below a cause all leaves change by one ratio. Two forms of the same question, "how much better does one common change
 * explain these leaves than no change":
 *
 * - "counts" (the product: a spread is known): a leaf is a scaled Poisson count with φ = spread²/expected. W = Σf/φ,
 *   A = Σv/φ, the common ratio is A/W, the shared part of the evidence A ln R − A + W.
 * - "shift" (squares): W = Σw, A = Σwu, Q = Σwu². Without a spread u = (f − v)/max(f, v) and w = 1/σ², where σ is
 *   estimated from the leaves themselves; for averages and for measures with negative values u = (f − v)/f and
 *   w = f²/spread². The common shift is A/W, the shared part A²/2W.
 *
 * L is the whole evidence against "as expected", capped per leaf, so that one wild leaf is no segment.
 */
import { ln } from "../stats/elementary.ts";

/** One leaf's evidence is at most this many nats: without it S falls from .9625 to .940. */
export const LEAF_EVIDENCE_MAX = 40;

export interface Evidence {
  readonly form: "counts" | "shift";
  /** [leaf]; W, A and Q are to be multiplied by `scale`; Q only for "shift" */
  readonly W: Float64Array;
  readonly A: Float64Array;
  readonly Q: Float64Array | null;
  readonly L: Float64Array;
  /** leaves that can say something */
  readonly N: Float64Array;
  /** what is the same in all leaves: another noise is another factor, and no other sums */
  readonly scale: number;
  /** how much more than noise a cause's leaves may scatter, as a variance ratio ≥ 1 */
  readonly scatterMax: number;
  /** by how much the stated spread was widened (1 = not), or σ without a spread */
  readonly noise: number;
}

/**
 * Counts and sums with a spread.
 *
 * @param actual    [leaf], ≥ 0
 * @param expected  [leaf], ≥ 0; a leaf that was not expected (0) but arrived takes 1e-6: the cap holds it
 * @param spread    [leaf] standard deviation of actual around expected
 * @param quiet     [leaf] 0 keeps a leaf out of the noise's estimate, because it is known to have moved
 * @param evidenceMax  of one leaf
 * @param bulk      how many of the leaves surely did not move
 * A leaf with NaN, or with neither actual nor expected, says nothing.
 */
export function countEvidence(
  actual: Float64Array,
  expected: Float64Array,
  spread: Float64Array,
  quiet: Uint8Array | null = null,
  evidenceMax: number = LEAF_EVIDENCE_MAX,
  bulk: Bulk = HALF,
): Evidence {
  const count = actual.length;
  const W = new Float64Array(count);
  const A = new Float64Array(count);
  const L = new Float64Array(count);
  const N = new Float64Array(count);
  const widening = wideningOf(actual, expected, spread, { quiet, bulk });
  const limit = valueLimit(expected);
  for (let i = 0; i < count; i++) {
    const v = Math.min(actual[i]!, limit);
    const f = expected[i]! > 1e-6 ? expected[i]! : 1e-6;
    if (!(v >= 0) || !(v > 0 || expected[i]! > 0)) continue;
    const s = spread[i]!;
    // Where next to nothing is expected, spread²/expected says nothing about the size of a step: at most three spreads.
    const phi = Math.max(1e-9, s > 0 ? Math.min((s * s) / f, 3 * Math.max(1, s)) : 1) * widening;
    W[i] = f / phi;
    A[i] = v / phi;
    const evidence = Math.max(0, ((v > 0 ? v * ln(v / f) : 0) - v + f) / phi);
    // Where a forecast was cut off at zero the logarithm would take a step of three spreads for a miracle.
    const normal = v > f && s > 0 ? (v - f) ** 2 / (2 * s * s * widening) : Infinity;
    L[i] = Math.min(evidenceMax, evidence, normal);
    N[i] = 1;
  }
  return { form: "counts", W, A, Q: null, L, N, scale: 1, scatterMax: 1.5, noise: Math.sqrt(widening) };
}

/** Noise is told from at most this many leaves, evenly taken: sorting 2 million took longer than the whole search. */
const NOISE_LEAVES_MAX = 20_000;

/** A leaf counts as at most this: 1e300 in one leaf would swallow every other in the sums, and cannot be subtracted again. */
function valueLimit(expected: Float64Array): number {
  let sum = 1;
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i]!)) sum += Math.abs(expected[i]!);
  return 1e6 * sum;
}

/** A share of the leaves that is taken as quiet, and what the deviation at that share is multiplied by to be the spread. */
export interface Bulk {
  readonly share: number;
  readonly spreadPer: number;
}
/** For normal data: 1 / Φ⁻¹(3/4) and 1 / Φ⁻¹(5/8). */
const HALF: Bulk = { share: 0.5, spreadPer: 1.4826 };
export const QUARTER: Bulk = { share: 0.25, spreadPer: 3.1384 };

/**
 * The factor ≥ 1 on the variance that makes the bulk fit its spreads. The bulk is around one common ratio, so that a fall
 * of everything is not taken for noise: the smaller of the scatter around "as expected" and around the median ratio.
 */
function wideningOf(actual: Float64Array, expected: Float64Array, spread: Float64Array, { quiet, bulk }: { quiet: Uint8Array | null; bulk: Bulk }): number {
  const step = Math.ceil(actual.length / NOISE_LEAVES_MAX);
  const plain: number[] = [];
  for (let i = 0; i < actual.length; i += step) {
    const f = expected[i]!;
    if (f === 0 || !Number.isFinite(actual[i]! - f) || !(spread[i]! > 0) || quiet?.[i] === 0) continue;
    plain.push(Math.abs(actual[i]! - f) / spread[i]!);
  }
  if (plain.length < 8) return 1;
  const ratio = weightedMedianRatio(actual, expected, spread);
  const around: number[] = [];
  for (let i = 0; i < actual.length; i += step) {
    const f = expected[i]!;
    if (f === 0 || !Number.isFinite(actual[i]! - f) || !(spread[i]! > 0) || quiet?.[i] === 0) continue;
    around.push(Math.abs(actual[i]! - ratio * f) / (spread[i]! * Math.sqrt(Math.max(ratio, 0.05))));
  }
  const deviationOf = (values: readonly number[]): number => (bulk === HALF ? medianOf(Float64Array.from(values)) : nthSmallest(Float64Array.from(values), Math.floor(bulk.share * values.length)));
  const scale = bulk.spreadPer * Math.min(deviationOf(plain), deviationOf(around));
  return Math.max(1, scale * scale);
}

/** The ratio v/f in the middle of the leaves' weights |f|/spread: large, certain leaves count more. */
function weightedMedianRatio(actual: Float64Array, expected: Float64Array, spread: Float64Array): number {
  const step = Math.ceil(actual.length / NOISE_LEAVES_MAX);
  const pairs: [number, number][] = [];
  let sum = 0;
  for (let i = 0; i < actual.length; i += step) {
    if (expected[i] === 0 || !Number.isFinite(actual[i]! - expected[i]!) || !(spread[i]! > 0)) continue;
    const weight = Math.min(1e12, Math.abs(expected[i]!) / spread[i]!);
    pairs.push([actual[i]! / expected[i]!, weight]);
    sum += weight;
  }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let below = 0;
  for (const [ratio, weight] of pairs) {
    below += weight;
    if (below >= sum / 2) return ratio;
  }
  return 1;
}

/**
 * Leaves without a spread: the scatter is estimated from the leaves themselves. The forecast may be as noisy as the
 * actual, so the change u is symmetric, in [−1, 1].
 *
 * @param before  the same leaves with another noise: only what depends on it is computed again
 */
export function symmetricEvidence(actual: Float64Array, expected: Float64Array, quiet: Uint8Array | null = null, before: Evidence | null = null): Evidence {
  const { N, A, Q } = before === null ? symmetricChanges(actual, expected) : { ...before, Q: before.Q! }; // of this form, which has one
  const scatter = scatterOf(A, N, quiet);
  const sigma = quiet === null ? scatter : Math.min(scatter, rootMeanSquare(A, N, quiet, 4 * scatter));
  const scale = 1 / (sigma * sigma);
  const L = new Float64Array(A.length);
  for (let i = 0; i < L.length; i++) L[i] = Math.min(LEAF_EVIDENCE_MAX, (scale * Q[i]!) / 2);
  const scatterMax = Math.max(1, 0.1 / sigma) ** 2;
  return { form: "shift", W: N, A, Q, L, N, scale, scatterMax, noise: sigma };
}

function symmetricChanges(actual: Float64Array, expected: Float64Array): { N: Float64Array; A: Float64Array; Q: Float64Array } {
  const N = new Float64Array(actual.length);
  const A = new Float64Array(actual.length);
  const Q = new Float64Array(actual.length);
  for (let i = 0; i < actual.length; i++) {
    const v = actual[i]!;
    const f = expected[i]!;
    const size = Math.max(Math.abs(f), Math.abs(v));
    if (!(size > 0) || !(f - f === 0) || !(v - v === 0)) continue; // nothing here, or missing
    const u = Math.min(1, Math.max(-1, (f < 0 ? v - f : f - v) / size));
    N[i] = 1;
    A[i] = u;
    Q[i] = u * u;
  }
  return { N, A, Q };
}

/**
 * Of leaves that are known not to have moved: relative changes have shorter tails than the normal distribution, so that
 * their median says 5 % more noise than there is, and single leaves are lost for it.
 */
function rootMeanSquare(u: Float64Array, counted: Float64Array, quiet: Uint8Array, limit: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < u.length; i++) {
    if (counted[i] === 0 || quiet[i] === 0 || Math.abs(u[i]!) > limit) continue;
    sum += u[i]! * u[i]!;
    count++;
  }
  return count === 0 ? Infinity : Math.max(SCATTER_MIN, Math.sqrt(sum / count));
}

const SPREAD_PER_MAD = 1.4826; // makes the median |u| the standard deviation for normal data
const SCATTER_MIN = 0.01;
/** With less than this share of leaves on one side nearly everything moved, and that side is not the quiet one. */
const SIDE_SHARE_MIN = 0.15;

/** σ of the leaves that did not move: those on the quieter side of zero. */
function scatterOf(u: Float64Array, counted: Float64Array, quiet: Uint8Array | null): number {
  // Both sides in one array: what fell from the left, what rose from the right.
  const sides = new Float64Array(u.length);
  let downCount = 0;
  let upFrom = u.length;
  let all = 0;
  for (let i = 0; i < u.length; i++) {
    if (counted[i] === 0 || (quiet !== null && quiet[i] === 0)) continue;
    all++;
    const change = u[i]!;
    if (change > 0) sides[downCount++] = change;
    else if (change < 0) sides[--upFrom] = -change;
  }
  const down = sides.subarray(0, downCount);
  const up = sides.subarray(upFrom);
  const few = Math.min(up.length, down.length) < SIDE_SHARE_MIN * (up.length + down.length);
  if (up.length + down.length < 0.5 * all) return SCATTER_MIN; // most leaves are exactly as expected
  if (!few) return Math.max(SCATTER_MIN, SPREAD_PER_MAD * Math.min(medianOf(up), medianOf(down)));
  const larger = up.length > down.length ? up : down;
  const smaller = up.length > down.length ? down : up;
  const side = smaller.length === 0 ? 0 : SPREAD_PER_MAD * medianOf(smaller);
  return Math.max(SCATTER_MIN, side, shortestHalf(larger, smaller) / 1.349);
}

/** The width of the shortest interval that holds half of the leaves; the smaller side lies below zero. */
function shortestHalf(larger: Float64Array, smaller: Float64Array): number {
  const all = new Float64Array(larger.length + smaller.length);
  all.set(larger);
  for (let i = 0; i < smaller.length; i++) all[larger.length + i] = -smaller[i]!;
  all.sort();
  const half = all.length >> 1;
  let width = Infinity;
  for (let i = 0; i + half < all.length; i++) width = Math.min(width, all[i + half]! - all[i]!);
  return width;
}

/**
 * Averages, and sums that may be negative: Gaussian leaves, each with its own spread.
 * A leaf with NaN, without spread or expected 0 says nothing.
 */
export function gaussianEvidence(
  actual: Float64Array,
  expected: Float64Array,
  spread: Float64Array,
  quiet: Uint8Array | null = null,
  evidenceMax: number = LEAF_EVIDENCE_MAX,
  bulk: Bulk = HALF,
): Evidence {
  const count = actual.length;
  const W = new Float64Array(count);
  const A = new Float64Array(count);
  const Q = new Float64Array(count);
  const L = new Float64Array(count);
  const N = new Float64Array(count);
  const widening = wideningOf(actual, expected, spread, { quiet, bulk });
  const limit = valueLimit(expected);
  for (let i = 0; i < count; i++) {
    const f = expected[i]!;
    const difference = Math.min(limit, Math.max(-limit, f - actual[i]!));
    const s2 = spread[i]! * spread[i]! * widening;
    if (!(s2 > 0) || f === 0 || !(difference - difference === 0)) continue;
    W[i] = (f * f) / s2;
    A[i] = (f * difference) / s2;
    Q[i] = (difference * difference) / s2;
    L[i] = Math.min(evidenceMax, Q[i]! / 2);
    N[i] = 1;
  }
  return { form: "shift", W, A, Q, L, N, scale: 1, scatterMax: 1.5, noise: Math.sqrt(widening) };
}

/** The middle value (mean of two for an even count); reorders its input. NaN when empty. O(n). */
export function medianOf(values: Float64Array): number {
  const count = values.length;
  if (count === 0) return NaN;
  const middle = count >> 1;
  const upper = nthSmallest(values, middle);
  if (count % 2 === 1) return upper;
  let below = -Infinity;
  for (let i = 0; i < middle; i++) if (values[i]! > below) below = values[i]!;
  return (below + upper) / 2;
}

/** Hoare's selection with the median of three as pivot; afterwards what is before `n` is not larger. */
function nthSmallest(values: Float64Array, n: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const a = values[low]!;
    const b = values[(low + high) >> 1]!;
    const c = values[high]!;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const swap = values[i]!;
        values[i] = values[j]!;
        values[j] = swap;
        i++;
        j--;
      }
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n]!;
}
