/**
 * A backup of everything that Foretop knows, while it runs: the tables as of one moment (one snapshot of PostgreSQL),
 * then the segments that they name. Segments never change, and lose their place on the disk a day after they lost their
 * name at the earliest, so they are still there when their turn comes.
 */
import { createHash } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { Client } from "pg";
import { UserError } from "../../telemetry/errors.ts";
import { describeConnectError } from "../postgres/pool.ts";
import type { SegmentPlace } from "../segments/segment-place.ts";
import { BACKUP_FORMAT, END, MANIFEST, partName, SEGMENTS, type BackupEnd, type BackupManifest, type BackupTable } from "./format.ts";
import { TAR_END, tarEntry } from "./tar.ts";

const ROWS_PER_PART = 5_000;
/** Damaged files that are named, of possibly thousands. */
const DAMAGED_NAMED_MAX = 20;

export interface BackUpOptions {
  readonly databaseUrl: string;
  readonly segments: SegmentPlace;
  /** absolute; must not exist */
  readonly file: string;
  /** of this Foretop */
  readonly version: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  readonly segments: number;
  readonly segmentBytes: number;
}

/**
 * Nothing is left behind when it fails.
 *
 * @throws UserError when the file exists, there is nothing to back up, or segments are missing or damaged: all are named
 */
export async function backUp(options: BackUpOptions): Promise<BackupReport> {
  const { databaseUrl, file } = options;
  if ((await stat(file).catch(() => null)) !== null) throw new UserError(`${file} exists already`, { code: "DUPLICATE", where: "FILE", advice: "Name another file; a backup never overwrites one." });
  if ((await stat(dirname(file)).catch(() => null)) === null) throw new UserError(`there is no folder ${dirname(file)}`, { code: "NOT_FOUND", where: "FILE", advice: "Create it first." });
  const client = new Client({ connectionString: databaseUrl, application_name: "foretop backup" });
  client.on("error", () => {}); // an error of an open connection also rejects its query
  await client.connect().catch((cause: unknown) => Promise.reject(describeConnectError(cause) as Error));
  const unfinished = `${file}.unfinished`;
  const out = await TarWriter.open(unfinished);
  try {
    const report = await writeAll(client, out, options);
    await out.close();
    await rename(unfinished, file);
    return { ...report, file, bytes: out.bytes };
  } catch (error) {
    await out.discard();
    throw error;
  } finally {
    await client.end();
  }
}

async function writeAll(client: Client, out: TarWriter, { segments: place, version, nowMs, signal, onProgress }: BackUpOptions): Promise<Omit<BackupReport, "file" | "bytes">> {
  await client.query("set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set bytea_output to 'hex'; set extra_float_digits to 1");
  await client.query("begin isolation level repeatable read read only");
  const found = await client.query<{ there: boolean }>("select to_regclass('foretop.migrations') is not null as there");
  if (found.rows[0]?.there !== true) throw new UserError("there is nothing to back up: this database has no tables of Foretop", { code: "NOT_FOUND", where: "--home", advice: "Name the folder with --home, or the database with DATABASE_URL." });
  const schema = (await client.query<{ number: number }>("select max(number) as number from foretop.migrations")).rows[0]!.number;
  const tables = await tablesOf(client);
  const manifest: BackupManifest = { format: BACKUP_FORMAT, foretop: version, schema, madeMs: nowMs, tables };
  await out.add(MANIFEST, Buffer.from(JSON.stringify(manifest, null, 2)));

  const rows: Record<string, number> = {};
  for (const [index, table] of tables.entries()) rows[table.name] = await writeTable(client, out, { table, index, ...(signal !== undefined && { signal }) });

  const segments = (await client.query<{ path: string; sha256: string; bytes: string }>("select path, sha256, bytes::text from foretop.segments order by path")).rows;
  await client.query("commit");
  const damaged: string[] = [];
  let segmentBytes = 0;
  for (const [index, { path, sha256 }] of segments.entries()) {
    signal?.throwIfAborted();
    const content = await place.read({ path, sha256 });
    if (content === null) damaged.push(`${path} is missing`);
    else if (createHash("sha256").update(content).digest("hex") !== sha256) damaged.push(`${path} is damaged`);
    else if (damaged.length === 0) {
      await out.add(`${SEGMENTS}${path}`, content);
      segmentBytes += content.byteLength;
    }
    onProgress?.((index + 1) / segments.length);
  }
  if (damaged.length > 0) throw damagedError(damaged, place.nameOf(""));
  const end: BackupEnd = { rows, segments: segments.length, sha256: out.digest() };
  await out.add(END, Buffer.from(JSON.stringify(end, null, 2)));
  return { rows: Object.values(rows).reduce((sum, count) => sum + count, 0), segments: segments.length, segmentBytes };
}

