/**
 * The priced common-ratio scan: which few segments explain the deviations of the leaves.
 *
 * A segment's gain is its evidence (evidence.ts) minus the price of naming it: the number of segments it was chosen from.
 * So "nothing" is a possible answer, and a single wild leaf among 48,000 is none.
 *
 * 1. Greedy: the segment of the largest gain, its leaves taken out, again, while there is a gain. Two guards: a segment
 *    must have moved as a whole (purity, gain.ts), and it yields to its children when they explain more (sibling veto).
 * 2. Narrower: "ios except FR". Where some values of a further dimension clearly did not move with the rest of a found
 *    segment, the finding is the values that did. Leaves of the other findings are left aside: where two causes
 *    overlap, the overlap looks like an exception of each. What a narrower finding sets free is searched again.
 * 3. Complete: other segments of the same dimensions that changed by the same ratio are cheap to name.
 * 4. Pooled: of what is left, segments of one set of dimensions that changed by the same ratio are named together where
 *    none would be alone: dimensions and ratio are paid for once.
 */
import { ln } from "../stats/elementary.ts";
import { cellAt, codesOf, cubeShape, forEachCell, type CubeShape } from "./cube.ts";
import type { Evidence } from "./evidence.ts";
import { CHANGE_MIN, evidenceAt, gainOf, lnChoose, PURITY_MIN, PURITY_MIN_TOTAL, scatterOf } from "./gain.ts";
import { copyOf, intersection, sumsOf, takeOut, type CubeSums } from "./sums.ts";

export const CAUSES_MAX = 15;
/** A parent yields when its children's gains along one dimension add up to more than its own divided by this. */
const VETO = 0.95;
/** Nats on top of the choice of values, for "except" and for one more of a kind. */
const SPLIT_PRICE = 3;
const COMPLETION_PRICE = 1;
/** Marginal findings are not told; after "everything moved" even less so. */
const GAIN_MIN = 1;
const GAIN_MIN_BESIDE_TOTAL = 3;
/**
 * Spreads of forecasts are estimates, so that their tails are heavier than the price assumes: where nothing was planted,
 * 568 searches over 10,000 leaves reached gains of up to 3.8; −20 % in a hundredth of the volume reaches 15 and more.
 */
export const GAIN_MIN_OF_FORECASTS = 5;
/** Greedy, narrower, greedy on what was set free: it settles in two; a limit against cycles. */
const ROUNDS_MAX = 4;

/** Segments found together: one, or several of one set of dimensions that changed by one ratio. */
export interface Finding {
  /** [segment][dimension of the cube] a code, or the dimension's size for ANY */
  readonly segments: readonly (readonly number[])[];
  /** nats above the price, of all of them together */
  readonly gain: number;
  /** the common change: 1 = as expected */
  readonly ratio: number;
  /** set when the segments are some of the values of `dimension` below `parent`: all of them except the quiet ones */
  readonly within: { readonly parent: readonly number[]; readonly dimension: number } | null;
}

export interface ScanOptions {
  /** false: the total is no answer (it has been given already) */
  readonly withTotal?: boolean;
  /** nats above the price below which nothing is told */
  readonly gainMin?: number;
  readonly causesMax?: number;
}

/** A finding and the segment that the greedy search gave. */
interface Rooted extends Finding {
  readonly root: readonly number[];
  readonly rootGain: number;
}

/**
 * @param evidence  [leaf]
 * @param cellOf    [leaf] cell in the cube of `sizes`
 *
 * O(cells × dimensions) for the sums, then O(cells below a finding) for each finding.
 */
