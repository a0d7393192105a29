/**
 * The gains of all segments of a cube, kept up to date while findings are taken out: the best one that its children don't
 * explain better, and others of its kind.
 */
import { ln } from "../stats/elementary.ts";
import { codesOf, forEachCell, forEachRun, type CubeShape } from "./cube.ts";
import type { Rooted } from "./finding.ts";
import { evidenceAt, gainOf, PURITY_MIN, PURITY_MIN_TOTAL, scatterOf } from "./gain.ts";
import { bitCount, COMPLETION_PRICE, fixedBits, type Prices } from "./prices.ts";
import { takeOut, type CubeSums } from "./sums.ts";

/** A parent yields when its children's gains along one dimension add up to more than its own divided by this. */
const VETO = 0.95;

export interface SearchContext {
  readonly shape: CubeShape;
  readonly prices: Prices;
  readonly isCounts: boolean;
  readonly scatterMax: number;
  /** false: the total is no answer */
  readonly withTotal: boolean;
}

export class GreedySearch {
  readonly #context: SearchContext;
  readonly #everything: readonly (readonly number[])[];
  /** [cell] 0 = none */
  readonly #gains: Float64Array;
  readonly #fixedOf: Uint16Array;
  readonly #isListed: Uint8Array;
  /** holds every cell with a gain, and some that have lost theirs */
  #candidates: number[] = [];
  #sums: CubeSums;

  /** @param sums  changed in place by `remove` */
  constructor(context: SearchContext, sums: CubeSums) {
    const { sizes, cellCount } = context.shape;
    this.#context = context;
    this.#everything = sizes.map((size) => Array.from({ length: size + 1 }, (_, c) => c));
    this.#gains = new Float64Array(cellCount);
    this.#fixedOf = new Uint16Array(cellCount);
    this.#isListed = new Uint8Array(cellCount);
    this.#sums = sums;
    this.restart(sums);
  }

  get sums(): CubeSums {
    return this.#sums;
  }

  /** All gains anew. Most segments have less evidence than their name costs: only that is looked at of them. */
  restart(sums: CubeSums): void {
    this.#sums = sums;
    this.#candidates = [];
    this.#isListed.fill(0);
    this.#gains.fill(0);
    const { shape, prices } = this.#context;
    const last = shape.sizes.length - 1;
    if (last < 0) {
      this.#evaluate(0, 0);
      return;
    }
    const size = shape.sizes[last]!;
    const { L } = sums;
    forEachRun(shape, (from, fixed) => {
      const within = fixed | (1 << last);
      const price = prices.values[within]! + prices.dimensions[within]!;
      for (let cell = from; cell < from + size; cell++) if (L[cell]! > price) this.#evaluate(cell, within);
      if (L[from + size]! > prices.values[fixed]! + prices.dimensions[fixed]!) this.#evaluate(from + size, fixed);
    });
  }