function damagedError(damaged: readonly string[], place: string): UserError {
  const named = damaged.slice(0, DAMAGED_NAMED_MAX).join("; ");
  return new UserError(`no backup was made: in ${place} ${named}${damaged.length > DAMAGED_NAMED_MAX ? ` and ${damaged.length - DAMAGED_NAMED_MAX} more` : ""}`, {
    code: "DAMAGED",
    advice: "`foretop doctor` says what each of them holds. Bring the files back from an older backup, or let `foretop interval backfill` read their intervals again.",
  });
}

/** Tables with their columns, so that no row refers to one of a later table. */
async function tablesOf(client: Client): Promise<BackupTable[]> {
  const { rows } = await client.query<{ name: string; columns: { name: string; type: string }[]; needs: string[] }>(`
    select c.relname::text as name,
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select coalesce(json_agg(distinct f.relname), '[]'::json) from pg_constraint k join pg_class f on f.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid) as needs
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'foretop' and c.relkind = 'r'
    order by c.relname`);
  const ordered: BackupTable[] = [];
  const done = new Set<string>();
  while (ordered.length < rows.length) {
    const next = rows.find(({ name, needs }) => !done.has(name) && needs.every((need) => done.has(need)));
    if (next === undefined) throw new Error("tables refer to each other in a circle");
    done.add(next.name);
    ordered.push({ name: next.name, columns: next.columns });
  }
  return ordered;
}

async function writeTable(client: Client, out: TarWriter, { table, index, signal }: { table: BackupTable; index: number; signal?: AbortSignal }): Promise<number> {
  const columns = table.columns.map(({ name }) => `"${name}"::text`).join(", ");
  await client.query(`declare rows no scroll cursor for select ${columns} from foretop."${table.name}"`);
  let count = 0;
  for (let part = 0; ; part++) {
    signal?.throwIfAborted();
    const { rows } = await client.query<(string | null)[]>({ text: `fetch ${ROWS_PER_PART} from rows`, rowMode: "array" });
    if (rows.length > 0) {
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      await out.add(partName(index, table.name, part), zstdCompressSync(lines));
    }
    count += rows.length;
    if (rows.length < ROWS_PER_PART) break;
  }
  await client.query("close rows");
  return count;
}

/** Writes a tar, readable by its owner only: configurations and messages are nobody else's business. */
class TarWriter {
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #path: string;
  readonly #hash = createHash("sha256");
  bytes = 0;

  private constructor(handle: Awaited<ReturnType<typeof open>>, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  static async open(path: string): Promise<TarWriter> {
    return new TarWriter(await open(path, "w", 0o600), path);
  }

  async add(name: string, content: Uint8Array): Promise<void> {
    this.#hash.update(content);
    for (const piece of tarEntry(name, content)) await this.#write(piece);
  }

  /** Over the contents so far. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  async close(): Promise<void> {
    await this.#write(TAR_END);
    await this.#handle.sync();
    await this.#handle.close();
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    this.bytes += bytes.byteLength;
  }
}