export function scan(
  evidence: Evidence,
  { sizes, cellOf }: { readonly sizes: readonly number[]; readonly cellOf: Int32Array },
  { withTotal = true, gainMin = withTotal ? GAIN_MIN : GAIN_MIN_BESIDE_TOTAL, causesMax = CAUSES_MAX }: ScanOptions = {},
): Finding[] {
  const shape = cubeShape(sizes);
  const all = sumsOf(evidence, shape, cellOf);
  const prices = pricesOf(shape, cellOf.length);
  const context: Context = { shape, all, evidence, prices, withTotal };
  const search = greedySearch(shape, evidence, { prices, withTotal, gainMin });
  let findings: Rooted[] = [];
  let left = copyOf(all);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    search.evaluateAll(left);
    const fresh: Rooted[] = [];
    const room = () => causesMax - findings.length - fresh.length > 0;
    while (room()) {
      const found = search.next();
      if (found === null) break;
      fresh.push(found);
      search.remove(found.segments);
    }
    if (fresh.length === 0) break;
    const before = segmentsText([...findings, ...fresh]);
    findings = settled([...findings, ...fresh], context);
    const setFree = segmentsText(findings) !== before;
    if (setFree) {
      left = without(all, shape, findings);
      search.evaluateAll(left);
    }
    findings = findings.map((finding) => {
      const more = search.completed(finding);
      if (more !== finding) search.remove(more.segments.slice(finding.segments.length));
      return more;
    });
    left = search.sums();
    if (!setFree) break;
  }
  return cutAt(causesMax, [...findings, ...search.pooled(left)]);
}

interface Search {
  readonly evaluateAll: (sums: CubeSums) => void;
  readonly sums: () => CubeSums;
  readonly next: () => Rooted | null;
  readonly remove: (segments: readonly (readonly number[])[]) => void;
  readonly completed: (finding: Rooted) => Rooted;
  /** Several segments of one set of dimensions and one change, none of which would be named alone. */
  readonly pooled: (left: CubeSums) => Rooted[];
}

/**
 * The smallest relative change that would have been found, were it the same in all leaves: of everything, and of a segment
 * of one dimension with a tenth of the volume. What "no segment stands out" is worth.
 */
export function smallestSeen(
  evidence: Evidence,
  sizes: readonly number[],
  { leafCount, sharedError }: { leafCount: number; sharedError: number },
): { total: number; tenth: number } {
  const prices = pricesOf(cubeShape(sizes), leafCount);
  const weight = evidence.W.reduce((a, b) => a + b, 0);
  const leaves = evidence.N.reduce((a, b) => a + b, 0);
  const seen = (w: number, n: number, price: number) => {
    // The shared part of a change δ is about wδ²/2.
    const needed = price + 0.5 * ln(1 + w / 4) + 0.5 * ln(n + 1) + (sharedError > 0 ? GAIN_MIN_OF_FORECASTS : GAIN_MIN);
    return Math.min(1, Math.max(CHANGE_MIN, Math.sqrt((2 * needed) / Math.max(1e-300, w))));
  };
  const single = sizes.length === 0 ? 0 : 1 << sizes.indexOf(Math.max(...sizes));
  return {
    // What all forecasts usually miss by together is no finding.
    total: seen(1 / (1 / Math.max(1e-300, weight) + sharedError * sharedError), leaves, prices.values[0]! + prices.dimensions[0]!),
    tenth: seen(weight / 10, leaves / 10, prices.values[single]! + prices.dimensions[single]!),
  };
}

interface Prices {
  /** [bit set of fixed dimensions] choosing the values */
  readonly values: Float64Array;
  /** [bit set of fixed dimensions] choosing the dimensions */
  readonly dimensions: Float64Array;
}

function pricesOf({ sizes }: CubeShape, leafCount: number): Prices {
  const D = sizes.length;
  const values = Float64Array.from({ length: 1 << D }, (_, fixed) => {
    let segments = 1;
    for (let d = 0; d < D; d++) if (fixed & (1 << d)) segments *= sizes[d]!;
    return ln(Math.min(segments, leafCount));
  });
  // How many dimensions first (0 … D alike), then which: leaves and single values cost less than with 2^D sets alike.
  const dimensions = Float64Array.from({ length: 1 << D }, (_, fixed) => ln(D + 1) + lnChoose(D, bitCount(fixed)));
  return { values, dimensions };
}

