/**
 * Answers about the past that never change. Clocks can't promise it: a commit that has read its clock but is not done yet
 * would slip in behind an answer. The detector's row can: a question writes down the instant it asks about, a commit
 * dates what it makes known after every such instant, and the row's lock puts the two one after the other.
 */
import { sql, type Kysely } from "kysely";
import type { Tables } from "./tables.ts";

export async function fixInstant(db: Kysely<Tables>, detectorIds: readonly string[] | null, atMs: number): Promise<number | null> {
  await db.transaction().execute(async (trx) => {
    // Locked in one order, so that two questions never wait for each other.
    const rows = await trx
      .selectFrom("detectors")
      .select("id")
      .where("asked_ms", "<", atMs)
      .$if(detectorIds !== null, (query) => query.where("id", "=", sql<string>`any(${detectorIds}::uuid[])`))
      .orderBy("id")
      .forUpdate()
      .execute();
    if (rows.length === 0) return;
    await trx
      .updateTable("detectors")
      .set({ asked_ms: sql<number>`greatest(asked_ms, ${atMs}::bigint)` })
      .where("id", "in", rows.map(({ id }) => id))
      .execute();
  });
  const { first } = await db
    .selectFrom("histories")
    .select(({ fn }) => fn.min<number | null>("known_at_ms").as("first"))
    .$if(detectorIds !== null, (query) => query.where("detector_id", "=", sql<string>`any(${detectorIds}::uuid[])`))
    .executeTakeFirstOrThrow();
  return first;
}
