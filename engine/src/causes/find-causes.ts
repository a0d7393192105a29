/**
 * Which segments did it: from leaves with expected, actual and (best) spread to a report.
 *
 * The search is in scan.ts. Here is what surrounds it: leaves made ready, the kind of evidence chosen, noise settled (a
 * planted move must not widen the noise that it is judged by), a fall of everything told apart from its parts, and the
 * figures that a reader wants beside each cause.
 */
import type { DimensionValue } from "../series/series-key.ts";
import { contributions, ratioContributions } from "./contributions.ts";
import { CAUSE_LIMITS, cellsOf, folded, leafColumn, type CauseLimits, type Cells, type Cut, type FoldedCells } from "./cells.ts";
import { countEvidence, gaussianEvidence, medianOf, symmetricEvidence, type Evidence } from "./evidence.ts";
import type { DimensionColumn } from "./leaves.ts";
import { strengthOf, type Cause, type CauseReport, type Verdict } from "./report.ts";
import { scan, smallestSeen, type Finding } from "./scan.ts";
import { sentenceOf } from "./sentence.ts";
import { siblingChecks } from "./siblings.ts";

export interface CauseInput {
  readonly measure: string;
  /** "distinct": searched as if it added up, causes are proposals to be counted by a query of their own */
  readonly kind?: "sum" | "average" | "distinct";
  readonly dimensions: readonly DimensionColumn[];
  /** [row]; NaN = missing, left out. A combination that was expected and did not arrive is 0, not missing. */
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  /** [row] standard deviation of actual around expected: without it the noise is guessed, and small causes are lost */
  readonly spread?: Float64Array | undefined;
  /** averages: [row] rows behind each value, actual and expected; they give the totals and the contribution */
  readonly counts?: { readonly actual: Float64Array; readonly expected: Float64Array } | undefined;
  /** distinct counts: the total's own count, which the leaves exceed where they overlap */
  readonly distinctTotal?: { readonly actual: number; readonly expected: number } | undefined;
  readonly limits?: CauseLimits;
}

/**
 * Pure; independent of the order of rows and of the dictionaries. A missing row is left out; several rows of one
 * combination are added (averages: the caller gives each combination once).
 *
 * O(rows × dimensions + cells × dimensions), at most limits.cellsMax cells.
 */
