/**
 * Instants as the retired service wrote them: Java's `ZonedDateTime.toString()` (reference §3.8), and the local parts
 * that file names and sentences need.
 */

/** An instant as a clock on the wall of a zone shows it, every field as text with leading zeros. */
export interface LocalParts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  /** seconds east of UTC at that instant */
  readonly offsetSeconds: number;
}

/**
 * `2022-01-15T04:25Z[UTC]`, `2021-07-01T02:00+02:00[Europe/Berlin]`: seconds only where they are not zero, `Z` where
 * the offset is zero.
 */
export function zonedDateTimeText(ms: number, zone: string): string {
  const { year, month, day, hour, minute, second, offsetSeconds } = localParts(ms, zone);
  const millis = ((ms % 1000) + 1000) % 1000;
  const fraction = millis === 0 ? "" : `.${String(millis).padStart(3, "0")}`;
  const seconds = second === "00" && fraction === "" ? "" : `:${second}${fraction}`;
  return `${year}-${month}-${day}T${hour}:${minute}${seconds}${offsetText(offsetSeconds)}[${zone}]`;
}

/** @throws RangeError for a zone that the runtime does not know */
export function localParts(ms: number, zone: string): LocalParts {
  const parts = new Map(formatOf(zone).formatToParts(ms).map(({ type, value }) => [type, value]));
  const year = parts.get("year")!.padStart(4, "0");
  const [month, day, hour, minute, second] = (["month", "day", "hour", "minute", "second"] as const).map((type) => parts.get(type)!);
  const localMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const offsetSeconds = Math.round((localMs - Math.floor(ms / 1000) * 1000) / 1000);
  return { year, month: month!, day: day!, hour: hour!, minute: minute!, second: second!, offsetSeconds };
}

function offsetText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "Z";
  const size = Math.abs(offsetSeconds);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const seconds = size % 60 === 0 ? "" : `:${two(size % 60)}`;
  return `${offsetSeconds < 0 ? "-" : "+"}${two(size / 3600)}:${two((size % 3600) / 60)}${seconds}`;
}

// Building a format costs 50 µs, using one 1 µs.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}
