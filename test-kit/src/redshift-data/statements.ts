/**
 * Statements and their lives: SUBMITTED → PICKED → STARTED → FINISHED, FAILED or ABORTED.
 * https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { AwsError } from "../http/aws-error.ts";
import { ACTIVE_STATEMENTS_MAX, RESULT_BYTES_MAX, RESULT_KEPT_MS, ROW_BYTES_MAX, TOKEN_KEPT_MS } from "./limits.ts";
import { openSession, redshiftError, runStatement } from "./run-statement.ts";
import type { Result, Session, SqlParameter, UnloadWorld } from "./run-statement.ts";
import type { Warehouse } from "./warehouse.ts";

export type StatementStatus = "SUBMITTED" | "PICKED" | "STARTED" | "FINISHED" | "FAILED" | "ABORTED";

export interface SubStatement {
  readonly id: string;
  readonly sql: string;
  status: StatementStatus;
  error: string | null;
  result: Result | null;
  resultBytes: number;
}

export interface Statement {
  readonly id: string;
  readonly name: string | null;
  readonly token: string | null;
  readonly owner: string;
  readonly warehouse: Warehouse;
  readonly database: string;
  readonly secretArn: string | null;
  readonly dbUser: string | null;
  readonly isBatch: boolean;
  readonly subs: readonly SubStatement[];
  readonly parameters: readonly SqlParameter[];
  readonly createdMs: number;
  updatedMs: number;
  startedMs: number | null;
  status: StatementStatus;
  error: string | null;
  pid: number;
}

export interface Submission extends Pick<Statement, "name" | "token" | "owner" | "warehouse" | "database" | "secretArn" | "dbUser" | "isBatch" | "parameters"> {
  readonly sqls: readonly string[];
  /** throws what the login would say */
  readonly session: () => Promise<Session>;
}

export interface StatementsOptions {
  readonly nowMs: () => number;
  readonly world: Omit<UnloadWorld, "warehouseRegion">;
  /** how long a statement stays SUBMITTED, and PICKED, each */
  readonly stepMs: number;
  readonly activeMax?: number;
  readonly resultBytesMax?: number;
}