export function findCauses(input: CauseInput): CauseReport {
  const { dimensions, actual, expected, spread, limits = CAUSE_LIMITS, kind = "sum" } = input;
  const usable = Uint8Array.from(actual, (v, i) => (Number.isFinite(v) && Number.isFinite(expected[i]!) ? 1 : 0));
  const cells = cellsOf(dimensions, { usable, weight: expected, deviation: expected.map((f, i) => actual[i]! - f), limits });
  const leaves: Leaves = {
    actual: leafColumn(cells, actual),
    expected: leafColumn(cells, expected),
    spread: spread === undefined || !spread.some((s) => s > 0) ? null : leafColumn(cells, spread, "quadrature"),
    kind,
  };
  const missingCount = usable.length - usable.reduce((a, b) => a + b, 0);
  const first = settledFindings(cells, leaves, { withTotal: true, limits });
  const isTotal = ({ segments }: Finding) => segments.some((codes) => codes.every((code, d) => code === first.shape.sizes[d]));
  const total = first.findings.find(isTotal);
  const ratio = total === undefined ? 1 : commonRatio(leaves);
  // After a common fall: what moved otherwise than everything. Figures shown stay against the original expectation.
  const apart = total === undefined ? first : settledFindings(cells, scaled(leaves, ratio), { withTotal: false, limits });
  const findings = apart.findings;
  const totals = totalsOf(input, usable);
  const parts = findings.flatMap((finding, together) => finding.segments.map((codes) => ({ codes: unfolded(codes, apart.shape, cells), finding, together })));
  const figures = figuresOf(cells, leaves, parts.map(({ codes }) => codes));
  const weights = input.counts === undefined ? null : leafColumn(cells, input.counts.actual);
  const causes = parts.map(({ codes, finding, together }, k): Cause => {
    const { segmentExpected, segmentActual } = shownFigures(cells, leaves, { codes, weights });
    return {
      segment: segmentValues(codes, cells),
      expected: segmentExpected,
      actual: segmentActual,
      change: segmentExpected === 0 ? NaN : segmentActual / segmentExpected - 1,
      direction: finding.ratio * ratio >= 1 && finding.ratio >= 1 ? "up" : finding.ratio < 1 ? "down" : segmentActual >= segmentExpected ? "up" : "down",
      share: figures.gross > 0 ? Math.abs(figures.deviations[k]!) / figures.gross : 0,
      gain: finding.gain,
      strength: strengthOf(finding.gain),
      together,
      siblings: siblingChecks(codes, finding.ratio, { cells, leaves: total === undefined ? leaves : scaled(leaves, ratio) }),
    };
  });
  if (total !== undefined) causes.unshift(totalCause(total, { leaves, totals, causes }));
  else causes.sort((a, b) => b.share - a.share || a.together - b.together);
  const verdict: Verdict =
    cells.leafCount === 0 ? "no data" : total !== undefined ? (parts.length > 0 ? "everything moved, and more so in" : "everything moved") : parts.length > 0 ? "segments" : "no segment stands out";
  const cuts: Cut[] = [...cells.cuts, ...first.shape.cuts];
  if (parts.length >= limits.causesMax) cuts.push({ limit: "causes", max: limits.causesMax });
  const report: Omit<CauseReport, "sentence"> = {
    measure: input.measure,
    verdict,
    ...totals,
    causes,
    explained: total !== undefined ? { net: 1, gross: 1 } : explainedBy(figures),
    contribution: contributionOf(input, usable),
    smallestSeen: cells.leafCount === 0 ? null : smallestSeen(first.evidence, first.shape.sizes, cells.leafCount),
    isProposal: kind === "distinct",
    overlap: overlapOf(input, leaves),
    missingCount,
    constant: cells.constant,
    cuts,
  };
  return { ...report, sentence: sentenceOf(report) };
}

export interface Leaves {
  readonly kind: "sum" | "average" | "distinct";
  /** [leaf] */
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  readonly spread: Float64Array | null;
}

interface Settled {
  readonly findings: Finding[];
  readonly shape: FoldedCells;
  readonly evidence: Evidence;
}

/** Searches, then again with the noise of the leaves outside of what was found, while that is smaller. */
function settledFindings(cells: Cells, leaves: Leaves, { withTotal, limits }: { withTotal: boolean; limits: CauseLimits }): Settled {
  let evidence = evidenceOf(leaves, null);
  const shape = folded(cells, evidence.L, limits.cellsMax);
  const strides = stridesOf(shape.sizes);
  const cellOf = new Int32Array(cells.leafCount);
  for (let d = 0; d < shape.sizes.length; d++) for (let i = 0; i < cellOf.length; i++) cellOf[i] = cellOf[i]! + shape.codes[d]![i]! * strides[d]!;
  const options = { withTotal, causesMax: limits.causesMax };
  const search = () => scan(evidence, { sizes: shape.sizes, cellOf }, options).filter((finding) => isNamed(finding, shape));
  let findings = search();
  for (let round = 0; round < 2 && leaves.spread !== null && evidence.noise > 1.02 && findings.length > 0; round++) {
    const again = evidenceOf(leaves, outside(findings, shape, cells.leafCount));
    if (again.noise > 0.99 * evidence.noise) break;
    evidence = again;
    findings = search();
  }
  return { findings, shape, evidence };
}

function evidenceOf({ kind, actual, expected, spread }: Leaves, quiet: Uint8Array | null): Evidence {
  if (spread === null) return symmetricEvidence(actual, expected);
  // A forecast of a sparse count may lie a little below zero: that alone makes no negative measure.
  const hasNegative = actual.some((v) => v < 0) || expected.some((f, i) => f < -spread[i]!);
  if (kind === "average" || hasNegative) return gaussianEvidence(actual, expected, spread, quiet);
  return countEvidence(actual, expected, spread, quiet);
}

