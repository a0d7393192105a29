/**
 * Many small segments become few. An interval is committed as a file of its own; a chart of four weeks would open 672
 * of them. Once nobody changes them any more, those of a day become one file, in which each series lies together.
 *
 * Only versions in effect are merged. The records then name the new segment, all in one transaction; versions that were
 * corrected keep their own file, so that what was known when stays answerable. Files that lose their name are swept
 * later: whoever is reading them goes on.
 */
import { sql, type Kysely } from "kysely";
import { mergePoints } from "../segments/merge-points.ts";
import type { SegmentFiles } from "../segments/segment-files.ts";
import type { PointsSegment, SegmentRow } from "../store.ts";
import { nameSegment } from "./commits.ts";
import { rowOf, SEGMENT_COLUMNS } from "./segment-rows.ts";
import type { Tables } from "./tables.ts";

/** Bounds the memory of one merge (about 70 bytes a row) and the size of a file. */
export const MERGED_ROWS_MAX = 2_000_000;
const DAY_MS = 86_400_000;
/** Intervals looked at in one go; the next call finds the rest. */
const INTERVALS_MAX = 20_000;

interface Candidate {
  readonly generation: number;
  readonly startMs: number;
  readonly version: number;
  readonly knownAtMs: number;
  readonly segment: SegmentRow;
}

/** Merges segments of intervals that ended before `beforeMs`. @returns how many files became how many */
export async function compact(
  db: Kysely<Tables>,
  files: SegmentFiles,
  detectorId: string,
  beforeMs: number,
  signal?: AbortSignal,
): Promise<{ merged: number; into: number }> {
  const result = { merged: 0, into: 0 };
  for (const bucket of bucketsOf(await candidates(db, detectorId, beforeMs))) {
    signal?.throwIfAborted();
    if (await mergeBucket(db, files, detectorId, bucket)) {
      result.merged += bucket.length;
      result.into += 1;
    }
  }
  return result;
}

/** Versions in effect whose segment holds their interval alone, oldest first. */
async function candidates(db: Kysely<Tables>, detectorId: string, beforeMs: number): Promise<readonly Candidate[]> {
  const rows = await db
    .selectFrom("intervals")
    .innerJoin("segments", "segments.id", "intervals.segment_id")
    .select(["intervals.start_ms as interval_ms", "intervals.version", "intervals.known_at_ms"])
    .select(SEGMENT_COLUMNS)
    .where("intervals.detector_id", "=", detectorId)
    .where("intervals.status", "=", "COMPLETED")
    .where("intervals.end_ms", "<=", beforeMs)
    .whereRef("segments.start_ms", "=", "intervals.start_ms")
    .whereRef("segments.end_ms", "=", "intervals.end_ms")
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom("intervals as newer")
            .select("newer.version")
            .whereRef("newer.detector_id", "=", "intervals.detector_id")
            .whereRef("newer.generation", "=", "intervals.generation")
            .whereRef("newer.start_ms", "=", "intervals.start_ms")
            .whereRef("newer.version", ">", "intervals.version")
            .where("newer.status", "=", "COMPLETED"),
        ),
      ),
    )
    .orderBy("intervals.generation")
    .orderBy("intervals.start_ms")
    .limit(INTERVALS_MAX)
    .execute();
  return rows.map((row) => ({
    generation: row.generation,
    startMs: row.interval_ms,
    version: row.version,
    knownAtMs: row.known_at_ms,
    segment: rowOf(row),
  }));
}

/** By day, long intervals by month; cut where the rows become too many. Buckets of one file are left as they are. */
function bucketsOf(all: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const buckets: Candidate[][] = [];
  let name = "";
  let rows = 0;
  for (const candidate of all) {
    const { startMs, endMs } = candidate.segment;
    const isLong = endMs - startMs > DAY_MS / 2;
    const own = `${candidate.generation} ${new Date(startMs).toISOString().slice(0, isLong ? 7 : 10)}`;
    if (own !== name || rows + candidate.segment.rows > MERGED_ROWS_MAX) {
      buckets.push([]);
      name = own;
      rows = 0;
    }
    buckets.at(-1)!.push(candidate);
    rows += candidate.segment.rows;
  }
  return buckets.filter(({ length }) => length > 1);
}

/** False when something changed meanwhile (another process merged them, the detector was deleted): nothing is done then. */
async function mergeBucket(db: Kysely<Tables>, files: SegmentFiles, detectorId: string, bucket: readonly Candidate[]): Promise<boolean> {
  const parts: PointsSegment[] = [];
  for (const { segment } of bucket) parts.push(await files.readPoints(segment));
  if (parts.some(({ scores }) => scores === null)) return false;
  const first = bucket[0];
  const merged = await files.writePoints(
    {
      detectorId,
      generation: first.generation,
      startMs: first.startMs,
      endMs: bucket.at(-1)!.segment.endMs,
      attempt: `merge of ${bucket.map(({ segment }) => segment.id).join(" ")}`,
    },
    mergePoints(parts),
  );
  // Whoever reads them just now goes on: the sweep leaves files alone that were touched lately.
  await files.touch(bucket.map(({ segment }) => segment));
  try {
    await db.transaction().execute((trx) => nameMerged(trx, merged, bucket));
    return true;
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return false; // our file has no name: swept
    throw error;
  }
}

class ChangedMeanwhile extends Error {}

/** The records of the bucket name the merged segment from now on, all or none. */
async function nameMerged(trx: Kysely<Tables>, merged: SegmentRow, bucket: readonly Candidate[]): Promise<void> {
  const { detectorId, generation } = merged;
  const old = bucket.map(({ segment }) => segment.id);
  // The same lock as a commit takes: one after the other.
  const detector = await trx.selectFrom("detectors").select("id").where("id", "=", detectorId).forUpdate().executeTakeFirst();
  if (detector === undefined) throw new ChangedMeanwhile();
  await nameSegment(trx, merged, { knownAtMs: Math.max(...bucket.map(({ knownAtMs }) => knownAtMs)), isHistory: false });
  const moved = await sql`
    update foretop.intervals
    set segment_id = ${merged.id}
    from unnest(
      ${bucket.map(({ startMs }) => startMs)}::bigint[],
      ${bucket.map(({ version }) => version)}::integer[],
      ${old}::text[]
    ) as given (start_ms, version, segment_id)
    where intervals.detector_id = ${detectorId}::uuid
      and intervals.generation = ${generation}
      and intervals.start_ms = given.start_ms
      and intervals.version = given.version
      and intervals.segment_id = given.segment_id
    returning intervals.start_ms`.execute(trx);
  if (moved.rows.length !== bucket.length) throw new ChangedMeanwhile();
  await trx
    .deleteFrom("segments")
    .where("id", "in", old)
    .where((eb) => eb.not(eb.exists(eb.selectFrom("intervals").select("version").whereRef("intervals.segment_id", "=", "segments.id"))))
    .execute();
}
