/**
 * Levels: beside the leaves (series with every dimension of the dataset), the total of each measure and every single
 * dimension value are series of their own. They are computed from the leaves, without a further query, so that a small
 * fall of the total that no leaf shows is found, and a fall of one leaf that the total hides is found as well.
 *
 * Series numbers belong to the caller and never change; new leaves may appear in any interval. So this is a growing
 * index: `add` takes the keys that are new, `rollUp` fills the roll-ups' places in a column of values.
 *
 * Pairs of dimension values are not levels: with 4 dimensions of 10 values they would be 600 series, mostly as noisy as
 * leaves; the search for causes looks at every combination when it matters (causes/).
 */
import { ExactSums } from "../stats/exact-sum.ts";
import { seriesKey, seriesKeyText, type SeriesKey } from "./series-key.ts";

/** How a roll-up's value comes from its leaves. */
export type Combine = "sum" | "mean" | "min" | "max" | "none";

/**
 * The combination for an aggregation. AVG needs counts beside the averages: without them an average of averages would
 * be wrong, so there are no levels. A distinct count does not add up at all.
 */
export function combineOf(
  aggregation: "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "COUNT_DISTINCT",
  { hasCounts = false }: { hasCounts?: boolean } = {},
): Combine {
  if (aggregation === "SUM" || aggregation === "COUNT") return "sum";
  if (aggregation === "AVG") return hasCounts ? "mean" : "none";
  if (aggregation === "MIN") return "min";
  return aggregation === "MAX" ? "max" : "none";
}

/**
 * The roll-up keys above one leaf, the total first: the total and every single dimension value.
 *
 * A leaf without dimensions is its own total: none. With one dimension a single value is the leaf itself: the total only.
 *
 * @example
 * rollUpKeys(seriesKey("views", [{ name: "platform", value: "web" }, { name: "country", value: "DE" }]))
 * // → views in total, views of country=DE, views of platform=web
 */
export function rollUpKeys(leaf: SeriesKey): SeriesKey[] {
  const { measure, dimensions } = leaf;
  if (dimensions.length === 0) return [];
  const keys = [seriesKey(measure, [])];
  if (dimensions.length > 1) for (const dimension of dimensions) keys.push(seriesKey(measure, [dimension]));
  return keys;
}

/**
 * The roll-up keys that `leaves` need and that `has` does not know yet, each once, in order of first need: the caller
 * gives them the next series numbers.
 *
 * O(leaves × dimensions).
 */
export function missingRollUpKeys(leaves: readonly SeriesKey[], has: (key: SeriesKey) => boolean): SeriesKey[] {
  const seen = new PathSet();
  const missing: SeriesKey[] = [];
  for (const leaf of leaves) {
    const { measure, dimensions } = leaf;
    if (dimensions.length === 0) continue;
    if (seen.add(measure, null)) {
      const total = seriesKey(measure, []);
      if (!has(total)) missing.push(total);
    }
    if (dimensions.length === 1) continue;
    for (const dimension of dimensions) {
      if (!seen.add(measure, dimension)) continue;
      const single = seriesKey(measure, [dimension]);
      if (!has(single)) missing.push(single);
    }
  }
  return missing;
}

/** What is known of the levels of one detector. Lists are by series number. */
export interface SeriesLevels {
  /** dimensions of the dataset: a key with this many is a leaf */
  readonly dimensionCount: number;
  /** keys taken so far */
  readonly seriesCount: number;
  readonly isLeaf: (series: number) => boolean;
  /** direct parents, ascending: of a leaf its single values (the total with one dimension), of a single value the total */
  readonly parents: (series: number) => readonly number[];
  /** direct children, ascending */
  readonly children: (series: number) => readonly number[];
  /** the leaves below a series (itself for a leaf), ascending: what the wire lists in place of a roll-up */
  readonly leaves: (series: number) => readonly number[];
  /** takes the keys numbered seriesCount … keys.length − 1; earlier ones must not have changed. Any order: a leaf may
   *  come before or after its roll-ups. */
  readonly add: (keys: readonly SeriesKey[]) => void;
  /**
   * Fills the roll-ups' places of `values` from its leaves, in place. Missing leaves (NaN) are skipped; a roll-up all of
   * whose leaves are missing is missing. Sums are exact and rounded once: neither the order of leaves nor how they are
   * split between processes shows in them.
   *
   * @param values  [series]; leaves are read, roll-ups written
   * @param counts  [series]; rows behind each value, for "mean" only: leaves are read, roll-ups written. A leaf without a
   *                count adds nothing to a mean.
   *
   * O(leaves × dimensions), nothing allocated once the number of series is steady.
   */
  readonly rollUp: (values: Float64Array, counts?: Float64Array) => void;
}