function fixedBits({ sizes }: CubeShape, codes: readonly number[]): number {
  return codes.reduce((bits, code, d) => (code === sizes[d] ? bits : bits | (1 << d)), 0);
}

function greedySearch(shape: CubeShape, { form, scatterMax }: Evidence, { prices, withTotal, gainMin }: { prices: Prices; withTotal: boolean; gainMin: number }): Search {
  const { sizes } = shape;
  const isCounts = form === "counts";
  const everything = sizes.map((size) => Array.from({ length: size + 1 }, (_, c) => c));
  const gains = new Float64Array(shape.cellCount);
  const fixedOf = new Uint16Array(shape.cellCount);
  const isListed = new Uint8Array(shape.cellCount);
  let candidates: number[] = []; // holds every cell with a gain, and some that have lost theirs
  let sums: CubeSums;

  const evaluate = (cell: number, fixed: number): void => {
    const l = sums.L[cell]!;
    const price = prices.values[fixed]! + prices.dimensions[fixed]!;
    if (l <= price || (fixed === 0 && !withTotal)) {
      gains[cell] = 0;
      return;
    }
    const q = sums.Q === null ? 0 : sums.Q[cell]!;
    const purity = fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN;
    const gain = gainOf(sums.W[cell]!, sums.A[cell]!, q, l, sums.N[cell]!, price, purity, isCounts, scatterMax);
    gains[cell] = gain;
    if (gain > 0 && isListed[cell] === 0) {
      isListed[cell] = 1;
      fixedOf[cell] = fixed;
      candidates.push(cell);
    }
  };

  /** Ties go to fewer dimensions, then to the order of values. */
  const comesFirst = (a: number, b: number): boolean => {
    const difference = bitCount(fixedOf[a]!) - bitCount(fixedOf[b]!);
    return difference < 0 || (difference === 0 && a < b);
  };

  /** Whether one of the segments with one dimension more open gains more. */
  const hasBetterParent = (cell: number, codes: readonly number[]): boolean =>
    codes.some((code, d) => code !== sizes[d]! && gains[cell + (sizes[d]! - code) * shape.strides[d]!]! > gains[cell]!);

  return {
    evaluateAll(from) {
      sums = from;
      candidates = [];
      isListed.fill(0);
      forEachCell(shape, everything, evaluate);
    },
    sums: () => sums,
    next() {
      candidates = candidates.filter((cell) => gains[cell]! > 0 || ((isListed[cell] = 0), false));
      const vetoed = new Set<number>();
      for (;;) {
        let best = -1;
        for (let k = 0; k < candidates.length; k++) {
          const cell = candidates[k]!;
          if (best >= 0 && (gains[cell]! < gains[best]! || (gains[cell] === gains[best] && !comesFirst(cell, best)))) continue;
          if (!vetoed.has(cell)) best = cell;
        }
        if (best < 0 || gains[best]! < gainMin) return null;
        if (!isVetoed(shape, best, gains)) {
          const codes = codesOf(shape, best);
          const mean = sums.A[best]! / sums.W[best]!;
          return { segments: [codes], gain: gains[best]!, ratio: isCounts ? mean : 1 - mean, within: null, root: codes, rootGain: gains[best]! };
        }
        vetoed.add(best);
      }
    },
    remove(segments) {
      for (const codes of segments) {
        takeOut(shape, codes, sums);
        forEachCell(shape, codes.map((code, d) => (code === sizes[d]! ? everything[d]! : [code, sizes[d]!])), evaluate);
      }
    },
    completed(finding) {
      const codes = finding.segments[0]!;
      const fixed = fixedBits(shape, codes);
      if (fixed === 0) return finding;
      const mean = isCounts ? finding.ratio : 1 - finding.ratio;
      const price = prices.values[fixed]! + COMPLETION_PRICE;
      const more: number[][] = [];
      let gain = finding.gain;
      forEachCell(shape, codes.map((code, d) => (code === sizes[d] ? [code] : everything[d]!.slice(0, -1))), (cell) => {
        const l = sums.L[cell]!;
        const n = sums.N[cell]!;
        if (l <= price || n < 0.5) return;
        const shared = evidenceAt(sums.W[cell]!, sums.A[cell]!, mean, isCounts);
        if (shared < PURITY_MIN * (l - n / 2)) return;
        const residual = Math.max(0, (sums.Q === null ? l : sums.Q[cell]! / 2) - shared);
        const k2 = scatterOf(residual, n, scatterMax);
        const own = l - (n / 2) * ln(k2) - residual / k2 - price - 0.5 * ln(n + 1);
        if (own <= 0) return;
        const found = codesOf(shape, cell);
        if (isVetoed(shape, cell, gains) || hasBetterParent(cell, found)) return;
        more.push(found);
        gain += own;
      });
      return more.length === 0 ? finding : { ...finding, segments: [...finding.segments, ...more], gain };
    },
    pooled(left) {
      sums = left;
      const bySet = new Map<number, Part[]>();
      forEachCell(shape, everything, (cell, fixed) => {
        const l = sums.L[cell]!;
        const n = sums.N[cell]!;
        if (fixed === 0 || n < 0.5 || l <= prices.values[fixed]! + COMPLETION_PRICE) return;
        const part: Part = { cell, w: sums.W[cell]!, a: sums.A[cell]!, lack: sums.Q === null ? l : sums.Q[cell]! / 2, l, n };
        if (ownGain(part, part.a / part.w, fixed) <= 0) return;
        const parts = bySet.get(fixed);
        if (parts === undefined) bySet.set(fixed, [part]);
        else parts.push(part);
      });
      const found: Rooted[] = [];
      const taken: (readonly number[])[] = [];
      const sets = [...bySet].sort(([a], [b]) => bitCount(a) - bitCount(b) || a - b);
      for (const [fixed, parts] of sets) {
        const free = parts.filter(({ cell }) => !taken.some((other) => intersection(shape, other, codesOf(shape, cell)) !== null));
        const best = bestPool(free, fixed);
        if (best === null || best.gain < (withTotal ? gainMin : Math.max(gainMin, GAIN_MIN_BESIDE_TOTAL))) continue;
        const segments = best.parts.map(({ cell }) => codesOf(shape, cell)).sort((a, b) => cellAt(shape, a) - cellAt(shape, b));
        taken.push(...segments);
        found.push({ segments, gain: best.gain, ratio: isCounts ? best.mean : 1 - best.mean, within: null, root: segments[0]!, rootGain: best.gain });
      }
      return found;
    },
  };

  /** One of several segments found together: dimensions and the change are paid for once (scan.ts, 3. and 4.). */
  function ownGain({ w, a, lack, l, n }: Part, mean: number, fixed: number): number {
    if (isCounts ? mean > 1 - CHANGE_MIN && mean < 1 + CHANGE_MIN : mean > -CHANGE_MIN && mean < CHANGE_MIN) return 0;
    const shared = evidenceAt(w, a, mean, isCounts);
    if (shared < PURITY_MIN * (l - n / 2)) return 0;
    const residual = Math.max(0, lack - shared);
    const k2 = scatterOf(residual, n, scatterMax);
    return l - (n / 2) * ln(k2) - residual / k2 - prices.values[fixed]! - COMPLETION_PRICE - 0.5 * ln(n + 1);
  }

  /** Of the parts in order of their change the run that gains most by one change for all. */
  function bestPool(parts: readonly Part[], fixed: number): { parts: readonly Part[]; gain: number; mean: number } | null {
    const sorted = [...parts].sort((x, y) => y.l - x.l || x.cell - y.cell).slice(0, POOL_MAX).sort((x, y) => x.a / x.w - y.a / y.w || x.cell - y.cell);
    let best: { parts: readonly Part[]; gain: number; mean: number } | null = null;
    for (let from = 0; from < sorted.length; from++) {
      for (let to = from + 2; to <= sorted.length; to++) {
        const run = sorted.slice(from, to);
        const w = run.reduce((sum, part) => sum + part.w, 0);
        const mean = run.reduce((sum, part) => sum + part.a, 0) / w;
        const own = run.map((part) => ownGain(part, mean, fixed));
        if (own.some((gain) => gain <= 0)) continue;
        const gain = own.reduce((x, y) => x + y, 0) - prices.dimensions[fixed]! - 0.5 * ln(1 + w / 4);
        if (best === null || gain > best.gain) best = { parts: run, gain, mean };
      }
    }
    return best;
  }
}

