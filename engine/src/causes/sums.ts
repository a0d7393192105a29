import { cellAt, rollUpCube, type CubeShape } from "./cube.ts";
import type { Evidence } from "./evidence.ts";

/** The evidence's sums for every cell of a cube; Q only for the "shift" form (evidence.ts says what they are). */
export interface CubeSums {
  /** the same array as N where every leaf weighs the same */
  readonly W: Float64Array;
  readonly A: Float64Array;
  readonly Q: Float64Array | null;
  readonly L: Float64Array;
  readonly N: Float64Array;
  /** W, A and Q are to be multiplied by it */
  readonly scale: number;
}

/**
 * Puts each leaf's evidence into its cell and rolls up.
 *
 * @param before  sums of the same leaves with another noise: columns that they share are not added up again
 */
export function sumsOf(evidence: Evidence, shape: CubeShape, cellOf: Int32Array, before: { readonly evidence: Evidence; readonly sums: CubeSums } | null = null): CubeSums {
  const known = new Map<Float64Array, Float64Array>();
  if (before !== null) {
    for (const name of ["W", "A", "N", "Q"] as const) {
      const column = before.evidence[name];
      if (column !== null) known.set(column, before.sums[name]!); // sums have a Q where the evidence has
    }
  }
  const cube = (column: Float64Array): Float64Array => {
    const sums = known.get(column) ?? cubeOf(column, shape, cellOf);
    known.set(column, sums);
    return sums;
  };
  const { W, A, Q, L, N, scale } = evidence;
  return { N: cube(N), W: cube(W), A: cube(A), Q: Q === null ? null : cube(Q), L: cube(L), scale };
}

/** @param into  of the same shape and form, written over: copies of a large cube are made again and again */
export function copyOf({ W, A, Q, L, N, scale }: CubeSums, into: CubeSums | null = null): CubeSums {
  const copy = (column: Float64Array, target: Float64Array | undefined): Float64Array => {
    if (target === undefined) return column.slice();
    target.set(column);
    return target;
  };
  const own = copy(N, into?.N);
  return { N: own, W: W === N ? own : copy(W, into?.W), A: copy(A, into?.A), Q: Q === null ? null : copy(Q, into?.Q ?? undefined), L: copy(L, into?.L), scale };
}

/**
 * Takes a segment's leaves out: subtracts its sums from everything above it and empties what is below, in place. The
 * cells below the segment are what has to be subtracted, so nothing is rolled up again.
 */
export function takeOut({ sizes, strides }: CubeShape, segment: readonly number[], { W, A, Q, L, N }: CubeSums): void {
  const fixed = segment.map((code, d) => (code === sizes[d]! ? -1 : d)).filter((d) => d >= 0);
  const shifts: number[] = []; // from a cell of the segment to the same cell with some of the fixed dimensions open
  for (let open = 1; open < 1 << fixed.length; open++) {
    let shift = 0;
    for (let k = 0; k < fixed.length; k++) {
      const d = fixed[k]!;
      if (open & (1 << k)) shift += (sizes[d]! - segment[d]!) * strides[d]!;
    }
    shifts.push(shift);
  }
  const walk = (d: number, at: number): void => {
    if (d === sizes.length) {
      if (N[at] === 0) return;
      for (let k = 0; k < shifts.length; k++) {
        const above = at + shifts[k]!;
        if (W !== N) W[above] = W[above]! - W[at]!;
        A[above] = A[above]! - A[at]!;
        if (Q !== null) Q[above] = Q[above]! - Q[at]!;
        L[above] = L[above]! - L[at]!;
        N[above] = N[above]! - N[at]!;
      }
      W[at] = 0;
      A[at] = 0;
      if (Q !== null) Q[at] = 0;
      L[at] = 0;
      N[at] = 0;
      return;
    }
    const stride = strides[d]!;
    if (segment[d]! !== sizes[d]!) walk(d + 1, at + segment[d]! * stride);
    else for (let c = 0; c <= sizes[d]!; c++) walk(d + 1, at + c * stride);
  };
  walk(0, 0);
}

/** A column of leaves as a cube. */
export function cubeOf(column: Float64Array, shape: CubeShape, cellOf: Int32Array): Float64Array {
  const sums = new Float64Array(shape.cellCount);
  for (let i = 0; i < cellOf.length; i++) sums[cellOf[i]!] = sums[cellOf[i]!]! + column[i]!;
  rollUpCube(shape, sums);
  return sums;
}

/**
 * The sum of a segment's leaves that are in none of `others` (from the index `from` on): the segment's own, minus for each
 * other what it shares with it and not with a later one. Segments' intersections are segments, so all are cells.
 */
export function sumOutside(codes: readonly number[], others: readonly (readonly number[])[], { shape, sums }: { shape: CubeShape; sums: Float64Array }, from = 0): number {
  let sum = sums[cellAt(shape, codes)]!;
  for (let k = from; k < others.length; k++) {
    const shared = intersection(shape, codes, others[k]!);
    if (shared !== null) sum -= sumOutside(shared, others, { shape, sums }, k + 1);
  }
  return sum;
}

/** The segment of the leaves that both hold; null when there are none. */
export function intersection({ sizes }: CubeShape, a: readonly number[], b: readonly number[]): number[] | null {
  const codes: number[] = [];
  for (let d = 0; d < sizes.length; d++) {
    if (a[d] !== b[d] && a[d] !== sizes[d] && b[d] !== sizes[d]) return null;
    codes.push(a[d] === sizes[d] ? b[d]! : a[d]!);
  }
  return codes;
}
