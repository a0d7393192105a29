import { EventEmitter, once } from "node:events";
import type { FieldPacket } from "mysql2";
import { SourceError } from "../../telemetry/errors.ts";
import { TABLES_LISTED_MAX } from "../connector.ts";
import type { BoundQuery, Cell, Column, ReadOptions, RowBatch, Source, SourceFinding } from "../connector.ts";
import { cellReaderOf, columnOf } from "./cell-types.ts";
import type { CellReader } from "./cell-types.ts";
import { checkSource } from "./check-source.ts";
import type { Connection } from "./connection.ts";
import { sourceErrorFrom } from "./source-error-from.ts";

/** One session; statements run one after the other, each in a read-only transaction of its own. */
export class MysqlSource implements Source {
  readonly dialect = "mysql";
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Preparing makes the server plan it and check names and permissions; no row is read. */
  async describe(query: BoundQuery, { signal, timeoutMs = DESCRIBE_MS_MAX }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<readonly Column[]> {
    const doing = "asking for the query's columns";
    const stop = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
    let timer: NodeJS.Timeout | undefined;
    try {
      if (stop.aborted) throw new Error("stopped");
      const stopped = new Promise<never>((_, reject) => {
        stop.addEventListener("abort", () => {
          void this.#connection.cancel();
          // A server that doesn't answer the request either is left.
          timer = setTimeout(() => this.#connection.driver.destroy(), GIVE_UP_MS_MAX);
          reject(new Error("stopped"));
        }, { once: true });
      });
      return (await Promise.race([this.#connection.columnsOf(query.sql), stopped])).map(columnOf);
    } catch (error) {
      throw sourceErrorFrom(error, { doing, ...(signal && { signal }), ...(stop.aborted && signal?.aborted !== true && { timeoutMs }) });
    } finally {
      clearTimeout(timer);
    }
  }

  async tables({ signal }: { signal?: AbortSignal } = {}): Promise<readonly string[]> {
    const sql = `select concat(if(table_schema = database(), '', concat('\`', replace(table_schema, '\`', '\`\`'), '\`.')), '\`', replace(table_name, '\`', '\`\`'), '\`') as name
      from information_schema.tables where table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys') order by 1 limit ${TABLES_LISTED_MAX}`;
    const names: string[] = [];
    for await (const { rows } of this.read({ sql, parameters: [] }, { rowsPerBatch: TABLES_LISTED_MAX, timeoutMs: DESCRIBE_MS_MAX, ...(signal && { signal }) })) for (const [name] of rows) names.push(String(name));
    return names;
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
   * Rows as the server sends them. When two batches wait to be taken, nothing more is read from the socket, and the server waits.
   * Leaving early, an abort and the time limit end the statement at the server.
   */
  async *read(query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    const { rowsPerBatch, timeoutMs, signal, onStatement, onColumns } = options;
    const connection = this.#connection;
    let timedOut = false;
    const fail = (error: unknown): SourceError => sourceErrorFrom(error, { doing: "reading rows", ...(signal && { signal }), ...(timedOut && { timeoutMs }) });
    const isStopped = (): boolean => timedOut || signal?.aborted === true;
    if (isStopped()) throw fail(signal?.reason);

    let asked: Promise<void> = Promise.resolve();
    let asking: NodeJS.Timeout | undefined;
    // Again and again until the statement has ended: between two statements a server ignores the request.
    const cancel = (): void => {
      asked = Promise.all([asked, connection.cancel()]).then(() => {});
      asking ??= setInterval(cancel, CANCEL_EVERY_MS);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      cancel();
    }, timeoutMs);
    signal?.addEventListener("abort", cancel, { once: true });
    let rows: StatementRows | null = null;
    let isOver = false;
    try {
      for (const statement of limitStatements(connection, timeoutMs)) await connection.query(statement);
      if (isStopped()) throw new Error("stopped before the statement");
      onStatement?.(`session ${connection.id}`);
      rows = new StatementRows(connection, query, rowsPerBatch);
      onColumns?.(await rows.columns());
      let bytesBefore = connection.bytesRead();
      for (;;) {
        const batch = await rows.next();
        if (isStopped()) throw new Error("stopped between two batches");
        if (batch === null) break;
        const bytes = connection.bytesRead();
        yield { rows: batch, bytes: Math.max(bytes - bytesBefore, 1) };
        bytesBefore = bytes;
      }
      isOver = true;
      await connection.query("commit");
    } catch (error) {
      throw fail(error);
    } finally {
      clearTimeout(timer);
      if (!isOver && rows !== null && !rows.hasEnded) {
        cancel();
        await rows.drained(GIVE_UP_MS_MAX);
      }
      clearInterval(asking);
      signal?.removeEventListener("abort", cancel);
      await asked; // a request that is still on its way would hit the next statement
      if (!isOver) await this.#rollBack();
    }
  }

  /** After an error or an early return: the session must be usable again, or closed. A late KILL hits the first try. */
  async #rollBack(): Promise<void> {
    const timer = setTimeout(() => this.#connection.driver.destroy(), GIVE_UP_MS_MAX);
    try {
      await this.#connection.query("rollback").catch(() => this.#connection.query("rollback"));
    } catch {
      // The connection is gone; the error that is already on its way says so.
      this.#connection.driver.destroy();
    } finally {
      clearTimeout(timer);
    }
  }
}

const GIVE_UP_MS_MAX = 5000;
const CANCEL_EVERY_MS = 500;
const DESCRIBE_MS_MAX = 30_000;
/** The server's own limit is the second line of defence, for when our request doesn't get through. */
const SERVER_TIMEOUT_SLACK_MS = 2000;

function limitStatements({ isMariaDb }: Connection, timeoutMs: number): string[] {
  const limitMs = Math.ceil(timeoutMs + SERVER_TIMEOUT_SLACK_MS);
  return [isMariaDb ? `set session max_statement_time = ${limitMs / 1000}` : `set session max_execution_time = ${limitMs}`, "start transaction read only"];
}

/** The rows of one statement, gathered in batches as they arrive. */
class StatementRows {
  readonly #connection: Connection;
  readonly #events = new EventEmitter();
  readonly #full: Cell[][][] = [];
  #filling: Cell[][] = [];
  #columns: readonly Column[] | null = null;
  #error: unknown = null;
  #isLetGo = false;
  hasEnded = false;
  readonly #onClosed = (): void => this.#end(new Error("the connection was closed"));
  readonly #onBroken = (error: unknown): void => this.#end(error);

  constructor(connection: Connection, query: BoundQuery, rowsPerBatch: number) {
    this.#connection = connection;
    let readers: readonly CellReader[] = [];
    let needsReading = false;
    // Whole seconds as integers, so that no digit is lost on the way through a double.
    const values = query.parameters.map((ms) => (ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(3)));
    const command = connection.driver.execute({ sql: query.sql, values, rowsAsArray: true });
    command.on("fields", (fields: FieldPacket[]) => {
      this.#columns = fields.map(columnOf);
      readers = this.#columns.map((column) => cellReaderOf(column, connection.zone));
      needsReading = readers.some((reader) => reader !== null);
      this.#events.emit("change");
    });
    command.on("result", (row: unknown) => {
      if (this.#isLetGo) return;
      const cells = row as Cell[]; // rowsAsArray; what isn't a cell yet becomes one here
      if (needsReading) for (let c = 0; c < readers.length; c++) if (readers[c] !== null) cells[c] = readers[c]!(cells[c]);
      this.#filling.push(cells);
      if (this.#filling.length < rowsPerBatch) return;
      this.#full.push(this.#filling);
      this.#filling = [];
      if (this.#full.length >= WAITING_BATCHES_MAX) connection.driver.pause();
      this.#events.emit("change");
    });
    command.on("error", (error: unknown) => this.#end(error));
    command.on("end", () => this.#end(null));
    // A socket that breaks ends the command without telling it.
    connection.driver.on("end", this.#onClosed).on("error", this.#onBroken);
  }

  async columns(): Promise<readonly Column[]> {
    while (this.#columns === null) {
      if (this.#error !== null) throw this.#error;
      if (this.hasEnded) throw new Error("the statement gave no result");
      await once(this.#events, "change");
    }
    return this.#columns;
  }

  /** Null at the end. */
  async next(): Promise<readonly Cell[][] | null> {
    for (;;) {
      const batch = this.#full.shift();
      if (batch !== undefined) {
        if (this.#full.length < WAITING_BATCHES_MAX && !this.hasEnded) this.#connection.driver.resume();
        return batch;
      }
      if (this.#error !== null) throw this.#error;
      if (this.hasEnded) {
        const rest = this.#filling;
        this.#filling = [];
        return rest.length > 0 ? rest : null;
      }
      await once(this.#events, "change");
    }
  }

  /** What still comes is let go; resolves when nothing more comes, or the time is up and the connection is broken off. */
  async drained(msMax: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#connection.driver.destroy();
      this.#end(new Error("the server went on sending"));
    }, msMax);
    this.#isLetGo = true;
    this.#full.length = 0;
    this.#filling = [];
    this.#connection.driver.resume();
    while (!this.hasEnded) await once(this.#events, "change");
    clearTimeout(timer);
  }

  #end(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#error = error;
    this.#connection.driver.off("end", this.#onClosed).off("error", this.#onBroken);
    this.#events.emit("change");
  }
}

const WAITING_BATCHES_MAX = 2;
