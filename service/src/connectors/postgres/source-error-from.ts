/** Every failure of a PostgreSQL source in the project's words: what it means, whether trying again helps, what to do. */
import { SourceError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";

interface Context {
  /** e.g. "reading rows", "connecting to db:5432/shop" */
  readonly doing: string;
  readonly isConnecting?: boolean;
  /** our own time limit was met, and we asked the server to stop */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function sourceErrorFrom(error: unknown, context: Context): SourceError {
  if (error instanceof SourceError) return error;
  const { doing, signal, timeoutMs } = context;
  if (signal?.aborted === true) {
    return new SourceError(`${doing} was cancelled`, { code: "CANCELLED", transient: true, cause: error });
  }
  const sqlState = stateOf(error);
  // One code for two things: the server's time limit, and somebody who ended the statement. The text tells them apart.
  if (sqlState === "57014" && timeoutMs === undefined && !/timeout/i.test(messageOf(error))) {
    return new SourceError(`${doing} was cancelled at the source: ${messageOf(error)}`, {
      code: "INTERRUPTED",
      transient: true,
      advice: "Somebody, or a rule of the server, ended the statement; it is tried again.",
      cause: withoutValues(error),
    });
  }
  if (timeoutMs !== undefined || sqlState === "57014") {
    const limit = timeoutMs === undefined ? "its time limit" : `its time limit of ${timeoutMs / 1000} s (limits.querySecondsMax)`;
    return new SourceError(`${doing} took longer than ${limit}`, {
      code: "TIMEOUT",
      transient: true,
      advice: "An index on the timestamp helps most; else raise limits.querySecondsMax.",
      cause: withoutValues(error),
    });
  }
  const known = sqlState === null ? fromNetwork(error, context) : fromState(sqlState);
  return new SourceError(`${doing} failed: ${messageOf(error)}`, { ...known, cause: withoutValues(error) });
}

interface Meaning {
  readonly code: SourceErrorCode;
  readonly transient: boolean;
  readonly advice: string | null;
}

/** By SQLSTATE, as PostgreSQL's appendix A has them; the longest prefix wins. */
const MEANINGS: readonly (readonly [prefix: string, Meaning])[] = [
  ["28P01", { code: "AUTHENTICATE", transient: false, advice: "Check user and password; the password's reference is in the source's settings." }],
  ["28", { code: "AUTHENTICATE", transient: false, advice: "Check the role's name and pg_hba.conf on the server: may it log in from here, with this kind of connection?" }],
  ["3D000", { code: "NOT_FOUND", transient: false, advice: "Check the database's name in the source's settings." }],
  ["42P01", { code: "NOT_FOUND", transient: false, advice: "Check the table's name and schema; names without a schema are looked up along the role's search_path." }],
  ["42703", { code: "NOT_FOUND", transient: false, advice: "Check the column's name; a name in capitals has to be quoted." }],
  ["3F000", { code: "NOT_FOUND", transient: false, advice: "Check the schema's name." }],
  ["42883", { code: "QUERY", transient: false, advice: "The database has no such function for these types. On a PostgreSQL only dateadd, datediff, getdate, sysdate and nvl of Redshift are understood." }],
  ["42501", { code: "PERMISSION", transient: false, advice: "GRANT SELECT on it (and USAGE on its schema) to the role in the source's settings." }],
  ["25006", { code: "REFUSED", transient: false, advice: "The query tries to write; Foretop reads in a read-only transaction." }],
  ["42", { code: "QUERY", transient: false, advice: "Correct the query; `foretop plan` shows it as it is sent." }],
  ["22023", { code: "QUERY", transient: false, advice: "The server refuses a parameter; if it names a time zone, its tz data doesn't have the dataset's zone." }],
  ["22", { code: "QUERY", transient: false, advice: "A value in the data doesn't suit the query; guard it there (nullif, case)." }],
  ["53300", { code: "CONNECT", transient: true, advice: "All connections of the server are taken; raise max_connections or the role's limit." }],
  ["57P01", { code: "INTERRUPTED", transient: true, advice: "The server ended the session; it is tried again." }],
  ["57P02", { code: "INTERRUPTED", transient: true, advice: "The server was restarted after a crash; it is tried again." }],
  ["57P03", { code: "CONNECT", transient: true, advice: "The server is starting up or shutting down; it is tried again." }],
  ["08", { code: "INTERRUPTED", transient: true, advice: "The connection broke; it is tried again." }],
  ["40", { code: "QUERY", transient: true, advice: "The server gave way to another transaction; it is tried again." }],
  ["53", { code: "QUERY", transient: true, advice: "The server is short of memory, disk or connections." }],
];

function fromState(sqlState: string): Meaning {
  const meaning = MEANINGS.filter(([prefix]) => sqlState.startsWith(prefix)).sort((a, b) => b[0].length - a[0].length)[0]?.[1];
  return meaning ?? { code: "QUERY", transient: true, advice: null };
}

function fromNetwork(error: unknown, { isConnecting = false }: Context): Meaning {
  const given = (error as { code?: unknown } | null)?.code;
  const code = typeof given === "string" ? given : "";
  const message = error instanceof Error ? error.message : String(error);
  if (/certificate|self.signed|CERT_|ALTNAME/i.test(`${code} ${message}`)) {
    return { code: "CONNECT", transient: false, advice: "Give the authority's file in sslRootCertificate, and the name that is in the certificate as host." };
  }
  if (/does not support SSL/i.test(message)) return { code: "CONNECT", transient: false, advice: "Set ssl: disable, if the way to the server is safe." };
  if (/password must be a string|no password/i.test(message)) {
    return { code: "AUTHENTICATE", transient: false, advice: "The server asks for a password: give its reference in the source's settings." };
  }
  if (!isConnecting) return { code: "INTERRUPTED", transient: true, advice: "The connection broke; it is tried again." };
  if (code === "ECONNREFUSED") return { code: "CONNECT", transient: true, advice: "Nothing listens there: is the server up, is the port right?" };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "CONNECT", transient: true, advice: "The host's name is not known: check it, or the DNS." };
  return { code: "CONNECT", transient: true, advice: "Check host, port, firewall and security groups." };
}

function stateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && (error as { severity?: unknown }).severity !== undefined ? code : null;
}

/** `invalid input syntax for type integer: "4711"` quotes a row's value, which must not leave the process. */
function messageOf(error: unknown): string {
  // Several addresses of one host tried and refused come as an AggregateError, whose own message is empty.
  const first = error instanceof AggregateError && error.message === "" ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  return stateOf(error)?.startsWith("22") === true ? message.replace(/"[^"]*"/gs, '"…"') : message;
}

/** The driver's error also carries detail, where and the query: values of rows are in there. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const cause = new Error(messageOf(error));
  const state = stateOf(error);
  if (state !== null) Object.assign(cause, { sqlState: state });
  return cause;
}
