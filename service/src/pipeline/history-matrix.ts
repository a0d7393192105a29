/**
 * From the leaves of a history crawl to one matrix for all series, roll-ups included, in shared memory so that worker
 * threads can learn from it without a copy.
 */
import type { HistoryBatch } from "../crawl/batch.ts";
import type { SeriesTable } from "./series-table.ts";

export interface HistoryMatrix {
  readonly seriesCount: number;
  readonly intervalCount: number;
  /** [series × interval] row-major; NaN = missing */
  readonly values: Float64Array;
  /** [series × interval] rows behind each value */
  readonly counts: Float64Array;
  /** [interval] 1 where any row arrived */
  readonly arrived: Uint8Array;
}

export function historyMatrix(table: SeriesTable, history: HistoryBatch): HistoryMatrix {
  const intervalCount = history.startMs.length;
  const seriesCount = table.count;
  const values = new Float64Array(new SharedArrayBuffer(seriesCount * intervalCount * 8)).fill(NaN);
  const counts = new Float64Array(new SharedArrayBuffer(seriesCount * intervalCount * 8));
  const arrived = new Uint8Array(new SharedArrayBuffer(intervalCount));
  for (let leaf = 0; leaf < history.keys.length; leaf++) {
    for (let t = 0; t < intervalCount; t++) if (history.counts[leaf * intervalCount + t]! > 0) arrived[t] = 1;
  }

  for (let leaf = 0; leaf < history.keys.length; leaf++) {
    const s = table.numberOf(history.keys[leaf]!)!;
    const from = leaf * intervalCount;
    const to = s * intervalCount;
    values.set(history.values.subarray(from, from + intervalCount), to);
    counts.set(history.counts.subarray(from, from + intervalCount), to);
    if (table.measures[table.measureOf[s]!]!.whenAbsent === "zero") fillAbsent(values, counts, arrived, to, intervalCount);
  }
  rollUpColumns(table, values, counts, { seriesCount, intervalCount });
  return { seriesCount, intervalCount, values, counts, arrived };
}

/** Zero where the series had no row though the interval arrived – from the first row on: before that it did not exist. */
function fillAbsent(values: Float64Array, counts: Float64Array, arrived: Uint8Array, from: number, intervalCount: number): void {
  let seen = false;
  for (let t = 0; t < intervalCount; t++) {
    if (counts[from + t]! > 0) seen = true;
    else if (seen && arrived[t] === 1) values[from + t] = 0;
  }
}

function rollUpColumns(
  table: SeriesTable,
  values: Float64Array,
  counts: Float64Array,
  { seriesCount, intervalCount }: { seriesCount: number; intervalCount: number },
): void {
  const rollUps = table.stored.filter((s) => !s.isLeaf).map((s) => s.number);
  if (rollUps.length === 0) return;
  const column = new Float64Array(seriesCount);
  const weights = new Float64Array(seriesCount);
  for (let t = 0; t < intervalCount; t++) {
    for (let s = 0; s < seriesCount; s++) {
      column[s] = values[s * intervalCount + t]!;
      weights[s] = counts[s * intervalCount + t]!;
    }
    table.levels.rollUp(column, weights);
    for (const s of rollUps) values[s * intervalCount + t] = column[s]!;
  }
  for (const s of rollUps) {
    const to = s * intervalCount;
    for (const leaf of table.levels.leaves(s)) {
      const from = leaf * intervalCount;
      for (let t = 0; t < intervalCount; t++) counts[to + t] = counts[to + t]! + counts[from + t]!;
    }
  }
}
