/** What came of each interval, in all its versions. */
import type { DataQualityMetric, Interval, RowCounts } from "../crawl/batch.ts";

/** The record of one interval that is in effect (an execution, on the wire). */
export interface IntervalRecord {
  readonly detectorId: string;
  readonly generation: number;
  readonly interval: Interval;
  /** from 1; a re-run or a late correction is a new version beside the old */
  readonly version: number;
  readonly status: "COMPLETED" | "FAILED";
  /** what went wrong, or a remark ("judged incomplete: 40 % of the usual rows") */
  readonly message: string | null;
  readonly attemptId: string | null;
  readonly rows: RowCounts | null;
  readonly seriesCount: number;
  readonly anomalyCount: number;
  readonly heldBackCount: number;
  /** segment with points and scores of this interval */
  readonly segmentId: string | null;
  /** when this version became known; the store moves it later where somebody has asked about that instant before */
  readonly knownAtMs: number;
}

export interface IntervalStore {
  /**
   * The version in effect (or the one that was in effect at `asOfMs`; failures are none: they are replaced by what comes
   * of the next try, and only the ledger keeps them).
   */
  get(detectorId: string, startMs: number, asOfMs?: number): Promise<IntervalRecord | null>;
  /** Newest first, versions in effect (or those that were at `asOfMs`). */
  list(detectorId: string, page: { startMs?: number; endMs?: number; asOfMs?: number; limit: number }): Promise<readonly IntervalRecord[]>;
  /** A live interval that could not be read for now: shown in the detector log, the head stays. */
  recordFailure(record: IntervalRecord): Promise<void>;
  quality(detectorId: string, startMs: number, asOfMs?: number): Promise<readonly DataQualityMetric[]>;
}
