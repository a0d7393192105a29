/**
 * What is older than its retention goes: first what was expected of the points, later the points with their records.
 *
 * Replays go from a checkpoint forward over every interval, so a checkpoint whose next intervals are gone is worth
 * nothing and goes too; the points since the newest one stay, however old they are. `kept_from_ms` remembers where the
 * points begin now.
 */
import { sql, type Kysely } from "kysely";
import type { SegmentFiles } from "../segments/segment-files.ts";
import type { SegmentRow, SegmentStore } from "../store.ts";
import { CHECKPOINTS_KEPT, nameSegment } from "./commits.ts";
import { rowOf, SEGMENT_COLUMNS } from "./segment-rows.ts";
import type { Tables } from "./tables.ts";

/** Files rewritten in one go; the next call finds the rest. */
const REWRITES_MAX = 500;

export async function expireSegments(
  db: Kysely<Tables>,
  files: SegmentFiles,
  detectorId: string,
  { pointsBeforeMs, scoresBeforeMs, checkpointsBeforeMs }: Parameters<SegmentStore["expire"]>[1],
  signal?: AbortSignal,
): ReturnType<SegmentStore["expire"]> {
  const intervals = await expirePoints(db, files, detectorId, pointsBeforeMs);
  const checkpoints = await expireCheckpoints(db, detectorId, checkpointsBeforeMs);
  let rewritten = 0;
  for (const { row, knownAtMs } of await scoredBefore(db, detectorId, scoresBeforeMs)) {
    signal?.throwIfAborted();
    if (await dropScores(db, files, row, knownAtMs)) rewritten += 1;
  }
  return { intervals, rewritten, checkpoints };
}

/** @returns records that went */
async function expirePoints(db: Kysely<Tables>, files: SegmentFiles, detectorId: string, beforeMs: number): Promise<number> {
  const lost: SegmentRow[] = [];
  const count = await db.transaction().execute(async (trx) => {
    // The same lock as a commit takes: no correction is under way over what goes.
    const detector = await trx.selectFrom("detectors").select(["generation", "live_from_ms"]).where("id", "=", detectorId).forUpdate().executeTakeFirst();
    if (detector === undefined) return 0;
    const { newest } = await trx
      .selectFrom("segments")
      .select(({ fn }) => fn.max<number | null>("end_ms").as("newest"))
      .where("detector_id", "=", detectorId)
      .where("generation", "=", detector.generation)
      .where("kind", "=", "checkpoint")
      .executeTakeFirstOrThrow();
    const untilMs = Math.min(beforeMs, newest ?? detector.live_from_ms ?? -Infinity);
    if (untilMs === -Infinity) return 0;
    const gone = await trx.deleteFrom("intervals").where("detector_id", "=", detectorId).where("end_ms", "<=", untilMs).returning(["generation", "end_ms"]).execute();
    lost.push(...(await unnamedPoints(trx, detectorId, untilMs)));
    if (lost.length > 0) await trx.deleteFrom("segments").where("id", "in", lost.map(({ id }) => id)).execute();
    const keptFromMs = Math.max(0, ...gone.filter(({ generation }) => generation === detector.generation).map(({ end_ms }) => end_ms));
    if (keptFromMs > 0) {
      await trx.updateTable("detectors").set({ kept_from_ms: sql<number>`greatest(kept_from_ms, ${keptFromMs}::bigint)` }).where("id", "=", detectorId).execute();
      await trx.deleteFrom("segments").where("detector_id", "=", detectorId).where("kind", "=", "checkpoint").where("end_ms", "<", keptFromMs).execute();
    }
    return gone.length;
  });
  // Whoever reads them just now goes on: the sweep leaves files alone that were touched lately.
  await files.touch(lost);
  return count;
}

/** Files of points that no record names any more, and history that ended before. */
async function unnamedPoints(trx: Kysely<Tables>, detectorId: string, beforeMs: number): Promise<SegmentRow[]> {
  const rows = await trx
    .selectFrom("segments")
    .select(SEGMENT_COLUMNS)
    .where("detector_id", "=", detectorId)
    .where("kind", "=", "points")
    .where("end_ms", "<=", beforeMs)
    .where((eb) => eb.not(eb.exists(eb.selectFrom("intervals").select("version").whereRef("intervals.segment_id", "=", "segments.id"))))
    .execute();
  return rows.map(rowOf);
}

/** Weekly ones only: the newest few and the one that history left are what the next start and old corrections need. */
async function expireCheckpoints(db: Kysely<Tables>, detectorId: string, beforeMs: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("segments")
    .where("detector_id", "=", detectorId)
    .where("kind", "=", "checkpoint")
    .where("is_history", "=", false)
    .where("end_ms", "<", beforeMs)
    .where("id", "not in", (eb) =>
      eb.selectFrom("segments").select("id").where("detector_id", "=", detectorId).where("kind", "=", "checkpoint").orderBy("end_ms", "desc").limit(CHECKPOINTS_KEPT),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function scoredBefore(db: Kysely<Tables>, detectorId: string, beforeMs: number): Promise<readonly { row: SegmentRow; knownAtMs: number }[]> {
  const rows = await db
    .selectFrom("segments")
    .select([...SEGMENT_COLUMNS, "known_at_ms"])
    .where("detector_id", "=", detectorId)
    .where("kind", "=", "points")
    .where("has_scores", "=", true)
    .where("end_ms", "<=", beforeMs)
    .orderBy("end_ms")
    .limit(REWRITES_MAX)
    .execute();
  return rows.map((row) => ({ row: rowOf(row), knownAtMs: row.known_at_ms }));
}

/** The same points in a file without scores, which the records name from then on. */
async function dropScores(db: Kysely<Tables>, files: SegmentFiles, row: SegmentRow, knownAtMs: number): Promise<boolean> {
  const points = await files.readPoints(row);
  const { detectorId, generation, startMs, endMs } = row;
  const plain = await files.writePoints({ detectorId, generation, startMs, endMs, attempt: `${row.id} without scores` }, { ...points, scores: null });
  await files.touch([row]);
  return db.transaction().execute(async (trx) => {
    const detector = await trx.selectFrom("detectors").select("id").where("id", "=", detectorId).forUpdate().executeTakeFirst();
    if (detector === undefined) return false; // deleted meanwhile: our file has no name and is swept
    await nameSegment(trx, plain, { knownAtMs, isHistory: false, hasScores: false });
    await trx.updateTable("intervals").set({ segment_id: plain.id }).where("segment_id", "=", row.id).execute();
    await trx.deleteFrom("segments").where("id", "=", row.id).execute();
    return true;
  });
}
