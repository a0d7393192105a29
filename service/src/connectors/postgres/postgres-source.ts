import Cursor from "pg-cursor";
import type { FieldDef, QueryResult } from "pg";
import { SourceError } from "../../telemetry/errors.ts";
import { TABLES_LISTED_MAX } from "../connector.ts";
import type { BoundQuery, Cell, Column, ReadOptions, RowBatch, Source, SourceFinding } from "../connector.ts";
import { cellTypes, columnOf } from "./cell-types.ts";
import { checkSource } from "./check-source.ts";
import type { Connection } from "./connection.ts";
import type { RowTap } from "./row-tap.ts";
import { sourceErrorFrom } from "./source-error-from.ts";

/** One session; statements run one after the other, each in a read-only transaction of its own. */
export class PostgresSource implements Source {
  readonly dialect: "postgres" | "redshift";
  readonly rowsOnly: string | null;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.dialect = connection.isRedshift ? "redshift" : "postgres";
    const major = Number(/^PostgreSQL (\d+)/.exec(connection.version)?.[1] ?? 0);
    this.rowsOnly = connection.isRedshift || major >= DATE_BIN_SINCE ? null : `PostgreSQL ${major} has no date_bin; it came with ${DATE_BIN_SINCE}`;
  }

  async describe(query: BoundQuery, { signal, timeoutMs = DESCRIBE_MS_MAX }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<readonly Column[]> {
    let columns: readonly Column[] = [];
    // LIMIT 0 makes the server plan it, check names and permissions, and stop.
    const probe: BoundQuery = { sql: `select * from (\n${query.sql}\n) as foretop_described limit 0`, parameters: query.parameters };
    const options: ReadOptions = {
      rowsPerBatch: 1,
      timeoutMs,
      onColumns: (found) => (columns = found),
      ...(signal && { signal }),
    };
    for await (const _ of this.#read(probe, options, "asking for the query's columns"));
    return columns;
  }

  read(query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    return this.#read(query, options, "reading rows");
  }

  async tables({ signal }: { signal?: AbortSignal } = {}): Promise<readonly string[]> {
    const sql = `select case when table_schema = 'public' then '' else quote_ident(table_schema) || '.' end || quote_ident(table_name) as name
      from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema', 'pg_internal') order by 1 limit ${TABLES_LISTED_MAX}`;
    return namesOf(this.#read({ sql, parameters: [] }, { rowsPerBatch: TABLES_LISTED_MAX, timeoutMs: DESCRIBE_MS_MAX, ...(signal && { signal }) }, "listing the tables"));
  }

  check(query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
    return checkSource(this, this.#connection, query, timestampColumn);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A portal of the extended protocol: the server hands out `rowsPerBatch` rows at a time and waits, so that neither side
   * ever holds more. Leaving the loop early closes it; an abort or the time limit cancels what the server is doing.
   */
  async *#read(query: BoundQuery, options: ReadOptions, doing: string): AsyncGenerator<RowBatch, void, undefined> {
    const { rowsPerBatch, timeoutMs, signal, onStatement, onColumns } = options;
    const { client } = this.#connection;
    let timedOut = false;
    let cursor: Cursor<Cell[]> | null = null;
    const fail = (error: unknown): SourceError => sourceErrorFrom(error, { doing, ...(signal && { signal }), ...(timedOut && { timeoutMs }) });
    const isStopped = (): boolean => timedOut || signal?.aborted === true;
    if (isStopped()) throw fail(signal?.reason);

    // Again and again until the statement has ended: between two messages of the protocol a server ignores the request.
    let asked: Promise<void> = Promise.resolve();
    let asking: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      asked = Promise.all([asked, this.#connection.cancel()]).then(() => {});
      asking ??= setInterval(cancel, CANCEL_EVERY_MS);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      cancel();
    }, timeoutMs);
    signal?.addEventListener("abort", cancel, { once: true });
    let isOver = false;
    let tap: RowTap | null = null;
    try {
      // The server's own limit is the second line of defence, for when our cancel request doesn't get through.
      const serverLimitMs = Math.ceil(timeoutMs + SERVER_TIMEOUT_SLACK_MS);
      await client.query(`begin read only; set ${this.dialect === "redshift" ? "" : "local "}statement_timeout to ${serverLimitMs}`);
      onStatement?.(`session ${this.#connection.processId}`);
      tap = this.#connection.tapRows();
      let bytesBefore = this.#connection.bytesRead();
      cursor = client.query(new Cursor<Cell[]>(query.sql, query.parameters.map(instantText), { rowMode: "array", types: cellTypes }));
      if (tap !== null) this.#connection.onFields((fields) => tap?.describe(fields));
      let next = readBatch(cursor, rowsPerBatch, tap);
      for (let isFirst = true; ; isFirst = false) {
        const { rows, fields } = await next;
        if (isStopped()) throw new Error("stopped between two batches");
        if (isFirst) onColumns?.(fields.map(columnOf));
        // The server makes the next rows while the caller works on these, for the price of two batches in memory.
        const isLast = rows.length < rowsPerBatch;
        if (!isLast) next = readBatch(cursor, rowsPerBatch, tap);
        next.catch(() => {}); // it is awaited, or the caller has left
        const bytes = this.#connection.bytesRead();
        if (rows.length > 0) yield { rows, bytes: bytes - bytesBefore };
        bytesBefore = bytes;
        if (isLast) break;
      }
      await client.query("commit");
      isOver = true;
    } catch (error) {
      cursor = null; // after an error the driver has closed it itself
      throw fail(error);
    } finally {
      clearTimeout(timer);
      clearInterval(asking);
      signal?.removeEventListener("abort", cancel);
      await asked; // a request that is still on its way would hit the next statement
      if (!isOver) await this.#giveUp(cursor);
      tap?.close();
    }
  }

  /** After an error or an early return: the session must be usable again, or closed. `cursor` is still open, or null. */
  async #giveUp(cursor: Cursor<Cell[]> | null): Promise<void> {
    // Both wait for the server's answer, which never comes on a connection that broke meanwhile.
    const timer = setTimeout(() => void this.#connection.close(), GIVE_UP_MS_MAX);
    try {
      await cursor?.close();
      await this.#connection.client.query("rollback");
    } catch {
      // The connection is gone; the error that is already on its way says so.
      await this.#connection.close();
    } finally {
      clearTimeout(timer);
    }
  }
}

async function namesOf(batches: AsyncIterable<RowBatch>): Promise<string[]> {
  const names: string[] = [];
  for await (const { rows } of batches) for (const [name] of rows) names.push(String(name));
  return names;
}

const DATE_BIN_SINCE = 14;
const GIVE_UP_MS_MAX = 5000;
const CANCEL_EVERY_MS = 250;
const DESCRIBE_MS_MAX = 30_000;
const SERVER_TIMEOUT_SLACK_MS = 2000;

/** Always with zone, so that it means the same whatever the session's zone is. */
function instantText(ms: number): string {
  return new Date(ms).toISOString();
}

/** With a tap, the driver sees no rows: it only tells when they are complete. */
function readBatch(cursor: Cursor<Cell[]>, count: number, tap: RowTap | null): Promise<{ rows: Cell[][]; fields: readonly FieldDef[] }> {
  return new Promise((resolve, reject) => {
    cursor.read(count, (error: Error | undefined, rows: Cell[][], result: QueryResult) => {
      if (error) reject(error);
      else resolve({ rows: tap === null ? rows : tap.take(), fields: result.fields });
    });
  });
}
