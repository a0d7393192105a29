/**
 * Which segments did it: from leaves with expected, actual and (best) spread to a report.
 *
 * The search is in scan.ts. Here is what surrounds it: leaves made ready, the kind of evidence chosen, noise settled (a
 * planted move must not widen the noise that it is judged by), a fall of everything told apart from its parts, and the
 * figures that a reader wants beside each cause.
 */
import type { DimensionValue } from "../series/series-key.ts";
import { contributions, ratioContributions } from "./contributions.ts";
import { cellAt } from "./cube.ts";
import { CAUSE_LIMITS, cellsOf, leafColumn, type CauseLimits, type Cells, type Cut, type FoldedCells } from "./cells.ts";
import type { DimensionColumn } from "./leaves.ts";
import { strengthOf, type Cause, type CauseReport, type Verdict } from "./report.ts";
import type { Finding } from "./finding.ts";
import { smallestSeen } from "./prices.ts";
import { commonRatio, scaled, settledFindings, type Leaves, type Settled } from "./settled-findings.ts";
import { sharedSearch, type SharedSearch } from "./shared-change.ts";
import { sentenceOf } from "./sentence.ts";
import { siblingChecks, type FigureCubes } from "./siblings.ts";
import { cubeOf, sumOutside } from "./sums.ts";

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
  /**
   * how far the forecasts of all leaves usually err together, as a share: the spread of the total's own forecast over its
   * expected value. Without it the leaves' errors are taken as independent of each other, which forecasts never are.
   */
  readonly sharedError?: number | undefined;
  readonly limits?: CauseLimits;
}

/**
 * Pure; independent of the order of rows and of the dictionaries. A missing row is left out; several rows of one
 * combination are added (averages: the caller gives each combination once).
 *
 * O(rows × dimensions + cells × dimensions), at most limits.cellsMax cells.
 */
export function findCauses(input: CauseInput): CauseReport {
  const { limits = CAUSE_LIMITS, kind = "sum" } = input;
  const { cells, leaves, weights, usable, missingCount } = preparedLeaves(input, { limits, kind });
  const { apart, apartLeaves, total, ratio } = isPositive(input.sharedError) && leaves.spread !== null
    ? sharedSearch(cells, leaves, { sharedError: input.sharedError, limits })
    : searchWithTotal(cells, leaves, limits);
  const totals = totalsOf(input, usable);
  const parts = apart.findings.flatMap((finding, together) => finding.segments.map((codes) => ({ codes, finding, together })));
  const figures = figuresOf(parts.map(({ codes }) => codes), apart, { leaves, weights, apartLeaves });
  const causes = parts.map(({ codes, finding, together }, k): Cause => {
    const { expected, actual, deviation } = figures.shown[k]!;
    return {
      segment: segmentValues(codes, cells, apart.folded),
      expected,
      actual,
      change: expected === 0 ? NaN : actual / expected - 1,
      direction: finding.ratio >= 1 ? "up" : "down",
      share: figures.gross > 0 ? Math.abs(deviation) / figures.gross : 0,
      gain: finding.gain,
      strength: strengthOf(finding.gain),
      together,
      siblings: siblingChecks(codes, finding.ratio, { cubes: figures.cubes, dimensions: cells.dimensions, codeOf: apart.folded.codeOf }),
    };
  });
  causes.sort((a, b) => b.share - a.share || a.together - b.together);
  if (total !== null) causes.unshift(totalCause(total, totals, parts.length));
  const verdict: Verdict =
    cells.leafCount === 0
      ? "no data"
      : total !== null
        ? parts.length > 0
          ? "everything moved, and more so in"
          : "everything moved"
        : parts.length > 0
          ? "segments"
          : "no segment stands out";
  const cuts: Cut[] = [...cells.cuts, ...apart.folded.cuts];
  if (parts.length >= limits.causesMax) cuts.push({ limit: "causes", max: limits.causesMax });
  const report: Omit<CauseReport, "sentence"> = {
    measure: input.measure,
    verdict,
    ...totals,
    causes,
    explained: total !== null ? { net: 1, gross: 1 } : { net: figures.net === 0 ? 0 : figures.inside / figures.net, gross: figures.gross === 0 ? 0 : figures.insideGross / figures.gross },
    contribution: contributionOf(input, usable),
    smallestSeen: cells.leafCount === 0 ? null : smallestSeen(apart.evidence, apart.folded.sizes, { leafCount: cells.leafCount, sharedError: isPositive(input.sharedError) ? input.sharedError : 0 }),
    isProposal: kind === "distinct",
    overlap: overlapOf(input, leaves),
    sharedChange: total === null ? ratio - 1 : 0,
    missingCount,
    constant: cells.constant,
    cuts,
  };
  return { ...report, sentence: sentenceOf(report) };
}