/** Parts of a pool that are tried in every run. */
const POOL_MAX = 24;

/** Sums of a segment that might be one of several found together. */
interface Part {
  readonly cell: number;
  readonly w: number;
  readonly a: number;
  /** evidence against "as expected", not capped where the form allows */
  readonly lack: number;
  readonly l: number;
  readonly n: number;
}

function isVetoed(shape: CubeShape, cell: number, gains: Float64Array): boolean {
  const codes = codesOf(shape, cell);
  for (let d = 0; d < codes.length; d++) {
    const size = shape.sizes[d]!;
    if (codes[d] !== size) continue;
    const stride = shape.strides[d]!;
    let sum = 0;
    for (let c = 0; c < size; c++) sum += gains[cell + (c - size) * stride]!;
    if (sum > gains[cell]! / VETO) return true;
  }
  return false;
}

interface Context {
  readonly shape: CubeShape;
  readonly all: CubeSums;
  readonly evidence: Evidence;
  readonly prices: Prices;
  readonly withTotal: boolean;
}

/**
 * The findings looked at together, each against the leaves that no other holds: wider where siblings turn out to be one,
 * narrower where some values did not move, dropped where others say it all. Twice: the first pass may free an overlap
 * that the second needs.
 */
function settled(findings: readonly Rooted[], context: Context): Rooted[] {
  let current = [...findings];
  for (let pass = 0; pass < 2; pass++) {
    const before = segmentsText(current);
    current = widened(current, context);
    for (let k = 0; k < current.length; k++) {
      const others = current.flatMap((finding, j) => (j === k ? [] : finding.segments));
      current = current.map((finding, j) => (j === k ? narrower(finding, others, context) : finding));
    }
    current = withoutRepeats(current, context);
    if (segmentsText(current) === before) break;
  }
  return current;
}

