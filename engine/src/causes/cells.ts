/**
 * Leaves made ready for a cube: sorted, each combination once, only dimensions and values that can matter, within the
 * named limits. What had to be cut off is said.
 */
import { compareValues, type DimensionColumn } from "./leaves.ts";

/** Named limits; every one that was met is in the report. */
export interface CauseLimits {
  /** dimensions looked at */
  readonly dimensionsMax: number;
  /** with more dimensions than this, only those that tell most are combined */
  readonly combinedDimensionsMax: number;
  /** leaves looked at, the largest by expected */
  readonly leavesMax: number;
  /** cells of the cube: beyond it, values with the least evidence are looked at together */
  readonly cellsMax: number;
  readonly causesMax: number;
}

export const CAUSE_LIMITS: CauseLimits = {
  dimensionsMax: 10,
  combinedDimensionsMax: 6,
  leavesMax: 2_000_000,
  cellsMax: 4_000_000,
  causesMax: 15,
};

/** Something that was not looked at, or not one by one. */
export type Cut =
  | { readonly limit: "dimensions"; readonly dimensions: readonly string[]; readonly max: number }
  | { readonly limit: "combined dimensions"; readonly dimensions: readonly string[]; readonly max: number }
  | { readonly limit: "leaves"; readonly count: number; readonly max: number }
  | { readonly limit: "values"; readonly dimension: string; readonly count: number; readonly kept: number }
  | { readonly limit: "causes"; readonly max: number };

/** A dimension of the cube: its values in order, and for each code of the caller's column the new one. */
export interface CellDimension {
  readonly name: string;
  /** sorted; without those that do not occur */
  readonly values: readonly (string | null)[];
}

export interface Cells {
  readonly dimensions: readonly CellDimension[];
  /** dimensions with a single value: they cannot tell anything apart */
  readonly constant: readonly { readonly name: string; readonly value: string | null }[];
  /** [dimension][leaf] */
  readonly codes: readonly Int32Array[];
  /** rows of the caller's columns in order of the leaves … */
  readonly rows: Int32Array;
  /** … [leaf] those from `start[leaf]` to `start[leaf + 1]` make it up; null where each is a leaf of its own */
  readonly start: Int32Array | null;
  /** row i is leaf i */
  readonly isInOrder: boolean;
  readonly leafCount: number;
  readonly cuts: readonly Cut[];
}

/**
 * @param usable  [row] 0 leaves the row out (a missing value)
 * @param weight     [row] what "largest" means for the limit of leaves
 * @param deviation  [row] what tells dimensions apart when there are too many of them
 *
 * O(rows × dimensions): a counting sort per dimension gives the same order for any order of rows.
 */
export function cellsOf(
  columns: readonly DimensionColumn[],
  { usable, weight, deviation, limits = CAUSE_LIMITS }: { usable: Uint8Array; weight: Float64Array; deviation: Float64Array; limits?: CauseLimits },
): Cells {
  const cuts: Cut[] = [];
  let rows = usableRows(usable);
  if (rows.length > limits.leavesMax) {
    cuts.push({ limit: "leaves", count: rows.length, max: limits.leavesMax });
    rows = largestRows(rows, weight, limits.leavesMax);
  }
  const constant: { name: string; value: string | null }[] = [];
  let kept: { name: string; values: (string | null)[]; codes: Int32Array }[] = [];
  for (const column of [...columns].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const dimension = withUsedValues(column, rows);
    if (dimension.values.length > 1) kept.push(dimension);
    else constant.push({ name: column.name, value: dimension.values[0] ?? null });
  }
  if (kept.length > limits.dimensionsMax) {
    // The fewest values first: a dimension with a value for every row is an identifier.
    const order = [...kept].sort((a, b) => a.values.length - b.values.length);
    const out = new Set(order.slice(limits.dimensionsMax));
    cuts.push({ limit: "dimensions", dimensions: kept.filter((d) => out.has(d)).map(({ name }) => name), max: limits.dimensionsMax });
    kept = kept.filter((d) => !out.has(d));
  }
  if (kept.length > limits.combinedDimensionsMax) {
    const tells = new Map(kept.map((dimension) => [dimension, tellsApart(dimension, rows, { weight, deviation })]));
    const order = [...kept].sort((a, b) => tells.get(b)! - tells.get(a)! || (a.name < b.name ? -1 : 1));
    const out = new Set(order.slice(limits.combinedDimensionsMax));
    cuts.push({ limit: "combined dimensions", dimensions: kept.filter((d) => out.has(d)).map(({ name }) => name), max: limits.combinedDimensionsMax });
    kept = kept.filter((d) => !out.has(d));
  }
  return { ...sortedLeaves(kept, rows), constant, cuts };
}

