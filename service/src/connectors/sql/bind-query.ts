/**
 * A query and a range of time → one statement with placeholders. The range is half-open `[start, end)` and comes from
 * the schedule; the database's clock is never asked.
 *
 * "bound": the query has :start and :end where it wants them.
 *
 * "pinned": the original connector's two files, which ask the clock. The *historical* query is used for history and for
 * every interval: its clock is moved past the range's end, by just as much as its own upper bound stays behind the
 * clock, and the result is filtered to the range. The continuous query's window is not needed; `windowRemarks` tells
 * what it would have lost.
 */
import type { Interval } from "../../crawl/batch.ts";
import type { QueryConfig } from "../../resources/detector.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { BoundQuery } from "../connector.ts";
import { bindTokens } from "./bind-tokens.ts";
import { checkSelect } from "./check-select.ts";
import { checkTokens } from "./check-tokens.ts";
import type { TokenDialect } from "./check-tokens.ts";
import { clockBounds } from "./clock-bounds.ts";
import type { ClockBound } from "./clock-bounds.ts";
import type { Dialect } from "./dialect.ts";
import { parseSelect } from "./parse-select.ts";
import type { ParsedSelect } from "./parse-select.ts";
import { quoteName } from "./quote-name.ts";
import { splice } from "./splice.ts";
import type { Token } from "./tokenise.ts";

/**
 * Throws UserError (codes "SQL", "REFUSED", "CLOCK", "BOUNDS", "COLUMN") for a query that can't be bound.
 *
 * @param timestampColumn  the result's column that tells a row's time, as configured
 */
export function bindQuery(query: QueryConfig, timestampColumn: string, range: Interval, dialect: Dialect): BoundQuery {
  if (dialect === "files" || query.kind === "files") return bindFiles(query, range, dialect);
  if (dialect === "mysql" || dialect === "duckdb") return bindTokenDialect(query, range, dialect);
  return query.kind === "bound" ? bindBounds(query, range, dialect) : pinClock(query, timestampColumn, range, dialect);
}

// A query's `dateadd(hour, -1, …)` counts on the local clock: in the night in which clocks go back it falls short by the
// hour (Troll, Antarctica: two) that happens twice.
const CLOCK_CHANGE_MS = 2 * 3_600_000;

/** How far after a range's end a query's clock has to stand so that its own upper bound cuts nothing off. */
export function clockLeadMs(bounds: readonly ClockBound[]): number {
  const lead = Math.max(0, ...bounds.filter((bound) => bound.side === "upper").map((bound) => Math.ceil(-bound.fromClockMs.min)));
  return lead === 0 ? 0 : lead + CLOCK_CHANGE_MS;
}

/** Files know no SQL: their source is told the range, and the text is for people. */
function bindFiles(query: QueryConfig, range: Interval, dialect: Dialect): BoundQuery {
  if (dialect !== "files") throw new UserError("there is no query", { code: "SQL", advice: "Write one SELECT with :start and :end." });
  if (query.kind !== "files") {
    throw new UserError("this source reads files and knows no SQL", { code: "SQL", where: query.kind === "bound" ? query.file : query.historicalFile, advice: "Take the query out; to query files with SQL, use a source of kind duckdb." });
  }
  return { sql: "the files of $1 up to $2", parameters: [range.startMs, range.endMs] };
}

function bindTokenDialect(query: QueryConfig, range: Interval, dialect: TokenDialect): BoundQuery {
  if (query.kind !== "bound") {
    throw new UserError("the pair of a historical and a continuous query is understood for Redshift and PostgreSQL only", {
      code: "SQL",
      where: query.kind === "pinned" ? query.historicalFile : null,
      advice: "Write one SELECT with :start and :end.",
    });
  }
  return inFile(query.file, () => {
    refuseUnbound(checkTokens(query.sql, dialect).tokens, query.file);
    return bindTokens(query.sql, range, dialect);
  });
}

