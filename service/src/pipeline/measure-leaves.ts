/**
 * What the search for causes is given of one measure: its leaves over one interval or several, with what our own models
 * expected of them and how uncertain that was, brought into line with the forecasts of the levels above.
 */
import { dimensionColumns, raked, scoreOf, type CauseInput, type DimensionColumn } from "@foretop/engine";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import type { SeriesTable } from "./series-table.ts";

/** An interval as it was judged. Columns are [series]; NaN = missing. */
export interface JudgedFigures {
  readonly values: Float64Array;
  /** rows behind each value */
  readonly counts: Float64Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface MeasureLeaves extends CauseInput {
  /** [row] number of the series */
  readonly series: readonly number[];
  /** of the measure's total; −1 where there is none */
  readonly total: number;
}

/** Where the leaves of a measure and the levels above them are, by number. */
interface Places {
  readonly leaves: readonly number[];
  readonly dimensions: readonly DimensionColumn[];
  /** [dimension][value] the series of that value alone; −1 where there is none */
  readonly values: readonly Int32Array[];
  readonly total: number;
}

/**
 * @param intervals  judged; a series whose number is beyond an interval's columns was not born yet
 *
 * Sums and counts of several intervals are added, their variances too. Averages are weighted by the rows behind them. What
 * is missing in an interval is left out there; of a sum that was expected and did not arrive, nothing arrived: 0.
 */
export function measureLeaves(
  measure: MeasureConfig,
  { config, table }: { readonly config: Pick<DetectorConfig, "dimensions">; readonly table: SeriesTable },
  intervals: readonly JudgedFigures[],
): MeasureLeaves {
  const known = Math.max(0, ...intervals.map(({ values }) => values.length));
  const places = placesOf(measure, config.dimensions, table, known);
  const count = places.leaves.length;
  const isAverage = measure.aggregation === "AVG";
  const spreadScore = Math.max(1, scoreOf(measure.severityMin));
  const actual = new Float64Array(count);
  const expected = new Float64Array(count);
  const variance = new Float64Array(count);
  const weights = new Float64Array(count);
  const isSeen = new Uint8Array(count);
  let totalExpected = 0;
  let totalSpread = 0;
  for (const figures of intervals) {
    const own = Float64Array.from(places.leaves, (s) => at(figures.expected, s));
    const spread = Float64Array.from(places.leaves, (s) => spreadAt(figures, s, spreadScore));
    const inLine = isAverage ? own : inLineWithLevels(own, spread, figures, places);
    for (let i = 0; i < count; i++) {
      const s = places.leaves[i]!;
      const f = inLine[i]!;
      const rows = at(figures.counts, s);
      const value = at(figures.values, s);
      const v = Number.isNaN(value) && !isAverage && rows === 0 ? 0 : value;
      if (!Number.isFinite(f) || !Number.isFinite(v)) continue;
      const weight = isAverage ? Math.max(1, rows) : 1;
      isSeen[i] = 1;
      actual[i] = actual[i]! + weight * v;
      expected[i] = expected[i]! + weight * f;
      variance[i] = variance[i]! + (weight * spread[i]!) ** 2;
      weights[i] = weights[i]! + weight;
    }
    const f = at(figures.expected, places.total);
    const s = spreadAt(figures, places.total, spreadScore);
    if (!Number.isFinite(f) || !(s > 0)) continue;
    totalExpected += f;
    totalSpread += s; // forecasts that err together err alike in intervals that follow each other
  }
  for (let i = 0; i < count; i++) {
    const weight = isSeen[i] === 0 ? NaN : isAverage ? weights[i]! : 1;
    actual[i] = actual[i]! / weight;
    expected[i] = expected[i]! / weight;
    variance[i] = variance[i]! / (weight * weight);
  }
  return {
    measure: measure.name,
    kind: isAverage ? "average" : measure.aggregation === "COUNT_DISTINCT" ? "distinct" : "sum",
    dimensions: places.dimensions,
    series: places.leaves,
    total: places.total,
    actual,
    expected,
    spread: variance.map(Math.sqrt),
    ...(isAverage ? { counts: { actual: weights, expected: weights } } : {}),
    ...(totalExpected === 0 ? {} : { sharedError: totalSpread / Math.abs(totalExpected) }),
  };
}

/** Half the band in spreads: at the measure's sensitivity the band is this score wide, on the side that is nearer. */
function spreadAt({ expected, lower, upper }: JudgedFigures, s: number, score: number): number {
  const half = Math.min(at(upper, s) - at(expected, s), at(expected, s) - at(lower, s));
  return half > 0 ? half / score : 0;
}

function at(column: Float64Array, s: number): number {
  return s < 0 || s >= column.length ? NaN : column[s]!;
}

/** Forecasts of sparse leaves are noisy; those of single values and of the total are not (engine, rake.ts). */
function inLineWithLevels(own: Float64Array, spread: Float64Array, figures: JudgedFigures, { leaves, dimensions, values, total }: Places): Float64Array {
  const hasNegative = own.some((f, i) => f < -spread[i]! || at(figures.values, leaves[i]!) < 0);
  if (hasNegative || total < 0 || dimensions.length === 0) return own;
  return raked(own, dimensions, { total: at(figures.expected, total), values: values.map((numbers) => Float64Array.from(numbers, (s) => at(figures.expected, s))) });
}

/** Looked up once for a measure while no series is added: a detector's intervals come one by one. */
const placesByTable = new WeakMap<SeriesTable, Map<string, Places>>();
const PLACES_PER_TABLE_MAX = 64;

function placesOf(measure: MeasureConfig, names: readonly string[], table: SeriesTable, known: number): Places {
  const key = JSON.stringify([measure.name, known, table.count]);
  const cached = placesByTable.get(table) ?? new Map<string, Places>();
  placesByTable.set(table, cached);
  const found = cached.get(key);
  if (found !== undefined) return found;
  const index = table.measures.indexOf(measure) >= 0 ? table.measures.indexOf(measure) : table.measures.findIndex(({ name }) => name === measure.name);
  const leaves: number[] = [];
  for (let s = 0; s < known; s++) if (table.stored[s]!.isLeaf && table.measureOf[s] === index) leaves.push(s);
  const sorted = [...names].sort();
  const dimensions = dimensionColumns(sorted, leaves.map((s) => sorted.map((name) => table.keys[s]!.dimensions.find((d) => d.name === name)?.value ?? null)));
  const places: Places = {
    leaves,
    dimensions,
    values: dimensions.map(({ name, values }) => Int32Array.from(values, (value) => table.numberOf({ measure: measure.name, dimensions: [{ name, value }] }) ?? -1)),
    total: table.numberOf({ measure: measure.name, dimensions: [] }) ?? -1,
  };
  if (cached.size >= PLACES_PER_TABLE_MAX) cached.clear();
  cached.set(key, places);
  return places;
}
