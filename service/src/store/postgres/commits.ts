/**
 * The commits. What one makes known carries one instant, `known_ms` of the detector's row: the caller's, unless it is not
 * after what was known before or after what somebody has asked about (see fix-instant.ts). Each is one transaction that first takes the detector's row, on the condition that its head is
 * where the caller computed from: the row's lock puts two commits one after the other, the second finds the head moved.
 *
 * When the connection is lost during COMMIT nobody knows whether it went through: the error reaches the caller, who
 * reads the head again and goes on from there. Doing it twice is impossible, because the head would have moved.
 */
import { sql, type Kysely } from "kysely";
import { failpoint } from "../../telemetry/failpoints.ts";
import { HeadMovedError, type CorrectionCommit, type HistoryCommit, type IntervalCommit, type SegmentRow } from "../store.ts";
import { insertDeliveries } from "./deliveries.ts";
import { upsertGroups } from "./groups.ts";
import { insertInterval } from "./intervals.ts";
import { toJsonText } from "./json-text.ts";
import { assertKeyTexts, insertSeries } from "./series.ts";
import type { Tables } from "./tables.ts";

/**
 * A start replays the points since the newest checkpoint; older ones serve corrections of intervals before it, which
 * replay from the newest that is old enough. Kept are the newest few, one a week (many restarts in an hour must not push
 * out the one from yesterday; retention.checkpointsDays says for how long), and the one that history left: behind it there
 * is only the crawl.
 */
export const CHECKPOINTS_KEPT = 4;
const WEEK_MS = 7 * 86_400_000;

/** Of the detector's row, by the one who holds it: when what is committed now becomes known. */
function knownNow(givenMs: number) {
  return sql<number>`greatest(known_ms, asked_ms + 1, ${givenMs}::bigint)`;
}

export async function commitHistory(db: Kysely<Tables>, commit: HistoryCommit): Promise<void> {
  const { detectorId, generation, headMs } = commit;
  assertKeyTexts(commit.series);
  await db.transaction().execute(async (trx) => {
    const moved = await trx
      .updateTable("detectors")
      .set({ head_ms: headMs, live_from_ms: headMs, status: commit.status, failure_reason: null, known_ms: knownNow(commit.knownAtMs) })
      .where("id", "=", detectorId)
      .where("generation", "=", generation)
      .where("head_ms", "is", null)
      .where("status", "not in", ["DEACTIVATING", "DELETING"])
      .returning("known_ms")
      .executeTakeFirst();
    if (moved === undefined) throw headMoved(detectorId, generation, "no head yet");
    const knownAtMs = moved.known_ms;
    await insertSeries(trx, detectorId, generation, commit.series);
    failpoint("commit.inside"); // in the middle: what came before must be undone with it
    for (const row of commit.points) await nameSegment(trx, row, { knownAtMs, isHistory: true });
    if (commit.checkpoint !== null) await nameSegment(trx, commit.checkpoint, { knownAtMs, isHistory: true });
    await trx
      .insertInto("histories")
      .values({ detector_id: detectorId, generation, head_ms: headMs, quality: toJsonText(commit.quality), known_at_ms: knownAtMs })
      .execute();
  });
}

export async function commitInterval(db: Kysely<Tables>, commit: IntervalCommit): Promise<void> {
  const { detectorId, generation, expectedHeadMs, expectedLineage, record } = commit;
  assertKeyTexts(commit.newSeries);
  await db.transaction().execute(async (trx) => {
    const moved = await trx
      .updateTable("detectors")
      .set({
        // A re-run of an old interval leaves the head where it is.
        head_ms: sql<number>`greatest(head_ms, ${record.interval.endMs}::bigint)`,
        // Learning may have ended; whoever deactivated the detector meanwhile is not overruled.
        status: sql`case when status in ('LEARNING', 'ACTIVE') then ${commit.status} else status end`,
        known_ms: knownNow(record.knownAtMs),
      })
      .where("id", "=", detectorId)
      .where("generation", "=", generation)
      .where("head_ms", "=", expectedHeadMs)
      .where("lineage", "=", expectedLineage)
      .returning("known_ms")
      .executeTakeFirst();
    if (moved === undefined) throw headMoved(detectorId, generation, new Date(expectedHeadMs).toISOString());
    const knownAtMs = moved.known_ms;
    await insertSeries(trx, detectorId, generation, commit.newSeries);
    if (commit.points !== null) await nameSegment(trx, commit.points, { knownAtMs, isHistory: false });
    await insertInterval(trx, { ...record, knownAtMs }, commit.quality);
    await upsertGroups(trx, commit.groups, knownAtMs);
    failpoint("commit.inside");
    await insertDeliveries(trx, commit.deliveries, knownAtMs);
    if (commit.checkpoint !== null) await nameCheckpoint(trx, commit.checkpoint, knownAtMs);
  });
}