/** The gain of a segment on the leaves that are in none of `others`. */
function gainOutside(codes: readonly number[], others: readonly (readonly number[])[], { shape, all, evidence, prices, withTotal }: Context): { gain: number; mean: number } {
  const fixed = fixedBits(shape, codes);
  if (fixed === 0 && !withTotal) return { gain: 0, mean: 0 };
  const [w, a, q, l, n] = sumsOutside(codes, others, 0, { shape, all });
  const price = prices.values[fixed]! + prices.dimensions[fixed]!;
  const purity = fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN;
  return { gain: gainOf(w, a, q, l, n, price, purity, evidence.form === "counts", evidence.scatterMax), mean: a / w };
}

/**
 * Findings that are children of one segment give way to it, where it gains more than they do together: when another cause
 * crosses a segment, its children were purer than itself at first.
 */
function widened(findings: readonly Rooted[], context: Context): Rooted[] {
  const { shape, evidence } = context;
  let current = [...findings];
  for (let k = 0; k < current.length; k++) {
    const codes = current[k]!.root;
    for (let d = 0; d < codes.length; d++) {
      if (codes[d] === shape.sizes[d]) continue;
      const parent = codes.map((code, e) => (e === d ? shape.sizes[e]! : code));
      const inside = current.filter(({ segments }) => segments.every((segment) => isInside(shape, segment, parent)));
      if (inside.length < 2) continue;
      const others = current.filter((finding) => !inside.includes(finding)).flatMap(({ segments }) => segments);
      const { gain, mean } = gainOutside(parent, others, context);
      if (gain <= inside.reduce((sum, finding) => sum + finding.gain, 0)) continue;
      const ratio = evidence.form === "counts" ? mean : 1 - mean;
      const wide: Rooted = { segments: [parent], gain, ratio, within: null, root: parent, rootGain: gain };
      current = current.filter((finding) => finding === current[k] || !inside.includes(finding)).map((finding) => (inside.includes(finding) ? wide : finding));
      return widened(current, context);
    }
  }
  return current;
}

