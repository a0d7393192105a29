/** Connections to Foretop's database: their limits, and what its errors mean for the person who runs it. */
import { Pool, types } from "pg";
import { UserError } from "../../telemetry/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";

export const CONNECTIONS_MAX = 8;
const STATEMENT_MS_MAX = 120_000;
const CONNECT_MS_MAX = 10_000;

const INT8 = 20;
const JSON_TEXT = 114;

/** Whole numbers of 64 bits become numbers (ours stay below 2^53: milliseconds, bytes, rows), checked. */
function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is too large for a number`);
  return number;
}

export function openPool(databaseUrl: string, log: Logger): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    idleTimeoutMillis: 60_000,
    application_name: "foretop",
    statement_timeout: STATEMENT_MS_MAX,
    // A session of ours that was cut off in the middle must not keep the detector's row locked.
    idle_in_transaction_session_timeout: STATEMENT_MS_MAX,
    types: {
      getTypeParser: (oid: number, format?: "text" | "binary") => {
        if (oid === INT8) return parseInt8;
        if (oid === JSON_TEXT) return (text: string) => text;
        return types.getTypeParser(oid, format) as (value: string) => unknown;
      },
    },
  });
  // A connection was cut. The query that was running on it fails, the pool opens another one when asked. Without a
  // listener on the client itself, a cut between two queries of a transaction would end the process.
  pool.on("connect", (client) => client.on("error", (error: Error) => log.warn({ error: error.message }, "a connection to Foretop's database was cut")));
  pool.on("error", () => {}); // idle ones, said above
  return pool;
}

/** Says in words why the database can't be used; other errors pass. */
export function describeConnectError(cause: unknown): unknown {
  const code = (cause as { code?: string } | null)?.code ?? "";
  const failed = (message: string, advice: string) => new UserError(message, { code: "DATABASE", where: "DATABASE_URL", advice, cause });
  if (code === "28P01" || code === "28000") {
    return failed("Foretop's database refuses the user or password", "Correct user and password in DATABASE_URL.");
  }
  if (code === "3D000") return failed("Foretop's database does not exist", "Create it (createdb foretop), or correct the name in DATABASE_URL.");
  if (code === "42501") return failed("Foretop's database user may not do this", "Grant it CREATE on the database: Foretop keeps its tables in a schema of its own.");
  if (code === "53300") return failed("Foretop's database has no connection left", `Raise max_connections: every Foretop process takes up to ${CONNECTIONS_MAX}, plus the queue's.`);
  if (["ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN", "ENOENT"].includes(code) || /timeout exceeded when trying to connect/.test(String(cause))) {
    return failed("Foretop's database can't be reached", "Check host and port in DATABASE_URL, and that PostgreSQL is running.");
  }
  return cause;
}