export class Statements {
  readonly #all = new Map<string, Statement>();
  readonly #clients = new Map<string, { readonly client: Client; readonly adminUrl: string }>();
  readonly #options: StatementsOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: StatementsOptions) {
    this.#options = options;
  }

  /** The same token within eight hours: the statement that it already made. */
  submit(submission: Submission): Statement {
    const nowMs = this.#options.nowMs();
    const { token, owner } = submission;
    const twin = token === null ? undefined : [...this.#all.values()].find((other) => other.token === token && other.owner === owner && nowMs - other.createdMs < TOKEN_KEPT_MS);
    if (twin !== undefined) return twin;
    if (this.active().length >= (this.#options.activeMax ?? ACTIVE_STATEMENTS_MAX)) throw new AwsError("ActiveStatementsExceededException", "Active statements exceeded the allowed quota.");
    const id = randomUUID();
    const { sqls, session, ...rest } = submission;
    const statement: Statement = {
      ...rest,
      id,
      subs: sqls.map((sql, i) => ({ id: submission.isBatch ? `${id}:${i + 1}` : id, sql, status: "SUBMITTED", error: null, result: null, resultBytes: -1 })),
      createdMs: nowMs,
      updatedMs: nowMs,
      startedMs: null,
      status: "SUBMITTED",
      error: null,
      pid: 0,
    };
    this.#all.set(id, statement);
    const running = this.#run(statement, session).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return statement;
  }

  /** Of everybody, newest first. */
  list(): Statement[] {
    return [...this.#all.values()].reverse();
  }

  active(): Statement[] {
    return this.list().filter(({ status }) => isActive(status));
  }

  /** Throws AwsError ResourceNotFoundException; statements of others are not there. */
  get(id: string, owner: string): { statement: Statement; sub: SubStatement | null } {
    const [whole = ""] = id.split(":");
    const statement = this.#all.get(whole);
    if (statement === undefined || statement.owner !== owner || this.#options.nowMs() - statement.createdMs > RESULT_KEPT_MS) {
      throw new AwsError("ResourceNotFoundException", `Query does not exist.`, { details: { ResourceId: id } });
    }
    const sub = id.includes(":") ? (statement.subs.find((candidate) => candidate.id === id) ?? null) : null;
    if (id.includes(":") && sub === null) throw new AwsError("ResourceNotFoundException", "Query does not exist.", { details: { ResourceId: id } });
    return { statement, sub };
  }

  async cancel(statement: Statement): Promise<void> {
    if (!isActive(statement.status)) throw new AwsError("ValidationException", `Could not cancel a query that is already in ${statement.status} state with ID: ${statement.id}`);
    this.#end(statement, "ABORTED", null);
    const open = this.#clients.get(statement.id);
    if (open === undefined) return;
    const admin = new Client({ connectionString: open.adminUrl });
    await admin.connect();
    try {
      await admin.query("select pg_cancel_backend($1)", [statement.pid]);
    } finally {
      await admin.end();
    }
  }

  /** Ends what runs, and waits for it. */
  async close(): Promise<void> {
    await Promise.all(this.active().map((statement) => this.cancel(statement).catch(() => {}))); // it may have ended meanwhile
    await Promise.all(this.#running);
  }

  async #run(statement: Statement, session: () => Promise<Session>): Promise<void> {
    const { stepMs, world, resultBytesMax = RESULT_BYTES_MAX } = this.#options;
    let client: Client | null = null;
    try {
      await sleep(stepMs);
      if (!this.#step(statement, "PICKED")) return;
      await sleep(stepMs);
      client = await openSession(await session());
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      statement.pid = rows[0]!.pid;
      this.#clients.set(statement.id, { client, adminUrl: statement.warehouse.postgresUrl });
      if (!this.#step(statement, "STARTED")) return;
      statement.startedMs = this.#options.nowMs();
      if (statement.isBatch) await client.query("begin");
      for (const sub of statement.subs) {
        sub.status = "STARTED";
        try {
          sub.result = await runStatement(client, sub.sql, statement.parameters, { ...world, warehouseRegion: statement.warehouse.region });
          sub.resultBytes = bytesOf(sub.result, resultBytesMax);
          sub.status = "FINISHED";
        } catch (error) {
          sub.status = "FAILED";
          sub.error = redshiftError(error);
          throw error;
        }
      }
      if (statement.isBatch) await client.query("commit");
      this.#end(statement, "FINISHED", null);
    } catch (error) {
      this.#end(statement, "FAILED", redshiftError(error));
    } finally {
      this.#clients.delete(statement.id);
      await client?.end().catch(() => {}); // a session that broke needs no goodbye
    }
  }

  /** False when it was cancelled meanwhile. */
  #step(statement: Statement, status: StatementStatus): boolean {
    if (!isActive(statement.status)) return false;
    statement.status = status;
    statement.updatedMs = this.#options.nowMs();
    return true;
  }

  #end(statement: Statement, status: "FINISHED" | "FAILED" | "ABORTED", error: string | null): void {
    if (!isActive(statement.status)) return;
    statement.error = error;
    for (const sub of statement.subs) if (isActive(sub.status)) sub.status = status === "FINISHED" ? "FINISHED" : "ABORTED";
    this.#step(statement, status);
  }
}

export function isActive(status: StatementStatus): boolean {
  return status === "SUBMITTED" || status === "PICKED" || status === "STARTED";
}

/** Throws for what the Data API would not give out. */
function bytesOf({ rows, hasResultSet }: Result, bytesMax: number): number {
  if (!hasResultSet) return 0;
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = row.reduce((sum, cell) => sum + (cell === null ? 1 : Buffer.byteLength(cell)), 0);
    if (rowBytes > ROW_BYTES_MAX) throw new Error(`Query result row exceeds the maximum size of ${ROW_BYTES_MAX / 1024} KB`);
    bytes += rowBytes;
    if (bytes > bytesMax) throw new Error(`Query result exceeds the maximum size of ${Math.round(bytesMax / 1024 ** 2)} MB`);
  }
  return bytes;
}
