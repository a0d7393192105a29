/**
 * Which interval an instant belongs to, on the local grid of the dataset's zone. Intervals are half-open
 * `[start, end)` and cover all time without gaps or overlaps.
 *
 * P1D runs from local midnight to local midnight (23, 24 or 25 hours; where midnight is skipped, the day begins with
 * its first instant; a day that a zone skipped has no interval). Sub-daily intervals always have their full length, so
 * that a sum over one is never low only because a clock was moved: the grid follows the zone's *standard* offset of
 * the year. That is the local grid wherever clocks move by a multiple of the interval, which is everywhere but for
 * PT1H on Lord Howe Island (30 minutes): its hours begin at half past in summer. Where a zone moves its standard
 * offset by half an hour (Caracas 2016, Pyongyang 2015), the grid follows at the next New Year (UTC) with one interval
 * cut short there.
 */
import { fromLocalMs, toLocalMs } from "./local-time.ts";
import { rhythmOf } from "./rhythm.ts";
import type { Frequency, Position } from "./rhythm.ts";
import { zoneOffsetMs } from "./zone-offset.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const MONDAY_MS = 4 * DAY_MS; // 1970-01-05 was a Monday

/** Start of the interval that contains an instant; all in epoch milliseconds. */
export function intervalStartAt(ms: number, frequency: Frequency, zone: string): number {
  if (frequency === "P1D") return dayStartAt(ms, zone);
  const length = rhythmOf(frequency).intervalSeconds * 1000;
  const start = floorTo(ms, length, gridOffsetMs(ms, length, zone));
  // At a New Year at which the grid moves, the first interval of the year is cut short.
  const yearStart = yearStartAt(ms);
  return start < yearStart && gridOffsetMs(yearStart - 1, length, zone) !== gridOffsetMs(ms, length, zone) ? yearStart : start;
}

/** The end of the interval that starts at `startMs`. */
export function nextIntervalStart(startMs: number, frequency: Frequency, zone: string): number {
  if (frequency === "P1D") return dayStartAfter(startMs, zone);
  const length = rhythmOf(frequency).intervalSeconds * 1000;
  const grid = gridOffsetMs(startMs, length, zone);
  const end = floorTo(startMs, length, grid) + length;
  const nextYear = yearStartAt(end);
  return nextYear > startMs && nextYear < end && gridOffsetMs(nextYear, length, zone) !== grid ? nextYear : end;
}

/** The start of the interval that ends at `startMs`. */
export function previousIntervalStart(startMs: number, frequency: Frequency, zone: string): number {
  return intervalStartAt(startMs - 1, frequency, zone);
}

/** Starts of all intervals with fromMs ≤ start < toMs, ascending. O(intervals). */
export function intervalStarts(fromMs: number, toMs: number, frequency: Frequency, zone: string): Float64Array {
  const starts: number[] = [];
  let start = intervalStartAt(fromMs, frequency, zone);
  if (start < fromMs) start = nextIntervalStart(start, frequency, zone);
  for (; start < toMs; start = nextIntervalStart(start, frequency, zone)) starts.push(start);
  return Float64Array.from(starts);
}

/** Start of the interval `count` intervals before the one that starts at `startMs`. O(count). */
export function intervalStartBefore(startMs: number, count: number, frequency: Frequency, zone: string): number {
  let start = startMs;
  for (let i = 0; i < count; i++) start = previousIntervalStart(start, frequency, zone);
  return start;
}

/** Where in its seasons the interval that starts at `startMs` lies, from the zone's wall clock. */
export function positionOf(startMs: number, frequency: Frequency, zone: string): Position {
  const localMs = toLocalMs(startMs, zone);
  const inWeekMs = modulo(localMs - MONDAY_MS, WEEK_MS);
  if (frequency === "P1D") return { inDay: Math.floor(inWeekMs / DAY_MS), hourOfWeek: 0 };
  const inDay = Math.floor(modulo(localMs, DAY_MS) / (rhythmOf(frequency).intervalSeconds * 1000));
  return { inDay, hourOfWeek: Math.floor(inWeekMs / HOUR_MS) };
}

function dayStartAt(ms: number, zone: string): number {
  let start = fromLocalMs(floorTo(toLocalMs(ms, zone), DAY_MS, 0), zone);
  // St. John's used to go back from 00:01 to 23:01 of the day before: that hour belongs to the day that has begun.
  for (let next = dayStartAfter(start, zone); next <= ms; next = dayStartAfter(start, zone)) start = next;
  return start;
}

function dayStartAfter(startMs: number, zone: string): number {
  let localMs = floorTo(toLocalMs(startMs, zone), DAY_MS, 0) + DAY_MS;
  // A skipped day (Samoa 2011-12-30) would start where it ends.
  while (fromLocalMs(localMs, zone) <= startMs) localMs += DAY_MS;
  return fromLocalMs(localMs, zone);
}

/** The zone's standard offset in the year of an instant, modulo the interval's length: where its grid lies. */
function gridOffsetMs(ms: number, length: number, zone: string): number {
  const yearStart = yearStartAt(ms);
  if (zone === cachedZone && length === cachedLength && yearStart === cachedGridYear) return cachedGrid;
  const standard = Math.min(zoneOffsetMs(yearStart, zone), zoneOffsetMs(yearStart + HALF_YEAR_MS, zone));
  cachedZone = zone;
  cachedLength = length;
  cachedGridYear = yearStart;
  cachedGrid = modulo(standard, length);
  return cachedGrid;
}

const HALF_YEAR_MS = 182 * DAY_MS;

// The last answers: rows and intervals come in order, so nearly every question is the same as the one before.
let cachedZone = "";
let cachedLength = 0;
let cachedGridYear = NaN;
let cachedGrid = 0;
let cachedYearStart = 0;
let cachedYearEnd = 0;

/** New Year in UTC, at or before an instant. */
function yearStartAt(ms: number): number {
  if (ms >= cachedYearStart && ms < cachedYearEnd) return cachedYearStart;
  const year = new Date(ms).getUTCFullYear();
  const start = new Date(0);
  cachedYearStart = start.setUTCFullYear(year, 0, 1);
  cachedYearEnd = start.setUTCFullYear(year + 1, 0, 1);
  return cachedYearStart;
}

function floorTo(ms: number, length: number, offset: number): number {
  return Math.floor((ms + offset) / length) * length - offset;
}

function modulo(value: number, length: number): number {
  const rest = value % length;
  return rest < 0 ? rest + length : rest;
}