/** Values that were folded together have no name: a finding of them is none. */
function isNamed({ segments }: Finding, { sizes, codeOf }: FoldedCells): boolean {
  return segments.every((codes) => codes.every((code, d) => code === sizes[d] || codeOf[d]![code]! >= 0));
}

function outside(findings: readonly Finding[], { sizes, codes }: FoldedCells, leafCount: number): Uint8Array {
  const quiet = new Uint8Array(leafCount).fill(1);
  for (const { segments } of findings) {
    for (const segment of segments) {
      for (let i = 0; i < leafCount; i++) {
        let isInside = true;
        for (let d = 0; d < sizes.length && isInside; d++) isInside = segment[d] === sizes[d] || segment[d] === codes[d]![i];
        if (isInside) quiet[i] = 0;
      }
    }
  }
  return quiet;
}

/** The ratio of everything, without the leaves that clearly moved otherwise. */
function commonRatio({ actual, expected, spread }: Leaves): number {
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
      if (f === 0 || !(spread[i]! > 0)) continue;
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

function scaled(leaves: Leaves, ratio: number): Leaves {
  return {
    ...leaves,
    expected: leaves.expected.map((f) => f * ratio),
    // A scaled count keeps its variance over mean; an average keeps its spread.
    spread: leaves.spread === null ? null : leaves.kind === "average" ? leaves.spread : leaves.spread.map((s) => s * Math.sqrt(ratio)),
  };
}

function unfolded(codes: readonly number[], { sizes, codeOf }: FoldedCells, cells: Cells): number[] {
  return codes.map((code, d) => (code === sizes[d] ? cells.dimensions[d]!.values.length : codeOf[d]![code]!));
}

function segmentValues(codes: readonly number[], { dimensions }: Cells): DimensionValue[] {
  return dimensions.flatMap(({ name, values }, d) => (codes[d] === values.length ? [] : [{ name, value: values[codes[d]!] ?? null }]));
}

interface Figures {
  /** [cause] net deviation on its own leaves */
  readonly deviations: readonly number[];
  readonly inside: number;
  readonly insideGross: number;
  readonly gross: number;
  readonly net: number;
}

/** Deviations per cause, each leaf counted for the first cause that holds it; the rest netted. */
function figuresOf({ codes, dimensions, leafCount }: Cells, { actual, expected }: Leaves, segments: readonly (readonly number[])[]): Figures {
  const own = segments.map(() => 0);
  const first = segments.map(() => 0);
  let rest = 0;
  for (let i = 0; i < leafCount; i++) {
    const deviation = actual[i]! - expected[i]!;
    let taken = false;
    for (let k = 0; k < segments.length; k++) {
      const segment = segments[k]!;
      let isInside = true;
      for (let d = 0; d < dimensions.length && isInside; d++) isInside = segment[d] === dimensions[d]!.values.length || segment[d] === codes[d]![i];
      if (!isInside) continue;
      own[k] = own[k]! + deviation;
      if (!taken) first[k] = first[k]! + deviation;
      taken = true;
    }
    if (!taken) rest += deviation;
  }
  const inside = first.reduce((a, b) => a + b, 0);
  const insideGross = first.reduce((a, b) => a + Math.abs(b), 0);
  return { deviations: own, inside, insideGross, gross: insideGross + Math.abs(rest), net: inside + rest };
}

function explainedBy({ inside, insideGross, gross, net }: Figures): { net: number; gross: number } {
  return { net: net === 0 ? 0 : inside / net, gross: gross === 0 ? 0 : insideGross / gross };
}

/** Sums of a segment's leaves; for averages the mean, weighted by rows where they are known. */
function shownFigures(
  { codes: columns, dimensions, leafCount }: Cells,
  { actual, expected, kind }: Leaves,
  { codes, weights }: { codes: readonly number[]; weights: Float64Array | null },
): { segmentExpected: number; segmentActual: number } {
  let f = 0;
  let v = 0;
  let n = 0;
  for (let i = 0; i < leafCount; i++) {
    let isInside = true;
    for (let d = 0; d < dimensions.length && isInside; d++) isInside = codes[d] === dimensions[d]!.values.length || codes[d] === columns[d]![i];
    if (!isInside) continue;
    const weight = kind !== "average" ? 1 : weights === null ? 1 : weights[i]!;
    f += weight * expected[i]!;
    v += weight * actual[i]!;
    n += weight;
  }
  return kind === "average" ? { segmentExpected: f / n, segmentActual: v / n } : { segmentExpected: f, segmentActual: v };
}

function totalsOf({ actual, expected, counts, kind, distinctTotal }: CauseInput, usable: Uint8Array): { expected: number; actual: number } {
  if (distinctTotal !== undefined) return distinctTotal;
  let f = 0;
  let v = 0;
  let nf = 0;
  let nv = 0;
  for (let i = 0; i < actual.length; i++) {
    if (usable[i] === 0) continue;
    const wf = kind === "average" ? (counts?.expected[i] ?? 1) : 1;
    const wv = kind === "average" ? (counts?.actual[i] ?? 1) : 1;
    f += wf * expected[i]!;
    v += wv * actual[i]!;
    nf += wf;
    nv += wv;
  }
  return kind === "average" ? { expected: f / nf, actual: v / nv } : { expected: f, actual: v };
}

function totalCause(total: Finding, { totals, causes }: { leaves: Leaves; totals: { expected: number; actual: number }; causes: readonly Cause[] }): Cause {
  const { expected, actual } = totals;
  return {
    segment: [],
    expected,
    actual,
    change: expected === 0 ? NaN : actual / expected - 1,
    direction: total.ratio >= 1 ? "up" : "down",
    share: 1,
    gain: total.gain,
    strength: strengthOf(total.gain),
    together: Math.max(-1, ...causes.map(({ together }) => together)) + 1,
    siblings: [],
  };
}

function contributionOf({ dimensions, actual, expected, spread, counts, kind }: CauseInput, usable: Uint8Array): CauseReport["contribution"] {
  const only = (column: Float64Array) => column.map((v, i) => (usable[i] === 1 ? v : NaN));
  if (kind === "average" && counts !== undefined) {
    return ratioContributions({
      dimensions,
      numerator: actual.map((v, i) => v * counts.actual[i]!),
      denominator: only(counts.actual),
      numeratorExpected: expected.map((f, i) => f * counts.expected[i]!),
      denominatorExpected: counts.expected,
    });
  }
  return contributions({ dimensions, actual: only(actual), expected, ...(spread === undefined ? {} : { spread }) });
}

function overlapOf({ kind, distinctTotal }: CauseInput, { actual }: Leaves): number | null {
  if (kind !== "distinct" || distinctTotal === undefined || !(distinctTotal.actual > 0)) return null;
  return actual.reduce((a, b) => a + b, 0) / distinctTotal.actual;
}

function stridesOf(sizes: readonly number[]): number[] {
  const strides = new Array<number>(sizes.length);
  let stride = 1;
  for (let d = sizes.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= sizes[d]! + 1;
  }
  return strides;
}

/**
 * Distinct counts, second step: proposals counted by queries of their own. One that did not move by its own count (5 %,
 * and two spreads where one is given) is withdrawn.
 *
 * @param counted  [cause] the segment's own distinct count
 */
export function checkedProposals(
  report: CauseReport,
  counted: readonly { readonly actual: number; readonly expected: number; readonly spread?: number }[],
): CauseReport {
  const causes = report.causes.flatMap((cause, k): Cause[] => {
    const own = counted[k];
    if (own === undefined) return [cause];
    const change = own.expected === 0 ? NaN : own.actual / own.expected - 1;
    const moved = Math.abs(own.actual - own.expected);
    if (moved < 0.05 * own.expected || moved < 2 * (own.spread ?? 0) || own.actual > own.expected !== (cause.direction === "up")) return [];
    return [{ ...cause, expected: own.expected, actual: own.actual, change }];
  });
  const verdict = causes.length === 0 ? "no segment stands out" : report.verdict;
  const checked = { ...report, causes, verdict, isProposal: counted.length < report.causes.length } satisfies CauseReport;
  return { ...checked, sentence: sentenceOf(checked) };
}
