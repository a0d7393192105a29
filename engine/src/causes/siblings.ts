import type { Cells } from "./cells.ts";
import type { SiblingCheck } from "./report.ts";

/** Deviations beyond this many spreads are no noise. */
const SPREADS_MIN = 2;

/**
 * How a cause's surroundings moved, dimension by dimension: the other values of what it fixes, the inner values of what
 * it leaves open. A value moved alike when it made at least half of the cause's change; it is unclear where half of that
 * change would drown in its noise.
 *
 * O(leaves × dimensions).
 */
export function siblingChecks(
  segment: readonly number[],
  ratio: number,
  { cells, leaves }: { cells: Cells; leaves: { actual: Float64Array; expected: Float64Array; spread: Float64Array | null } },
): SiblingCheck[] {
  const { dimensions, codes, leafCount } = cells;
  const isOpen = (d: number) => segment[d] === dimensions[d]!.values.length;
  const sums = dimensions.map(({ values }) => ({ v: new Float64Array(values.length), f: new Float64Array(values.length), s2: new Float64Array(values.length) }));
  for (let i = 0; i < leafCount; i++) {
    let differs = -1;
    let count = 0;
    for (let d = 0; d < dimensions.length && count < 2; d++) {
      if (isOpen(d) || segment[d] === codes[d]![i]) continue;
      differs = d;
      count++;
    }
    if (count >= 2) continue;
    // A leaf of the segment counts for every open dimension, one beside it for the dimension in which it differs.
    for (let d = 0; d < dimensions.length; d++) {
      if (count === 0 ? !isOpen(d) : d !== differs) continue;
      const { v, f, s2 } = sums[d]!;
      const c = codes[d]![i]!;
      v[c] = v[c]! + leaves.actual[i]!;
      f[c] = f[c]! + leaves.expected[i]!;
      s2[c] = s2[c]! + (leaves.spread === null ? Math.abs(leaves.expected[i]!) : leaves.spread[i]! ** 2);
    }
  }
  return dimensions.map(({ name, values }, d) => {
    const alike: (string | null)[] = [];
    const otherwise: (string | null)[] = [];
    let unclearCount = 0;
    const { v, f, s2 } = sums[d]!;
    for (const [c, value] of values.entries()) {
      if (c === segment[d] || (f[c] === 0 && v[c] === 0)) continue;
      const deviation = v[c]! - f[c]!;
      const half = ((ratio - 1) / 2) * f[c]!;
      const noise = SPREADS_MIN * Math.sqrt(s2[c]!);
      if (Math.abs(half) < noise / 2 && Math.abs(deviation) < noise) unclearCount++;
      else if (Math.sign(deviation) === Math.sign(half) && Math.abs(deviation) >= Math.abs(half)) alike.push(value);
      else otherwise.push(value);
    }
    return { dimension: name, isFixed: !isOpen(d), alike, otherwise, unclearCount };
  });
}
