import { cellAt, type CubeShape } from "./cube.ts";
import type { CellDimension } from "./cells.ts";
import type { SiblingCheck } from "./report.ts";

/** Deviations beyond this many spreads are no noise. */
const SPREADS_MIN = 2;

/** Cubes of what is shown beside causes: actual, expected, variance. */
export interface FigureCubes {
  readonly shape: CubeShape;
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  readonly variance: Float64Array;
}

/**
 * How a cause's surroundings moved, dimension by dimension: the other values of what it fixes, the inner values of what
 * it leaves open. A value moved alike when it made at least half of the cause's change; it is unclear where half of that
 * change would drown in its noise.
 *
 * @param codeOf  [dimension] per code of the cube the dimension's own, −1 for values that were folded together
 */
export function siblingChecks(
  segment: readonly number[],
  ratio: number,
  { cubes, dimensions, codeOf }: { cubes: FigureCubes; dimensions: readonly CellDimension[]; codeOf: readonly Int32Array[] },
): SiblingCheck[] {
  const { shape } = cubes;
  const at = cellAt(shape, segment);
  return dimensions.map(({ name, values }, d) => {
    const alike: (string | null)[] = [];
    const otherwise: (string | null)[] = [];
    let unclearCount = 0;
    for (let c = 0; c < shape.sizes[d]!; c++) {
      const own = codeOf[d]![c]!;
      if (c === segment[d] || own < 0) continue;
      const cell = at + (c - segment[d]!) * shape.strides[d]!;
      const v = cubes.actual[cell]!;
      const f = cubes.expected[cell]!;
      if (f === 0 && v === 0) continue;
      const half = ((ratio - 1) / 2) * f;
      const noise = SPREADS_MIN * Math.sqrt(Math.max(0, cubes.variance[cell]!));
      if (Math.abs(half) < noise / 2 && Math.abs(v - f) < noise) unclearCount++;
      else if (Math.sign(v - f) === Math.sign(half) && Math.abs(v - f) >= Math.abs(half)) alike.push(values[own] ?? null);
      else otherwise.push(values[own] ?? null);
    }
    return { dimension: name, isFixed: segment[d] !== shape.sizes[d], alike, otherwise, alikeCount: alike.length, otherwiseCount: otherwise.length, unclearCount };
  });
}