/** The total is a segment like any other; after a common fall what moved otherwise than everything is looked for. */
function searchWithTotal(cells: Cells, leaves: Leaves, limits: CauseLimits): SharedSearch {
  const first = settledFindings(cells, leaves, { withTotal: true, limits });
  const total = first.findings.find(({ segments }) => segments.some((codes) => codes.every((code, d) => code === first.folded.sizes[d])));
  if (total === undefined) return { apart: first, apartLeaves: leaves, ratio: 1, total: null };
  const ratio = commonRatio(leaves);
  const apartLeaves = scaled(leaves, ratio); // figures shown stay against the original expectation
  return { apart: settledFindings(cells, apartLeaves, { withTotal: false, limits }), apartLeaves, ratio, total };
}

function isPositive(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < Infinity;
}

function preparedLeaves(
  { dimensions, actual, expected, spread, counts }: CauseInput,
  { limits, kind }: { limits: CauseLimits; kind: "sum" | "average" | "distinct" },
): { cells: Cells; leaves: Leaves; weights: Float64Array | null; usable: Uint8Array; missingCount: number } {
  const usable = new Uint8Array(actual.length);
  const deviation = new Float64Array(actual.length);
  let missingCount = 0;
  let hasSpread = false;
  for (let i = 0; i < actual.length; i++) {
    deviation[i] = actual[i]! - expected[i]!;
    if (Number.isFinite(deviation[i]!)) usable[i] = 1;
    else missingCount++;
    if (spread !== undefined && spread[i]! > 0) hasSpread = true;
  }
  const cells = cellsOf(dimensions, { usable, weight: expected, deviation, limits });
  const leaves: Leaves = {
    actual: leafColumn(cells, actual),
    expected: leafColumn(cells, expected),
    spread: hasSpread ? leafColumn(cells, spread!, "quadrature") : null,
    kind,
  };
  return { cells, leaves, weights: counts === undefined ? null : leafColumn(cells, counts.actual), usable, missingCount };
}

function segmentValues(codes: readonly number[], { dimensions }: Cells, { sizes, codeOf }: FoldedCells): DimensionValue[] {
  return dimensions.flatMap(({ name, values }, d) => (codes[d] === sizes[d] ? [] : [{ name, value: values[codeOf[d]![codes[d]!]!] ?? null }]));
}

interface Figures {
  /** [cause] on its own leaves: sums, or means for averages; the deviation is always a sum */
  readonly shown: readonly { expected: number; actual: number; deviation: number }[];
  /** deviation inside the causes, each leaf once; the same without offsetting between causes */
  readonly inside: number;
  readonly insideGross: number;
  /** with the rest, netted */
  readonly net: number;
  readonly gross: number;
  readonly cubes: FigureCubes;
}