/** Drops, the weakest first, what gains nothing on the leaves that no other finding holds. */
function withoutRepeats(findings: readonly Rooted[], context: Context): Rooted[] {
  let current = [...findings];
  for (;;) {
    let weakest: Rooted | null = null;
    for (const finding of current) {
      const others = current.filter((other) => other !== finding).flatMap(({ segments }) => segments);
      if (!others.some((other) => finding.segments.some((own) => intersection(context.shape, own, other) !== null))) continue;
      // Several siblings stand or fall together: the largest of them decides.
      const gain = Math.max(...finding.segments.map((codes) => gainOutside(codes, others, context).gain));
      if (gain <= 0 && (weakest === null || finding.gain < weakest.gain)) weakest = finding;
    }
    if (weakest === null) return current;
    current = current.filter((finding) => finding !== weakest);
  }
}

function isInside({ sizes }: CubeShape, codes: readonly number[], outer: readonly number[]): boolean {
  return outer.every((code, d) => code === sizes[d] || code === codes[d]);
}

function narrower(
  { root, rootGain, ...finding }: Rooted,
  others: readonly (readonly number[])[],
  { shape, all, evidence }: Context,
): Rooted {
  const { sizes } = shape;
  const isCounts = evidence.form === "counts";
  const ratioOf = (mean: number) => (isCounts ? mean : 1 - mean);
  let codes = root;
  let gain = rootGain;
  let ratio = finding.ratio;
  for (;;) {
    let best: Split | null = null;
    for (let d = 0; d < sizes.length; d++) {
      if (codes[d] !== sizes[d]) continue;
      const split = splitAlong(codes, d, others, { shape, all, evidence });
      if (split !== null && (best === null || split.better > best.better)) best = split;
    }
    if (best === null) return { segments: [codes], gain, ratio, within: null, root, rootGain };
    const { dimension, moved } = best;
    gain += best.better;
    ratio = ratioOf(best.mean);
    if (moved.length === 1) {
      codes = codes.map((code, d) => (d === dimension ? moved[0]! : code));
      continue;
    }
    const parent = codes;
    return { segments: moved.map((value) => parent.map((code, d) => (d === dimension ? value : code))), gain, ratio, within: { parent, dimension }, root, rootGain };
  }
}

interface Split {
  readonly dimension: number;
  /** the values that moved, by one common change */
  readonly moved: readonly number[];
  readonly mean: number;
  /** nats above the price of saying so */
  readonly better: number;
}

