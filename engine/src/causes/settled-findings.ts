/**
 * The search on leaves made ready: the kind of evidence chosen, values folded where the cube would be too large, and the
 * noise settled – a planted move must not widen the noise that it is judged by.
 */
import { ln } from "../stats/elementary.ts";
import { folded, type CauseLimits, type Cells, type FoldedCells } from "./cells.ts";
import { cubeShape, type CubeShape } from "./cube.ts";
import { countEvidence, gaussianEvidence, LEAF_EVIDENCE_MAX, medianOf, QUARTER, symmetricEvidence, type Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { scanSums } from "./scan.ts";
import { sumsOf } from "./sums.ts";

export interface Leaves {
  readonly kind: "sum" | "average" | "distinct";
  /** [leaf] */
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  readonly spread: Float64Array | null;
  /** the spreads are those of forecasts: estimates, and too small for some leaves (heavyTailed) */
  readonly isForecast?: boolean;
}

/**
 * With two of three platforms moved, two thirds of the leaves have: where there are few leaves, a quarter of them has to do
 * to tell whether forecasts' spreads are too narrow. With many leaves that would be told by too peaked a middle.
 */
const FEW_LEAVES = 200;

/** Noise is estimated anew only where at least this share of the leaves is outside of what was found. */
const QUIET_SHARE_MIN = 0.3;

export interface Settled {
  readonly findings: Finding[];
  readonly folded: FoldedCells;
  readonly shape: CubeShape;
  /** [leaf] cell of the cube */
  readonly cellOf: Int32Array;
  readonly evidence: Evidence;
}

/** Searches, then again with the noise of the leaves outside of what was found, while that is smaller. */
export function settledFindings(
  cells: Cells,
  leaves: Leaves,
  { withTotal, gainMin, limits }: { withTotal: boolean; gainMin?: number; limits: CauseLimits },
): Settled {
  let evidence = evidenceOf(leaves, null);
  const fold = folded(cells, evidence.L, limits.cellsMax);
  const shape = cubeShape(fold.sizes);
  const cellOf = new Int32Array(cells.leafCount);
  for (const [d, codes] of fold.codes.entries()) addCodes(cellOf, codes, shape.strides[d]!);
  const options = { withTotal, causesMax: limits.causesMax, ...(gainMin === undefined ? {} : { gainMin }) };
  const search = () => scanSums(evidence, sums, { shape, leafCount: cells.leafCount }, options).filter((finding) => isNamed(finding, fold));
  let sums = sumsOf(evidence, shape, cellOf);
  let findings = search();
  for (let round = 0; round < 2; round++) {
    // With a spread 1 is as good as it gets; without one, what is left may tell the noise better even if nothing was found.
    if (leaves.spread !== null && (evidence.noise <= 1.02 || findings.length === 0)) break;
    const quiet = outside(findings, fold, cells.leafCount);
    // Too few leaves left to tell noise by, none when everything moved.
    if (quietCount(quiet) < QUIET_SHARE_MIN * quiet.length) break;
    const again = evidenceOf(leaves, quiet, evidence);
    if (again.noise > 0.99 * evidence.noise) break;
    sums = sumsOf(again, shape, cellOf, { evidence, sums });
    evidence = again;
    findings = search();
  }
  return { findings, folded: fold, shape, cellOf, evidence };
}

function addCodes(cellOf: Int32Array, codes: Int32Array, stride: number): void {
  for (let i = 0; i < cellOf.length; i++) cellOf[i] = cellOf[i]! + codes[i]! * stride;
}

function quietCount(quiet: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < quiet.length; i++) count += quiet[i]!;
  return count;
}

function evidenceOf({ kind, actual, expected, spread, isForecast }: Leaves, quiet: Uint8Array | null, before: Evidence | null = null): Evidence {
  if (spread === null) return symmetricEvidence(actual, expected, quiet, before);
  // A forecast of a sparse count may lie a little below zero: that alone makes no negative measure.
  const hasNegative = actual.some((v) => v < 0) || expected.some((f, i) => f < -spread[i]!);
  const evidenceFrom = kind === "average" || hasNegative ? gaussianEvidence : countEvidence;
  if (isForecast !== true) return evidenceFrom(actual, expected, spread, quiet);
  const bulk = actual.length <= FEW_LEAVES ? QUARTER : undefined;
  const evidence = evidenceFrom(actual, expected, spread, quiet, Infinity, bulk);
  return { ...evidence, L: evidence.L.map(heavyTailed) };
}

/**
 * A leaf's evidence when its spread is an estimate: Student's t with 8 degrees of freedom instead of the normal
 * distribution. Two spreads are two spreads; five are half the evidence, and thirty still enough for a leaf to be named
 * alone. Without it one leaf in some 200,000 was named that had only been forecast with too much confidence.
 */
const DEGREES = 8;

function heavyTailed(evidence: number): number {
  return Math.min(LEAF_EVIDENCE_MAX, ((DEGREES + 1) / 2) * ln(1 + (2 * evidence) / DEGREES));
}

/** Values that were folded together have no name: a finding of them is none. */
function isNamed({ segments }: Finding, { sizes, codeOf }: FoldedCells): boolean {
  return segments.every((codes) => codes.every((code, d) => code === sizes[d] || codeOf[d]![code]! >= 0));
}

export function outside(findings: readonly Finding[], { sizes, codes }: FoldedCells, leafCount: number): Uint8Array {
  const quiet = new Uint8Array(leafCount).fill(1);
  for (const { segments } of findings) {
    for (const segment of segments) {
      const fixed = [...segment.keys()].filter((d) => segment[d] !== sizes[d]);
      const columns = fixed.map((d) => codes[d]!);
      const wanted = fixed.map((d) => segment[d]!);
      for (let i = 0; i < leafCount; i++) {
        let isInside = true;
        for (let k = 0; k < wanted.length && isInside; k++) isInside = columns[k]![i] === wanted[k];
        if (isInside) quiet[i] = 0;
      }
    }
  }
  return quiet;
}

/**
 * The ratio of everything, without the leaves that clearly moved otherwise.
 *
 * @param quiet  [leaf] 0 keeps a leaf out, because it is known to have moved by itself
 */
export function commonRatio({ actual, expected, spread }: Leaves, quiet: Uint8Array | null = null): number {
  if (spread === null) {
    const ratios = Array.from(actual, (v, i) => v / expected[i]!).filter((r) => r > 0 && r < Infinity);
    return ratios.length === 0 ? 1 : medianOf(Float64Array.from(ratios));
  }
  let ratio = NaN;
  for (let round = 0; round < 6; round++) {
    let w = 0;
    let a = 0;
    for (let i = 0; i < actual.length; i++) {
      const f = expected[i]!;
      if (f === 0 || !(spread[i]! > 0) || quiet?.[i] === 0) continue;
      const variance = spread[i]! * spread[i]!;
      const far = 16 * variance * Math.max(Math.abs(ratio), 0.05);
      if (round > 0 && (actual[i]! - ratio * f) ** 2 > far) continue;
      w += (f * f) / variance;
      a += (actual[i]! * f) / variance;
    }
    if (w === 0) break;
    ratio = a / w;
  }
  return ratio > 0 ? ratio : 1;
}

export function scaled(leaves: Leaves, ratio: number): Leaves {
  return {
    ...leaves,
    expected: leaves.expected.map((f) => f * ratio),
    // A scaled count keeps its variance over mean; an average keeps its spread.
    spread: leaves.spread === null ? null : leaves.kind === "average" ? leaves.spread : leaves.spread.map((s) => s * Math.sqrt(ratio)),
  };
}
