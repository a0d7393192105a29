/**
 * The timestamp patterns of Lookout for Metrics (Java's letters) → a function from text to epoch ms. For text columns;
 * what is a timestamp in the database is read as such and needs no pattern.
 *
 *   yyyy yy     year              HH H   hour 0–23          SSS…    fraction of a second
 *   MM M        month             hh h   hour 1–12, with a  a       AM or PM
 *   MMM MMMM    Jan, January      mm m   minute             XXX XX X Z   +01:00, +0100, +01, Z
 *   dd d (DD)   day of the month  ss s   second             'text'  the text itself; '' is one quote
 */
import { fromLocalMs } from "@foretop/engine";
import { UserError } from "../telemetry/errors.ts";
import { utcDayMs } from "./parse-iso-timestamp.ts";

/** NaN for a text that doesn't match. */
export type TimestampReader = (text: string) => number;

export const UNIX_FORMAT = "UNIX";

/** Throws UserError, code "FORMAT", naming the place in the pattern. */
export function compileTimestampFormat(format: string, zone: string): TimestampReader {
  if (format.toUpperCase() === UNIX_FORMAT) return (text) => (/^\s*-?\d+(\.\d+)?\s*$/.test(text) ? unixMs(Number(text)) : NaN);
  const { source, fields } = compile(format);
  const pattern = new RegExp(`^${source}$`, "i");
  const indexOf = (field: Field): number => fields.indexOf(field) + 1; // 0: not in the pattern
  const at: Record<Field, number> = {
    year: indexOf("year"), shortYear: indexOf("shortYear"), month: indexOf("month"), monthName: indexOf("monthName"), day: indexOf("day"),
    hour: indexOf("hour"), hour12: indexOf("hour12"), half: indexOf("half"), minute: indexOf("minute"), second: indexOf("second"),
    fraction: indexOf("fraction"), zone: indexOf("zone"),
  };
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return NaN;
    const number = (field: Field, absent: number): number => (at[field] === 0 ? absent : Number(match[at[field]]));
    const year = at.year > 0 ? number("year", NaN) : 2000 + number("shortYear", NaN);
    const month = at.monthName > 0 ? MONTHS.indexOf(match[at.monthName]!.slice(0, 3).toLowerCase()) + 1 : number("month", 1);
    const hour = at.hour12 > 0 ? (number("hour12", 0) % 12) + (/^p/i.test(match[at.half] ?? "") ? 12 : 0) : number("hour", 0);
    const fraction = at.fraction === 0 ? 0 : Math.floor(Number(`0.${match[at.fraction]}`) * 1000 + 1e-6);
    if (hour > 23 || number("minute", 0) > 59 || number("second", 0) > 60) return NaN;
    const localMs = utcDayMs(year, month, number("day", 1)) + hour * 3_600_000 + number("minute", 0) * 60_000 + number("second", 0) * 1000 + fraction;
    if (Number.isNaN(localMs)) return NaN;
    return at.zone === 0 ? fromLocalMs(localMs, zone, "second") : localMs - zoneMs(match[at.zone]!);
  };
}

/** Lookout's rule: above 94,694,400,000 (1973 in milliseconds) it is milliseconds, else seconds. */
export function unixMs(value: number): number {
  return Math.floor(value > 94_694_400_000 ? value : value * 1000);
}

type Field = "year" | "shortYear" | "month" | "monthName" | "day" | "hour" | "hour12" | "half" | "minute" | "second" | "fraction" | "zone";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH_NAMES = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";

/** A run of one letter → which field, and what its text looks like. */
const KEYS: Readonly<Record<string, readonly [Field, string]>> = {
  yyyy: ["year", "\\d{4}"], uuuu: ["year", "\\d{4}"], yy: ["shortYear", "\\d{2}"],
  MM: ["month", "\\d{2}"], M: ["month", "\\d{1,2}"], MMM: ["monthName", MONTH_NAMES], MMMM: ["monthName", MONTH_NAMES],
  dd: ["day", "\\d{2}"], d: ["day", "\\d{1,2}"], DD: ["day", "\\d{2}"],
  HH: ["hour", "\\d{2}"], H: ["hour", "\\d{1,2}"], hh: ["hour12", "\\d{2}"], h: ["hour12", "\\d{1,2}"], a: ["half", "[ap]\\.?m\\.?"],
  mm: ["minute", "\\d{2}"], m: ["minute", "\\d{1,2}"], ss: ["second", "\\d{2}"], s: ["second", "\\d{1,2}"],
  XXX: ["zone", "Z|[+-]\\d{2}:\\d{2}"], XX: ["zone", "Z|[+-]\\d{4}"], X: ["zone", "Z|[+-]\\d{2}(?:\\d{2})?"], Z: ["zone", "Z|[+-]\\d{2}:?\\d{2}"],
};

function compile(format: string): { source: string; fields: Field[] } {
  let source = "";
  const fields: Field[] = [];
  // Letters in runs, quoted text, everything else as it is.
  for (const { 0: part, index } of format.matchAll(/([A-Za-z])\1*|'(?:[^']|'')*'|''|[^A-Za-z']+|'/g)) {
    if (part.startsWith("'")) {
      if (part === "'") throw formatError(format, index, "the quote is never closed", "Close it, or write '' for a quote itself.");
      source += escape(part === "''" ? "'" : part.slice(1, -1).replaceAll("''", "'"));
    } else if (/^[A-Za-z]/.test(part)) {
      const [field, pattern] = /^S+$/.test(part) ? (["fraction", `\\d{1,9}`] as const) : (KEYS[part] ?? unknownKey(format, index, part));
      if (fields.includes(field)) throw formatError(format, index, `${part} gives the ${field} a second time`, "Name each part once.");
      fields.push(field);
      source += `(${pattern})`;
    } else {
      source += escape(part);
    }
  }
  if (!fields.includes("year") && !fields.includes("shortYear")) throw formatError(format, 0, "there is no year in it", "For example yyyy-MM-dd HH:mm:ss.");
  if (fields.includes("hour12") && !fields.includes("half")) throw formatError(format, format.indexOf("h"), "hh counts to 12 and needs a (AM or PM)", "Write HH for 0–23, or add a.");
  return { source, fields };
}

function unknownKey(format: string, index: number, part: string): never {
  // T is the most common: yyyy-MM-ddTHH:mm:ss.
  const advice = part === "T" ? "Put it in quotes: yyyy-MM-dd'T'HH:mm:ss." : "Letters that stand for themselves go in single quotes; the others are listed in docs/connectors/postgres.md.";
  throw formatError(format, index, `${part} is not a part of a timestamp`, advice);
}

function formatError(format: string, index: number, what: string, advice: string): UserError {
  return new UserError(`the timestamp format ${JSON.stringify(format)} can't be read: ${what} (character ${index + 1})`, { code: "FORMAT", where: `character ${index + 1}`, advice });
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function zoneMs(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const digits = text.slice(1).replace(":", "").padEnd(4, "0");
  return (text.startsWith("-") ? -60_000 : 60_000) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
}