function usableRows(usable: Uint8Array): Int32Array {
  const rows = new Int32Array(usable.length);
  let count = 0;
  for (let i = 0; i < usable.length; i++) if (usable[i] !== 0) rows[count++] = i;
  return rows.subarray(0, count);
}

function largestRows(rows: Int32Array, weight: Float64Array, max: number): Int32Array {
  const sizes = Float64Array.from(rows, (i) => Math.abs(weight[i]!)).sort();
  const least = sizes[sizes.length - max]!;
  const larger = rows.filter((i) => Math.abs(weight[i]!) > least);
  const equal = rows.filter((i) => Math.abs(weight[i]!) === least);
  return Int32Array.from([...larger, ...equal.subarray(0, max - larger.length)]).sort();
}

function withUsedValues({ name, values, codes }: DimensionColumn, rows: Int32Array): { name: string; values: (string | null)[]; codes: Int32Array } {
  const used = usedCodes(values.length, codes, rows);
  const inUse = [...values.keys()].filter((c) => used[c] === 1);
  // A caller's dictionary may name a value twice: both are the same value.
  const sorted = [...new Set(inUse.map((c) => values[c] ?? null))].sort(compareValues);
  if (sorted.length === values.length && sorted.every((value, c) => value === values[c])) return { name, values: sorted, codes };
  const codeOf = new Map(sorted.map((value, code) => [value, code]));
  const recode = new Int32Array(values.length);
  for (const [c, value] of values.entries()) recode[c] = codeOf.get(value) ?? 0;
  const recoded = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) recoded[i] = recode[codes[i]!]!;
  return { name, values: sorted, codes: recoded };
}

/** [code] 1 where it occurs; most dictionaries are in use after a few rows. */
function usedCodes(count: number, codes: Int32Array, rows: Int32Array): Uint8Array {
  const used = new Uint8Array(count);
  let left = count;
  for (let k = 0; k < rows.length && left > 0; k++) {
    const c = codes[rows[k]!]!;
    if (used[c] === 1) continue;
    used[c] = 1;
    left--;
  }
  return used;
}

/** How clearly one of a dimension's values moved otherwise than the rest: the largest deviation in spreads, squared. */
function tellsApart(
  { values, codes }: { values: readonly (string | null)[]; codes: Int32Array },
  rows: Int32Array,
  { weight, deviation }: { weight: Float64Array; deviation: Float64Array },
): number {
  const sizes = new Float64Array(values.length);
  const deviations = new Float64Array(values.length);
  let size = 0;
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k]!;
    sizes[codes[i]!] = sizes[codes[i]!]! + Math.abs(weight[i]!);
    deviations[codes[i]!] = deviations[codes[i]!]! + deviation[i]!;
    size += Math.abs(weight[i]!);
    sum += deviation[i]!;
  }
  let most = 0;
  for (let c = 0; c < values.length; c++) if (sizes[c]! > 0) most = Math.max(most, (deviations[c]! - (sum / size) * sizes[c]!) ** 2 / sizes[c]!);
  return most;
}

