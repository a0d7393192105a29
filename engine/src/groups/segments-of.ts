import type { DimensionValue, SeriesKey } from "../series/series-key.ts";
import type { AnomalyGroup } from "./group.ts";

/** A part of a measure's data: some dimensions fixed to a value, none for the total. */
export interface Segment {
  /** sorted by name; empty = the total */
  readonly dimensions: readonly DimensionValue[];
}

/** A segment that a group names, with the figures of its most severe interval. */
export interface GroupSegment extends Segment {
  readonly series: number;
  readonly direction: "up" | "down";
  readonly severity: number;
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/** The segments of a group's head series, the most severe first (then by series number). */
export function segmentsOf(group: AnomalyGroup, keys: readonly SeriesKey[]): GroupSegment[] {
  const inHead = new Set(group.head);
  return group.members
    .filter(({ series }) => inHead.has(series))
    .map(({ series, direction, severity, actual, expected, lower, upper }) => ({
      dimensions: keys[series]!.dimensions,
      series,
      direction,
      severity,
      actual,
      expected,
      lower,
      upper,
    }))
    .sort((a, b) => b.severity - a.severity || a.series - b.series);
}

/** For people: `platform=ios & country=DE`; the total is `total`; null is `null`, text that could mislead is quoted. */
export function segmentText({ dimensions }: Segment): string {
  if (dimensions.length === 0) return "total";
  return dimensions.map(({ name, value }) => `${name}=${value === null ? "null" : plain(value)}`).join(" & ");
}

function plain(value: string): string {
  return value === "" || value === "null" || /["&=\s]|^\s|\s$/u.test(value) ? JSON.stringify(value) : value;
}
