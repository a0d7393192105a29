/**
 * Puts a backup back, whole or not at all, into an installation that has nothing yet. It is read twice: first its checksum
 * says that it is whole, and only then is anything done with what it holds. The tables as their Foretop made
 * them (the next start brings them up to date), the segments under their names. Files are written beside (in a bucket: behind a
 * marker) and take their place just before the one transaction commits, so that an attempt that was cut off leaves nothing in the way.
 */
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { Client } from "pg";
import { UserError } from "../../telemetry/errors.ts";
import { CREATE_MIGRATIONS, ownMigrations } from "../postgres/migrate.ts";
import { describeConnectError } from "../postgres/pool.ts";
import type { RestoringPlace, SegmentPlace } from "../segments/segment-place.ts";
import { BACKUP_FORMAT, END, MANIFEST, SEGMENTS, tableOf, type BackupEnd, type BackupManifest, type BackupTable } from "./format.ts";
import { TarDamagedError, tarFiles } from "./tar.ts";

export interface RestoreOptions {
  readonly databaseUrl: string;
  readonly segments: SegmentPlace;
  /** absolute */
  readonly file: string;
  readonly signal?: AbortSignal;
}

export interface RestoreReport {
  readonly madeMs: number;
  readonly foretop: string;
  readonly rows: number;
  readonly segments: number;
}

/** @throws UserError when something is there already, the backup is of a newer Foretop, cut off, or damaged */
export async function restore({ databaseUrl, segments, file, signal }: RestoreOptions): Promise<RestoreReport> {
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw new UserError(`${file} can't be read`, { code: "NOT_FOUND", where: "FILE", advice: "Name a file that `foretop backup` has written.", cause });
  });
  try {
    const manifest = await verified(handle, file, signal);
    return await restoreInto(databaseUrl, segments, { manifest, handle, file, ...(signal !== undefined && { signal }) });
  } catch (error) {
    if (error instanceof TarDamagedError) throw damaged(file, error.message);
    throw error;
  } finally {
    await handle.close();
  }
}

async function restoreInto(databaseUrl: string, segments: SegmentPlace, work: Omit<Work, "restoring">): Promise<RestoreReport> {
  const client = new Client({ connectionString: databaseUrl, application_name: "foretop restore" });
  client.on("error", () => {}); // an error of an open connection also rejects its query
  await client.connect().catch((cause: unknown) => Promise.reject(describeConnectError(cause) as Error));
  let restoring: RestoringPlace | null = null;
  try {
    await refuseNonEmpty(client, segments);
    restoring = await segments.beginRestore();
    await client.query("begin");
    const report = await putBack(client, { ...work, restoring });
    await restoring.finish();
    await client.query("commit");
    return report;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    await restoring?.abandon().catch(() => {}); // what is left is cleared by the next attempt; the first error is told
    throw error;
  } finally {
    await client.end();
  }
}

async function refuseNonEmpty(client: Client, segments: SegmentPlace): Promise<void> {
  const inTheWay: string[] = [];
  if (!(await segments.isEmpty())) inTheWay.push(`${segments.nameOf("")} is not empty`);
  const there = await client.query<{ there: boolean }>("select to_regclass('foretop.detectors') is not null as there");
  if (there.rows[0]?.there === true) {
    const { rows } = await client.query<{ name: string }>("select name from foretop.detectors order by name limit 3");
    if (rows.length > 0) inTheWay.push(`the database has detectors (${rows.map(({ name }) => name).join(", ")})`);
  }
  if (inTheWay.length === 0) return;
  throw new UserError(`a backup is only put back where nothing is: ${inTheWay.join(", and ")}`, {
    code: "CONFLICT",
    advice: "Restore into another folder (--home) or database, or move what is there away first.",
  });
}

/** The manifest of a backup that is whole, to the last bit; throws UserError otherwise. */
async function verified(handle: FileHandle, file: string, signal: AbortSignal | undefined): Promise<BackupManifest> {
  const hash = createHash("sha256");
  let manifest: BackupManifest | null = null;
  for await (const { name, content } of tarFiles(handle)) {
    signal?.throwIfAborted();
    manifest ??= manifestOf(name, content, file);
    if (name === END) {
      const end = parsed<BackupEnd>(content, file);
      if (end.sha256 !== hash.digest("hex")) throw damaged(file, "its checksum is wrong");
      refuseNewer(manifest, file);
      return manifest;
    }
    hash.update(content);
  }
  throw damaged(file, manifest === null ? "it is empty" : "its end is missing");
}

