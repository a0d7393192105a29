/**
 * Path templates of Lookout for Metrics: `s3://bucket/live/{{yyyyMMdd}}/{{HHmm}}/` names the folder of the interval that begins then, in the
 * dataset's zone. Inside {{ }} letters are parts of the time (Java's), quoted text and all else is itself.
 *
 *   yyyy yy y   year          HH H   hour 0–23           MM M     month, 07 or 7
 *   YYYY YY     week's year   kk k   hour 1–24           MMM MMMM month, Jul or July
 *   dd d        day           hh h   hour 1–12           mm m     minute
 *   a           AM, PM        KK K   hour 0–11           ss s     second
 *   with a, kk is 0–11, as the original had it
 */
import { toLocalMs } from "@foretop/engine";
import { splitS3Path } from "../../aws/split-s3-path.ts";
import { UserError } from "../../telemetry/errors.ts";

export interface PathTemplate {
  readonly bucket: string;
  /** of keys, up to the first {{ */
  readonly staticPrefix: string;
  /** Key prefix of the interval's folder, with its slash at the end. */
  folderOf(startMs: number, zone: string): string;
}

export const TEMPLATE_LENGTH_MAX = 1024;

/** Throws UserError, code "TEMPLATE", naming the place. */
export function compilePathTemplate(template: string): PathTemplate {
  if (template.length > TEMPLATE_LENGTH_MAX) throw templateError(template, 0, `it has ${template.length} characters, the limit is ${TEMPLATE_LENGTH_MAX} (TEMPLATE_LENGTH_MAX)`, "Shorten it.");
  const { bucket, path, pathAt } = splitS3Path(template);
  const parts: (string | ((fields: LocalFields) => string))[] = [];
  const used = new Set<string>();
  for (let i = 0; i < path.length; ) {
    const open = path.indexOf("{{", i);
    const literal = path.slice(i, open < 0 ? path.length : open);
    const brace = /[{}]/.exec(literal);
    if (brace !== null) throw templateError(template, pathAt + i + brace.index, `a single ${brace[0]} has no meaning`, "Parts of the time stand between {{ and }}.");
    parts.push(literal);
    if (open < 0) break;
    const close = path.indexOf("}}", open);
    if (close < 0) throw templateError(template, pathAt + open, "the {{ is never closed", "Close it with }}.");
    const inside = path.slice(open + 2, close);
    const isHalfDay = /a/.test(inside.replace(/'[^']*'/g, ""));
    for (const { 0: part, index } of inside.matchAll(/([A-Za-z])\1*|'[^']*'|[^A-Za-z']+|'/g)) {
      const at = pathAt + open + 2 + index;
      if (part === "'") throw templateError(template, at, "the quote is never closed", "Close it with '.");
      if (part.startsWith("'")) parts.push(part.slice(1, -1));
      else if (/^[A-Za-z]/.test(part)) {
        const write = keyOf(part, isHalfDay);
        if (write === null) throw templateError(template, at, `${part} is not a part of a time`, "Known are y Y M d a H k h K m s; a text of its own goes in single quotes.");
        used.add(part[0]!);
        parts.push(write);
      } else parts.push(part);
    }
    i = close + 2;
  }
  if (used.size === 0) throw templateError(template, 0, "there is no date in it: every interval would have the same folder", "For example s3://bucket/live/{{yyyyMMdd}}/{{HHmm}}/.");
  if (!used.has("y") && !used.has("Y")) throw templateError(template, 0, "there is no year in it: each year would read the last one's folders again", "Add {{yyyy}}.");
  const staticPrefix = path.slice(0, path.indexOf("{{"));
  return {
    bucket,
    staticPrefix,
    folderOf(startMs, zone) {
      const fields = fieldsOf(toLocalMs(startMs, zone));
      const folder = parts.map((part) => (typeof part === "string" ? part : part(fields))).join("");
      return folder.endsWith("/") ? folder : `${folder}/`;
    },
  };
}

interface LocalFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekYear: number;
}

function fieldsOf(localMs: number): LocalFields {
  const date = new Date(localMs);
  // ISO's year of a week is the year of its Thursday.
  const thursday = new Date(localMs + (4 - (date.getUTCDay() || 7)) * 86_400_000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekYear: thursday.getUTCFullYear(),
  };
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** How a run of one letter is written; null for what isn't known. */
function keyOf(part: string, isHalfDay: boolean): ((fields: LocalFields) => string) | null {
  const { length } = part;
  const number = (value: (fields: LocalFields) => number) => (fields: LocalFields) => String(value(fields)).padStart(length, "0");
  const year = (value: (fields: LocalFields) => number) => (fields: LocalFields) => (length === 2 ? String(value(fields) % 100).padStart(2, "0") : String(value(fields)).padStart(length, "0"));
  if (length > 4 || (length > 2 && !/[yYM]/.test(part))) return null;
  switch (part[0]) {
    case "y":
      return year(({ year: y }) => y);
    case "Y":
      return year(({ weekYear }) => weekYear);
    case "M":
      return length === 3 ? ({ month }) => MONTHS[month - 1]!.slice(0, 3) : length === 4 ? ({ month }) => MONTHS[month - 1]! : number(({ month }) => month);
    case "d":
      return number(({ day }) => day);
    case "a":
      return length === 1 ? ({ hour }) => (hour < 12 ? "AM" : "PM") : null;
    case "H":
      return number(({ hour }) => hour);
    case "k":
      return number(isHalfDay ? ({ hour }) => hour % 12 : ({ hour }) => hour || 24);
    case "h":
      return number(({ hour }) => hour % 12 || 12);
    case "K":
      return number(({ hour }) => hour % 12);
    case "m":
      return number(({ minute }) => minute);
    case "s":
      return number(({ second }) => second);
    default:
      return null;
  }
}

function templateError(template: string, index: number, what: string, advice: string): UserError {
  return new UserError(`the path ${JSON.stringify(template.slice(0, 200))} can't be used: ${what} (character ${index + 1})`, { code: "TEMPLATE", where: `character ${index + 1}`, advice });
}
