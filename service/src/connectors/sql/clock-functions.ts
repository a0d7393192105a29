/** The functions of PostgreSQL and Redshift that read the database's clock, found in a parsed query. */
import { namesIn, walk } from "./parse-select.ts";
import type { ParsedSelect, SqlNode } from "./parse-select.ts";

/** What a clock function gives: with zone, the session's wall clock without zone, or its date. */
export type ClockType = "timestamptz" | "timestamp" | "date";

export function clockTypeOf(node: SqlNode): ClockType | "unsupported" | null {
  if (node.type === "FuncCall") return FUNCTIONS[namesIn(node.fields["funcname"]).at(-1) ?? ""] ?? null;
  if (node.type === "SQLValueFunction") return VALUE_FUNCTIONS[String(node.fields["op"])] ?? null;
  // sysdate is a bare word: to PostgreSQL's parser it looks like a column.
  if (node.type === "ColumnRef") {
    const names = namesIn(node.fields["fields"]);
    return names.length === 1 && names[0] === "sysdate" ? "timestamp" : null;
  }
  return null;
}

export interface ClockCall {
  readonly node: SqlNode;
  readonly type: ClockType | "unsupported";
  /** where it begins in the query's text */
  readonly index: number;
}

export function clockCalls(parsed: ParsedSelect): ClockCall[] {
  const calls: ClockCall[] = [];
  walk({ [parsed.statement.type]: parsed.statement.fields }, (node) => {
    const type = clockTypeOf(node);
    const index = parsed.indexOf(node);
    // "sysdate" in quotes is a column's name.
    if (type !== null && parsed.sql[index] !== '"') calls.push({ node, type, index });
  });
  return calls;
}

const FUNCTIONS: Readonly<Record<string, ClockType | "unsupported" | undefined>> = {
  getdate: "timestamp",
  now: "timestamptz",
  transaction_timestamp: "timestamptz",
  statement_timestamp: "timestamptz",
  clock_timestamp: "timestamptz",
  timeofday: "unsupported",
};

const VALUE_FUNCTIONS: Readonly<Record<string, ClockType | "unsupported" | undefined>> = {
  SVFOP_CURRENT_TIMESTAMP: "timestamptz",
  SVFOP_CURRENT_TIMESTAMP_N: "timestamptz",
  SVFOP_LOCALTIMESTAMP: "timestamp",
  SVFOP_LOCALTIMESTAMP_N: "timestamp",
  SVFOP_CURRENT_DATE: "date",
  SVFOP_CURRENT_TIME: "unsupported",
  SVFOP_CURRENT_TIME_N: "unsupported",
  SVFOP_LOCALTIME: "unsupported",
  SVFOP_LOCALTIME_N: "unsupported",
};