interface Work {
  readonly manifest: BackupManifest;
  readonly handle: FileHandle;
  readonly restoring: RestoringPlace;
  readonly file: string;
  readonly signal?: AbortSignal;
}

async function putBack(client: Client, { manifest, handle, restoring, file, signal }: Work): Promise<RestoreReport> {
  await createTables(client, manifest.schema);
  const tables = new Map(manifest.tables.map((table) => [table.name, table]));
  let rows = 0;
  let segments = 0;
  let named: ReadonlyMap<string, string> | null = null;
  for await (const { name, content } of tarFiles(handle)) {
    signal?.throwIfAborted();
    if (name === MANIFEST) continue;
    if (name === END) break;
    const table = tables.get(tableOf(name) ?? "");
    if (table !== undefined) rows += await insertRows(client, table, content);
    else if (name.startsWith(SEGMENTS)) {
      named ??= await namedSegments(client);
      const path = name.slice(SEGMENTS.length);
      // Only paths that our own tables name are written, so none leads elsewhere.
      if (named.get(path) !== sha256Of(content)) throw damaged(file, `${name} is not what its tables name`);
      await restoring.put(path, content);
      segments += 1;
    } else throw damaged(file, `it holds ${name}, which no backup does`);
  }
  named ??= await namedSegments(client);
  if (named.size !== segments) throw damaged(file, `its tables name ${named.size} segments, it holds ${segments}`);
  await continueNumbers(client);
  return { madeMs: manifest.madeMs, foretop: manifest.foretop, rows, segments };
}

function manifestOf(name: string, content: Buffer, file: string): BackupManifest {
  if (name !== MANIFEST) throw damaged(file, "it does not begin with a manifest: it is no backup of Foretop");
  return parsed<BackupManifest>(content, file);
}

/** Our own JSON: the checksum over it is compared before anything in it is used. */
function parsed<T>(content: Buffer, file: string): T {
  try {
    return JSON.parse(content.toString("utf8")) as T;
  } catch {
    throw damaged(file, "its description can't be read");
  }
}

function refuseNewer({ format, schema, foretop }: BackupManifest, file: string): void {
  if (format === BACKUP_FORMAT && schema <= ownMigrations().length) return;
  throw new UserError(`${file} was made by Foretop ${foretop}, which is newer than this one`, {
    code: "NEWER_SCHEMA",
    where: "FILE",
    advice: `Restore it with Foretop ${foretop} or newer.`,
  });
}

/** As the Foretop that made the backup had them, so that its rows fit; nothing of ours is in the way (see refuseNonEmpty). */
async function createTables(client: Client, schema: number): Promise<void> {
  await client.query("drop schema if exists foretop cascade");
  await client.query(CREATE_MIGRATIONS);
  for (const { sql } of ownMigrations().slice(0, schema)) await client.query(sql);
}

async function insertRows(client: Client, table: BackupTable, content: Buffer): Promise<number> {
  const rows = zstdDecompressSync(content).toString("utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as (string | null)[]);
  const names = table.columns.map(({ name }) => `"${name}"`).join(", ");
  const values = table.columns.map(({ name, type }) => `"${name}"::${type}`).join(", ");
  const arrays = table.columns.map((_, at) => `$${at + 1}::text[]`).join(", ");
  await client.query(
    `insert into foretop."${table.name}" (${names}) overriding system value select ${values} from unnest(${arrays}) as given (${names})`,
    table.columns.map((_, at) => rows.map((row) => row[at])),
  );
  return rows.length;
}

async function namedSegments(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ path: string; sha256: string }>("select path, sha256 from foretop.segments");
  return new Map(rows.map(({ path, sha256 }) => [path, sha256]));
}

/** Generated numbers go on behind the restored ones. */
async function continueNumbers(client: Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    "select table_name as table, column_name as column from information_schema.columns where table_schema = 'foretop' and is_identity = 'YES'",
  );
  for (const { table, column } of rows) {
    await client.query(`select setval(pg_get_serial_sequence('foretop."${table}"', '${column}'), coalesce(max("${column}"), 0) + 1, false) from foretop."${table}"`);
  }
}

function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function damaged(file: string, what: string): UserError {
  return new UserError(`${file} is damaged: ${what}; nothing was restored`, { code: "DAMAGED", where: "FILE", advice: "Use another backup." });
}
