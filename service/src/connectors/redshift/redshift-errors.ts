/** What a statement that failed or was stopped means. The Data API gives a text, no SQLSTATE. */
import { SourceError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";

interface Meaning {
  readonly code: SourceErrorCode;
  readonly transient: boolean;
  readonly advice: string;
}

/** The first that fits. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/password authentication failed|role "[^"]*" does not exist|user "[^"]*" does not exist|no pg_hba/i, { code: "AUTHENTICATE", transient: false, advice: "Check the user and password in the secret, or dbUser." }],
  [/permission denied (?:to set session authorization|for database)/i, { code: "AUTHENTICATE", transient: false, advice: "Check dbUser, and that it may connect to the database." }],
  [/permission denied/i, { code: "PERMISSION", transient: false, advice: "GRANT SELECT on it (and USAGE on its schema) to the source's user." }],
  [/not authorized to assume|not authorized to perform|AccessDenied/i, { code: "PERMISSION", transient: false, advice: "GRANT the role of UNLOAD what `foretop source policy` prints, and attach the role to the cluster." }],
  [/database "[^"]*" does not exist/i, { code: "NOT_FOUND", transient: false, advice: "Check the database's name in the source's settings." }],
  [/(?:relation|table) .* does not exist/i, { code: "NOT_FOUND", transient: false, advice: "Check the table's name and schema." }],
  [/column .* does not exist/i, { code: "NOT_FOUND", transient: false, advice: "Check the column's name; a name in capitals has to be quoted." }],
  [/schema .* does not exist/i, { code: "NOT_FOUND", transient: false, advice: "Check the schema's name." }],
  [/NoSuchBucket|different region|PermanentRedirect/i, { code: "NOT_FOUND", transient: false, advice: "Check the bucket of UNLOAD: it has to be in the cluster's region, else set unload.bucketRegion." }],
  [/exceeds? the maximum size|maximum (?:query )?result size|larger than \d+ ?MB/i, { code: "LIMIT", transient: false, advice: "The Data API gives out 100 MB at most: let the query aggregate, or set unload to read through S3." }],
  [/statement timeout|canceling statement due to statement timeout|query cancelled by WLM|aborted by query monitoring/i, { code: "TIMEOUT", transient: true, advice: "A limit of the cluster ended the statement: make the timestamp the sort key, or raise that limit." }],
  [/cancell?ed|canceling statement|terminated/i, { code: "INTERRUPTED", transient: true, advice: "Somebody, or a rule of the cluster, ended the statement; it is tried again." }],
  [/serializable isolation violation|could not serialize|deadlock/i, { code: "QUERY", transient: true, advice: "The cluster gave way to another transaction; it is tried again." }],
  [/disk full|out of memory|too many connections|connection limit|could not connect|connection (?:refused|reset|closed)|cluster is (?:paused|resizing|unavailable)|Internal error/i, { code: "CONNECT", transient: true, advice: "The cluster has trouble of its own; it is tried again." }],
  [/destination on S3 is not empty/i, { code: "QUERY", transient: true, advice: "Each attempt has a folder of its own: it is tried again in another." }],
  [/function .* does not exist/i, { code: "QUERY", transient: false, advice: "The database has no such function for these types." }],
];

export function statementFailed(text: string, doing: string): SourceError {
  const message = withoutValues(text.replace(/^(?:ERROR|FATAL):\s*/, "").replace(/\s*\[ErrorId: [^\]]*\]/, ""));
  const meaning = MEANINGS.find(([pattern]) => pattern.test(message))?.[1] ?? { code: "QUERY" as const, transient: false, advice: "Correct the query; `foretop plan` shows it as it is sent." };
  return new SourceError(`${doing} failed: ${message}`, meaning);
}

export function statementStopped(doing: string): SourceError {
  return new SourceError(`${doing} was cancelled at the source (ABORTED)`, { code: "INTERRUPTED", transient: true, advice: "Somebody, or another process of Foretop, ended the statement; it is tried again." });
}

/** `invalid input syntax for type integer: "4711"` quotes a row's value, which must not leave the process. */
function withoutValues(message: string): string {
  return /invalid (?:input|digit|value)|out of range|overflow/i.test(message) ? message.replaceAll(/"[^"]*"/gs, '"…"').replaceAll(/'[^']*'/gs, "'…'") : message;
}
