import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError, type IntervalRecord, type PointsSegment, type Store } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";

export interface JudgedBefore {
  readonly record: IntervalRecord;
  /** null for an interval that was given up unread */
  readonly points: PointsSegment | null;
}

/** Replays and back-fills of more intervals than this are refused: nothing may be left out silently. */
const INTERVALS_MAX = 20_000;

/** The committed intervals of a range, versions in effect (or those that were at `asOfMs`), oldest first, with their points. */
export async function judgedIntervals(detector: Detector, range: Interval & { readonly asOfMs?: number }, store: Store): Promise<JudgedBefore[]> {
  const listed = await store.intervals.list(detector.id, { ...range, limit: INTERVALS_MAX + 1 });
  if (listed.length > INTERVALS_MAX) {
    throw new UserError(`more than ${INTERVALS_MAX} intervals would have to be judged again`, {
      code: "LIMIT",
      advice: "Correct newer intervals only, or delete the detector and apply its configuration: its history is then learned anew.",
    });
  }
  // Before its first live interval a relearned detector has records of an earlier generation: they are not of this one.
  const records = listed.filter(({ generation }) => generation === detector.generation);
  const rows = new Map((await store.segments.listPoints(detector.id, detector.generation, range)).map((row) => [row.id, row]));
  const intervals: JudgedBefore[] = [];
  // A segment may hold many intervals: read once, shared by their entries.
  const read = new Map<string, PointsSegment>();
  for (const record of records.sort((a, b) => a.interval.startMs - b.interval.startMs)) {
    if (record.segmentId === null) {
      intervals.push({ record, points: null });
      continue;
    }
    const row = rows.get(record.segmentId);
    // Segments were merged between the two queries: never take that for an interval without points.
    if (row === undefined) throw new HeadMovedError(`the points of ${new Date(record.interval.startMs).toISOString()} were moved while they were read; try again`);
    const points = read.get(row.id) ?? (await store.segments.readPoints(row));
    read.set(row.id, points);
    intervals.push({ record, points });
  }
  return intervals;
}
