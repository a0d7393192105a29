/**
 * Errors for two readers: the message says what happened, the advice says what to do. Three kinds, three treatments
 * (our bug: `assert`; the caller's mistake: UserError; the world: SourceError and the like).
 */

/** The caller's mistake: a file, a flag, a request. `where` is a file with line and column, a flag or a field path. */
export class UserError extends Error {
  override readonly name: string = "UserError";
  readonly code: string;
  readonly where: string | null;
  readonly advice: string | null;
  constructor(
    message: string,
    { code = "INVALID", where = null, advice = null, cause }: {
      code?: string;
      where?: string | null;
      advice?: string | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.where = where;
    this.advice = advice;
  }
}

/** What kind of trouble a source had; the ledger stores it, retries and texts follow from it. */
export type SourceErrorCode =
  | "CONNECT" // host, port, TLS, DNS
  | "AUTHENTICATE" // wrong user or password
  | "PERMISSION" // connected, may not read
  | "NOT_FOUND" // table, column, bucket, secret
  | "QUERY" // the database refused the statement
  | "REFUSED" // we refused the statement before sending it
  | "TIMEOUT"
  | "CANCELLED"
  | "LIMIT" // more rows, bytes or series than the named limit
  | "SHAPE" // columns are not those of the configuration
  | "INCOMPLETE" // the data for the interval has not arrived yet
  | "INTERRUPTED"; // connection cut in the middle

/** The world: a source, a network. `transient` says whether trying again may help. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  readonly code: SourceErrorCode;
  readonly transient: boolean;
  readonly advice: string | null;
  constructor(
    message: string,
    { code, transient, advice = null, cause }: {
      code: SourceErrorCode;
      transient: boolean;
      advice?: string | null;
      cause?: unknown;
    },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.transient = transient;
    this.advice = advice;
  }
}

/** One line for people from any error, the whole chain of causes, without stack traces. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e !== undefined && e !== null && parts.length < 5; e = (e as { cause?: unknown }).cause) {
    parts.push(e instanceof Error ? e.message : typeof e === "string" ? e : (JSON.stringify(e) ?? "an error without a message"));
  }
  return parts.filter((p, i) => i === 0 || !parts[i - 1]!.includes(p)).join(": ");
}

export function adviceOf(error: unknown): string | null {
  for (let e: unknown = error; e !== undefined && e !== null; e = (e as { cause?: unknown }).cause) {
    const advice = (e as { advice?: unknown }).advice;
    if (typeof advice === "string") return advice;
  }
  return null;
}
