/**
 * What a query compares its clock with. `e.ts < dateadd(hour, -1, sysdate)` bounds the rows from above, one hour
 * before the clock; to see every row of an interval the clock has to stand at least an hour after the interval's end.
 *
 * Each side of a comparison is read as column, clock or constant plus a shift. A shift is a range, because months have
 * 28 to 31 days and truncating goes back by up to a unit. What can't be read so is refused rather than guessed at.
 */
import { UserError } from "../../telemetry/errors.ts";
import { clockCalls, clockTypeOf } from "./clock-functions.ts";
import { namesIn, nodeIn, walk } from "./parse-select.ts";
import type { ParsedSelect, SqlNode } from "./parse-select.ts";
import { positionIn } from "./position.ts";

export interface ClockBound {
  readonly side: "upper" | "lower";
  /** the bound lies between these two distances from the clock; the same but for months and truncation */
  readonly fromClockMs: { readonly min: number; readonly max: number };
  /** `<=`, `>=`: a row exactly at the bound is in */
  readonly inclusive: boolean;
}

/** All comparisons with the clock. Throws UserError with line and column where one can't be read. */
export function clockBounds(parsed: ParsedSelect): ClockBound[] {
  const bounds: ClockBound[] = [];
  const read = new Set<number>();
  walk({ [parsed.statement.type]: parsed.statement.fields }, (node, ancestors) => {
    if (node.type !== "A_Expr" || ancestors.some(turnsAround)) return;
    for (const comparison of comparisonsOf(node)) {
      const bound = boundOf(comparison);
      if (bound === null) continue;
      bounds.push(bound);
      for (const side of [comparison.left, comparison.right]) walk(side, (inner) => read.add(parsed.indexOf(inner)));
    }
  });
  for (const call of clockCalls(parsed)) {
    if (call.type === "unsupported") throw unclear(parsed, call.index, "a time of day without a date can't be moved to another interval");
    if (!read.has(call.index) && isInCondition(parsed, call.index)) {
      throw unclear(parsed, call.index, "what this use of the clock means for an interval is not clear");
    }
  }
  return bounds;
}

interface Comparison {
  readonly left: unknown;
  readonly operator: "<" | "<=" | ">" | ">=";
  readonly right: unknown;
}

function comparisonsOf(node: SqlNode): Comparison[] {
  const operator = namesIn(node.fields["name"])[0];
  const { kind, lexpr: left, rexpr: right } = node.fields;
  if (kind === "AEXPR_BETWEEN") {
    const items = nodeIn(right)!.fields["items"] as unknown[];
    return [
      { left, operator: ">=", right: items[0] },
      { left, operator: "<=", right: items[1] },
    ];
  }
  if (kind !== "AEXPR_OP" || (operator !== "<" && operator !== "<=" && operator !== ">" && operator !== ">=")) return [];
  return [{ left, operator, right }];
}

function boundOf({ left, operator, right }: Comparison): ClockBound | null {
  const a = readSide(left);
  const b = readSide(right);
  if (a === null || b === null) return null;
  const inclusive = operator.endsWith("=");
  const columnIsLeft = a.base === "column" && b.base === "clock";
  if (!columnIsLeft && !(a.base === "clock" && b.base === "column")) return null;
  const [column, clock] = columnIsLeft ? [a, b] : [b, a];
  return {
    side: operator.startsWith("<") === columnIsLeft ? "upper" : "lower",
    // column + c < clock + k  ⇔  column < clock + (k − c)
    fromClockMs: { min: clock.minMs - column.maxMs, max: clock.maxMs - column.minMs },
    inclusive,
  };
}

/** A value on the time line: a base and by how much it is shifted. */
interface Side {
  readonly base: "column" | "clock" | "constant";
  readonly minMs: number;
  readonly maxMs: number;
}

function readSide(value: unknown): Side | null {
  const node = nodeIn(value);
  if (node === null) return null;
  if (clockTypeOf(node) === "unsupported") return null;
  const clockType = clockTypeOf(node);
  if (clockType !== null) return shifted({ base: "clock", minMs: 0, maxMs: 0 }, clockType === "date" ? truncation("day") : NO_SHIFT);
  switch (node.type) {
    case "ColumnRef":
      return { base: "column", minMs: 0, maxMs: 0 };
    case "A_Const":
    case "ParamRef":
      return { base: "constant", minMs: 0, maxMs: 0 };
    case "TypeCast":
      return readCast(node);
    case "FuncCall":
      return readCall(node);
    case "A_Expr":
      return readSum(node);
    default:
      return null;
  }
}

