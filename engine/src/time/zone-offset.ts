/**
 * How far a zone's wall clock is ahead of UTC at an instant, in milliseconds; negative west of Greenwich.
 *
 * @param ms    epoch milliseconds, years 1 to 9999
 * @param zone  IANA name, e.g. "America/New_York"; throws RangeError for a name the runtime doesn't know
 *
 * About 14 ns a call (measured, one core) once that quarter of a year has been seen; the first call in a
 * quarter asks Intl some twenty times (100 µs). Intl alone would take 2 µs for each call.
 */
export function zoneOffsetMs(ms: number, zone: string): number {
  let table = tables.get(zone);
  if (table === undefined) {
    table = newTable(zone);
    tables.set(zone, table);
  }
  if (ms >= table.fromMs && ms < table.toMs) return table.offsetMs;
  return findSpan(table, ms);
}

/** Whether the runtime knows an IANA zone of that name. */
export function isZone(zone: string): boolean {
  try {
    zoneOffsetMs(0, zone);
    return true;
  } catch {
    return false;
  }
}

/** 99 days. */
const CHUNK_MS = 2 ** 33;
// Two changes less than 6 days apart would be missed; the shortest distance in the tz database since 1970 is about 4 weeks
// (Morocco, Egypt: summer time is suspended during Ramadan).
const SAMPLES_PER_CHUNK = 16;
const FIRST_MS = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const LAST_MS = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

interface Table {
  readonly format: Intl.DateTimeFormat;
  readonly chunks: Map<number, Spans>;
  // The span that was asked for last: rows of a query come in runs of the same day.
  fromMs: number;
  toMs: number;
  offsetMs: number;
}

/** Spans of constant offset within one chunk: span i is [startMs[i], startMs[i + 1]). */
interface Spans {
  readonly startMs: readonly number[];
  readonly offsetMs: readonly number[];
}

const tables = new Map<string, Table>();

function newTable(zone: string): Table {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw new RangeError(`"${zone}" is not a time zone that this runtime knows; use an IANA name such as "Europe/Berlin" or "UTC"`, { cause });
  }
  return { format, chunks: new Map(), fromMs: 1, toMs: 0, offsetMs: 0 };
}

function findSpan(table: Table, ms: number): number {
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) throw new RangeError(`${ms} is not an instant of the years 1 to 9999`);
  const chunk = Math.floor(ms / CHUNK_MS);
  let spans = table.chunks.get(chunk);
  if (spans === undefined) {
    spans = spansOf(table.format, chunk * CHUNK_MS);
    table.chunks.set(chunk, spans);
  }
  let i = spans.startMs.length - 1;
  while (spans.startMs[i]! > ms) i--;
  table.fromMs = spans.startMs[i]!;
  table.toMs = spans.startMs[i + 1] ?? (chunk + 1) * CHUNK_MS;
  table.offsetMs = spans.offsetMs[i]!;
  return table.offsetMs;
}

/** Samples a chunk; between two samples that differ the change is found by halving, to the second. */
function spansOf(format: Intl.DateTimeFormat, chunkStartMs: number): Spans {
  const startMs = [chunkStartMs];
  const offsetMs = [askIntl(format, chunkStartMs)];
  const step = CHUNK_MS / SAMPLES_PER_CHUNK;
  for (let i = 1; i <= SAMPLES_PER_CHUNK; i++) {
    // The last sample is the chunk's last second, so that a change at its very end is not missed.
    const toMs = i === SAMPLES_PER_CHUNK ? chunkStartMs + CHUNK_MS - 1 : chunkStartMs + i * step;
    const after = askIntl(format, toMs);
    if (after === offsetMs.at(-1)) continue;
    startMs.push(changeBetween(format, chunkStartMs + (i - 1) * step, toMs, after));
    offsetMs.push(after);
  }
  return { startMs, offsetMs };
}

function changeBetween(format: Intl.DateTimeFormat, beforeMs: number, afterMs: number, offsetAfter: number): number {
  let before = Math.floor(beforeMs / 1000);
  let after = Math.ceil(afterMs / 1000);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (askIntl(format, middle * 1000) === offsetAfter) after = middle;
    else before = middle;
  }
  return after * 1000;
}

function askIntl(format: Intl.DateTimeFormat, ms: number): number {
  const clamped = Math.min(Math.max(ms, FIRST_MS), LAST_MS);
  const wholeSecond = Math.floor(clamped / 1000) * 1000;
  let year = 0;
  let month = 0;
  let day = 0;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let beforeChrist = false;
  for (const part of format.formatToParts(wholeSecond)) {
    if (part.type === "year") year = Number(part.value);
    else if (part.type === "month") month = Number(part.value);
    else if (part.type === "day") day = Number(part.value);
    else if (part.type === "hour") hour = Number(part.value);
    else if (part.type === "minute") minute = Number(part.value);
    else if (part.type === "second") second = Number(part.value);
    else if (part.type === "era") beforeChrist = part.value.startsWith("B");
  }
  // setUTCFullYear instead of Date.UTC: the latter reads the years 0 to 99 as 1900 to 1999.
  const local = new Date(0);
  local.setUTCFullYear(beforeChrist ? 1 - year : year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  return local.getTime() - wholeSecond;
}
