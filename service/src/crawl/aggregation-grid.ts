/**
 * Into which buckets a database puts rows so that each lies within one interval: buckets of one length from a fixed base, which is
 * arithmetic that every database does alike. Where intervals are of several lengths the buckets are shorter than some of them.
 *
 * Nothing rests on it but how many lines there are: a line tells its first and its last timestamp, and one that reaches over an
 * interval's border isn't used (LeafTable.addGroups).
 */
import { toLocalMs, zoneOffsetMs } from "@foretop/engine";

/** [base + k × seconds, base + (k + 1) × seconds), from 1970-01-01 00:00:00. */
export interface Grid {
  readonly seconds: number;
  /** 0 … seconds − 1 */
  readonly baseSeconds: number;
}

/** For instants. @param startMs [interval] starts, ascending; null where there is no such grid of whole seconds */
export function instantGrid(startMs: Float64Array, endMs: number): Grid | null {
  return gridThrough([...startMs, endMs]);
}

/** For wall-clock times of a zone: of a day in which clocks change it is as long as any. */
export function wallGrid(startMs: Float64Array, endMs: number, zone: string): Grid | null {
  const borders = [...startMs, endMs].map((ms) => toLocalMs(ms, zone));
  // The hour in which clocks go back begins and ends at the same local time.
  const isNothing = borders.every((border) => border === borders[0]);
  return gridThrough(isNothing ? [borders[0]!, borders[0]! + endMs - startMs[0]!] : borders);
}

/** Both at once, for a column of which only the session knows whether it is the one or the other. */
export function commonGrid(startMs: Float64Array, endMs: number, zone: string): Grid | null {
  const borders = [...startMs, endMs];
  return gridThrough([...borders, ...borders.map((ms) => toLocalMs(ms, zone))]);
}

export function hasClockChange(startMs: Float64Array, endMs: number, zone: string): boolean {
  const offset = zoneOffsetMs(endMs, zone);
  return startMs.some((ms) => zoneOffsetMs(ms, zone) !== offset);
}

function gridThrough(borders: readonly number[]): Grid | null {
  const first = borders[0]!;
  let length = 0;
  for (const border of borders) length = greatestCommonDivisor(length, Math.abs(border - first));
  if (!(length >= 1000) || length % 1000 !== 0 || first % 1000 !== 0) return null;
  const seconds = length / 1000;
  return { seconds, baseSeconds: (((first / 1000) % seconds) + seconds) % seconds };
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