function refuseUnbound(tokens: readonly Token[], file: string | null): void {
  const names = new Set(tokens.filter((token) => token.kind === "parameter").map((token) => token.text.toLowerCase()));
  for (const name of [":start", ":end"]) {
    if (names.has(name)) continue;
    throw new UserError(`the query has no ${name}: it would read the same rows for every interval`, {
      code: "BOUNDS",
      where: file,
      advice: "Bind the interval: where ts >= :start and ts < :end.",
    });
  }
}

function bindBounds(query: QueryConfig & { kind: "bound" }, range: Interval, dialect: Dialect): BoundQuery {
  const parsed = parseQuery(query.sql, dialect, query.file);
  refuseUnbound(parsed.tokens, query.file);
  const parameters = new Parameters({ start: range.startMs, end: range.endMs, clock: NaN });
  const sql = splice(parsed, { dialect, placeholder: parameters.placeholder, pinClock: false }).trimEnd();
  return { sql, parameters: parameters.values };
}

function pinClock(query: QueryConfig & { kind: "pinned" }, timestampColumn: string, range: Interval, dialect: Dialect): BoundQuery {
  const parsed = parseQuery(query.historicalSql, dialect, query.historicalFile);
  const clockMs = range.endMs + clockLeadMs(inFile(query.historicalFile, () => clockBounds(parsed)));
  const parameters = new Parameters({ start: range.startMs, end: range.endMs, clock: clockMs });
  const inner = splice(parsed, { dialect, placeholder: parameters.placeholder, pinClock: true }).trimEnd();
  const column = `foretop_rows.${quoteName(resultColumn(parsed, timestampColumn, dialect, query.historicalFile))}`;
  const start = `${parameters.placeholder("start")}::timestamptz`;
  const end = `${parameters.placeholder("end")}::timestamptz`;
  // The line break keeps a comment at the query's end from swallowing the parenthesis.
  const sql = `select * from (\n${inner}\n) as foretop_rows\nwhere ${column} >= ${start} and ${column} < ${end}`;
  return { sql, parameters: parameters.values };
}

/** Placeholders numbered in order of their first use; a value that is used twice has one number. */
class Parameters {
  readonly values: number[] = [];
  readonly #instants: Readonly<Record<"start" | "end" | "clock", number>>;
  readonly #numbers = new Map<string, number>();

  constructor(instants: Readonly<Record<"start" | "end" | "clock", number>>) {
    this.#instants = instants;
  }

  placeholder = (name: "start" | "end" | "clock"): string => {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.values.push(this.#instants[name]);
      this.#numbers.set(name, number);
    }
    return `$${number}`;
  };
}

function parseQuery(sql: string, dialect: Dialect, file: string | null): ParsedSelect {
  return inFile(file, () => {
    checkSelect(sql, dialect);
    return parseSelect(sql, dialect);
  });
}

/** Puts the file's name before an error's line and column. */
function inFile<T>(file: string | null, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (file === null || !(error instanceof UserError)) throw error;
    const where = error.where === null ? file : `${file}, ${error.where}`;
    throw new UserError(`${file}: ${error.message}`, { code: error.code, where, advice: error.advice, cause: error.cause });
  }
}

/** The timestamp's name as the database spells it: unquoted names in a query become lower case. */
function resultColumn(parsed: ParsedSelect, wanted: string, dialect: Dialect, file: string | null): string {
  const { columns } = checkSelect(parsed.sql, dialect);
  const known = columns.filter((name) => name !== null);
  if (known.includes(wanted)) return wanted;
  const alike = known.filter((name) => name.toLowerCase() === wanted.toLowerCase());
  if (alike.length === 1) return alike[0]!;
  if (known.length < columns.length) return wanted; // a star or an expression may hold it: the database will tell
  throw new UserError(`the query's result has no column ${wanted}; its columns are ${known.join(", ")}`, {
    code: "COLUMN",
    where: file,
    advice: `Name the timestamp in the query (… as ${wanted}) or change timestamp_column.`,
  });
}
