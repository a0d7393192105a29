/**
 * Way 2: the cluster writes the result to S3 (UNLOAD), from where it is read and deleted. One statement; a folder of its own
 * for each attempt, so that nothing is in the way and half of an older one is never taken for this one; the manifest, written
 * last, tells what belongs to it, and every file's bytes and rows are counted against it.
 */
import { randomUUID } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { asInterrupted, awsSourceError } from "../../aws/aws-error.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { BoundQuery, Cell, Column, ReadOptions, RowBatch } from "../connector.ts";
import { cellOfText } from "./cell-types.ts";
import { csvRows } from "./csv-rows.ts";
import type { DataApi } from "./data-api.ts";
import { parquetRows } from "./parquet-rows.ts";
import { rebatch } from "./rebatch.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";
import { deleteKeys, listKeys, readBytes, readText } from "./s3-folder.ts";
import { locationOf } from "./s3-location.ts";
import { startStatement, statementName } from "./start-statement.ts";
import { unloadText, withLiterals } from "./statement-text.ts";
import { parseManifest } from "./unload-manifest.ts";
import type { UnloadedFile, UnloadManifest } from "./unload-manifest.ts";

export type UnloadSettings = NonNullable<RedshiftSettings["unload"]>;

export interface UnloadReader {
  readonly api: DataApi;
  readonly s3: S3Client;
  readonly settings: UnloadSettings;
}

export async function* readUnloaded({ api, s3, settings }: UnloadReader, query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
  const { timeoutMs, rowsPerBatch, signal, onStatement, onColumns, work } = options;
  const abort = { ...(signal && { signal }) };
  const select = withLiterals(query);
  const folder = `${settings.to}attempts/${statementName(work?.key ?? randomUUID())}/`;
  const textFor = (attempt: string): string => unloadText({ select, prefix: `${folder}${attempt}/`, iamRole: settings.iamRole, format: settings.format, parallel: settings.parallel, bucketRegion: settings.bucketRegion, nullText: nullTextOf(attempt) });
  const attempt = randomUUID();
  const statement = await startStatement(
    api,
    { sql: textFor(attempt), parameters: [] },
    { work, ...abort, isSame: (running) => running.sql === textFor(attemptOf(running.sql, folder) ?? "") },
  );
  const own = statement.isAdopted ? attemptOf(statement.sql, folder)! : attempt; // isSame has found it
  const prefix = `${folder}${own}/`;
  let hasEnded = false;
  try {
    onStatement?.(statement.id);
    await api.waitUntilEnded(statement.id, { timeoutMs, doing: "unloading rows", ...abort });
    hasEnded = true;
    const manifest = parseManifest(await readText(s3, locationOf(`${prefix}manifest`), signal), prefix);
    onColumns?.(manifest.columns);
    yield* rebatch(rowsOf(manifest, own), rowsPerBatch);
  } finally {
    // Nothing of ours goes on or stays. Should either fail, the next attempt at this work finds statement and files.
    if (!hasEnded) await api.cancel(statement.id).catch(() => {});
    await sweep().catch(() => {});
  }

  /** This attempt's files, and those of attempts that died. */
  async function sweep(): Promise<void> {
    const { bucket, key } = locationOf(folder);
    await deleteKeys(s3, bucket, await listKeys(s3, { bucket, key }));
  }

  async function* rowsOf({ files, columns }: UnloadManifest, of: string): AsyncGenerator<Cell[][], void, undefined> {
    for (const file of files) {
      let rows = 0;
      try {
        for await (const found of settings.format === "parquet" ? parquetRows(s3, locationOf(file.url), file.bytes, columns, signal) : textRows(file, columns, nullTextOf(of))) {
          rows += found.length;
          yield found;
        }
      } catch (error) {
        throw asInterrupted(awsSourceError(error, { doing: `reading ${file.url}`, ...abort }));
      }
      if (rows !== file.rows) throw new SourceError(`${file.url} has ${rows} rows, the manifest says ${file.rows}`, { code: "INTERRUPTED", transient: true, advice: "It is unloaded again." });
    }
  }

  async function* textRows({ url, bytes }: UnloadedFile, columns: readonly Column[], nullText: string): AsyncGenerator<Cell[][], void, undefined> {
    for await (const rows of csvRows(readBytes(s3, locationOf(url), bytes, signal))) {
      yield rows.map((row) => {
        if (row.length !== columns.length) throw new SourceError(`${url} has a row of ${row.length} fields, the query has ${columns.length} columns`, { code: "SHAPE", transient: true, advice: "It is unloaded again." });
        return row.map((text, c) => (text === nullText ? null : cellOfText(text, columns[c]!.type)));
      });
    }
  }
}

/** An empty text and null are two things; nobody can know this text before the attempt has begun. */
function nullTextOf(attempt: string): string {
  return `null-${attempt}`;
}

/** Of a running UNLOAD of ours: the attempt whose folder it writes to. */
function attemptOf(sql: string, folder: string): string | null {
  const at = sql.indexOf(`to '${folder}`);
  return at < 0 ? null : (/^[0-9a-f-]{36}/.exec(sql.slice(at + 4 + folder.length))?.[0] ?? null);
}