  /** The segment of the largest gain that is not vetoed; null when none has the least that is told. */
  next(gainMin: number): Rooted | null {
    const { shape, isCounts } = this.#context;
    const gains = this.#gains;
    this.#candidates = this.#candidates.filter((cell) => gains[cell]! > 0 || ((this.#isListed[cell] = 0), false));
    const candidates = this.#candidates;
    const vetoed = new Set<number>();
    for (;;) {
      let best = -1;
      for (let k = 0; k < candidates.length; k++) {
        const cell = candidates[k]!;
        if (best >= 0 && (gains[cell]! < gains[best]! || (gains[cell] === gains[best] && !this.#comesFirst(cell, best)))) continue;
        if (!vetoed.has(cell)) best = cell;
      }
      if (best < 0 || gains[best]! < gainMin) return null;
      if (!isVetoed(shape, best, gains)) {
        const codes = codesOf(shape, best);
        const mean = this.#sums.A[best]! / this.#sums.W[best]!;
        return { segments: [codes], gain: gains[best]!, ratio: isCounts ? mean : 1 - mean, within: null, root: codes, rootGain: gains[best]! };
      }
      vetoed.add(best);
    }
  }

  /** Takes segments' leaves out of the sums; the gains of what they were part of, and of their parts, are computed again. */
  remove(segments: readonly (readonly number[])[]): void {
    const { shape } = this.#context;
    for (const codes of segments) {
      takeOut(shape, codes, this.#sums);
      forEachCell(shape, codes.map((code, d) => (code === shape.sizes[d]! ? this.#everything[d]! : [code, shape.sizes[d]!])), (cell, fixed) => this.#evaluate(cell, fixed));
    }
  }

  /** The finding with other segments of the same dimensions that changed by the same ratio: they are cheap to name. */
  completed(finding: Rooted): Rooted {
    const { shape, prices, isCounts, scatterMax } = this.#context;
    const { sizes } = shape;
    const { W, A, Q, L, N, scale } = this.#sums;
    const codes = finding.segments[0]!;
    const fixed = fixedBits(shape, codes);
    if (fixed === 0) return finding;
    const mean = isCounts ? finding.ratio : 1 - finding.ratio;
    const price = prices.values[fixed]! + COMPLETION_PRICE;
    const more: number[][] = [];
    let gain = finding.gain;
    forEachCell(shape, codes.map((code, d) => (code === sizes[d] ? [code] : this.#everything[d]!.slice(0, -1))), (cell) => {
      const l = L[cell]!;
      const n = N[cell]!;
      if (l <= price || n < 0.5) return;
      const shared = evidenceAt(scale * W[cell]!, scale * A[cell]!, mean, isCounts);
      if (shared < PURITY_MIN * (l - n / 2)) return;
      const residual = Math.max(0, (Q === null ? l : (scale * Q[cell]!) / 2) - shared);
      const k2 = scatterOf(residual, n, scatterMax);
      const own = l - (n / 2) * ln(k2) - residual / k2 - price - 0.5 * ln(n + 1);
      if (own <= 0) return;
      const found = codesOf(shape, cell);
      if (isVetoed(shape, cell, this.#gains) || this.#hasBetterParent(cell, found)) return;
      more.push(found);
      gain += own;
    });
    return more.length === 0 ? finding : { ...finding, segments: [...finding.segments, ...more], gain };
  }

  #evaluate(cell: number, fixed: number): void {
    const { prices, isCounts, scatterMax, withTotal } = this.#context;
    const { W, A, Q, L, N, scale } = this.#sums;
    const l = L[cell]!;
    const price = prices.values[fixed]! + prices.dimensions[fixed]!;
    if (l <= price || (fixed === 0 && !withTotal)) {
      this.#gains[cell] = 0;
      return;
    }
    const q = Q === null ? 0 : scale * Q[cell]!;
    const purity = fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN;
    const gain = gainOf(scale * W[cell]!, scale * A[cell]!, q, l, N[cell]!, price, purity, isCounts, scatterMax);
    this.#gains[cell] = gain;
    if (gain > 0 && this.#isListed[cell] === 0) {
      this.#isListed[cell] = 1;
      this.#fixedOf[cell] = fixed;
      this.#candidates.push(cell);
    }
  }

  /** Ties go to fewer dimensions, then to the order of values. */
  #comesFirst(a: number, b: number): boolean {
    const difference = bitCount(this.#fixedOf[a]!) - bitCount(this.#fixedOf[b]!);
    return difference < 0 || (difference === 0 && a < b);
  }

  /** Whether one of the segments with one dimension more open gains more. */
  #hasBetterParent(cell: number, codes: readonly number[]): boolean {
    const { sizes, strides } = this.#context.shape;
    return codes.some((code, d) => code !== sizes[d]! && this.#gains[cell + (sizes[d]! - code) * strides[d]!]! > this.#gains[cell]!);
  }
}

/** Whether along some further dimension a segment's children gain more than itself. */
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
