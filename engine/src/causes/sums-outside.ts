import { cellAt, type CubeShape } from "./cube.ts";
import { intersection, type CubeSums } from "./sums.ts";

/** W, A, Q, L, N */
export type Five = [number, number, number, number, number];

/**
 * The sums of a segment's leaves that are in none of `others` (from the index `from` on): the segment's own, minus for each
 * other what it shares with it and not with a later one. Segments' intersections are segments, so all are cells.
 */
export function sumsOutside(
  codes: readonly number[],
  others: readonly (readonly number[])[],
  from: number,
  context: { shape: CubeShape; all: CubeSums },
): Five {
  const { shape, all } = context;
  const cell = cellAt(shape, codes);
  const { scale } = all;
  const sums: Five = [scale * all.W[cell]!, scale * all.A[cell]!, all.Q === null ? 0 : scale * all.Q[cell]!, all.L[cell]!, all.N[cell]!];
  if (sums[4] < 0.5) return sums;
  for (let k = from; k < others.length; k++) {
    const shared = intersection(shape, codes, others[k]!);
    if (shared === null) continue;
    const part = sumsOutside(shared, others, k + 1, context);
    for (let j = 0; j < 5; j++) sums[j] = sums[j]! - part[j]!;
  }
  return sums;
}
