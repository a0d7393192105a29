/**
 * The values of all series of a detector in one interval, from a crawl or from the log of points: what a judgement needs
 * and nothing else, so that a replay sees exactly what the live run saw.
 */
import type { Interval, LeafBatch } from "../crawl/batch.ts";
import type { PointsSegment } from "../store/store.ts";
import type { SeriesTable } from "./series-table.ts";

export interface IntervalData {
  readonly interval: Interval;
  /** [series] NaN = missing */
  readonly values: Float64Array;
  /** [series] rows behind each value; 0 = the series was absent */
  readonly counts: Float64Array;
  /** false when no row at all arrived */
  readonly datasetArrived: boolean;
}

/**
 * Numbers of the batch's keys must be known (`table.extend`).
 *
 * @param seriesCount  series known in that interval; all of them when it is the newest
 */
export function dataFromBatch(table: SeriesTable, batch: LeafBatch, seriesCount: number = table.count): IntervalData {
  const values = new Float64Array(seriesCount).fill(NaN);
  const counts = new Float64Array(seriesCount);
  // One meaning everywhere, also in history and in the log: a usable cell arrived.
  const datasetArrived = batch.counts.some((count) => count > 0);
  const numbers = table.numbersOf(batch.keys);
  for (let i = 0; i < numbers.length; i++) {
    const s = numbers[i]!;
    values[s] = batch.values[i]!;
    counts[s] = batch.counts[i]!;
  }
  return completed(table, { interval: batch.interval, values, counts, datasetArrived });
}

/**
 * @param points       null for an interval that was given up unread: it is missing
 * @param seriesCount  series known in that interval: a segment holds a row for each of them, missing ones included
 */
export function dataFromPoints(table: SeriesTable, interval: Interval, points: PointsSegment | null, seriesCount: number): IntervalData {
  const values = new Float64Array(seriesCount).fill(NaN);
  const counts = new Float64Array(seriesCount);
  let datasetArrived = false;
  if (points !== null) {
    for (let row = 0; row < points.startMs.length; row++) {
      if (points.startMs[row] !== interval.startMs) continue;
      const s = points.series[row]!;
      if (!table.stored[s]!.isLeaf) continue; // computed again from the leaves
      // An absent leaf gets its value again, below: a correction may have moved its beginning.
      if (points.count[row] === 0) continue;
      values[s] = points.value[row]!;
      counts[s] = points.count[row]!;
      datasetArrived = true;
    }
  }
  return completed(table, { interval, values, counts, datasetArrived });
}

/** How many series an interval's rows speak of: the highest number + 1. */
export function seriesCountOf(points: PointsSegment | null, startMs: number): number {
  let count = 0;
  if (points === null) return count;
  for (let row = 0; row < points.startMs.length; row++) {
    if (points.startMs[row] === startMs && points.series[row]! >= count) count = points.series[row]! + 1;
  }
  return count;
}

/** Absent leaves get their value, roll-ups are computed from leaves. */
function completed(table: SeriesTable, data: IntervalData): IntervalData {
  const { interval, values, counts, datasetArrived } = data;
  const known = values.length;
  if (datasetArrived) {
    // A watched leaf without a row: zero where its measure says so. Only once rows did arrive, else everything would be,
    // and only from the interval in which it first appeared.
    for (let s = 0; s < known; s++) {
      const { isLeaf } = table.stored[s]!;
      if (isLeaf && counts[s] === 0 && table.firstSeenMs[s]! <= interval.startMs && table.whenAbsent(s) === "zero") values[s] = 0;
    }
  }
  const all = known === table.count ? values : padded(values, table.count);
  const weights = known === table.count ? counts.slice() : padded(counts, table.count);
  table.levels.rollUp(all, weights);
  if (all !== values) values.set(all.subarray(0, known));
  for (let s = 0; s < known; s++) {
    if (table.stored[s]!.isLeaf) continue;
    let rows = 0;
    for (const leaf of table.levels.leaves(s)) if (leaf < known) rows += counts[leaf]!;
    counts[s] = rows;
  }
  return data;
}

/** Series that were not born yet are missing. */
function padded(column: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length).fill(NaN);
  longer.set(column);
  return longer;
}
