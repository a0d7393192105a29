/** The store on PostgreSQL, with segments in a folder. Opening brings the schema up to date. */
import { mkdirSync } from "node:fs";
import { Kysely, PostgresDialect, WithSchemaPlugin } from "kysely";
import type { Pool } from "pg";
import type { Logger } from "../../telemetry/logger.ts";
import { SegmentFiles } from "../segments/segment-files.ts";
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
  /** of this installation only; made if it isn't there */
  readonly segmentsFolder: string;
  readonly log: Logger;
}

/** Throws UserError when the database can't be used: out of reach, wrong password, too old, newer than this program. */
export async function openPostgresStore({ databaseUrl, segmentsFolder, log }: OpenStoreOptions): Promise<Store> {
  mkdirSync(segmentsFolder, { recursive: true, mode: 0o750 });
  const pool = openPool(databaseUrl, log);
  try {
    const applied = await migrate(pool);
    if (applied > 0) log.info({ migrations: applied }, "Foretop's database is up to date");
  } catch (cause) {
    await pool.end();
    throw describeConnectError(cause);
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new WithSchemaPlugin("foretop")] });
  let closing: Promise<void> | null = null;
  return {
    detectors: new PostgresDetectors(db),
    ledger: new PostgresLedger(db),
    series: new PostgresSeries(db),
    intervals: new PostgresIntervals(db),
    segments: new PostgresSegments(db, new SegmentFiles(segmentsFolder), log),
    groups: new PostgresGroups(db),
    deliveries: new PostgresDeliveries(db),
    audit: new PostgresAudit(db),
    health: new PostgresHealth(db),
    commitHistory: (commit) => commitHistory(db, commit),
    commitInterval: (commit) => commitInterval(db, commit),
    commitCorrection: (commit) => commitCorrection(db, commit),
    space: () => space(db),
    fixInstant: (detectorIds, atMs) => fixInstant(db, detectorIds, atMs),
    close: () => (closing ??= closeBoth(db, pool)),
  };
}

/** Kysely ends the pool only if it has used it. */
async function closeBoth(db: Kysely<Tables>, pool: Pool): Promise<void> {
  await db.destroy();
  if (!pool.ended) await pool.end();
}