const LEAF = 0;
const COMBINES: readonly Combine[] = ["sum", "mean", "min", "max", "none"];
const SUM = 0;
const MEAN = 1;
const MIN = 2;
const MAX = 3;

/**
 * @param options.dimensionCount  dimensions of the dataset
 * @param options.combine         of a measure; "none" leaves its roll-ups, should there be any, missing
 */
export function seriesLevels({
  dimensionCount,
  combine,
}: {
  readonly dimensionCount: number;
  readonly combine: (measure: string) => Combine;
}): SeriesLevels {
  let seriesCount = 0;
  const levelOf: number[] = []; // 0 leaf, else 1 + number of dimensions
  const combineOfSeries: number[] = [];
  const leafList: number[] = [];
  const rollUpList: number[] = [];
  const rollUps = new PathMap(); // (measure, dimension value or total) → its number
  // A leaf's roll-ups, flat: [leaf in leafList × rollUpsPerLeaf]; −1 where the caller keeps no such series.
  const rollUpsPerLeaf = dimensionCount === 0 ? 0 : dimensionCount === 1 ? 1 : dimensionCount + 1;
  let above = new Int32Array(0);
  let sums = new ExactSums(0);
  let sumCount = 0;
  let leavesBelow: Map<number, number[]> | null = null; // rebuilt when asked for after a change
  let children: Map<number, number[]> | null = null;

  function add(keys: readonly SeriesKey[]): void {
    const firstLeaf = leafList.length;
    const leafKeys: SeriesKey[] = [];
    let rollUpsArrived = false;
    for (let s = seriesCount; s < keys.length; s++) {
      const { measure, dimensions } = keys[s]!;
      combineOfSeries.push(COMBINES.indexOf(combine(measure)));
      if (dimensions.length === dimensionCount) {
        levelOf.push(LEAF);
        leafList.push(s);
        leafKeys.push(keys[s]!);
        continue;
      }
      if (dimensions.length > 1) throw new RangeError(`${seriesKeyText(keys[s]!)} is neither a leaf, a single value nor a total`);
      levelOf.push(1 + dimensions.length);
      rollUpList.push(s);
      rollUps.set(measure, dimensions[0] ?? null, s);
      rollUpsArrived = true;
    }
    if (keys.length === seriesCount) return;
    seriesCount = keys.length;
    if (above.length < leafList.length * rollUpsPerLeaf) above = grown(above, leafList.length * rollUpsPerLeaf);
    // A roll-up that comes after its leaves: link all leaves again, it happens once a dimension value.
    const linkFrom = rollUpsArrived ? 0 : firstLeaf;
    for (let i = linkFrom; i < leafList.length; i++) link(i, i >= firstLeaf ? leafKeys[i - firstLeaf]! : keys[leafList[i]!]!);
    leavesBelow = null;
    children = null;
  }

  function link(leafIndex: number, key: SeriesKey): void {
    if (rollUpsPerLeaf === 0) return;
    const at = leafIndex * rollUpsPerLeaf;
    above[at] = rollUps.get(key.measure, null);
    for (let d = 1; d < rollUpsPerLeaf; d++) above[at + d] = rollUps.get(key.measure, key.dimensions[d - 1]!);
  }

  function parents(series: number): readonly number[] {
    if (levelOf[series] === 1) return [];
    if (levelOf[series] === LEAF) {
      const at = leafPosition(leafList, series) * rollUpsPerLeaf;
      const from = rollUpsPerLeaf === 1 ? 0 : 1;
      const found = [...above.subarray(at + from, at + rollUpsPerLeaf)].filter((s) => s >= 0);
      const total = rollUpsPerLeaf === 0 ? -1 : above[at]!;
      return found.length === 0 && total >= 0 ? [total] : found.sort(ascending);
    }
    const below = leaves(series);
    if (below.length === 0) return [];
    const total = above[leafPosition(leafList, below[0]!) * rollUpsPerLeaf]!;
    return total >= 0 ? [total] : [];
  }

  function childrenOf(series: number): readonly number[] {
    if (children === null) {
      children = new Map();
      for (let s = 0; s < seriesCount; s++) {
        for (const parent of parents(s)) {
          const list = children.get(parent);
          if (list === undefined) children.set(parent, [s]);
          else list.push(s);
        }
      }
    }
    return children.get(series) ?? [];
  }

  function leaves(series: number): readonly number[] {
    if (levelOf[series] === LEAF) return [series];
    if (leavesBelow === null) {
      leavesBelow = new Map(rollUpList.map((s) => [s, []]));
      for (let i = 0; i < leafList.length; i++) {
        for (let k = 0; k < rollUpsPerLeaf; k++) {
          const parent = above[i * rollUpsPerLeaf + k]!;
          if (parent >= 0) leavesBelow.get(parent)!.push(leafList[i]!);
        }
      }
    }
    return leavesBelow.get(series) ?? [];
  }

  function rollUp(values: Float64Array, counts?: Float64Array): void {
    if (values.length < seriesCount) throw new RangeError(`${values.length} values for ${seriesCount} series`);
    if (sumCount < seriesCount) {
      sumCount = seriesCount * 2;
      sums = new ExactSums(sumCount);
    }
    sums.clear();
    for (const s of rollUpList) {
      values[s] = NaN;
      if (counts !== undefined) counts[s] = NaN;
    }
    for (let i = 0; i < leafList.length; i++) {
      const leaf = leafList[i]!;
      const value = values[leaf]!;
      if (value !== value) continue;
      const how = combineOfSeries[leaf]!;
      const at = i * rollUpsPerLeaf;
      if (how === SUM) for (let k = 0; k < rollUpsPerLeaf; k++) addTo(sums, above[at + k]!, value);
      else if (how === MIN) for (let k = 0; k < rollUpsPerLeaf; k++) lower(values, above[at + k]!, value);
      else if (how === MAX) for (let k = 0; k < rollUpsPerLeaf; k++) raise(values, above[at + k]!, value);
      else if (how === MEAN && counts !== undefined && counts[leaf]! > 0) {
        for (let k = 0; k < rollUpsPerLeaf; k++) {
          const parent = above[at + k]!;
          addTo(sums, parent, value * counts[leaf]!);
          if (parent >= 0) counts[parent] = (counts[parent] === counts[parent] ? counts[parent]! : 0) + counts[leaf]!;
        }
      }
    }
    for (const s of rollUpList) {
      const how = combineOfSeries[s]!;
      if (how === SUM || how === MEAN) values[s] = sums.value(s);
      if (how === MEAN && counts !== undefined) values[s] = values[s]! / counts[s]!;
    }
  }

  return {
    dimensionCount,
    get seriesCount() {
      return seriesCount;
    },
    isLeaf: (series) => levelOf[series] === LEAF,
    parents,
    children: childrenOf,
    leaves,
    add,
    rollUp,
  };
}

