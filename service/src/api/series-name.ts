import type { SeriesKey } from "@foretop/engine";

/** How people see a series: its dimension values, or "total". The measure is said elsewhere on every page. */
export function seriesName({ dimensions }: SeriesKey): string {
  if (dimensions.length === 0) return "total";
  return dimensions.map(({ name, value }) => `${name}=${value ?? "null"}`).join(" & ");
}

/** The same as a record, for programs. */
export function dimensionsOf({ dimensions }: SeriesKey): Record<string, string | null> {
  return Object.fromEntries(dimensions.map(({ name, value }) => [name, value]));
}