export async function commitCorrection(db: Kysely<Tables>, commit: CorrectionCommit): Promise<void> {
  const { detectorId, generation, expectedHeadMs, expectedLineage, fromMs } = commit;
  assertKeyTexts(commit.newSeries);
  const givenMs = commit.intervals[0]?.record.knownAtMs ?? commit.groups[0]?.knownAtMs ?? fromMs;
  await db.transaction().execute(async (trx) => {
    // A new lineage: whoever has computed on the old one, an interval or another correction, finds it gone.
    const held = await trx
      .updateTable("detectors")
      .set({ lineage: expectedLineage + 1, known_ms: knownNow(givenMs) })
      .where("id", "=", detectorId)
      .where("generation", "=", generation)
      .where("head_ms", "=", expectedHeadMs)
      .where("lineage", "=", expectedLineage)
      .returning("known_ms")
      .executeTakeFirst();
    if (held === undefined) throw headMoved(detectorId, generation, new Date(expectedHeadMs).toISOString());
    const knownAtMs = held.known_ms;
    await insertSeries(trx, detectorId, generation, commit.newSeries);
    const segments = new Map(commit.intervals.flatMap(({ points }) => (points === null ? [] : [[points.id, points]])));
    for (const points of segments.values()) await nameSegment(trx, points, { knownAtMs, isHistory: false });
    for (const { record, quality } of commit.intervals) {
      await insertInterval(trx, { ...record, knownAtMs }, quality);
    }
    await upsertGroups(trx, commit.groups, knownAtMs);
    failpoint("commit.inside");
    await insertDeliveries(trx, commit.deliveries, knownAtMs);
    await trx
      .deleteFrom("segments")
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .where("kind", "=", "checkpoint")
      .where("end_ms", ">", fromMs)
      .execute();
    if (commit.checkpoint !== null) await nameCheckpoint(trx, commit.checkpoint, knownAtMs);
  });
}

function headMoved(detectorId: string, generation: number, expected: string): HeadMovedError {
  return new HeadMovedError(
    `the detector ${detectorId} is no longer at generation ${generation} with ${expected === "no head yet" ? expected : `its head at ${expected}`}: another process was faster, or it was deleted`,
  );
}

/**
 * A row of the manifest. The same one twice is the same file: nothing to do.
 *
 * @param options.hasScores  false for points that were not judged, or whose scores have expired
 */
export async function nameSegment(
  db: Kysely<Tables>,
  row: SegmentRow,
  { knownAtMs, isHistory, hasScores = row.kind === "points" && !isHistory }: { knownAtMs: number; isHistory: boolean; hasScores?: boolean },
): Promise<void> {
  await db
    .insertInto("segments")
    .values({
      id: row.id,
      detector_id: row.detectorId,
      generation: row.generation,
      kind: row.kind,
      is_history: isHistory,
      start_ms: row.startMs,
      end_ms: row.endMs,
      path: row.path,
      bytes: row.bytes,
      rows: row.rows,
      sha256: row.sha256,
      known_at_ms: knownAtMs,
      has_scores: hasScores,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Names a checkpoint and forgets those that are not kept (see CHECKPOINTS_KEPT); their files are swept. */
export async function nameCheckpoint(db: Kysely<Tables>, row: SegmentRow, knownAtMs: number): Promise<void> {
  await nameSegment(db, row, { knownAtMs, isHistory: false });
  const others = await db
    .selectFrom("segments")
    .select(["id", "generation", "end_ms", "is_history"])
    .where("detector_id", "=", row.detectorId)
    .where("kind", "=", "checkpoint")
    .orderBy("generation", "desc")
    .orderBy("end_ms", "desc")
    .orderBy("id")
    .execute();
  const weeksKept = new Set<number>();
  const forgotten = others.filter(({ generation, end_ms, is_history }, position) => {
    if (generation !== row.generation) return true; // the states of another generation fit no series of this one
    if (is_history || position < CHECKPOINTS_KEPT) return false;
    const week = Math.floor(end_ms / WEEK_MS);
    if (weeksKept.has(week)) return true;
    weeksKept.add(week);
    return false;
  });
  if (forgotten.length === 0) return;
  await db.deleteFrom("segments").where("id", "in", forgotten.map(({ id }) => id)).execute();
}
