/** Records of intervals: versions beside each other; the newest completed one is in effect. */
import { sql, type Kysely, type Selectable } from "kysely";
import type { DataQualityMetric, RowCounts } from "../../crawl/batch.ts";
import { HeadMovedError, type IntervalRecord, type IntervalStore } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["intervals"]>;

export class PostgresIntervals implements IntervalStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async get(detectorId: string, startMs: number, asOfMs?: number): Promise<IntervalRecord | null> {
    const row = await this.#inEffect(detectorId, asOfMs).where("start_ms", "=", startMs).executeTakeFirst();
    return row === undefined ? null : recordOf(row);
  }

  async list(
    detectorId: string,
    { startMs, endMs, asOfMs, limit }: { startMs?: number; endMs?: number; asOfMs?: number; limit: number },
  ): Promise<readonly IntervalRecord[]> {
    const rows = await this.#inEffect(detectorId, asOfMs)
      .$if(startMs !== undefined, (query) => query.where("start_ms", ">=", startMs!))
      .$if(endMs !== undefined, (query) => query.where("start_ms", "<", endMs!))
      .limit(limit)
      .execute();
    return rows.map(recordOf);
  }

  /** A failure is shown until the interval is completed; it never replaces what was completed. */
  async recordFailure(record: IntervalRecord): Promise<void> {
    await this.#db
      .insertInto("intervals")
      .columns(COLUMNS)
      // A detector that was deleted meanwhile, or has relearned, has no use for it.
      .expression((eb) =>
        eb
          .selectFrom("detectors")
          .select(valuesOf({ ...record, segmentId: null }, null))
          .where("id", "=", record.detectorId)
          .where("generation", "=", record.generation),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["detector_id", "generation", "start_ms", "version"])
          .doUpdateSet((eb) => ({
            message: eb.ref("excluded.message"),
            attempt_id: eb.ref("excluded.attempt_id"),
            known_at_ms: eb.ref("excluded.known_at_ms"),
          }))
          .where("intervals.status", "=", "FAILED"),
      )
      .execute();
  }

  async quality(detectorId: string, startMs: number, asOfMs?: number): Promise<readonly DataQualityMetric[]> {
    const interval = await this.#inEffect(detectorId, asOfMs).where("start_ms", "=", startMs).executeTakeFirst();
    if (interval !== undefined) return interval.quality === null ? [] : fromJsonText<readonly DataQualityMetric[]>(interval.quality);
    // No record of its own: it belongs to the history that was crawled at once.
    const history = await this.#db
      .selectFrom("histories")
      .select("quality")
      .where("detector_id", "=", detectorId)
      .where("head_ms", ">", startMs)
      .$if(asOfMs !== undefined, (query) => query.where("known_at_ms", "<=", asOfMs!))
      .orderBy("generation", "desc")
      .executeTakeFirst();
    return history === undefined ? [] : fromJsonText<readonly DataQualityMetric[]>(history.quality);
  }

  /** One row an interval, newest first: of the newest generation, completed before failed, then the newest version. */
  #inEffect(detectorId: string, asOfMs?: number) {
    return this.#db
      .selectFrom("intervals")
      .distinctOn("start_ms")
      .selectAll()
      .where("detector_id", "=", detectorId)
      .$if(asOfMs !== undefined, (query) => query.where("known_at_ms", "<=", asOfMs!).where("status", "=", "COMPLETED"))
      .orderBy("start_ms", "desc")
      .orderBy("generation", "desc")
      .orderBy(sql`status = 'COMPLETED'`, "desc")
      .orderBy("version", "desc");
  }
}

const COLUMNS = [
  "detector_id",
  "generation",
  "start_ms",
  "end_ms",
  "version",
  "status",
  "message",
  "attempt_id",
  "rows",
  "series_count",
  "anomaly_count",
  "held_back_count",
  "segment_id",
  "quality",
  "known_at_ms",
] as const;

function valuesOf(record: IntervalRecord, quality: readonly DataQualityMetric[] | null) {
  return [
    sql<string>`${record.detectorId}::uuid`.as("detector_id"),
    sql<number>`${record.generation}::integer`.as("generation"),
    sql<number>`${record.interval.startMs}::bigint`.as("start_ms"),
    sql<number>`${record.interval.endMs}::bigint`.as("end_ms"),
    sql<number>`${record.version}::integer`.as("version"),
    sql<Row["status"]>`${record.status}::text`.as("status"),
    text(record.message === null ? null : plainText(record.message)).as("message"),
    text(record.attemptId).as("attempt_id"),
    json(record.rows === null ? null : toJsonText(record.rows)).as("rows"),
    sql<number>`${record.seriesCount}::integer`.as("series_count"),
    sql<number>`${record.anomalyCount}::integer`.as("anomaly_count"),
    sql<number>`${record.heldBackCount}::integer`.as("held_back_count"),
    text(record.segmentId).as("segment_id"),
    json(quality === null ? null : toJsonText(quality)).as("quality"),
    sql<number>`${record.knownAtMs}::bigint`.as("known_at_ms"),
  ] as const;
}

/** Part of a commit. A failure of the same version is replaced; a completed one is never. */
export async function insertInterval(db: Kysely<Tables>, record: IntervalRecord, quality: readonly DataQualityMetric[]): Promise<void> {
  const result = await db
    .insertInto("intervals")
    .columns(COLUMNS)
    .expression(db.selectNoFrom(valuesOf(record, quality)))
    .onConflict((conflict) =>
      conflict
        .columns(["detector_id", "generation", "start_ms", "version"])
        .doUpdateSet((eb) => Object.fromEntries(COLUMNS.slice(3).map((column) => [column, eb.ref(`excluded.${column}`)])))
        .where("intervals.status", "=", "FAILED"),
    )
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n) {
    throw new HeadMovedError(
      `version ${record.version} of the interval ${new Date(record.interval.startMs).toISOString()} exists already: another process was faster`,
    );
  }
}

function recordOf(row: Row): IntervalRecord {
  return {
    detectorId: row.detector_id,
    generation: row.generation,
    interval: { startMs: row.start_ms, endMs: row.end_ms },
    version: row.version,
    status: row.status,
    message: row.message,
    attemptId: row.attempt_id,
    rows: row.rows === null ? null : fromJsonText<RowCounts>(row.rows),
    seriesCount: row.series_count,
    anomalyCount: row.anomaly_count,
    heldBackCount: row.held_back_count,
    segmentId: row.segment_id,
    knownAtMs: row.known_at_ms,
  };
}

const text = (value: string | null) => sql<string | null>`${value}::text`;
const json = (value: string | null) => sql<string | null>`${value}::json`;
