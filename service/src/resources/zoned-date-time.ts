/**
 * Instants as the retired service wrote them: Java's `ZonedDateTime.toString()` (reference §3.8), and the local parts
 * that file names and sentences need.
 */
import { zoneOffsetMs } from "@foretop/engine";

/** An instant as a clock on the wall of a zone shows it, every field as text with leading zeros. */
export interface LocalParts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

/**
 * `2022-01-15T04:25Z[UTC]`, `2021-07-01T02:00+02:00[Europe/Berlin]`: seconds only where they are not zero, `Z` where
 * the offset is zero.
 *
 * @throws RangeError for a zone that the runtime does not know
 */
export function zonedDateTimeText(ms: number, zone: string): string {
  const { year, month, day, hour, minute, second } = localParts(ms, zone);
  const millis = ((ms % 1000) + 1000) % 1000;
  const fraction = millis === 0 ? "" : `.${String(millis).padStart(3, "0")}`;
  const seconds = second === "00" && fraction === "" ? "" : `:${second}${fraction}`;
  return `${year}-${month}-${day}T${hour}:${minute}${seconds}${offsetText(zoneOffsetMs(ms, zone) / 1000)}[${zone}]`;
}

/** @throws RangeError for a zone that the runtime does not know */
export function localParts(ms: number, zone: string): LocalParts {
  const local = new Date(ms + zoneOffsetMs(ms, zone));
  return {
    year: digits(local.getUTCFullYear(), 4),
    month: digits(local.getUTCMonth() + 1, 2),
    day: digits(local.getUTCDate(), 2),
    hour: digits(local.getUTCHours(), 2),
    minute: digits(local.getUTCMinutes(), 2),
    second: digits(local.getUTCSeconds(), 2),
  };
}

function offsetText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "Z";
  const size = Math.abs(offsetSeconds);
  const seconds = size % 60 === 0 ? "" : `:${digits(size % 60, 2)}`;
  return `${offsetSeconds < 0 ? "-" : "+"}${digits(size / 3600, 2)}:${digits((size % 3600) / 60, 2)}${seconds}`;
}

function digits(n: number, count: number): string {
  return String(Math.floor(n)).padStart(count, "0");
}