/** Rows in order of their combinations, and where each combination starts. */
function sortedLeaves(
  kept: readonly { name: string; values: (string | null)[]; codes: Int32Array }[],
  rows: Int32Array,
): Omit<Cells, "constant" | "cuts"> {
  const dimensions = kept.map(({ name, values }) => ({ name, values }));
  // Each combination once and in order, as most callers have them: rows are leaves, and nothing is copied.
  if (rows.length === kept[0]?.codes.length && isStrictlyAscending(kept, rows)) {
    return { dimensions, codes: kept.map(({ codes }) => codes), rows, start: null, isInOrder: true, leafCount: rows.length };
  }
  const single = singlesInOrder(kept, rows);
  if (single !== null) return { dimensions, codes: kept.map(({ codes }) => gathered(codes, single)), rows: single, start: null, isInOrder: false, leafCount: single.length };
  let order = rows;
  for (let d = kept.length - 1; d >= 0; d--) order = countingSorted(order, kept[d]!.codes, kept[d]!.values.length);
  // Where each combination starts; 1 = another than the row before.
  const starts = new Uint8Array(order.length);
  if (order.length > 0) starts[0] = 1;
  for (const { codes } of kept) for (let k = 1; k < order.length; k++) if (codes[order[k]!] !== codes[order[k - 1]!]) starts[k] = 1;
  let leafCount = 0;
  for (let k = 0; k < starts.length; k++) leafCount += starts[k]!;
  const start = new Int32Array(leafCount + 1);
  let leaf = 0;
  for (let k = 0; k < order.length; k++) if (starts[k] === 1) start[leaf++] = k;
  start[leafCount] = order.length;
  const firsts = Int32Array.from({ length: leafCount }, (_, i) => order[start[i]!]!);
  return { dimensions, codes: kept.map((dimension) => gathered(dimension.codes, firsts)), rows: order, start, isInOrder: false, leafCount };
}

function gathered(codes: Int32Array, rows: Int32Array): Int32Array {
  const own = new Int32Array(rows.length);
  for (let i = 0; i < own.length; i++) own[i] = codes[rows[i]!]!;
  return own;
}

/** A grid of more cells for each row than this is sorted by its dimensions instead. */
const CELLS_PER_ROW_MAX = 8;

/** Rows in order of their combinations where no two have the same one: each is put where its combination is; null else. */
function singlesInOrder(kept: readonly { values: readonly unknown[]; codes: Int32Array }[], rows: Int32Array): Int32Array | null {
  const cellCount = kept.reduce((product, { values }) => product * values.length, 1);
  if (cellCount > CELLS_PER_ROW_MAX * rows.length) return null;
  const keys = new Int32Array(rows.length);
  for (const { codes, values } of kept) addDigit(keys, codes, values.length, rows);
  const rowAt = new Int32Array(cellCount).fill(-1);
  for (let k = 0; k < keys.length; k++) {
    if (rowAt[keys[k]!]! >= 0) return null;
    rowAt[keys[k]!] = rows[k]!;
  }
  const order = new Int32Array(rows.length);
  let count = 0;
  for (let cell = 0; cell < cellCount; cell++) if (rowAt[cell]! >= 0) order[count++] = rowAt[cell]!;
  return order;
}

function addDigit(keys: Int32Array, codes: Int32Array, size: number, rows: Int32Array): void {
  for (let k = 0; k < keys.length; k++) keys[k] = keys[k]! * size + codes[rows[k]!]!;
}

/** Whether every row's combination comes after the one before: sorted, and none twice. */
function isStrictlyAscending(kept: readonly { codes: Int32Array }[], order: Int32Array): boolean {
  const columns = kept.map(({ codes }) => codes);
  for (let k = 1; k < order.length; k++) {
    const row = order[k]!;
    const before = order[k - 1]!;
    let difference = 0;
    for (let d = 0; d < columns.length && difference === 0; d++) {
      const codes = columns[d]!;
      difference = codes[row]! - codes[before]!;
    }
    if (difference <= 0) return false;
  }
  return true;
}

