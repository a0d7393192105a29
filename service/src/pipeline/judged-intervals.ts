import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { IntervalRecord, PointsSegment, Store } from "../store/store.ts";

export interface JudgedBefore {
  readonly record: IntervalRecord;
  /** null for an interval that was given up unread */
  readonly points: PointsSegment | null;
}

/** More intervals than this between two checkpoints means that something is broken, not that we should wait. */
const INTERVALS_MAX = 20_000;

/** The committed intervals of a range, versions in effect, oldest first, with their points. */
export async function judgedIntervals(detector: Detector, range: Interval, store: Store): Promise<JudgedBefore[]> {
  const records = await store.intervals.list(detector.id, { ...range, limit: INTERVALS_MAX });
  const rows = new Map((await store.segments.listPoints(detector.id, detector.generation, range)).map((row) => [row.id, row]));
  const intervals: JudgedBefore[] = [];
  for (const record of [...records].sort((a, b) => a.interval.startMs - b.interval.startMs)) {
    const row = record.segmentId === null ? undefined : rows.get(record.segmentId);
    intervals.push({ record, points: row === undefined ? null : await store.segments.readPoints(row) });
  }
  return intervals;
}