/** The values of one dimension below a segment that moved by one ratio while the others did not; null if all moved. */
function splitAlong(
  codes: readonly number[],
  dimension: number,
  others: readonly (readonly number[])[],
  { shape, all, evidence }: { shape: CubeShape; all: CubeSums; evidence: Evidence },
): Split | null {
  const isCounts = evidence.form === "counts";
  const size = shape.sizes[dimension]!;
  const children: { code: number; sums: Five }[] = [];
  const whole: Five = [0, 0, 0, 0, 0];
  for (let code = 0; code < size; code++) {
    const sums = sumsOutside(codes.map((c, d) => (d === dimension ? code : c)), others, 0, { shape, all });
    if (sums[4] < 0.5) continue;
    children.push({ code, sums });
    for (let k = 0; k < 5; k++) whole[k] = whole[k]! + sums[k]!;
  }
  if (children.length < 2) return null;
  const evidenceOf = ({ sums }: { sums: Five }, at: number) => evidenceAt(sums[0], sums[1], at, isCounts);
  let mean = whole[1] / whole[0];
  const wholeEvidence = evidenceAt(whole[0], whole[1], mean, isCounts);
  let moved = children;
  for (let round = 0; round < 8; round++) {
    const at = mean;
    const next = children.filter((child) => evidenceOf(child, at) > 0);
    if (next.length === 0) return null;
    mean = next.reduce((sum, { sums }) => sum + sums[1], 0) / next.reduce((sum, { sums }) => sum + sums[0], 0);
    const same = next.length === moved.length && next.every((child, k) => child === moved[k]);
    moved = next;
    if (same) break;
  }
  if (moved.length === children.length) return null;
  let evidenceMoved = 0;
  let lack = 0;
  let leaves = 0;
  for (const child of moved) {
    evidenceMoved += evidenceOf(child, mean);
    lack += isCounts ? child.sums[3] : child.sums[2] / 2;
    leaves += child.sums[4];
  }
  const k2 = Math.max(
    scatterOf(lack - evidenceMoved, leaves, evidence.scatterMax),
    scatterOf((isCounts ? whole[3] : whole[2] / 2) - wholeEvidence, whole[4], evidence.scatterMax),
  );
  const price = ln(shape.sizes.length) + lnChoose(children.length, moved.length) + SPLIT_PRICE;
  const better = (evidenceMoved - wholeEvidence) / k2 - price;
  return better > 0 ? { dimension, moved: moved.map(({ code }) => code), mean, better } : null;
}

/** W, A, Q, L, N */
type Five = [number, number, number, number, number];

/**
 * The sums of a segment's leaves that are in none of `others` (from the index `from` on): the segment's own, minus for each
 * other what it shares with it and not with a later one. Segments' intersections are segments, so all are cells.
 */
function sumsOutside(
  codes: readonly number[],
  others: readonly (readonly number[])[],
  from: number,
  context: { shape: CubeShape; all: CubeSums },
): Five {
  const { shape, all } = context;
  const cell = cellAt(shape, codes);
  const sums: Five = [all.W[cell]!, all.A[cell]!, all.Q === null ? 0 : all.Q[cell]!, all.L[cell]!, all.N[cell]!];
  if (sums[4] < 0.5) return sums;
  for (let k = from; k < others.length; k++) {
    const shared = intersection(shape, codes, others[k]!);
    if (shared === null) continue;
    const part = sumsOutside(shared, others, k + 1, context);
    for (let j = 0; j < 5; j++) sums[j] = sums[j]! - part[j]!;
  }
  return sums;
}

function without(all: CubeSums, shape: CubeShape, findings: readonly Finding[]): CubeSums {
  const left = copyOf(all);
  for (const { segments } of findings) for (const codes of segments) takeOut(shape, codes, left);
  return left;
}

function cutAt(causesMax: number, findings: readonly Rooted[]): Finding[] {
  const kept: Finding[] = [];
  let room = causesMax;
  for (const { segments, gain, ratio, within } of findings) {
    if (room <= 0) break;
    kept.push({ segments: segments.slice(0, room), gain, ratio, within });
    room -= segments.length;
  }
  return kept;
}

function segmentsText(findings: readonly Finding[]): string {
  return JSON.stringify(findings.map(({ segments }) => segments));
}

function bitCount(bits: number): number {
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}
