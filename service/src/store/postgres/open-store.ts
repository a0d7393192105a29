/** The store on PostgreSQL, with segments in a folder or a bucket. Opening brings the schema up to date. */
import { Kysely, PostgresDialect, WithSchemaPlugin } from "kysely";
import type { Pool } from "pg";
import { describeError, SourceError, UserError } from "../../telemetry/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { FolderPlace } from "../segments/folder-place.ts";
import { SegmentFiles } from "../segments/segment-files.ts";
import type { SegmentPlace } from "../segments/segment-place.ts";
import type { Store } from "../store.ts";
import { PostgresAudit } from "./audit.ts";
import { commitCorrection, commitHistory, commitInterval } from "./commits.ts";
import { PostgresDeliveries } from "./deliveries.ts";
import { PostgresDetectors } from "./detectors.ts";
import { fixInstant } from "./fix-instant.ts";
import { PostgresGroups } from "./groups.ts";
import { PostgresHealth } from "./health.ts";
import { PostgresIntervals } from "./intervals.ts";
import { PostgresLedger } from "./ledger.ts";
import { migrate } from "./migrate.ts";
import { describeConnectError, openPool } from "./pool.ts";
import { PostgresSegments } from "./segments.ts";
import { PostgresSeries } from "./series.ts";
import { space } from "./space.ts";
import type { Tables } from "./tables.ts";

export interface OpenStoreOptions {
  readonly databaseUrl: string;
  /** of this installation only: a place, or a folder that is made if it isn't there. The store closes it */
  readonly segments: SegmentPlace | string;
  readonly log: Logger;
}

/**
 * Throws UserError when the database can't be used (out of reach, wrong password, too old, newer than this program), and when
 * it names segments that are not here; SourceError when the segments' bucket can't be used.
 */
export async function openPostgresStore({ databaseUrl, segments, log }: OpenStoreOptions): Promise<Store> {
  const place = typeof segments === "string" ? new FolderPlace(segments) : segments;
  const pool = openPool(databaseUrl, log);
  try {
    const applied = await migrate(pool);
    if (applied > 0) log.info({ migrations: applied }, "Foretop's database is up to date");
    await refuseOtherPlace(pool, place, log);
  } catch (cause) {
    await pool.end();
    place.close();
    throw describeConnectError(cause);
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new WithSchemaPlugin("foretop")] });
  let closing: Promise<void> | null = null;
  return {
    detectors: new PostgresDetectors(db),
    ledger: new PostgresLedger(db),
    series: new PostgresSeries(db),
    intervals: new PostgresIntervals(db),
    segments: new PostgresSegments(db, new SegmentFiles(place), log),
    groups: new PostgresGroups(db),
    deliveries: new PostgresDeliveries(db),
    audit: new PostgresAudit(db),
    health: new PostgresHealth(db),
    commitHistory: (commit) => commitHistory(db, commit),
    commitInterval: (commit) => commitInterval(db, commit),
    commitCorrection: (commit) => commitCorrection(db, commit),
    space: () => space(db),
    fixInstant: (detectorIds, atMs) => fixInstant(db, detectorIds, atMs),
    close: () => (closing ??= closeAll(db, pool, place)),
  };
}

/** Kysely ends the pool only if it has used it. */
async function closeAll(db: Kysely<Tables>, pool: Pool, place: SegmentPlace): Promise<void> {
  await db.destroy();
  if (!pool.ended) await pool.end();
  place.close();
}

/** A mistyped prefix, or files that were not moved along, would look like damage one by one. */
async function refuseOtherPlace(pool: Pool, place: SegmentPlace, log: Logger): Promise<void> {
  let isEmpty: boolean;
  try {
    isEmpty = await place.isEmpty();
  } catch (error) {
    if (!(error instanceof SourceError) || !error.transient) throw error;
    log.warn({ error: describeError(error) }, "the segments can't be reached now; what is due waits for them");
    return;
  }
  if (!isEmpty) return;
  const { rows } = await pool.query<{ count: number }>("select count(*)::int as count from foretop.segments");
  if (rows[0]!.count === 0) return;
  throw new UserError(`the database names ${rows[0]!.count} segments, but ${place.nameOf("")} is empty`, {
    code: "SEGMENTS_MISSING",
    where: "FORETOP_SEGMENTS",
    advice: "Set FORETOP_SEGMENTS to where they are, or copy them there: docs/operate/segments.md.",
  });
}
