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
import { cubeShape, type CubeShape } from "./cube.ts";
import type { Evidence } from "./evidence.ts";
import { segmentsText, type Finding, type Rooted } from "./finding.ts";
import { GreedySearch } from "./greedy-search.ts";
import { pooledFindings } from "./pools.ts";
import { GAIN_MIN, GAIN_MIN_BESIDE_TOTAL, pricesOf } from "./prices.ts";
import { settled, type SettleContext } from "./settled.ts";
import { copyOf, sumsOf, takeOut, type CubeSums } from "./sums.ts";

export const CAUSES_MAX = 15;
/** Greedy, narrower, greedy on what was set free: it settles in two; a limit against cycles. */
const ROUNDS_MAX = 4;

export interface ScanOptions {
  /** false: the total is no answer (it has been given already) */
  readonly withTotal?: boolean;
  /** nats above the price below which nothing is told */
  readonly gainMin?: number;
  readonly causesMax?: number;
}

/**
 * @param evidence  [leaf]
 * @param cellOf    [leaf] cell in the cube of `sizes`
 *
 * O(cells × dimensions) for the sums, then O(cells below a finding) for each finding.
 */
export function scan(evidence: Evidence, { sizes, cellOf }: { readonly sizes: readonly number[]; readonly cellOf: Int32Array }, options: ScanOptions = {}): Finding[] {
  const shape = cubeShape(sizes);
  return scanSums(evidence, sumsOf(evidence, shape, cellOf), { shape, leafCount: cellOf.length }, options);
}

/** The same where the sums are there already. They are not changed. */
export function scanSums(
  { form, scatterMax }: Pick<Evidence, "form" | "scatterMax">,
  all: CubeSums,
  { shape, leafCount }: { readonly shape: CubeShape; readonly leafCount: number },
  { withTotal = true, gainMin = withTotal ? GAIN_MIN : GAIN_MIN_BESIDE_TOTAL, causesMax = CAUSES_MAX }: ScanOptions = {},
): Finding[] {
  const context: SettleContext = { shape, all, prices: pricesOf(shape, leafCount), isCounts: form === "counts", scatterMax, withTotal };
  const left = copyOf(all);
  const search = new GreedySearch(context, left);
  let findings: Rooted[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const fresh: Rooted[] = [];
    while (findings.length + fresh.length < causesMax) {
      const found = search.next(gainMin);
      if (found === null) break;
      fresh.push(found);
      search.remove(found.segments);
    }
    if (fresh.length === 0) break;
    const before = segmentsText([...findings, ...fresh]);
    findings = settled([...findings, ...fresh], context);
    const setFree = segmentsText(findings) !== before;
    if (setFree) search.restart(without(copyOf(all, left), shape, findings));
    findings = findings.map((finding) => {
      const more = search.completed(finding);
      if (more !== finding) search.remove(more.segments.slice(finding.segments.length));
      return more;
    });
    if (!setFree) break;
  }
  return cutAt(causesMax, [...findings, ...pooledFindings(context, left, withTotal ? gainMin : Math.max(gainMin, GAIN_MIN_BESIDE_TOTAL))]);
}

function without(left: CubeSums, shape: CubeShape, findings: readonly Finding[]): CubeSums {
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
