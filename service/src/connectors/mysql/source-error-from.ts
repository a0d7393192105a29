/** Every failure of a MySQL source in the project's words: what it means, whether trying again helps, what to do. */
import { SourceError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";

interface Context {
  /** e.g. "reading rows", "connecting to db:3306/shop" */
  readonly doing: string;
  readonly isConnecting?: boolean;
  /** our own time limit was met, and we asked the server to stop */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const INTERRUPTED = 1317;
const STATEMENT_TIMEOUTS: ReadonlySet<number> = new Set([1969, 3024]); // MariaDB's, MySQL's

export function sourceErrorFrom(error: unknown, context: Context): SourceError {
  if (error instanceof SourceError) return error;
  const { doing, signal, timeoutMs } = context;
  if (signal?.aborted === true) return new SourceError(`${doing} was cancelled`, { code: "CANCELLED", transient: true, cause: withoutValues(error) });
  const number = numberOf(error);
  if (timeoutMs !== undefined || (number !== null && STATEMENT_TIMEOUTS.has(number))) {
    const limit = timeoutMs === undefined ? "its time limit" : `its time limit of ${timeoutMs / 1000} s (limits.querySecondsMax)`;
    return new SourceError(`${doing} took longer than ${limit}`, {
      code: "TIMEOUT",
      transient: true,
      advice: "An index on the timestamp helps most; else raise limits.querySecondsMax.",
      cause: withoutValues(error),
    });
  }
  if (number === INTERRUPTED) {
    return new SourceError(`${doing} was cancelled at the source: ${messageOf(error)}`, {
      code: "INTERRUPTED",
      transient: true,
      advice: "Somebody, or a rule of the server, ended the statement; it is tried again.",
      cause: withoutValues(error),
    });
  }
  const known = number === null ? fromNetwork(error, context) : (MEANINGS[number] ?? { code: "QUERY", transient: !STATEMENT_ERRORS.test(messageOf(error)), advice: null });
  return new SourceError(`${doing} failed: ${messageOf(error)}`, { ...known, cause: withoutValues(error) });
}

interface Meaning {
  readonly code: SourceErrorCode;
  readonly transient: boolean;
  readonly advice: string | null;
}

/** An error without an entry of its own that complains of the statement won't pass by itself. */
const STATEMENT_ERRORS = /syntax|unknown|incorrect|invalid|not allowed|ambiguous|operand|isn't in GROUP BY/i;

const GRANT: Meaning = { code: "PERMISSION", transient: false, advice: "GRANT SELECT on it to the user in the source's settings." };
const RESTART: Meaning = { code: "INTERRUPTED", transient: true, advice: "The server ended the session; it is tried again." };

/** By the server's error number; the same in MySQL and MariaDB unless said. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  1040: { code: "CONNECT", transient: true, advice: "All connections of the server are taken; raise max_connections." },
  1203: { code: "CONNECT", transient: true, advice: "All connections of the user are taken; raise max_user_connections." },
  1226: { code: "CONNECT", transient: true, advice: "The user has used up its resources (max_user_connections, MAX_QUERIES_PER_HOUR)." },
  1129: { code: "CONNECT", transient: true, advice: "The server blocks this machine after many failed connections: FLUSH HOSTS." },
  1130: { code: "AUTHENTICATE", transient: false, advice: "The user may not log in from this machine: check the host part of its name." },
  1045: { code: "AUTHENTICATE", transient: false, advice: "Check user, its host part and password; the password's reference is in the source's settings." },
  1251: { code: "AUTHENTICATE", transient: false, advice: "The user's authentication plugin is not understood: use caching_sha2_password or mysql_native_password." },
  1698: { code: "AUTHENTICATE", transient: false, advice: "The user logs in by its account on the server (unix_socket): give it a password, or create another one." },
  1820: { code: "AUTHENTICATE", transient: false, advice: "The password has expired: set a new one." },
  1862: { code: "AUTHENTICATE", transient: false, advice: "The password has expired: set a new one." },
  1044: { code: "PERMISSION", transient: false, advice: "GRANT SELECT on a table of the database to the user in the source's settings." },
  1142: GRANT,
  1143: GRANT,
  1370: { code: "PERMISSION", transient: false, advice: "GRANT EXECUTE on the function to the user in the source's settings, or do without it." },
  1227: { code: "PERMISSION", transient: false, advice: "The query needs a privilege that reading doesn't: take that part out." },
  1356: { code: "PERMISSION", transient: false, advice: "The view's definer may not read what the view reads, or a table of it is gone." },
  1049: { code: "NOT_FOUND", transient: false, advice: "Check the database's name in the source's settings." },
  1051: { code: "NOT_FOUND", transient: false, advice: "Check the table's name and database." },
  1146: { code: "NOT_FOUND", transient: false, advice: "Check the table's name and database; on Linux, names of tables are case-sensitive." },
  1054: { code: "NOT_FOUND", transient: false, advice: "Check the column's name." },
  1305: { code: "NOT_FOUND", transient: false, advice: "The server has no such function." },
  1064: { code: "QUERY", transient: false, advice: "Correct the query; `foretop plan` shows it as it is sent." },
  1298: {
    code: "QUERY",
    transient: false,
    advice: "The server's time zone tables are empty: run mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql. Or set timestampType: timestamp, or zone: UTC.",
  },
  1290: { code: "REFUSED", transient: false, advice: "The query tries to use files of the server; Foretop only reads tables." },
  1792: { code: "REFUSED", transient: false, advice: "The query tries to write; Foretop reads in a read-only transaction." },
  1104: { code: "QUERY", transient: false, advice: "The server's max_join_size refuses the query: add an index or conditions." },
  1205: { code: "QUERY", transient: true, advice: "Another transaction holds locks; it is tried again." },
  1213: { code: "QUERY", transient: true, advice: "The server gave way to another transaction; it is tried again." },
  1412: { code: "QUERY", transient: true, advice: "The table was changed meanwhile; it is tried again." },
  1053: RESTART,
  1079: RESTART,
  1152: RESTART,
  1153: { code: "LIMIT", transient: false, advice: "A row is larger than the server's max_allowed_packet." },
  1158: RESTART,
  1159: RESTART,
  1160: RESTART,
  1161: RESTART,
  1184: RESTART,
  1927: RESTART,
  3169: RESTART,
};

function fromNetwork(error: unknown, { isConnecting = false }: Context): Meaning {
  const given = (error as { code?: unknown } | null)?.code;
  const code = typeof given === "string" ? given : "";
  const message = error instanceof Error ? error.message : String(error);
  if (code === "HANDSHAKE_NO_SSL_SUPPORT") return { code: "CONNECT", transient: false, advice: "Set ssl: disable, if the way to the server is safe." };
  if (code === "HANDSHAKE_SSL_ERROR" || /certificate|self.signed|CERT_|ALTNAME/i.test(`${code} ${message}`)) {
    return { code: "CONNECT", transient: false, advice: "Give the authority's file in sslRootCertificate, and the name that is in the certificate as host." };
  }
  if (/auth/i.test(code)) return { code: "AUTHENTICATE", transient: false, advice: "The user's authentication plugin is not understood: use caching_sha2_password or mysql_native_password." };
  if (!isConnecting) return { code: "INTERRUPTED", transient: true, advice: "The connection broke; it is tried again." };
  if (code === "ECONNREFUSED") return { code: "CONNECT", transient: true, advice: "Nothing listens there: is the server up, is the port right?" };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "CONNECT", transient: true, advice: "The host's name is not known: check it, or the DNS." };
  return { code: "CONNECT", transient: true, advice: "Check host, port, firewall and security groups." };
}

/** The server's number; errors of the network have texts for codes and a number of the system's, which is negative. */
function numberOf(error: unknown): number | null {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === "number" && errno > 0 && typeof sqlState === "string" ? errno : null;
}

/** Errors that quote a row's value, which must not leave the process. */
const QUOTES_VALUES: ReadonlySet<number> = new Set([1292, 1366, 1411, 1525, 1690, 1264, 1406, 1062, 3140, 3141, 4038, 1139]);

function messageOf(error: unknown): string {
  // Several addresses of one host tried and refused come as an AggregateError, whose own message is empty.
  const first: unknown = error instanceof AggregateError && error.message === "" ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const number = numberOf(error);
  return number !== null && QUOTES_VALUES.has(number) ? message.replace(/'.*'/gs, "'…'").replace(/"[^"]*"/gs, '"…"') : message;
}

/** The driver's error also carries the statement. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const cause = new Error(messageOf(error));
  const number = numberOf(error);
  if (number !== null) Object.assign(cause, { errno: number });
  return cause;
}
