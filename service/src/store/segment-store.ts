/** Segments: points, scores and checkpoints, written once, named by a commit. */
/** A row of the manifest. */
export interface SegmentRow {
  readonly id: string;
  readonly detectorId: string;
  readonly generation: number;
  readonly kind: "points" | "checkpoint";
  readonly startMs: number;
  readonly endMs: number;
  /** relative to the segments' root */
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
  /** set by listPoints: starts of the intervals that count, where newer versions of others lie elsewhere; absent = all */
  readonly inEffect?: { readonly onlyMs: readonly number[] } | { readonly exceptMs: readonly number[] };
}

/**
 * Points and scores of some intervals. All columns are [row]; rows are sorted by series, then interval. History has
 * points only: its score columns are null.
 */
export interface PointsSegment {
  readonly series: Int32Array;
  readonly startMs: Float64Array;
  readonly value: Float64Array;
  /** rows behind the value */
  readonly count: Float64Array;
  readonly scores: {
    readonly expected: Float64Array;
    readonly lower: Float64Array;
    readonly upper: Float64Array;
    readonly score: Float64Array;
    readonly severity: Float64Array;
    readonly direction: Int8Array;
    readonly kind: Uint8Array;
    readonly status: Uint8Array;
    readonly heldBack: Uint8Array;
  } | null;
}

export interface SegmentStore {
  /**
   * Whole or not at all; durable when it resolves. Unnamed until a commit names the returned row. Several parts, with scores,
   * of intervals that ascend from part to part, become one segment.
   */
  writePoints(owner: SegmentOwner, points: PointsSegment | readonly PointsSegment[]): Promise<SegmentRow>;
  writeCheckpoint(owner: SegmentOwner, states: Uint8Array): Promise<SegmentRow>;
  /** All series of a segment, of the intervals in effect if the row says which; throws SegmentDamagedError naming the file when the checksum is wrong. */
  readPoints(row: SegmentRow): Promise<PointsSegment>;
  /** Values of some series over a range, oldest first, newest version of each interval (or as of then). */
  readSeries(detectorId: string, generation: number, series: readonly number[], range: { startMs: number; endMs: number; asOfMs?: number }): Promise<readonly SeriesPoints[]>;
  /** Segments of points in effect in a range (or as of then), oldest first. */
  listPoints(detectorId: string, generation: number, range: { startMs: number; endMs: number; asOfMs?: number }): Promise<readonly SegmentRow[]>;
  /** The newest checkpoint whose end is ≤ `notAfterMs`. */
  latestCheckpoint(detectorId: string, generation: number, notAfterMs: number): Promise<{ row: SegmentRow; states: Uint8Array } | null>;
  /**
   * Names a checkpoint in the manifest (its own small transaction; a checkpoint is only a shortcut). Does nothing when the
   * detector has a newer lineage or generation by now: these states are of the past.
   */
  nameCheckpoint(row: SegmentRow, lineage: number): Promise<void>;
  /** Removes files that no manifest row names, last written before `olderThanMs` (epoch ms of the machine's clock). */
  sweep(olderThanMs: number): Promise<{ files: number; bytes: number }>;
  /**
   * Merges segments of intervals that ended before `beforeMs` into one a day, and points the records there; nothing that
   * is read changes. Files that are no longer needed lose their name and are swept. May be run at any time.
   */
  compact(detectorId: string, beforeMs: number, signal?: AbortSignal): Promise<{ readonly merged: number; readonly into: number }>;
  /**
   * Forgets what is older than its retention: points of intervals that ended before `pointsBeforeMs` with their records,
   * what was expected of those before `scoresBeforeMs`, weekly checkpoints before `checkpointsBeforeMs`. Points that the
   * newest checkpoint needs stay. Files lose their name and are swept. May be run at any time.
   */
  expire(detectorId: string, before: { readonly pointsBeforeMs: number; readonly scoresBeforeMs: number; readonly checkpointsBeforeMs: number }, signal?: AbortSignal): Promise<{ readonly intervals: number; readonly rewritten: number; readonly checkpoints: number }>;
  /** End of the last live interval whose points have expired; null while none have. */
  keptFrom(detectorId: string, generation: number): Promise<number | null>;
  /** Bytes in effect by kind. */
  bytes(detectorId: string): Promise<Readonly<Record<"points" | "checkpoint", number>>>;
}

export interface SegmentOwner {
  readonly detectorId: string;
  readonly generation: number;
  readonly startMs: number;
  readonly endMs: number;
  /** tells attempts at the same interval apart, so that no file is ever written twice */
  readonly attempt: string;
}

/** Columns are [interval], for one series. */
export interface SeriesPoints {
  readonly series: number;
  readonly startMs: Float64Array;
  readonly value: Float64Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly severity: Float64Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly heldBack: Uint8Array;
}

export class SegmentDamagedError extends Error {
  override readonly name = "SegmentDamagedError";
}