function addTo(sums: ExactSums, at: number, value: number): void {
  if (at >= 0) sums.add(at, value);
}

function lower(values: Float64Array, at: number, value: number): void {
  if (at >= 0 && !(values[at]! <= value)) values[at] = value;
}

function raise(values: Float64Array, at: number, value: number): void {
  if (at >= 0 && !(values[at]! >= value)) values[at] = value;
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(length, array.length * 2)).fill(-1);
  larger.set(array);
  return larger;
}

function leafPosition(leafList: readonly number[], series: number): number {
  let low = 0;
  let high = leafList.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leafList[middle]! < series) low = middle + 1;
    else high = middle;
  }
  return low;
}

const ascending = (a: number, b: number) => a - b;

/** (measure, dimension, value) → number in nested maps: building a text for each leaf and level costs five times as much. */
class PathMap {
  private readonly totals = new Map<string, number>();
  private readonly singles = new Map<string, Map<string, Map<string | null, number>>>();

  get(measure: string, dimension: { name: string; value: string | null } | null): number {
    if (dimension === null) return this.totals.get(measure) ?? -1;
    return this.singles.get(measure)?.get(dimension.name)?.get(dimension.value) ?? -1;
  }

  set(measure: string, dimension: { name: string; value: string | null } | null, series: number): void {
    if (dimension === null) {
      this.totals.set(measure, series);
      return;
    }
    let byName = this.singles.get(measure);
    if (byName === undefined) this.singles.set(measure, (byName = new Map()));
    let byValue = byName.get(dimension.name);
    if (byValue === undefined) byName.set(dimension.name, (byValue = new Map()));
    byValue.set(dimension.value, series);
  }
}

class PathSet {
  private readonly paths = new PathMap();

  /** false when it was there already */
  add(measure: string, dimension: { name: string; value: string | null } | null): boolean {
    if (this.paths.get(measure, dimension) >= 0) return false;
    this.paths.set(measure, dimension, 0);
    return true;
  }
}
