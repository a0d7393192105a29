/** The rows of a segment whose intervals are in effect: newer versions of the others lie elsewhere. */
import type { PointsSegment, SegmentRow } from "../store.ts";
import { arrayOf, emptyPoints } from "./points-file.ts";
import { POINTS_COLUMNS } from "./points-columns.ts";

/** Whether an interval of the segment counts. */
export function intervalChoice({ inEffect }: Pick<SegmentRow, "inEffect">): (startMs: number) => boolean {
  if (inEffect === undefined) return () => true;
  if ("onlyMs" in inEffect) {
    const only = new Set(inEffect.onlyMs);
    return (startMs) => only.has(startMs);
  }
  const except = new Set(inEffect.exceptMs);
  return (startMs) => !except.has(startMs);
}

/** The same points when all of them count, else a copy of those that do. */
export function selectIntervals(points: PointsSegment, counts: (startMs: number) => boolean): PointsSegment {
  const rows: number[] = [];
  for (let row = 0; row < points.startMs.length; row++) if (counts(points.startMs[row])) rows.push(row);
  if (rows.length === points.startMs.length) return points;
  const selected = emptyPoints(rows.length, points.scores !== null);
  for (const { column, isScore } of POINTS_COLUMNS) {
    if (isScore && points.scores === null) continue;
    const source = arrayOf(points, column);
    const target = arrayOf(selected, column);
    for (let i = 0; i < rows.length; i++) target[i] = source[rows[i]]!;
  }
  return selected;
}
