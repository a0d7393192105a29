/**
 * Which segments' rate moved, for a measure that is numerator / denominator. A shift of the mix between segments with
 * different rates moves the total too: it is shown in the contribution (mix effect), and is no cause.
 */
import type { DimensionValue } from "../series/series-key.ts";
import { ratioContributions } from "./contributions.ts";
import { cubeShape } from "./cube.ts";
import { CAUSE_LIMITS, cellsOf, folded, leafColumn, type CauseLimits, type Cells, type Cut } from "./cells.ts";
import type { DimensionColumn } from "./leaves.ts";
import { expectedRates, RATIO_SETTINGS, ratioScan, type RatioForm, type RatioSettings } from "./ratio-scan.ts";
import { strengthOf, type Cause, type CauseReport, type Verdict } from "./report.ts";
import { sentenceOf } from "./sentence.ts";
import { siblingChecks, type FigureCubes } from "./siblings.ts";
import { cubeOf } from "./sums.ts";

export interface RatioCauseInput {
  readonly measure: string;
  readonly dimensions: readonly DimensionColumn[];
  /** [row] of the interval looked at; NaN = missing, counts as nothing there */
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
  /** [interval × row], oldest first, the same rows; 0 or NaN where a row had nothing */
  readonly history: {
    readonly numerator: Float64Array;
    readonly denominator: Float64Array;
    readonly intervalCount: number;
    /** [interval] the rate expected now over the one expected then, where rates have a rhythm; absent = 1 */
    readonly rhythm?: Float64Array;
  };
  readonly settings?: RatioSettings;
  readonly limits?: CauseLimits;
}

/** Pure; independent of the order of rows. O(rows × dimensions × intervals + cells × dimensions × causes). */
export function findRatioCauses(input: RatioCauseInput): CauseReport {
  const { measure, dimensions, history, limits = CAUSE_LIMITS, settings = RATIO_SETTINGS } = input;
  const rowCount = input.numerator.length;
  const { intervalCount } = history;
  const numerator = withoutMissing(input.numerator);
  const denominator = withoutMissing(input.denominator);
  const pastNumerator = withoutMissing(history.numerator);
  const pastDenominator = withoutMissing(history.denominator);
  const meanDenominator = new Float64Array(rowCount);
  for (let k = 0; k < pastDenominator.length; k++) meanDenominator[k % rowCount] = meanDenominator[k % rowCount]! + pastDenominator[k]! / intervalCount;
  const usable = Uint8Array.from(denominator, (b, i) => (b > 0 || meanDenominator[i]! > 0 ? 1 : 0));
  const missingCount = input.numerator.reduce((count, x, i) => count + (Number.isFinite(x) && Number.isFinite(input.denominator[i]!) ? 0 : 1), 0);
  const cells = cellsOf(dimensions, { usable, weight: denominator, deviation: numerator, limits });
  const leafPast = (column: Float64Array) => {
    const out = new Float64Array(intervalCount * cells.leafCount);
    for (let t = 0; t < intervalCount; t++) out.set(leafColumn(cells, column.subarray(t * rowCount, (t + 1) * rowCount)), t * cells.leafCount);
    return out;
  };
  const now = { numerator: leafColumn(cells, numerator), denominator: leafColumn(cells, denominator) };
  const past = { numerator: leafPast(pastNumerator), denominator: leafPast(pastDenominator), intervalCount };
  const shape = folded(cells, now.numerator, limits.cellsMax);
  const form = formOf(now, past);
  if (history.rhythm !== undefined) {
    for (let k = 0; k < past.numerator.length; k++) past.numerator[k] = past.numerator[k]! * history.rhythm[Math.floor(k / cells.leafCount)]!;
  }
  const expectation = expectedRates(past, shape, form);
  const found = intervalCount === 0 ? [] : ratioScan(now, expectation, shape, settings);
  const named = found.filter(({ codes }) => codes.every((code, d) => code === shape.sizes[d] || shape.codeOf[d]![code]! >= 0));
  const expected = now.denominator.map((b, i) => b * expectation.rate[i]!);
  const parts = named.map((finding) => ({
    ...finding,
    codes: finding.codes.map((code, d) => (code === shape.sizes[d] ? cells.dimensions[d]!.values.length : shape.codeOf[d]![code]!)),
  }));
  const cube = cubeShape(shape.sizes);
  const cellOf = new Int32Array(cells.leafCount);
  for (const [d, codes] of shape.codes.entries()) for (let i = 0; i < cellOf.length; i++) cellOf[i] = cellOf[i]! + codes[i]! * cube.strides[d]!;
  const cubes: FigureCubes = {
    shape: cube,
    actual: cubeOf(now.numerator, cube, cellOf),
    expected: cubeOf(expected, cube, cellOf),
    variance: cubeOf(expected.map((f) => Math.max(f, 1e-9) * expectation.overdispersion), cube, cellOf),
  };
  const sums = parts.map(({ codes }) => segmentSums(cells, codes, { ...now, expected }));
  const whole = segmentSums(cells, cells.dimensions.map(({ values }) => values.length), { ...now, expected });
  const insideNet = sums.reduce((sum, { x, e }) => sum + x - e, 0);
  const insideGross = sums.reduce((sum, { x, e }) => sum + Math.abs(x - e), 0);
  const gross = insideGross + Math.abs(whole.x - whole.e - insideNet);
  const causes = parts.map(({ codes, gain, ratio }, k): Cause => {
    const { x, e, b } = sums[k]!;
    return {
      segment: cells.dimensions.flatMap(({ name, values }, d): DimensionValue[] => (codes[d] === values.length ? [] : [{ name, value: values[codes[d]!] ?? null }])),
      expected: e / b,
      actual: x / b,
      change: e > 0 ? x / e - 1 : NaN,
      direction: x >= e ? "up" : "down",
      share: gross > 0 ? Math.abs(x - e) / gross : 0,
      gain,
      strength: strengthOf(gain),
      together: k,
      siblings: siblingChecks(named[k]!.codes, ratio, { cubes, dimensions: cells.dimensions, codeOf: shape.codeOf }),
    };
  });
  const isTotal = causes.length > 0 && causes[0]!.segment.length === 0;
  const verdict: Verdict =
    whole.b === 0 || intervalCount === 0 ? "no data" : causes.length === 0 ? "no segment stands out" : isTotal ? (causes.length === 1 ? "everything moved" : "everything moved, and more so in") : "segments";
  const cuts: Cut[] = [...cells.cuts, ...shape.cuts];
  if (found.length >= settings.causesMax) cuts.push({ limit: "causes", max: settings.causesMax });
  const rate = Float64Array.from(numerator, () => 0);
  for (let leaf = 0; leaf < cells.leafCount; leaf++) {
    const [from, to] = cells.start === null ? [leaf, leaf + 1] : [cells.start[leaf]!, cells.start[leaf + 1]!];
    for (let k = from; k < to; k++) rate[cells.rows[k]!] = expectation.rate[leaf]!;
  }
  const report: Omit<CauseReport, "sentence"> = {
    measure,
    verdict,
    expected: whole.e / whole.b,
    actual: whole.x / whole.b,
    causes,
    explained: { net: whole.x === whole.e ? 0 : insideNet / (whole.x - whole.e), gross: gross === 0 ? 0 : insideGross / gross },
    contribution: ratioContributions({ dimensions, numerator, denominator, numeratorExpected: meanDenominator.map((b, i) => b * rate[i]!), denominatorExpected: meanDenominator }),
    smallestSeen: null,
    isProposal: false,
    overlap: null,
    sharedChange: 0,
    missingCount,
    constant: cells.constant,
    cuts,
  };
  return { ...report, sentence: sentenceOf(report) };
}

