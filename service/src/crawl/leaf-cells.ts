/** The cells of a leaf table, in blocks, and how a number is added to one. */
import type { MeasureConfig } from "../resources/detector.ts";
import { EXACT_UNITS_MAX, exactSum, isWholeUnits, unitsOf } from "./exact-sum.ts";
import { NotAggregable } from "./not-aggregable.ts";

/** Cells of consecutive combinations, [combination in the block × measure × interval]. */
export interface Block {
  readonly values: Float64Array;
  readonly counts: Uint32Array;
  /** what plain addition has lost so far; made when the first bit is lost */
  lost: Float64Array | null;
  /** 1 where the value is the rounded sum of one line of the database, to which no other can be added; made when there is one */
  rounded: Uint8Array | null;
  /** the same cells for the denominators of ratios; null where there are none */
  readonly denominators: Block | null;
}

export const EMPTY_BLOCK: Block = { values: new Float64Array(0), counts: new Uint32Array(0), lost: null, rounded: null, denominators: null };

/** @param scale  of an exact type, whose sums are kept in units of 10^−scale */
export function sumAt({ values, lost, rounded }: Block, at: number, scale: number | null): number {
  const rest = lost === null ? 0 : lost[at]!;
  if (scale === null || rounded?.[at] === 1) return values[at]! + rest;
  return exactSum(values[at]!, rest, scale);
}

/** A sum of the database, to a cell that mostly has none yet: then it may be of any size. */
export function addUnits(block: Block, at: number, sum: number, scale: number | null): void {
  if (scale === null) throw new NotAggregable("the measure's type has changed");
  const isFirst = block.counts[at] === 0;
  const units = unitsOf(sum, scale);
  if (Math.abs(units) <= EXACT_UNITS_MAX && !isWholeUnits(sum, scale)) throw new NotAggregable("the measure has more digits after the point than its type had");
  if (Math.abs(units) <= EXACT_UNITS_MAX && (isFirst || block.rounded?.[at] !== 1)) {
    addSum(block, at, units);
    block.counts[at]! -= 1; // the caller counts the line's rows
    return;
  }
  if (!isFirst) throw new NotAggregable("sums of several lines have more digits than can be added up exactly");
  block.rounded ??= new Uint8Array(block.values.length);
  block.rounded[at] = 1;
  block.values[at] = sum;
}

export function sumAdder(scale: number | null): (block: Block, at: number, value: number) => void {
  if (scale === null) return addSum;
  const perUnit = 10 ** scale;
  return scale === 0 ? addSum : (block, at, value) => addSum(block, at, Math.round(value * perUnit));
}

export function adderOf({ aggregation }: MeasureConfig, scale: number | null): (block: Block, at: number, value: number) => void {
  switch (aggregation) {
    case "COUNT":
      return addOne;
    case "MIN":
      return addMin;
    case "MAX":
      return addMax;
    default:
      return sumAdder(scale);
  }
}

function addOne(block: Block, at: number): void {
  block.counts[at]! += 1;
  block.values[at]! += 1;
}

function addMin(block: Block, at: number, value: number): void {
  if (block.counts[at]!++ === 0 || value < block.values[at]!) block.values[at] = value;
}

function addMax(block: Block, at: number, value: number): void {
  if (block.counts[at]!++ === 0 || value > block.values[at]!) block.values[at] = value;
}

/**
 * Neumaier's sum: a database gives rows in any order, and a re-run must give the same bytes. Plain addition differs in
 * its last bits from order to order; with what it lost added at the end, the sum is the rounded true one.
 */
function addSum(block: Block, at: number, value: number): void {
  const before = block.values[at]!;
  const sum = before + value;
  block.values[at] = sum;
  block.counts[at]! += 1;
  const lost = Math.abs(before) >= Math.abs(value) ? before - sum + value : value - sum + before;
  if (lost === 0 || lost !== lost) return;
  block.lost ??= new Float64Array(block.values.length);
  block.lost[at]! += lost;
}
