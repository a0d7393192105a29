/**
 * The columns of a points segment: what each is called in the file, what it holds, how it is stored. The descriptions
 * travel in the file, so that somebody who opens one with another tool finds out what it means.
 */
import { HELD_BACK_REASONS, KINDS, STATUSES } from "@foretop/engine";
import type { PointsSegment } from "../store.ts";

export type ScoreColumn = keyof NonNullable<PointsSegment["scores"]>;
export type PointsColumn = "series" | "startMs" | "value" | "count" | ScoreColumn;

export interface ColumnLayout {
  /** in our arrays */
  readonly column: PointsColumn;
  /** in the file */
  readonly name: string;
  /** "BAND": DOUBLE or FLOAT, see bandType */
  readonly type: "INT32" | "DOUBLE" | "FLOAT" | "BAND";
  readonly description: string;
  readonly isScore: boolean;
  /** codes: a handful of values that mostly repeat; numbers: what only general compression makes smaller */
  readonly packing: "codes" | "counter" | "numbers";
}

const codes = (names: readonly string[]) => names.map((name, code) => `${code} = ${name}`).join(", ");

export const POINTS_COLUMNS: readonly ColumnLayout[] = [
  { column: "series", name: "series", type: "INT32", packing: "counter", isScore: false, description: "number of the series in its detector (table foretop.series)" },
  { column: "startMs", name: "start_ms", type: "DOUBLE", packing: "numbers", isScore: false, description: "start of the interval, epoch milliseconds: make_timestamp_ms(start_ms::bigint)" },
  { column: "value", name: "value", type: "DOUBLE", packing: "numbers", isScore: false, description: "NaN = missing" },
  { column: "count", name: "count", type: "DOUBLE", packing: "numbers", isScore: false, description: "rows of the source behind the value" },
  { column: "expected", name: "expected", type: "BAND", packing: "numbers", isScore: true, description: "what the model expected; NaN = nothing yet" },
  { column: "lower", name: "lower", type: "BAND", packing: "numbers", isScore: true, description: "lower end of the band" },
  { column: "upper", name: "upper", type: "BAND", packing: "numbers", isScore: true, description: "upper end of the band" },
  { column: "score", name: "score", type: "BAND", packing: "numbers", isScore: true, description: "distance from expected, in spreads" },
  { column: "severity", name: "severity", type: "FLOAT", packing: "numbers", isScore: true, description: "0 to 100" },
  { column: "direction", name: "direction", type: "INT32", packing: "codes", isScore: true, description: "-1 = below, 0, 1 = above" },
  { column: "kind", name: "kind", type: "INT32", packing: "codes", isScore: true, description: codes(KINDS) },
  { column: "status", name: "status", type: "INT32", packing: "codes", isScore: true, description: codes(STATUSES) },
  { column: "heldBack", name: "held_back", type: "INT32", packing: "codes", isScore: true, description: codes(HELD_BACK_REASONS) },
];

/** A rounded figure may be off by this share of its band's width: a tenth of a pixel on a band a hundred pixels high. */
const BAND_SHARE_MAX = 1e-3;

/**
 * Figures of bands are stored with 4 bytes where nobody can see the difference, else with 8: when rounding moves an end
 * of a band by more than a thousandth of its width (a level of 1e9 with a spread of 10), or loses a figure that 4 bytes
 * can't hold at all.
 */
export function bandType(scores: NonNullable<PointsSegment["scores"]>): "FLOAT" | "DOUBLE" {
  const { expected, lower, upper, score } = scores;
  for (let row = 0; row < expected.length; row++) {
    const tolerance = Math.abs(upper[row] - lower[row]) * BAND_SHARE_MAX;
    if (
      !survives(expected[row], tolerance) ||
      !survives(lower[row], tolerance) ||
      !survives(upper[row], tolerance) ||
      !survives(score[row], Infinity)
    ) return "DOUBLE";
  }
  return "FLOAT";
}

function survives(value: number, tolerance: number): boolean {
  const rounded = Math.fround(value);
  if (Object.is(rounded, value) || Number.isNaN(value)) return true;
  if (!Number.isFinite(rounded) || rounded === 0) return false; // too large, too small
  return Math.abs(rounded - value) <= tolerance; // false as well where the tolerance is NaN
}