function countingSorted(order: Int32Array, codes: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const at = new Int32Array(size + 1);
  for (let k = 0; k < order.length; k++) at[codes[order[k]!]! + 1] = at[codes[order[k]!]! + 1]! + 1;
  for (let c = 0; c < size; c++) at[c + 1] = at[c + 1]! + at[c]!;
  const sorted = new Int32Array(order.length);
  for (let k = 0; k < order.length; k++) {
    const c = codes[order[k]!]!;
    sorted[at[c]!] = order[k]!;
    at[c] = at[c]! + 1;
  }
  return sorted;
}

/**
 * One column of the caller's rows, one number a leaf: rows of one combination are added. They are added in order of size,
 * so that the order of rows does not show in the last bit. Where rows are leaves it is the column itself: read only.
 */
export function leafColumn({ rows, start, isInOrder, leafCount }: Cells, column: Float64Array, how: "sum" | "quadrature" = "sum"): Float64Array {
  if (isInOrder) return column;
  const out = new Float64Array(leafCount);
  if (start === null) {
    for (let leaf = 0; leaf < leafCount; leaf++) out[leaf] = column[rows[leaf]!]!;
    return out;
  }
  for (let leaf = 0; leaf < leafCount; leaf++) {
    const from = start[leaf]!;
    const to = start[leaf + 1]!;
    if (to - from === 1) {
      out[leaf] = column[rows[from]!]!;
      continue;
    }
    const values = Float64Array.from(rows.subarray(from, to), (i) => column[i]!).sort();
    let sum = 0;
    for (const value of values) sum += how === "sum" ? value : value * value;
    out[leaf] = how === "sum" ? sum : Math.sqrt(sum);
  }
  return out;
}

/** Codes for a cube that is small enough: values with the least evidence of a dimension share its last code. */
export interface FoldedCells {
  readonly sizes: readonly number[];
  readonly codes: readonly Int32Array[];
  /** [dimension] per code of the cube its code in `Cells`, −1 for the values that share one */
  readonly codeOf: readonly Int32Array[];
  readonly cuts: readonly Cut[];
}

/**
 * A value whose leaves have no evidence together cannot be part of a cause, so that little is lost.
 *
 * @param lack  [leaf] evidence against "as expected"
 */
export function folded(cells: Cells, lack: Float64Array, cellsMax: number): FoldedCells {
  const sizes = cells.dimensions.map(({ values }) => values.length);
  const keep = [...sizes];
  const cellCount = () => keep.reduce((product, size) => product * (size + 2), 1);
  if (sizes.reduce((product, size) => product * (size + 1), 1) <= cellsMax) {
    return { sizes, codes: cells.codes, codeOf: sizes.map((size) => Int32Array.from({ length: size }, (_, c) => c)), cuts: [] };
  }
  while (cellCount() > cellsMax && Math.max(...keep) > 1) {
    const largest = keep.indexOf(Math.max(...keep));
    keep[largest] = Math.max(1, Math.floor(keep[largest]! * 0.8));
  }
  const cuts: Cut[] = [];
  const codeOf: Int32Array[] = [];
  const codes = cells.codes.map((own, d) => {
    if (keep[d]! >= sizes[d]! - 1) {
      codeOf.push(Int32Array.from({ length: sizes[d]! }, (_, c) => c));
      return own;
    }
    const evidence = new Float64Array(sizes[d]!);
    for (let i = 0; i < own.length; i++) evidence[own[i]!] = evidence[own[i]!]! + lack[i]!;
    const best = [...evidence.keys()].sort((a, b) => evidence[b]! - evidence[a]! || a - b).slice(0, keep[d]!).sort((a, b) => a - b);
    const recode = new Int32Array(sizes[d]!).fill(best.length);
    for (const [code, c] of best.entries()) recode[c] = code;
    codeOf.push(Int32Array.from([...best, -1]));
    cuts.push({ limit: "values", dimension: cells.dimensions[d]!.name, count: sizes[d]!, kept: best.length });
    return own.map((c) => recode[c]!);
  });
  return { sizes: codeOf.map(({ length }) => length), codes, codeOf, cuts };
}
