/**
 * What the data itself says about a deviation: a pipeline that lost a partition looks like a business that lost a country.
 * Read from the ledger, the quality of the reading and the judged interval; the engine weighs it (data-fault.ts).
 */
import { dataVerdict, type AnomalyGroup, type DataSigns, type DataVerdict } from "@foretop/engine";
import { READINGS_CONSIDERED_MAX, reachOf, usual, type Reading } from "../crawl/completeness.ts";
import type { DataQualityMetric, Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { Store } from "../store/store.ts";
import type { JudgedFigures } from "./measure-leaves.ts";
import type { SeriesTable } from "./series-table.ts";

export interface DataSignsInput {
  readonly detector: Detector;
  readonly table: SeriesTable;
  readonly interval: Interval;
  readonly figures: JudgedFigures;
  readonly attemptId: string;
  /** of this reading; null = as the store has it */
  readonly quality: readonly DataQualityMetric[] | null;
  readonly store: Pick<Store, "ledger" | "intervals">;
}

/** What is the same for all groups of an interval. */
export interface IntervalSigns {
  readonly rows: Pick<DataSigns, "rowCount" | "rowCountExpected" | "reached" | "duplicateShare" | "duplicateShareUsual" | "nullShare" | "nullShareUsual">;
  /** by measure: actual / expected − 1 of its total; only those clearly outside of what their forecast usually misses */
  readonly changes: ReadonlyMap<string, number>;
}

/** Rows reach this far into the interval as a rule: else timestamps are cut to the interval and say nothing. */
const REACH_USUAL_MIN = 0.75;
/** A value delivers as a rule when this many spreads lie between its expected value and nothing. */
const PARTITION_SPREADS_MIN = 4;
/** Half a band is this many spreads at the default sensitivity. */
const BAND_SPREADS = 6.75;

export async function intervalSigns({ detector, table, interval, figures, attemptId, quality, store }: DataSignsInput): Promise<IntervalSigns> {
  const attempt = attemptId === "" ? null : await store.ledger.get(attemptId);
  const earlier = (await store.ledger.recentRowCounts(detector.id, detector.generation, READINGS_CONSIDERED_MAX)).filter(
    // A reading of the history holds many intervals; later ones were not known when this one was judged.
    ({ startMs, endMs }) => startMs < interval.startMs && endMs - startMs <= 2 * (interval.endMs - interval.startMs),
  );
  const reading: Reading = { ...interval, rows: attempt?.rows ?? NaN, maxTimestampMs: attempt?.maxTimestampMs ?? null };
  const usualReach = usual(detector.config, reading, earlier.filter(({ rows }) => rows > 0), reachOf);
  const isSingle = attempt !== null && attempt.interval.startMs === interval.startMs && attempt.interval.endMs === interval.endMs;
  const now = quality ?? (await store.intervals.quality(detector.id, interval.startMs));
  const before = earlier[0] === undefined ? [] : await store.intervals.quality(detector.id, earlier[0].startMs);
  const rowCount = isSingle ? reading.rows : NaN; // a re-reading of many intervals counts all of them
  return {
    rows: {
      rowCount,
      rowCountExpected: usual(detector.config, reading, earlier, ({ rows }) => rows) ?? NaN,
      reached: isSingle && rowCount > 0 && usualReach !== null && usualReach >= REACH_USUAL_MIN ? Math.min(1, reachOf(reading) / usualReach) : NaN,
      duplicateShare: duplicateShare(now, before, detector),
      duplicateShareUsual: 0,
      nullShare: nullShare(now, detector),
      nullShareUsual: before.length === 0 ? nullShare(now, detector) : nullShare(before, detector),
    },
    changes: totalChanges(detector, table, figures),
  };
}

/** @returns "probably the pipeline" and the like, with reasons for people */
export function groupVerdict(group: Pick<AnomalyGroup, "measure" | "actual" | "expected">, { rows, changes }: IntervalSigns, input: Pick<DataSignsInput, "detector" | "table" | "figures">): DataVerdict {
  const arrived = Number.isNaN(group.actual) ? 0 : group.actual; // nothing came
  const change = group.expected === 0 ? 0 : (arrived - group.expected) / Math.abs(group.expected);
  const own = changes.get(group.measure) ?? NaN;
  const fallen = [...changes.values()].filter((each) => each < 0 && Math.abs(each - own) < 0.1).length;
  const { missing, count } = missingPartitions(group.measure, input);
  return dataVerdict({
    ...rows,
    missingPartitions: missing,
    partitionCount: count,
    measuresFallen: own < 0 ? fallen : 0,
    measureCount: input.detector.config.measures.length,
    change: Number.isNaN(own) ? change : own,
  });
}

/** Single values that usually deliver and sent no row; the dimension with the most of them in its share. */
function missingPartitions(measure: string, { detector, table, figures }: Pick<DataSignsInput, "detector" | "table" | "figures">): { missing: { dimension: string; value: string | null }[]; count: number } {
  let best: { missing: { dimension: string; value: string | null }[]; count: number } = { missing: [], count: 0 };
  for (const dimension of [...detector.config.dimensions].sort()) {
    const missing: { dimension: string; value: string | null }[] = [];
    let count = 0;
    for (let s = 0; s < figures.values.length; s++) {
      const { key, isLeaf } = table.stored[s]!;
      const [only] = key.dimensions;
      if (key.measure !== measure || key.dimensions.length !== 1 || only!.name !== dimension) continue;
      if (!isLeaf && detector.config.dimensions.length === 1) continue;
      const spread = Math.min(figures.upper[s]! - figures.expected[s]!, figures.expected[s]! - figures.lower[s]!) / BAND_SPREADS;
      if (!(figures.expected[s]! > PARTITION_SPREADS_MIN * spread)) continue;
      count++;
      if (figures.counts[s] === 0) missing.push({ dimension, value: only!.value });
    }
    if (missing.length > 0 && (best.count === 0 || missing.length * best.count > best.missing.length * count)) best = { missing, count };
  }
  return best;
}

function totalChanges({ config }: Detector, table: SeriesTable, { values, expected, lower, upper }: JudgedFigures): Map<string, number> {
  const changes = new Map<string, number>();
  for (const { name } of config.measures) {
    const s = table.numberOf({ measure: name, dimensions: [] }) ?? -1;
    if (s < 0 || s >= values.length || !(expected[s]! > 0) || Number.isNaN(values[s]!)) continue;
    const half = Math.min(upper[s]! - expected[s]!, expected[s]! - lower[s]!);
    // A third of the band is about two spreads.
    if (Math.abs(values[s]! - expected[s]!) > half / 3) changes.set(name, values[s]! / expected[s]! - 1);
  }
  return changes;
}

/** The measure whose column is emptiest. */
function nullShare(quality: readonly DataQualityMetric[], { config }: Detector): number {
  const columns = new Set(config.measures.map(({ column }) => column));
  const shares = quality.filter(({ type, column }) => type === "COLUMN_COMPLETENESS" && column !== null && columns.has(column)).map(({ value }) => 1 - value);
  return shares.length === 0 ? 0 : Math.max(...shares);
}

/**
 * Of queries that give one row a combination: the share of rows beyond that. Raw rows repeat combinations by nature, and
 * say nothing.
 */
function duplicateShare(now: readonly DataQualityMetric[], before: readonly DataQualityMetric[], { config }: Detector): number {
  const rowsEach = (quality: readonly DataQualityMetric[]): number => {
    const value = (type: DataQualityMetric["type"]) => quality.find((metric) => metric.type === type)?.value ?? NaN;
    return value("ROWS_PROCESSED") / (value("TIME_SERIES_COUNT") / config.measures.length);
  };
  const each = rowsEach(now);
  return rowsEach(before) <= 1.02 && each > 1 ? 1 - 1 / each : 0;
}
