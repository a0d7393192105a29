/**
 * The priced common-ratio scan over a dense cube: which few segments explain the deviations of the leaves.
 *
 * A segment's gain is its evidence (evidence.ts) minus the price of naming it: the number of segments it was chosen from.
 * So "nothing" is a possible answer, and a single wild leaf among 48,000 is none. Greedy with two guards: a segment must
 * have moved as a whole (purity), and it yields to its children when they explain more one by one (sibling veto).
 */
import { ln } from "../stats/elementary.ts";
import { cellAt, codesOf, cubeShape, forEachCell, rollUpCube, type CubeShape } from "./cube.ts";
import type { Evidence } from "./evidence.ts";

export const CAUSES_MAX = 15;
/** Smaller relative changes are no causes. */
export const CHANGE_MIN = 0.05;
/** The shared change must explain this share of a segment's evidence: of a cause all of it moved. */
const PURITY_MIN = 0.6;
const PURITY_MIN_TOTAL = 0.5;
/** A parent yields when its children's gains along one dimension add up to more than its own divided by this. */
const VETO = 0.95;

/** A segment found, with the sums of its leaves at that moment (leaves of earlier picks are out). */
export interface Pick {
  /** per dimension of the cube a code, or its size for ANY */
  readonly codes: readonly number[];
  /** nats above its price */
  readonly gain: number;
  /** 1 = as expected */
  readonly ratio: number;
}

export interface Scan {
  readonly picks: readonly Pick[];
}

export function scan(evidence: Evidence, { sizes, cellOf }: { sizes: readonly number[]; cellOf: Int32Array }, { withTotal = true }: { withTotal?: boolean } = {}): Pick[] {
  const shape = cubeShape(sizes);
  const sums = spreadOut(evidence, shape, cellOf);
  const { W, A, Q, L, N } = sums;
  const isCounts = evidence.form === "counts";
  const scatterMax = evidence.scatterMax;
  const D = sizes.length;
  const leafCount = cellOf.length;
  const fixedPrice = Float64Array.from({ length: 1 << D }, (_, fixed) => {
    let segments = 1;
    for (let d = 0; d < D; d++) if (fixed & (1 << d)) segments *= sizes[d]!;
    return ln(Math.min(segments, leafCount)) + D * Math.LN2;
  });
  const gains = new Float64Array(shape.cellCount);
  const candidates = new Set<number>();

  const evaluate = (cell: number, fixed: number): void => {
    const l = L[cell]!;
    const price = fixedPrice[fixed]!;
    if (l <= price || (fixed === 0 && !withTotal)) {
      if (gains[cell]! > 0) drop(cell);
      return;
    }
    const g = gainOf(W[cell]!, A[cell]!, Q === null ? 0 : Q[cell]!, l, N[cell]!, price, fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN, isCounts, scatterMax);
    if (g > 0) {
      gains[cell] = g;
      candidates.add(cell);
    } else if (gains[cell]! > 0) drop(cell);
  };
  const drop = (cell: number): void => {
    gains[cell] = 0;
    candidates.delete(cell);
  };

  const everything = sizes.map((size) => Array.from({ length: size + 1 }, (_, c) => c));
  forEachCell(shape, everything, evaluate);

  const picks: Pick[] = [];
  while (picks.length < CAUSES_MAX && candidates.size > 0) {
    const order = [...candidates].sort((a, b) => gains[b]! - gains[a]! || fixedCount(shape, a) - fixedCount(shape, b) || a - b);
    const cell = order.find((candidate) => !isVetoed(shape, candidate, gains));
    if (cell === undefined) break;
    const codes = codesOf(shape, cell);
    const ratio = isCounts ? A[cell]! / W[cell]! : 1 - A[cell]! / W[cell]!;
    picks.push({ codes, gain: gains[cell]!, ratio });
    takeOut(shape, codes, sums);
    forEachCell(shape, codes.map((code, d) => (code === sizes[d]! ? everything[d]! : [code, sizes[d]!])), evaluate);
  }
  return picks;
}

function gainOf(w: number, a: number, q: number, l: number, n: number, price: number, purity: number, isCounts: boolean, scatterMax: number): number {
  if (n < 0.5 || !(w > 0)) return 0;
  const mean = a / w;
  let shared: number;
  let residual: number;
  if (isCounts) {
    if (mean > 1 - CHANGE_MIN && mean < 1 + CHANGE_MIN) return 0;
    shared = (mean > 1e-300 ? a * ln(mean) : 0) - a + w;
    residual = l - shared;
  } else {
    if (mean > -CHANGE_MIN && mean < CHANGE_MIN) return 0;
    shared = (a * mean) / 2;
    residual = q / 2 - shared;
  }
  if (shared < purity * (l - n / 2)) return 0;
  if (residual < 0) residual = 0;
  let k2 = (2 * residual + 2) / (n + 2);
  if (k2 < 1) k2 = 1;
  else if (k2 > scatterMax) k2 = scatterMax;
  return l - (n / 2) * ln(k2) - residual / k2 - price - 0.5 * ln(1 + w / (4 * k2)) - 0.5 * ln(n + 1);
}

function spreadOut(evidence: Evidence, shape: CubeShape, cellOf: Int32Array): Evidence {
  const out = (column: Float64Array): Float64Array => {
    const sums = new Float64Array(shape.cellCount);
    for (let i = 0; i < cellOf.length; i++) sums[cellOf[i]!] = sums[cellOf[i]!]! + column[i]!;
    rollUpCube(shape, sums);
    return sums;
  };
  return { ...evidence, W: out(evidence.W), A: out(evidence.A), Q: evidence.Q === null ? null : out(evidence.Q), L: out(evidence.L), N: out(evidence.N) };
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

/** Subtracts a segment's sums from everything above it, and empties what is below. */
function takeOut(shape: CubeShape, codes: readonly number[], { W, A, Q, L, N }: Evidence): void {
  const { sizes, strides } = shape;
  const fixed = codes.map((code, d) => (code === sizes[d]! ? -1 : d)).filter((d) => d >= 0);
  const shifts: number[] = []; // from a cell of the segment to the same cell with some fixed dimensions open
  for (let open = 1; open < 1 << fixed.length; open++) {
    let shift = 0;
    for (let k = 0; k < fixed.length; k++) if (open & (1 << k)) shift += (sizes[fixed[k]!]! - codes[fixed[k]!]!) * strides[fixed[k]!]!;
    shifts.push(shift);
  }
  const choices = codes.map((code, d) => (code === sizes[d]! ? Array.from({ length: sizes[d]! + 1 }, (_, c) => c) : [code]));
  forEachCell(shape, choices, (cell) => {
    if (N[cell] === 0) return;
    for (let k = 0; k < shifts.length; k++) {
      const above = cell + shifts[k]!;
      W[above] = W[above]! - W[cell]!;
      A[above] = A[above]! - A[cell]!;
      if (Q !== null) Q[above] = Q[above]! - Q[cell]!;
      L[above] = L[above]! - L[cell]!;
      N[above] = N[above]! - N[cell]!;
    }
    W[cell] = 0;
    A[cell] = 0;
    if (Q !== null) Q[cell] = 0;
    L[cell] = 0;
    N[cell] = 0;
  });
}

function fixedCount(shape: CubeShape, cell: number): number {
  return codesOf(shape, cell).filter((code, d) => code !== shape.sizes[d]!).length;
}

export { cellAt };