function readCast(node: SqlNode): Side | null {
  const type = namesIn((node.fields["typeName"] as Record<string, unknown> | undefined)?.["names"]).at(-1);
  const inner = readSide(node.fields["arg"]);
  if (inner === null) return null;
  if (type === "date") return shifted(inner, truncation("day"));
  return type === "timestamp" || type === "timestamptz" ? inner : null;
}

function readCall(node: SqlNode): Side | null {
  const name = namesIn(node.fields["funcname"]).at(-1);
  const args = (node.fields["args"] as unknown[] | undefined) ?? [];
  if (name === "dateadd" && args.length === 3) {
    const part = wordOf(args[0]);
    const count = numberOf(args[1]);
    const unit = part === null ? null : unitOf(part);
    const inner = readSide(args[2]);
    return unit === null || count === null || inner === null ? null : shifted(inner, times(unit, count));
  }
  if (name === "date_trunc" && args.length >= 2) {
    const unit = unitOf(wordOf(args[0]) ?? "");
    const inner = readSide(args[1]);
    return unit === null || inner === null ? null : shifted(inner, { minMs: -unit.maxMs, maxMs: 0 });
  }
  if ((name === "trunc" || name === "date") && args.length === 1) {
    const inner = readSide(args[0]);
    return inner === null ? null : shifted(inner, truncation("day"));
  }
  if (name === "timezone" && args.length === 2) return shiftedByZone(readSide(args[1]));
  if (name === "convert_timezone" && args.length >= 2) return shiftedByZone(readSide(args.at(-1)));
  return null;
}

/** `x ± interval '1 hour'`, and `x ± 1` (days, for dates and in Redshift). */
function readSum(node: SqlNode): Side | null {
  const operator = namesIn(node.fields["name"])[0];
  if (node.fields["kind"] !== "AEXPR_OP" || (operator !== "+" && operator !== "-")) return null;
  const left = readSide(node.fields["lexpr"]);
  const shift = intervalOf(node.fields["rexpr"]);
  if (left === null || shift === null) return null;
  return shifted(left, times(shift, operator === "-" ? -1 : 1));
}

interface Shift {
  readonly minMs: number;
  readonly maxMs: number;
}

