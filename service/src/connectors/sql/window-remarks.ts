/**
 * What `plan` says about a query's own window. The original connector's continuous query looked at "the last hour, from
 * now": rows at its edges were lost, and whatever the job was late. Foretop binds the interval instead; these remarks
 * tell a user what changes, and what a query still cuts off by itself.
 */
import { rhythmOf } from "@foretop/engine";
import type { Frequency } from "@foretop/engine";
import type { QueryConfig } from "../../resources/detector.ts";
import { clockLeadMs } from "./bind-query.ts";
import { clockNamesIn } from "./bind-tokens.ts";
import { checkTokens } from "./check-tokens.ts";
import type { TokenDialect } from "./check-tokens.ts";
import { checkSelect } from "./check-select.ts";
import { clockBounds } from "./clock-bounds.ts";
import type { ClockBound } from "./clock-bounds.ts";
import { clockCalls } from "./clock-functions.ts";
import type { Dialect } from "./dialect.ts";
import { parseSelect } from "./parse-select.ts";

export interface WindowRemark {
  /** "lost": rows would be missing now; "was lost": the original lost them, Foretop reads them; "note": to know */
  readonly kind: "lost" | "was lost" | "note";
  readonly message: string;
  readonly file: string | null;
}

/** Throws UserError for a query that can't be read, as bindQuery does. */
export function windowRemarks(query: QueryConfig, { frequency, dialect }: { frequency: Frequency; dialect: Dialect }): WindowRemark[] {
  const length = rhythmOf(frequency).intervalSeconds * 1000;
  if (query.kind === "files") return [];
  if (dialect === "mysql" || dialect === "duckdb") return tokenRemarks(query, dialect);
  if (query.kind === "bound") {
    return [...statementRemarks(query.sql, query.file, dialect), ...clockRemarks(query.sql, query.file, dialect)];
  }
  const { historicalSql, historicalFile: file, continuousSql, continuousFile } = query;
  const historical = clockBounds(parseSelect(historicalSql, dialect));
  return [
    ...statementRemarks(historicalSql, file, dialect),
    ...historicalRemarks(historical, length).map((remark) => ({ ...remark, file })),
    ...(continuousSql === null ? [] : continuousRemarks(clockBounds(parseSelect(continuousSql, dialect)), length).map((remark) => ({ ...remark, file: continuousFile }))),
  ];
}

function tokenRemarks(query: QueryConfig, dialect: TokenDialect): WindowRemark[] {
  if (query.kind !== "bound") return [];
  const { sql, file } = query;
  const clocks = clockNamesIn(sql, dialect);
  return [
    ...checkTokens(sql, dialect).remarks.map((message): WindowRemark => ({ kind: /LIMIT/.test(message) ? "lost" : "note", message, file })),
    ...(clocks.length === 0 ? [] : [{ kind: "note" as const, message: `the query asks the clock (${clocks.join(", ")}): it gets the interval's end instead, so that reading an interval again gives the same rows`, file }]),
  ];
}

type Remark = Omit<WindowRemark, "file">;

function statementRemarks(sql: string, file: string | null, dialect: Dialect): WindowRemark[] {
  return checkSelect(sql, dialect).remarks.map((message) => ({ kind: /LIMIT/.test(message) ? "lost" : "note", message, file }));
}

function clockRemarks(sql: string, file: string | null, dialect: Dialect): WindowRemark[] {
  if (clockCalls(parseSelect(sql, dialect)).length === 0) return [];
  return [{ kind: "note", message: "the query asks the database's clock beside :start and :end: an interval that is read again later may give other rows", file }];
}

function historicalRemarks(bounds: readonly ClockBound[], length: number): Remark[] {
  const remarks: Remark[] = [];
  const upper = bounds.filter((bound) => bound.side === "upper");
  const behindMs = Math.max(0, ...upper.map((bound) => -bound.fromClockMs.max));
  if (upper.length > 0) {
    remarks.push({
      kind: "was lost",
      message:
        behindMs > 0
          ? `history ended ${duration(behindMs)} before the moment it was read, in the middle of an interval: that one was learned in part, and up to ${duration(behindMs + length)} until the first continuous run were never read`
          : "history ended at the moment it was read, in the middle of an interval, which was learned in part",
    });
  }
  // Where the clock will stand, seen from an interval's end.
  const lead = clockLeadMs(bounds);
  for (const { side, fromClockMs } of bounds) {
    const cutMs = lead + fromClockMs.max + length;
    if (side !== "lower") continue;
    if (cutMs > 0) remarks.push({ kind: "lost", message: `the historical query only reads the last ${duration(-fromClockMs.max)}: of each interval the first ${duration(Math.min(cutMs, length))} are cut off. Take its lower bound out` });
    else remarks.push({ kind: "note", message: `the historical query only reads the last ${duration(-fromClockMs.max)}: history begins there` });
  }
  return remarks;
}

function continuousRemarks(bounds: readonly ClockBound[], length: number): Remark[] {
  const lower = bounds.find((bound) => bound.side === "lower");
  const upper = bounds.find((bound) => bound.side === "upper");
  if (lower === undefined) return [{ kind: "note", message: "the continuous query has no lower bound: every run read everything again" }];
  const remarks: Remark[] = [];
  const lost = (message: string): number => remarks.push({ kind: "was lost", message });
  const missingAtStart = lower.fromClockMs.max + length;
  const missingAtEnd = upper === undefined ? 0 : -upper.fromClockMs.min;
  if (missingAtStart > 0) lost(`the first ${duration(missingAtStart)} of every interval: the window goes back ${duration(-lower.fromClockMs.max)} only`);
  else if (missingAtStart === 0 && !lower.inclusive) lost("rows exactly at the start of an interval: its `>` leaves them out");
  if (missingAtEnd > 0) lost(`the last ${duration(missingAtEnd)} of every interval: the window ends that much before the clock`);
  if (missingAtStart >= 0) lost("as many seconds at the start of an interval as the job began late: the window moves with the clock");
  if (missingAtStart < 0) remarks.push({ kind: "note", message: `the window is ${duration(-missingAtStart)} longer than an interval: each run read rows of earlier intervals again` });
  return remarks;
}

/** "1 h", "5 min", "1 h 30 min". */
function duration(ms: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  const parts: string[] = [];
  let rest = Math.round(ms / 1000) * 1000;
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${name}`);
    rest -= count * size;
  }
  return parts.length === 0 ? "0 s" : parts.slice(0, 2).join(" ");
}
