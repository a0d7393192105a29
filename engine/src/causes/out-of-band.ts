import type { DimensionValue } from "../series/series-key.ts";
import type { DimensionColumn } from "./leaves.ts";

/** A segment whose own value left its band. */
export interface OutOfBand {
  readonly segment: readonly DimensionValue[];
  readonly actual: number;
  readonly lower: number;
  readonly upper: number;
  readonly direction: "up" | "down";
  /** distance from the band in half-widths of the band */
  readonly distance: number;
}

/**
 * Minima, maxima and percentiles have no shares: the answer is a list of the segments whose own value left its band, the
 * farthest first. A missing value or band is left out.
 */
export function outOfBand({
  dimensions,
  actual,
  lower,
  upper,
}: {
  readonly dimensions: readonly DimensionColumn[];
  /** [row] */
  readonly actual: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}): OutOfBand[] {
  const found: OutOfBand[] = [];
  for (let i = 0; i < actual.length; i++) {
    const v = actual[i]!;
    const isBelow = v < lower[i]!;
    if (!isBelow && !(v > upper[i]!)) continue;
    if (!Number.isFinite(v) || !(upper[i]! >= lower[i]!)) continue;
    const halfWidth = Math.max((upper[i]! - lower[i]!) / 2, 1e-12 * Math.max(1, Math.abs(v)));
    const segment = dimensions
      .map(({ name, values, codes }) => ({ name, value: values[codes[i]!] ?? null }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    found.push({
      segment,
      actual: v,
      lower: lower[i]!,
      upper: upper[i]!,
      direction: isBelow ? "down" : "up",
      distance: (isBelow ? lower[i]! - v : v - upper[i]!) / halfWidth,
    });
  }
  const text = ({ segment }: OutOfBand) => JSON.stringify(segment.map(({ name, value }) => [name, value]));
  return found.sort((a, b) => b.distance - a.distance || (text(a) < text(b) ? -1 : 1));
}