function figuresOf(
  segments: readonly (readonly number[])[],
  { shape, cellOf }: Settled,
  { leaves, weights, apartLeaves }: { leaves: Leaves; weights: Float64Array | null; apartLeaves: Leaves },
): Figures {
  const weighted = (column: Float64Array) => (weights === null ? column : column.map((value, i) => value * weights[i]!));
  const cube = (column: Float64Array) => cubeOf(column, shape, cellOf);
  const actual = cube(weighted(leaves.actual));
  const expected = cube(weighted(leaves.expected));
  const weight = leaves.kind === "average" ? cube(weights ?? leaves.actual.map(() => 1)) : null;
  const shown = segments.map((codes) => {
    const cell = cellAt(shape, codes);
    const over = weight === null ? 1 : weight[cell]!;
    return { expected: expected[cell]! / over, actual: actual[cell]! / over, deviation: actual[cell]! - expected[cell]! };
  });
  const any = cellAt(shape, shape.sizes);
  const net = actual[any]! - expected[any]!;
  const parts = segments.map((codes, k) => {
    const earlier = segments.slice(0, k);
    return sumOutside(codes, earlier, { shape, sums: actual }) - sumOutside(codes, earlier, { shape, sums: expected });
  });
  const inside = parts.reduce((a, b) => a + b, 0);
  const insideGross = parts.reduce((a, b) => a + Math.abs(b), 0);
  const variance = new Float64Array(leaves.actual.length);
  for (let i = 0; i < variance.length; i++) variance[i] = apartLeaves.spread === null ? Math.abs(apartLeaves.expected[i]!) : apartLeaves.spread[i]! ** 2;
  const around = leaves === apartLeaves ? expected : cube(weighted(apartLeaves.expected));
  const varianceCube = segments.length === 0 ? expected : cube(weighted(weighted(variance)));
  return { shown, inside, insideGross, net, gross: insideGross + Math.abs(net - inside), cubes: { shape, actual, expected: around, variance: varianceCube } };
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

function totalCause(total: Finding, { expected, actual }: { expected: number; actual: number }, together: number): Cause {
  return {
    segment: [],
    expected,
    actual,
    change: expected === 0 ? NaN : actual / expected - 1,
    direction: total.ratio >= 1 ? "up" : "down",
    share: 1,
    gain: total.gain,
    strength: strengthOf(total.gain),
    together,
    siblings: [],
  };
}

function contributionOf({ dimensions, actual, expected, spread, counts, kind }: CauseInput, usable: Uint8Array): CauseReport["contribution"] {
  const isWhole = usable.every((use) => use === 1);
  const only = (column: Float64Array) => (isWhole ? column : column.map((v, i) => (usable[i] === 1 ? v : NaN)));
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

/** A segment's own distinct count, by a query of its own. */
export interface CountedProposal {
  readonly actual: number;
  readonly expected: number;
  readonly spread?: number;
}

/**
 * Distinct counts, second step: proposals counted by queries of their own. One that did not move by its own count (5 %,
 * and two spreads where one is given) is withdrawn; one that could not be counted stays a proposal.
 *
 * @param counted  [cause] null where it could not be counted
 * @param total    the total's own count, where it was asked for: it replaces the sum over the leaves, which overlap
 */
export function checkedProposals(report: CauseReport, counted: readonly (CountedProposal | null | undefined)[], total: CountedProposal | null = null): CauseReport {
  let isProposal = false;
  const causes = report.causes.flatMap((cause, k): Cause[] => {
    const own = counted[k] ?? null;
    if (own === null) {
      isProposal = true;
      return [cause];
    }
    const change = own.expected === 0 ? NaN : own.actual / own.expected - 1;
    const moved = Math.abs(own.actual - own.expected);
    if (moved < 0.05 * own.expected || moved < 2 * (own.spread ?? 0) || own.actual > own.expected !== (cause.direction === "up")) return [];
    return [{ ...cause, expected: own.expected, actual: own.actual, change }];
  });
  const totals = total === null ? {} : { actual: total.actual, expected: total.expected, overlap: total.actual > 0 ? report.actual / total.actual : null };
  const hasTotal = causes.some(({ segment }) => segment.length === 0);
  const verdict: Verdict = causes.length === 0 ? "no segment stands out" : !hasTotal ? "segments" : causes.length === 1 ? "everything moved" : report.verdict;
  const checked = { ...report, ...totals, causes, verdict, isProposal } satisfies CauseReport;
  return { ...checked, sentence: sentenceOf(checked) };
}
