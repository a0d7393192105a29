import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError, SegmentDamagedError, type IntervalRecord, type PointsSegment, type SegmentRow, type Store } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";

export interface JudgedBefore {
  readonly record: IntervalRecord;
  /** null for an interval that was given up unread */
  readonly points: PointsSegment | null;
  /** why the points can't be read, when that was asked for; else such a file is an error */
  readonly damage: SegmentDamagedError | null;
}

export interface JudgedRange extends Interval {
  readonly asOfMs?: number;
  /** damaged files are told of with the intervals they hold, whose rows are being read again anyway */
  readonly keepDamaged?: boolean;
}

/** Replays and back-fills of more intervals than this are refused: nothing may be left out silently. */
const INTERVALS_MAX = 20_000;

/** The committed intervals of a range, versions in effect (or those that were at `asOfMs`), oldest first, with their points. */
export async function judgedIntervals(detector: Detector, range: JudgedRange, store: Store): Promise<JudgedBefore[]> {
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
  const read = new Map<string, PointsSegment | SegmentDamagedError>();
  for (const record of records.sort((a, b) => a.interval.startMs - b.interval.startMs)) {
    if (record.segmentId === null) {
      intervals.push({ record, points: null, damage: null });
      continue;
    }
    const row = rows.get(record.segmentId);
    // Segments were merged between the two queries: never take that for an interval without points.
    if (row === undefined) throw new HeadMovedError(`the points of ${new Date(record.interval.startMs).toISOString()} were moved while they were read; try again`);
    const points = read.get(row.id) ?? (await readPoints(row, store, range.keepDamaged === true));
    read.set(row.id, points);
    intervals.push(points instanceof SegmentDamagedError ? { record, points: null, damage: points } : { record, points, damage: null });
  }
  return intervals;
}

async function readPoints(row: SegmentRow, { segments }: Store, keepDamaged: boolean): Promise<PointsSegment | SegmentDamagedError> {
  try {
    return await segments.readPoints(row);
  } catch (error) {
    if (keepDamaged && error instanceof SegmentDamagedError) return error;
    throw error;
  }
}
