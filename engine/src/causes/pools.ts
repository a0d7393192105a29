/**
 * Several segments of one set of dimensions and one change, none of which would be named alone: dimensions and ratio are
 * paid for once.
 */
import { ln } from "../stats/elementary.ts";
import { cellAt, codesOf, forEachRun } from "./cube.ts";
import type { Rooted } from "./finding.ts";
import { CHANGE_MIN, evidenceAt, PURITY_MIN, scatterOf } from "./gain.ts";
import type { SearchContext } from "./greedy-search.ts";
import { bitCount, COMPLETION_PRICE } from "./prices.ts";
import { intersection, type CubeSums } from "./sums.ts";

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

interface Pool {
  readonly parts: readonly Part[];
  readonly gain: number;
  readonly mean: number;
}

/** @param left  sums without the leaves of what was found */
export function pooledFindings(context: SearchContext, left: CubeSums, gainMin: number): Rooted[] {
  const { shape, isCounts } = context;
  const found: Rooted[] = [];
  const taken: (readonly number[])[] = [];
  const sets = [...partsBySet(context, left)].sort(([a], [b]) => bitCount(a) - bitCount(b) || a - b);
  for (const [fixed, parts] of sets) {
    const free = parts.filter(({ cell }) => !taken.some((other) => intersection(shape, other, codesOf(shape, cell)) !== null));
    const best = bestPool(free, fixed, context);
    if (best === null || best.gain < gainMin) continue;
    const segments = best.parts.map(({ cell }) => codesOf(shape, cell)).sort((a, b) => cellAt(shape, a) - cellAt(shape, b));
    taken.push(...segments);
    found.push({ segments, gain: best.gain, ratio: isCounts ? best.mean : 1 - best.mean, within: null, root: segments[0]!, rootGain: best.gain });
  }
  return found;
}

/** By the set of fixed dimensions: what might be part of a pool. */
function partsBySet(context: SearchContext, { W, A, Q, L, N, scale }: CubeSums): Map<number, Part[]> {
  const { shape, prices } = context;
  const bySet = new Map<number, Part[]>();
  const last = shape.sizes.length - 1;
  if (last < 0) return bySet;
  const size = shape.sizes[last]!;
  const look = (cell: number, fixed: number): void => {
    const l = L[cell]!;
    const n = N[cell]!;
    if (fixed === 0 || n < 0.5 || l <= prices.values[fixed]! + COMPLETION_PRICE) return;
    const part: Part = { cell, w: scale * W[cell]!, a: scale * A[cell]!, lack: Q === null ? l : (scale * Q[cell]!) / 2, l, n };
    if (ownGain(part, part.a / part.w, fixed, context) <= 0) return;
    const parts = bySet.get(fixed);
    if (parts === undefined) bySet.set(fixed, [part]);
    else parts.push(part);
  };
  forEachRun(shape, (from, fixed) => {
    const within = fixed | (1 << last);
    const least = prices.values[within]! + COMPLETION_PRICE;
    for (let cell = from; cell < from + size; cell++) if (L[cell]! > least) look(cell, within);
    look(from + size, fixed);
  });
  return bySet;
}

function ownGain({ w, a, lack, l, n }: Part, mean: number, fixed: number, { prices, isCounts, scatterMax }: SearchContext): number {
  if (isCounts ? mean > 1 - CHANGE_MIN && mean < 1 + CHANGE_MIN : mean > -CHANGE_MIN && mean < CHANGE_MIN) return 0;
  const shared = evidenceAt(w, a, mean, isCounts);
  if (shared < PURITY_MIN * (l - n / 2)) return 0;
  const residual = Math.max(0, lack - shared);
  const k2 = scatterOf(residual, n, scatterMax);
  return l - (n / 2) * ln(k2) - residual / k2 - prices.values[fixed]! - COMPLETION_PRICE - 0.5 * ln(n + 1);
}

/** Of the parts in order of their change the run that gains most by one change for all. */
function bestPool(parts: readonly Part[], fixed: number, context: SearchContext): Pool | null {
  const sorted = [...parts].sort((x, y) => y.l - x.l || x.cell - y.cell).slice(0, POOL_MAX).sort((x, y) => x.a / x.w - y.a / y.w || x.cell - y.cell);
  let best: Pool | null = null;
  for (let from = 0; from < sorted.length; from++) {
    for (let to = from + 2; to <= sorted.length; to++) {
      const run = sorted.slice(from, to);
      const w = run.reduce((sum, part) => sum + part.w, 0);
      const mean = run.reduce((sum, part) => sum + part.a, 0) / w;
      const own = run.map((part) => ownGain(part, mean, fixed, context));
      if (own.some((gain) => gain <= 0)) continue;
      const gain = own.reduce((x, y) => x + y, 0) - context.prices.dimensions[fixed]! - 0.5 * ln(1 + w / 4);
      if (best === null || gain > best.gain) best = { parts: run, gain, mean };
    }
  }
  return best;
}
