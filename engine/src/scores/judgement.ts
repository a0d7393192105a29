/**
 * The vocabulary between the engine and whoever runs it: what goes in for one interval, what comes out for each
 * series. Columns of plain numbers, index = the series' number in its detector; lists of names are closed and only
 * ever appended to, because stored segments hold their indexes.
 */
import type { Position } from "../time/rhythm.ts";

/** The kinds of anomaly, one closed list (docs/models/kinds.md). Index 0 is "nothing". */
export const KINDS = [
  "none",
  "spike",
  "dip",
  "level shift",
  "drift",
  "drop to zero",
  "stopped",
  "flat line",
  "change of spread",
  "recovery",
] as const;
export type Kind = (typeof KINDS)[number];

/** Why a point has the judgement it has. */
export const STATUSES = ["judged", "learning", "missing"] as const;
export type Status = (typeof STATUSES)[number];

/** Why a finding was held back; index 0 is "not held back". The finding stays visible with its reason. */
export const HELD_BACK_REASONS = [
  "",
  "below the sensitivity",
  "below the minimum effect",
  "below the minimum volume",
  "other direction",
  "learning",
  "explained by another level",
  "incomplete interval",
] as const;
export type HeldBackReason = (typeof HELD_BACK_REASONS)[number];

/** What a user may set per measure; defaults are one set for all data. */
export interface MeasureSettings {
  /** severity 0–100 from which a finding becomes an anomaly; default 70 */
  readonly severityMin: number;
  readonly direction: "up" | "down" | "both";
  /** smallest |actual − expected| worth telling, in the measure's unit; 0 = any */
  readonly effectMin: number;
  /** smallest |actual − expected| / |expected| worth telling, 0.1 = 10 %; 0 = any */
  readonly effectShareMin: number;
  /** smallest expected value worth telling (max of actual and expected); 0 = any */
  readonly volumeMin: number;
}

export const DEFAULT_MEASURE_SETTINGS: MeasureSettings = {
  severityMin: 70,
  direction: "both",
  effectMin: 0,
  effectShareMin: 0,
  volumeMin: 0,
};

/** One interval of a detector, ready to be judged. */
export interface IntervalInput {
  /** start of the interval, epoch milliseconds */
  readonly startMs: number;
  readonly position: Position;
  /** [series]; NaN = missing */
  readonly values: Float64Array;
  /** false when no row at all arrived: then the *dataset* stopped, and no single series is said to have stopped */
  readonly datasetArrived: boolean;
  /** [series] index into `settings` */
  readonly settingsOf: Uint16Array | Uint8Array | Int32Array;
  readonly settings: readonly MeasureSettings[];
}

/** What is said about each series in one interval. All columns are [series]. */
export interface Judgement {
  readonly expected: Float64Array;
  /** the band: where the severity would reach the series' severityMin */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** how far off, in units of what is rare for this series; ≥ 0, NaN while learning or missing */
  readonly score: Float64Array;
  /** the same for sustained small shifts */
  readonly shiftScore: Float64Array;
  /** the same for "a new incident starts here" (few, well placed); reported only */
  readonly incidentScore: Float64Array;
  /** 0–100, the larger of point and shift severity; NaN while learning or missing */
  readonly severity: Float64Array;
  /** −1 below, 0 as expected, 1 above */
  readonly direction: Int8Array;
  /** index into KINDS; not 0 where a rule fired, whether or not it was then held back */
  readonly kind: Uint8Array;
  /** index into STATUSES */
  readonly status: Uint8Array;
  /** index into HELD_BACK_REASONS; 0 where `kind` is 0 or the finding stands */
  readonly heldBack: Uint8Array;
  /** points a learning series still needs; 0 when judged */
  readonly pointsNeeded: Int32Array;
}