/** Cases that outnumber their trials are mistakes of the data up to this share of the cells, and an amount beyond it. */
const BEYOND_SHARE_MAX = 0.01;

function formOf(...parts: readonly { readonly numerator: Float64Array; readonly denominator: Float64Array }[]): RatioForm {
  let cells = 0;
  let beyond = 0;
  for (const { numerator, denominator } of parts) {
    for (let i = 0; i < numerator.length; i++) {
      if (!Number.isInteger(numerator[i]) || !Number.isInteger(denominator[i])) return "amount";
      if (numerator[i] === 0 && denominator[i] === 0) continue;
      cells++;
      if (numerator[i]! > denominator[i]!) beyond++;
    }
  }
  return beyond <= BEYOND_SHARE_MAX * cells ? "share" : "amount";
}

function segmentSums(
  { codes: columns, dimensions, leafCount }: Cells,
  codes: readonly number[],
  { numerator, denominator, expected }: { numerator: Float64Array; denominator: Float64Array; expected: Float64Array },
): { x: number; e: number; b: number } {
  let x = 0;
  let e = 0;
  let b = 0;
  for (let i = 0; i < leafCount; i++) {
    let isInside = true;
    for (let d = 0; d < dimensions.length && isInside; d++) isInside = codes[d] === dimensions[d]!.values.length || codes[d] === columns[d]![i];
    if (!isInside) continue;
    x += numerator[i]!;
    e += expected[i]!;
    b += denominator[i]!;
  }
  return { x, e, b };
}

function withoutMissing(column: Float64Array): Float64Array {
  return column.map((value) => (Number.isFinite(value) ? value : 0));
}