const NO_SHIFT: Shift = { minMs: 0, maxMs: 0 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function shifted(side: Side, shift: Shift): Side {
  return { base: side.base, minMs: side.minMs + shift.minMs, maxMs: side.maxMs + shift.maxMs };
}

function shiftedByZone(side: Side | null): Side | null {
  return side === null ? null : shifted(side, { minMs: -26 * HOUR_MS, maxMs: 26 * HOUR_MS }); // UTC−12 to UTC+14
}

function truncation(part: string): Shift {
  return { minMs: -unitOf(part)!.maxMs, maxMs: 0 };
}

function times(shift: Shift, count: number): Shift {
  const [a, b] = [shift.minMs * count, shift.maxMs * count];
  return { minMs: Math.min(a, b), maxMs: Math.max(a, b) };
}

/** `interval '90 minutes'`, `interval '1' hour`, a number of days. */
function intervalOf(value: unknown): Shift | null {
  const days = numberOf(value);
  if (days !== null) return times(unitOf("day")!, days);
  const node = nodeIn(value);
  if (node?.type !== "TypeCast") return null;
  const type = node.fields["typeName"] as Record<string, unknown>;
  if (namesIn(type["names"]).at(-1) !== "interval" || type["typmods"] !== undefined) return null;
  const text = wordOf(node.fields["arg"]);
  if (text === null || text.trim() === "") return null;
  let sum = NO_SHIFT;
  let rest = text.trim();
  while (rest !== "") {
    const match = /^([+-]?\d+(?:\.\d+)?)\s*([a-z]+)\s*/i.exec(rest);
    const unit = match === null ? null : unitOf(match[2]!);
    if (match === null || unit === null) return null;
    const part = times(unit, Number(match[1]));
    sum = { minMs: sum.minMs + part.minMs, maxMs: sum.maxMs + part.maxMs };
    rest = rest.slice(match[0].length);
  }
  return sum;
}

/** How long a date part is, at least and at most: days have 23 to 25 hours where clocks change. */
function unitOf(part: string): Shift | null {
  const day = (min: number, max: number): Shift => ({ minMs: min * DAY_MS - HOUR_MS, maxMs: max * DAY_MS + HOUR_MS });
  const exactly = (ms: number): Shift => ({ minMs: ms, maxMs: ms });
  switch (datePart(part)) {
    case "microsecond": return exactly(0.001);
    case "millisecond": return exactly(1);
    case "second": return exactly(1000);
    case "minute": return exactly(60_000);
    case "hour": return exactly(HOUR_MS);
    case "day": return day(1, 1);
    case "week": return day(7, 7);
    case "month": return day(28, 31);
    case "quarter": return day(90, 92);
    case "year": return day(365, 366);
    default: return null;
  }
}

export type DatePart = "microsecond" | "millisecond" | "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

/** Redshift's names and abbreviations of date parts. */
export function datePart(name: string): DatePart | null {
  for (const [part, names] of DATE_PARTS) if (names.includes(name.toLowerCase())) return part;
  return null;
}

const DATE_PARTS: readonly (readonly [DatePart, readonly string[]])[] = [
  ["microsecond", ["microsecond", "microseconds", "microsec", "microsecs", "microsecond", "usecond", "useconds", "us", "usec", "usecs"]],
  ["millisecond", ["millisecond", "milliseconds", "msec", "msecs", "msecond", "mseconds", "millisec", "millisecs", "millisecon", "ms"]],
  ["second", ["second", "seconds", "sec", "secs", "s"]],
  ["minute", ["minute", "minutes", "min", "mins", "m"]],
  ["hour", ["hour", "hours", "hr", "hrs", "h"]],
  ["day", ["day", "days", "d"]],
  ["week", ["week", "weeks", "w"]],
  ["month", ["month", "months", "mon", "mons"]],
  ["quarter", ["quarter", "quarters", "qtr", "qtrs"]],
  ["year", ["year", "years", "yr", "yrs", "y"]],
];

/** A bare word (Redshift's dateparts) or a text. */
function wordOf(value: unknown): string | null {
  const node = nodeIn(value);
  if (node?.type === "ColumnRef") return namesIn(node.fields["fields"]).at(-1) ?? null;
  if (node?.type !== "A_Const") return null;
  const text = (node.fields["sval"] as Record<string, unknown> | undefined)?.["sval"];
  return typeof text === "string" ? text : null;
}

function numberOf(value: unknown): number | null {
  const node = nodeIn(value);
  if (node?.type === "A_Expr" && node.fields["lexpr"] === undefined && namesIn(node.fields["name"])[0] === "-") {
    const inner = numberOf(node.fields["rexpr"]);
    return inner === null ? null : -inner;
  }
  if (node?.type !== "A_Const") return null;
  // Zero is left out of the tree: an integer constant then is an empty object.
  const integer = node.fields["ival"] as { ival?: number } | undefined;
  if (integer !== undefined) return integer.ival ?? 0;
  const decimal = node.fields["fval"] as { fval?: string } | undefined;
  return decimal?.fval === undefined ? null : Number(decimal.fval);
}

/** Under NOT, and in the operands of CASE, a comparison may mean the opposite. */
function turnsAround(node: SqlNode): boolean {
  return (node.type === "BoolExpr" && node.fields["boolop"] !== "AND_EXPR") || node.type === "CaseExpr";
}

/** In a WHERE, JOIN … ON or HAVING; in the list of columns the clock is only shown. */
function isInCondition(parsed: ParsedSelect, index: number): boolean {
  let found = false;
  walk({ [parsed.statement.type]: parsed.statement.fields }, (node) => {
    for (const clause of ["whereClause", "quals", "havingClause"]) {
      walk(node.fields[clause], (inner) => {
        if (parsed.indexOf(inner) === index) found = true;
      });
    }
  });
  return found;
}

function unclear(parsed: ParsedSelect, index: number, what: string): UserError {
  const where = positionIn(parsed.sql, index);
  return new UserError(`${what} (${where})`, {
    code: "CLOCK",
    where,
    advice: "Compare the timestamp with :start and :end instead: where ts >= :start and ts < :end.",
  });
}
