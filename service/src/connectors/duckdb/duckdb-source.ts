import { adviceOf, describeError, SourceError } from "../../telemetry/errors.ts";
import { readsFinding } from "../check-findings.ts";
import type { BoundQuery, Column, ReadOptions, RowBatch, Source, SourceFinding } from "../connector.ts";
import { openEngine } from "../files/engine.ts";
import type { Engine } from "../files/engine.ts";
import { engineError } from "../files/engine-error.ts";
import { columnsOf, engineRows } from "../files/engine-rows.ts";
import { quoteName } from "../sql/quote-name.ts";
import { checkTree } from "./check-tree.ts";
import type { DuckdbSettings } from "./duckdb-settings.ts";
import { findTables } from "./find-tables.ts";

/** Each statement has an engine of its own, with the files that are there at that moment. */
export class DuckdbSource implements Source {
  readonly dialect = "duckdb";
  readonly #settings: DuckdbSettings;
  readonly #zone: string;
  #statements = 0;

  constructor(settings: DuckdbSettings, zone: string) {
    this.#settings = settings;
    this.#zone = zone;
  }

  async describe(query: BoundQuery, { signal, timeoutMs = DESCRIBE_MS_MAX }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<readonly Column[]> {
    const stop = new Stop("asking for the query's columns", timeoutMs, signal);
    try {
      const engine = await stop.watch(() => this.#open(query));
      return await columnsOf(engine.connection, query);
    } catch (error) {
      throw stop.errorFrom(error);
    } finally {
      stop.end();
    }
  }

  async *read(query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    const { rowsPerBatch, timeoutMs, signal, onStatement, onColumns } = options;
    const stop = new Stop("reading rows", timeoutMs, signal);
    try {
      const engine = await stop.watch(() => this.#open(query));
      this.#statements += 1;
      onStatement?.(`statement ${this.#statements}`);
      for await (const batch of engineRows(engine.connection, query, { rowsPerBatch, ...(onColumns && { onColumns }) })) {
        stop.throwIfStopped();
        yield batch;
      }
      stop.throwIfStopped();
    } catch (error) {
      throw stop.errorFrom(error);
    } finally {
      stop.end();
    }
  }

  async tables(): Promise<readonly string[]> {
    return findTables(this.#settings).map(({ name }) => (/^[a-z_][a-z0-9_]*$/i.test(name) ? name : quoteName(name)));
  }

  async check(query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
    const findings: SourceFinding[] = [];
    try {
      const tables = findTables(this.#settings);
      const files = tables.reduce((sum, table) => sum + table.files.length, 0);
      findings.push({ check: "connects", level: "ok", message: `${files} files in ${tables.length} tables: ${tables.slice(0, 20).map(({ name }) => name).join(", ")}`, advice: null });
    } catch (error) {
      findings.push({ check: "connects", level: "error", message: describeError(error), advice: adviceOf(error) ?? "Check the source's settings." });
      return findings;
    }
    if (query === null) return findings;
    try {
      const names = (await this.describe(query)).map(({ name }) => name);
      findings.push({ check: "reads", ...readsFinding(names, timestampColumn) });
    } catch (error) {
      findings.push({ check: "reads", level: "error", message: describeError(error), advice: adviceOf(error) ?? "Correct the query." });
    }
    return findings;
  }

  async #open(query: BoundQuery): Promise<Engine> {
    const tables = findTables(this.#settings);
    const engine = await openEngine(tables, { zone: this.#zone, threads: this.#settings.threads, memoryMbMax: this.#settings.memoryMbMax });
    try {
      await checkTree(engine.connection, query.sql, tables.map(({ name }) => name));
      return engine;
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    // Nothing stays open between statements.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const DESCRIBE_MS_MAX = 30_000;

/** Ends an engine's statement on abort and at the time limit, and the engine itself when the work is over. */
class Stop {
  readonly #doing: string;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #timedOut = false;
  #engine: Engine | null = null;
  readonly #interrupt = (): void => this.#engine?.connection.interrupt();

  constructor(doing: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#doing = doing;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#interrupt();
    }, timeoutMs);
    signal?.addEventListener("abort", this.#interrupt, { once: true });
  }

  async watch(open: () => Promise<Engine>): Promise<Engine> {
    this.throwIfStopped();
    this.#engine = await open();
    this.throwIfStopped();
    return this.#engine;
  }

  throwIfStopped(): void {
    if (this.#timedOut || this.#signal?.aborted === true) throw new Error("stopped");
  }

  errorFrom(error: unknown): SourceError {
    return engineError(error, { doing: this.#doing, ...(this.#timedOut && { timeoutMs: this.#timeoutMs }), ...(this.#signal && { signal: this.#signal }) });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#interrupt);
    this.#engine?.close();
  }
}
