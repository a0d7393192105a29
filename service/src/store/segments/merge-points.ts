/** Segments of one interval each become one of many: sorted by series, then interval, so that one series lies together. */
import type { PointsSegment } from "../store.ts";
import { POINTS_COLUMNS } from "./points-columns.ts";
import { arrayOf, emptyPoints } from "./points-file.ts";

/**
 * @param parts  with scores, each sorted by series, then interval; their intervals ascend from part to part
 * @returns all of their rows, sorted by series, then interval
 *
 * O(rows + series).
 */
export function mergePoints(parts: readonly PointsSegment[]): PointsSegment {
  const rowCount = parts.reduce((sum, { series }) => sum + series.length, 0);
  const merged = emptyPoints(rowCount, true);
  // Counting sort: where each series begins, then every row to the next place of its series, parts in order.
  const seriesMax = parts.reduce((max, { series }) => Math.max(max, series.at(-1) ?? -1), -1);
  const nextRow = new Int32Array(seriesMax + 2);
  for (const { series } of parts) for (const number of series) nextRow[number + 1] += 1;
  for (let number = 0; number <= seriesMax; number++) nextRow[number + 1] += nextRow[number];
  for (const part of parts) {
    const places = part.series.map((number) => nextRow[number]++);
    for (const { column } of POINTS_COLUMNS) {
      const source = arrayOf(part, column);
      const target = arrayOf(merged, column);
      for (let row = 0; row < places.length; row++) target[places[row]] = source[row]!;
    }
  }
  return merged;
}
