/**
 * Wall-clock time as a number: the epoch milliseconds at which a clock in UTC shows the same date and time. It makes
 * calendar arithmetic plain arithmetic; it is not an instant and is never stored.
 */
import { zoneOffsetMs } from "./zone-offset.ts";

const DAY_MS = 86_400_000;

/** What the zone's wall clock shows at an instant. */
export function toLocalMs(ms: number, zone: string): number {
  return ms + zoneOffsetMs(ms, zone);
}

/**
 * The instant at which the zone's wall clock shows a local time. One that never occurs (clocks go forward) is read on
 * the clock from before the change, thus moved on by the length of the gap. One that occurs twice (clocks go back) is
 * its first or its second occurrence, as asked. "first" is the rule of java.time and of Temporal's "compatible";
 * "second" is PostgreSQL's, for naive timestamps from a database, so that its comparisons and ours agree.
 *
 * @example fromLocalMs(Date.UTC(2026, 2, 29, 2, 30), "Europe/Berlin") // skipped → 03:30 summer time = 01:30Z
 */
export function fromLocalMs(localMs: number, zone: string, ofTwo: "first" | "second" = "first"): number {
  // No zone changes twice within two days, so that these two are the offsets on the two sides of any change nearby.
  const before = zoneOffsetMs(localMs - DAY_MS, zone);
  const after = zoneOffsetMs(localMs + DAY_MS, zone);
  if (before === after) return localMs - before;

  const early = localMs - Math.max(before, after);
  const late = localMs - Math.min(before, after);
  const isEarly = zoneOffsetMs(early, zone) === Math.max(before, after);
  const isLate = zoneOffsetMs(late, zone) === Math.min(before, after);
  if (isEarly && isLate) return ofTwo === "first" ? early : late;
  if (isEarly) return early;
  return isLate ? late : localMs - before;
}
