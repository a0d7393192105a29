/**
 * Where state lives, by noun. PostgreSQL holds configuration, ledger, manifest, groups, outbox and audit; points,
 * scores and checkpoints are immutable segments in a folder or a bucket, named by rows of the manifest. What was not committed did
 * not happen: segments that no committed row names are swept.
 *
 * Every write that belongs to one interval goes through `commitInterval`: one small transaction, fenced by the
 * detector's head (the end of its last committed interval), so that two processes never run an interval twice in
 * effect.
 */
import type { CorrectionCommit, HistoryCommit, IntervalCommit } from "./commits.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { DetectorStore } from "./detector-store.ts";
import type { GroupStore } from "./group-store.ts";
import type { AuditStore, HealthStore, StoreSpace } from "./health-store.ts";
import type { IntervalStore } from "./interval-store.ts";
import type { LedgerStore } from "./ledger-store.ts";
import type { SegmentStore } from "./segment-store.ts";
import type { SeriesStore } from "./series-store.ts";

export * from "./detector-store.ts";
export * from "./ledger-store.ts";
export * from "./series-store.ts";
export * from "./interval-store.ts";
export * from "./segment-store.ts";
export * from "./group-store.ts";
export * from "./delivery-store.ts";
export * from "./health-store.ts";
export * from "./commits.ts";

export interface Store {
  readonly detectors: DetectorStore;
  readonly ledger: LedgerStore;
  readonly series: SeriesStore;
  readonly intervals: IntervalStore;
  readonly segments: SegmentStore;
  readonly groups: GroupStore;
  readonly deliveries: DeliveryStore;
  readonly audit: AuditStore;
  readonly health: HealthStore;

  /** History crawled and learned: series, points, checkpoint, head; the detector becomes ACTIVE or LEARNING. */
  commitHistory(commit: HistoryCommit): Promise<void>;
  /**
   * Everything of one live interval, in one transaction. Throws HeadMovedError when `expectedHeadMs` or the generation
   * is no longer the detector's (another process was faster): nothing is written then.
   */
  commitInterval(commit: IntervalCommit): Promise<void>;
  /**
   * New versions of past intervals after late, corrected or deleted rows: one transaction, fenced by the head, which
   * does not move. Old versions, old revisions and what was known stay. Checkpoints that end after `fromMs` are of the
   * old lineage and lose their place in the manifest. Throws HeadMovedError.
   */
  commitCorrection(commit: CorrectionCommit): Promise<void>;
  /**
   * Fixes an instant before it is asked about: whatever becomes known later, of these detectors, is dated after it, so that
   * an answer "as of `atMs`" never changes. Waits for commits that are under way.
   *
   * @param detectorIds  null = all
   * @returns when the first of them knew its first history, epoch ms; null when none has
   */
  fixInstant(detectorIds: readonly string[] | null, atMs: number): Promise<number | null>;
  /** Bytes by what they hold. */
  space(): Promise<StoreSpace>;
  close(): Promise<void>;
}
