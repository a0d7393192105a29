/** Segments: files in a folder, the manifest in PostgreSQL. */
import { sql, type Kysely } from "kysely";
import type { Logger } from "../../telemetry/logger.ts";
import { mergePoints } from "../segments/merge-points.ts";
import { readSeries } from "../segments/read-series.ts";
import { SegmentCache } from "../segments/segment-cache.ts";
import { intervalChoice, selectIntervals } from "../segments/select-intervals.ts";
import type { SegmentFiles } from "../segments/segment-files.ts";
import { SegmentDamagedError, type PointsSegment, type SegmentOwner, type SegmentRow, type SegmentStore, type SeriesPoints } from "../store.ts";
import { nameCheckpoint } from "./commits.ts";
import { compact } from "./compact.ts";
import { expireSegments } from "./expire-segments.ts";
import { rowOf, SEGMENT_COLUMNS } from "./segment-rows.ts";
import type { Tables } from "./tables.ts";

export class PostgresSegments implements SegmentStore {
  readonly #db: Kysely<Tables>;
  readonly #files: SegmentFiles;
  readonly #log: Logger;
  readonly #cache = new SegmentCache();

  constructor(db: Kysely<Tables>, files: SegmentFiles, log: Logger) {
    this.#db = db;
    this.#files = files;
    this.#log = log;
  }

  async writePoints(owner: SegmentOwner, points: PointsSegment | readonly PointsSegment[]): Promise<SegmentRow> {
    const parts: readonly PointsSegment[] = [points].flat();
    return this.#files.writePoints(owner, parts.length === 1 ? parts[0] : mergePoints(parts));
  }

  writeCheckpoint(owner: SegmentOwner, states: Uint8Array): Promise<SegmentRow> {
    return this.#files.writeCheckpoint(owner, states);
  }

  async readPoints(row: SegmentRow): Promise<PointsSegment> {
    return selectIntervals(await this.#files.readPoints(row), intervalChoice(row));
  }

  async readSeries(
    detectorId: string,
    generation: number,
    series: readonly number[],
    range: { startMs: number; endMs: number; asOfMs?: number },
  ): Promise<readonly SeriesPoints[]> {
    const segments = await this.#inEffect(detectorId, generation, range);
    return readSeries(segments, series, { range, files: this.#files, cache: this.#cache });
  }

  listPoints(detectorId: string, generation: number, range: { startMs: number; endMs: number; asOfMs?: number }): Promise<readonly SegmentRow[]> {
    return this.#inEffect(detectorId, generation, range);
  }

  async latestCheckpoint(detectorId: string, generation: number, notAfterMs: number): Promise<{ row: SegmentRow; states: Uint8Array } | null> {
    const rows = await this.#db
      .selectFrom("segments")
      .select(SEGMENT_COLUMNS)
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .where("kind", "=", "checkpoint")
      .where("end_ms", "<=", notAfterMs)
      .orderBy("end_ms", "desc")
      .orderBy("id", "desc")
      .execute();
    for (const row of rows.map(rowOf)) {
      try {
        return { row, states: await this.#files.readCheckpoint(row) };
      } catch (error) {
        if (!(error instanceof SegmentDamagedError)) throw error;
        // A checkpoint is only a shortcut: the one before it, or the points, give the same states.
        this.#log.warn({ error: error.message }, "a checkpoint is damaged; an older one is used");
      }
    }
    return null;
  }

  nameCheckpoint(row: SegmentRow, lineage: number): Promise<void> {
    return this.#db.transaction().execute(async (trx) => {
      const current = await trx
        .selectFrom("detectors")
        .select("id")
        .where("id", "=", row.detectorId)
        .where("generation", "=", row.generation)
        .where("lineage", "=", lineage)
        .forUpdate()
        .executeTakeFirst();
      if (current !== undefined) await nameCheckpoint(trx, row, row.endMs);
    });
  }

  sweep(olderThanMs: number): Promise<{ files: number; bytes: number }> {
    return this.#files.sweep(olderThanMs, async (paths) => {
      const rows = await this.#db.selectFrom("segments").select("path").where("path", "=", sql<string>`any(${paths}::text[])`).execute();
      return new Set(rows.map(({ path }) => path));
    });
  }

  compact(detectorId: string, beforeMs: number, signal?: AbortSignal): Promise<{ merged: number; into: number }> {
    return compact(this.#db, this.#files, detectorId, beforeMs, signal);
  }

  expire(detectorId: string, before: Parameters<SegmentStore["expire"]>[1], signal?: AbortSignal): ReturnType<SegmentStore["expire"]> {
    return expireSegments(this.#db, this.#files, detectorId, before, signal);
  }

  async keptFrom(detectorId: string, generation: number): Promise<number | null> {
    const row = await this.#db.selectFrom("detectors").select("kept_from_ms").where("id", "=", detectorId).where("generation", "=", generation).executeTakeFirst();
    return row?.kept_from_ms ?? null;
  }

  async bytes(detectorId: string): Promise<Readonly<Record<"points" | "checkpoint", number>>> {
    const rows = await this.#db
      .selectFrom("segments")
      .select(["kind", sql<number>`sum(bytes)::bigint`.as("bytes")])
      .where("detector_id", "=", detectorId)
      .groupBy("kind")
      .execute();
    const of = (kind: SegmentRow["kind"]) => rows.find((row) => row.kind === kind)?.bytes ?? 0;
    return { points: of("points"), checkpoint: of("checkpoint") };
  }

  /**
   * Which segments hold the range, and which of their intervals count: an interval with a record of its own counts
   * from the record's segment, every other one from the history.
   */
  async #inEffect(
    detectorId: string,
    generation: number,
    { startMs, endMs, asOfMs }: { startMs: number; endMs: number; asOfMs?: number },
  ): Promise<readonly SegmentRow[]> {
    const intervals = await this.#db
      .selectFrom("intervals")
      .distinctOn("start_ms")
      .select(["start_ms", "segment_id"])
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .where("start_ms", ">=", startMs)
      .where("start_ms", "<", endMs)
      .where("status", "=", "COMPLETED")
      .$if(asOfMs !== undefined, (query) => query.where("known_at_ms", "<=", asOfMs!))
      .orderBy("start_ms")
      .orderBy("version", "desc")
      .execute();
    const startsOf = new Map<string, number[]>();
    for (const { start_ms, segment_id } of intervals) {
      if (segment_id === null) continue;
      const starts = startsOf.get(segment_id);
      if (starts === undefined) startsOf.set(segment_id, [start_ms]);
      else starts.push(start_ms);
    }
    const rows = await this.#db
      .selectFrom("segments")
      .select([...SEGMENT_COLUMNS, "is_history"])
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .where("kind", "=", "points")
      .where((eb) =>
        eb.or([
          eb("id", "=", sql<string>`any(${[...startsOf.keys()]}::text[])`),
          eb.and([
            eb("is_history", "=", true),
            eb("start_ms", "<", endMs),
            eb("end_ms", ">", startMs),
            ...(asOfMs === undefined ? [] : [eb("known_at_ms", "<=", asOfMs)]),
          ]),
        ]),
      )
      .orderBy("start_ms")
      .orderBy("id")
      .execute();
    const own = intervals.map(({ start_ms }) => start_ms);
    return rows.map((row) => {
      if (!row.is_history) return { ...rowOf(row), inEffect: { onlyMs: startsOf.get(row.id)! } };
      const exceptMs = own.filter((ms) => ms >= row.start_ms && ms < row.end_ms);
      return exceptMs.length === 0 ? rowOf(row) : { ...rowOf(row), inEffect: { exceptMs } };
    });
  }
}
