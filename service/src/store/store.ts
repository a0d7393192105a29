/**
 * Where state lives, by noun. PostgreSQL holds configuration, ledger, manifest, groups, outbox and audit; points,
 * scores and checkpoints are immutable segments in a folder, named by rows of the manifest. What was not committed did
 * not happen: segments that no committed row names are swept.
 *
 * Every write that belongs to one interval goes through `commitInterval`: one small transaction, fenced by the
 * detector's head (the end of its last committed interval), so that two processes never run an interval twice in
 * effect.
 */
import type { AnomalyGroup, CauseReport, DataVerdict, DimensionContribution, OutOfBand, SeriesKey } from "@foretop/engine";
import type { AlertMessage } from "../alerts/message.ts";
import type { DataQualityMetric, Interval, RowCounts } from "../crawl/batch.ts";
import type { Detector, DetectorConfig, DetectorStatus } from "../resources/detector.ts";
import type { SourceErrorCode } from "../telemetry/errors.ts";
import type { CauseMethod } from "./cause-methods.ts";

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

export class HeadMovedError extends Error {
  override readonly name = "HeadMovedError";
}

export interface DetectorStore {
  /** Throws UserError code "DUPLICATE" when the name is taken. Status INACTIVE, generation 1. */
  create(config: DetectorConfig, configHash: string, nowMs: number): Promise<Detector>;
  get(id: string): Promise<Detector | null>;
  getByName(name: string): Promise<Detector | null>;
  list(): Promise<readonly Detector[]>;
  /** New configuration; `relearn` starts a new generation: head and liveFrom become null, the status INACTIVE. */
  update(id: string, config: DetectorConfig, configHash: string, options: { relearn: boolean }, nowMs: number): Promise<Detector>;
  /**
   * @param expected  set only if the detector is still like this: somebody else may have decided meanwhile
   * @returns whether it was set
   */
  setStatus(
    id: string,
    status: DetectorStatus,
    failureReason: string | null,
    nowMs: number,
    expected?: { readonly statuses: readonly DetectorStatus[]; readonly generation: number },
  ): Promise<boolean>;
  /** The head up to which late rows have been looked for and corrected; null before the first time of a generation. */
  lateRowsUntil(id: string): Promise<number | null>;
  /** What was read again up to `headMs` is in effect; does nothing when the generation is another by now. Never goes back. */
  setLateRowsUntil(id: string, generation: number, headMs: number): Promise<void>;
  setMuted(id: string, muted: boolean, nowMs: number): Promise<void>;
  /**
   * Takes or renews the claim on a detector's past (see pipeline/with-claim.ts).
   *
   * @returns null when it is ours now, else what the one who holds it is doing
   */
  claim(id: string, claim: { readonly by: string; readonly doing: string; readonly untilMs: number }, nowMs: number): Promise<string | null>;
  releaseClaim(id: string, by: string): Promise<void>;
  /** What somebody is doing with the detector's past now; null when nobody is. */
  claimedFor(id: string, nowMs: number): Promise<string | null>;
  /** Removes the detector and everything of it; segments are swept. */
  delete(id: string): Promise<void>;
}

/** One row per (dataset, interval, attempt): what was asked, what came, how it ended. Never updated once closed. */
export interface LedgerAttempt {
  /** detectorId:generation:startMs-endMs:attempt */
  readonly id: string;
  readonly detectorId: string;
  readonly generation: number;
  /** "check": whether rows have changed, without reading them */
  readonly purpose: "history" | "live" | "rerun" | "late" | "backtest" | "check";
  readonly interval: Interval;
  /** from 1, per (detector, generation, interval); of checks from −1 down */
  readonly attempt: number;
  /** the statement with placeholders, as sent */
  readonly statement: string;
  /** instants bound to it, epoch ms */
  readonly parameters: readonly number[];
  readonly queryHash: string;
  /** the id under which the source knew it; null until it answered */
  readonly statementId: string | null;
  readonly outcome: "running" | "succeeded" | "failed" | "cancelled" | "abandoned" | "incomplete";
  readonly errorCode: SourceErrorCode | "INTERNAL" | null;
  readonly error: string | null;
  readonly transient: boolean | null;
  readonly rows: number;
  readonly bytes: number;
  readonly maxTimestampMs: number | null;
  readonly startedMs: number;
  readonly endedMs: number | null;
}

export interface LedgerStore {
  /**
   * Opens the next attempt; older attempts of the interval still "running" are marked "abandoned", and for purposes "late"
   * and "check" all older ones of that purpose.
   */
  open(attempt: Pick<LedgerAttempt, "detectorId" | "generation" | "purpose" | "interval" | "statement" | "parameters" | "queryHash" | "startedMs">): Promise<LedgerAttempt>;
  setStatementId(id: string, statementId: string): Promise<void>;
  /** @returns whether it was still running: false where another process gave it up for dead, and nothing may come of it */
  close(id: string, result: Pick<LedgerAttempt, "outcome" | "errorCode" | "error" | "transient" | "rows" | "bytes" | "maxTimestampMs" | "endedMs">): Promise<boolean>;
  get(id: string): Promise<LedgerAttempt | null>;
  /** Newest first; checks only when asked for. */
  list(detectorId: string, page: { startMs?: number; endMs?: number; limit: number; withChecks?: boolean }): Promise<readonly LedgerAttempt[]>;
  /** How many statements have asked for an interval (and had ended by `asOfMs`), alone or in a range with others; the history is not counted. */
  asked(detectorId: string, interval: Interval, asOfMs?: number): Promise<{ readonly readings: number; readonly checks: number }>;
  /** Forgets attempts that ended before; those that run stay. @returns how many */
  expire(detectorId: string, beforeMs: number): Promise<number>;
  /** Row counts of the last succeeded live or history intervals, newest first, for the completeness check. */
  recentRowCounts(detectorId: string, generation: number, limit: number): Promise<readonly { startMs: number; endMs: number; rows: number; maxTimestampMs: number | null }[]>;
}

/** A series as stored; `number` is its index in states, segments and groups: given once, in order, never reused. */
export interface StoredSeries {
  readonly number: number;
  readonly key: SeriesKey;
  readonly keyText: string;
  /** leaf: has all dimensions */
  readonly isLeaf: boolean;
  readonly firstSeenMs: number;
}

export interface SeriesStore {
  /** All series of a generation in order of their number. */
  list(detectorId: string, generation: number): Promise<readonly StoredSeries[]>;
}

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

/** A group with what explains it, as committed. */
export interface StoredGroup {
  readonly detectorId: string;
  readonly generation: number;
  readonly group: AnomalyGroup;
  readonly contributions: readonly DimensionContribution[];
  /** partial assignments that name the group's segments, e.g. [{platform: "web"}]; [{}] = everything */
  readonly segments: readonly Readonly<Record<string, string | null>>[];
  readonly headline: string;
  readonly evidence: GroupEvidence;
  /** which segments did it; absent in revisions of before it was looked at, and where no row arrived at all */
  readonly causes?: GroupCauses;
  /** why there is this revision, when it is not simply the next interval: "142 rows arrived 50 minutes late" */
  readonly reason: string | null;
  /** the commit in which this revision became known */
  readonly knownAtMs: number;
}

/** The search for causes at a group's peak, over all segments of its measure; its contribution matrix is the group's. */
export interface GroupCauses {
  /** the interval that was looked at */
  readonly startMs: number;
  readonly method: CauseMethod;
  readonly report: Omit<CauseReport, "contribution">;
  /** [cause] it names, holds or lies in one of the group's own segments; others of the measure moved at the same time */
  readonly inGroup: readonly boolean[];
  /** minima and maxima: segments whose own value left its band */
  readonly outOfBand: readonly OutOfBand[];
  /** a fault of the data, or a change of the business? */
  readonly data: DataVerdict;
  /** distinct counts only */
  readonly check?: DistinctCheck;
}

/** How causes of a distinct count, which does not add up, were counted in the source. */
export type DistinctCheck =
  | { readonly isDone: false; readonly why: string }
  | {
      readonly isDone: true;
      /** the statement, bounds in place: a column for each proposal, the total last */
      readonly sql: string;
      /** the calm interval that was counted too */
      readonly comparedWith: Interval;
      readonly comparedSql: string;
      /** proposals that did not move by their own count */
      readonly withdrawnCount: number;
    };

/** What makes a group's figures checkable (grows in the issue on truth). */
export interface GroupEvidence {
  /** the statement whose result holds the peak interval, with placeholders, and the instants bound to it */
  readonly statement: string;
  readonly parameters: readonly number[];
  readonly attemptId: string;
  readonly queryHash: string;
  readonly interval: Interval;
  readonly configHash: string;
  readonly modelVersion: string;
}

export interface GroupFilter {
  readonly detectorId?: string;
  readonly severityMin?: number;
  readonly measure?: string;
  /** groups that overlap [fromMs, toMs) */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly status?: "open" | "closed";
  /** groups as they were known then */
  readonly asOfMs?: number;
  readonly limit: number;
  /** opaque, from the last page */
  readonly cursor?: string;
}

export interface GroupStore {
  /** Open groups of a detector's generation, latest revisions. */
  open(detectorId: string, generation: number): Promise<readonly AnomalyGroup[]>;
  /** The latest revision (or the one that was the latest at `asOfMs`). */
  get(groupId: string, asOfMs?: number): Promise<StoredGroup | null>;
  revisions(groupId: string, asOfMs?: number): Promise<readonly StoredGroup[]>;
  /** Forgets groups that were over before, with their revisions, and messages made before; what waits to be sent stays. */
  expire(detectorId: string, beforeMs: number): Promise<{ readonly groups: number; readonly deliveries: number }>;
  /** Newest first (start, then severity), latest revisions, retracted and merged ones left out. */
  list(filter: GroupFilter): Promise<{ groups: readonly StoredGroup[]; total: number; nextCursor: string | null }>;
}

/** One message on its way: a row of the outbox. */
export interface Delivery {
  /** (alert, group, revision) */
  readonly key: string;
  readonly detectorId: string;
  readonly alertName: string;
  readonly channel: { readonly kind: string; readonly settings: Readonly<Record<string, unknown>> };
  readonly groupId: string;
  readonly revision: number;
  readonly message: AlertMessage;
  readonly status: "pending" | "sent" | "failed" | "muted";
  readonly attempts: number;
  readonly nextTryMs: number;
  readonly lastDetail: string | null;
  readonly createdMs: number;
  readonly sentMs: number | null;
}

export interface DeliveryStore {
  /** whether claimDue would find anything: cheap, asked every second */
  hasDue(nowMs: number): Promise<boolean>;
  /** Pending deliveries that are due, oldest first; claimed for `leaseMs`, so that two processes don't send the same. */
  claimDue(nowMs: number, leaseMs: number, limit: number): Promise<readonly Delivery[]>;
  recordSent(key: string, detail: string, nowMs: number): Promise<void>;
  /** Try again at `nextTryMs`; null gives up: the delivery goes to the list of what could not be delivered. */
  recordFailed(key: string, detail: string, nextTryMs: number | null, nowMs: number): Promise<void>;
  /** Newest first; with `asOfMs` each as it had fared by then. */
  list(filter: { detectorId?: string; status?: Delivery["status"]; groupId?: string; asOfMs?: number; limit: number }): Promise<readonly Delivery[]>;
  /** A failed or sent delivery is pending again, under the same key. */
  resend(key: string, nowMs: number): Promise<void>;
  /**
   * For each (alert, group) the newest delivery, and whether any of theirs was not muted: what keeps alerts from repeating
   * themselves.
   */
  newest(groupIds: readonly string[]): Promise<readonly { readonly delivery: Delivery; readonly isHeard: boolean }[]>;
  /** when a group was last told under an alert: the revision, or null */
  lastTold(alertName: string, groupId: string): Promise<number | null>;
  /** deliveries sent since, plus those still pending whatever their time: what the hourly limit counts; muted and failed ones don't */
  countSince(alertName: string, sinceMs: number): Promise<number>;
}

export interface AuditStore {
  record(entry: { atMs: number; actor: string; action: string; subject: string; detail: Readonly<Record<string, unknown>> }): Promise<void>;
  list(subject: string, limit: number): Promise<readonly { atMs: number; actor: string; action: string; subject: string; detail: Readonly<Record<string, unknown>> }[]>;
}

/** Something is wrong with a detector itself, not with what it watches. */
export interface HealthFinding {
  /** derives from detector, kind and `sinceMs`: the same trouble is found once */
  readonly id: string;
  readonly detectorId: string;
  readonly kind: "failed" | "behind" | "silent";
  /** when what is wrong began */
  readonly sinceMs: number;
  readonly raisedMs: number;
  readonly message: string;
  /** null while it lasts */
  readonly recoveredMs: number | null;
}

export interface HealthStore {
  /** Those that last, oldest first. */
  open(): Promise<readonly HealthFinding[]>;
  /** Newest first. */
  list(limit: number): Promise<readonly HealthFinding[]>;
  /** With its messages. @returns false when it is known already, or another of its kind lasts */
  raise(finding: HealthFinding, deliveries: readonly Delivery[]): Promise<boolean>;
  /** @returns false when somebody else has said so */
  recover(id: string, atMs: number, deliveries: readonly Delivery[]): Promise<boolean>;
}

/** All in bytes, but for rows, files and intervals, which are counts. */
export interface DetectorSpace {
  readonly detectorId: string;
  readonly files: number;
  readonly historyBytes: number;
  readonly historyRows: number;
  /** points of live intervals with what was expected of them */
  readonly scoredBytes: number;
  readonly scoredRows: number;
  /** points of live intervals whose scores have expired */
  readonly plainBytes: number;
  readonly plainRows: number;
  readonly checkpointBytes: number;
  readonly checkpointBytesEach: number;
  /** live intervals that are kept */
  readonly intervals: number;
}

export interface StoreSpace {
  readonly detectors: readonly DetectorSpace[];
  /** bytes in the database */
  readonly tables: { readonly ledger: number; readonly intervals: number; readonly groups: number; readonly messages: number; readonly other: number };
}

export interface HistoryCommit {
  readonly detectorId: string;
  readonly generation: number;
  readonly series: readonly StoredSeries[];
  readonly points: readonly SegmentRow[];
  readonly checkpoint: SegmentRow | null;
  /** end of the last history interval = start of the first live one */
  readonly headMs: number;
  readonly status: "ACTIVE" | "LEARNING";
  readonly quality: readonly DataQualityMetric[];
  readonly knownAtMs: number;
}

export interface IntervalCommit {
  readonly detectorId: string;
  readonly generation: number;
  /** the head this was computed from; the new head is `record.interval.endMs` */
  readonly expectedHeadMs: number;
  /** the lineage this was computed on; a correction makes the next one */
  readonly expectedLineage: number;
  readonly record: IntervalRecord;
  readonly newSeries: readonly StoredSeries[];
  readonly points: SegmentRow | null;
  readonly groups: readonly StoredGroup[];
  readonly deliveries: readonly Delivery[];
  readonly quality: readonly DataQualityMetric[];
  /** LEARNING → ACTIVE, when this interval was the last one needed */
  readonly status: DetectorStatus;
  /** states up to this interval, when a checkpoint is due */
  readonly checkpoint: SegmentRow | null;
}

export interface CorrectionCommit {
  readonly detectorId: string;
  readonly generation: number;
  readonly expectedHeadMs: number;
  /** the lineage this was computed on; a correction makes the next one */
  readonly expectedLineage: number;
  /** start of the first interval whose data changed */
  readonly fromMs: number;
  /** new versions (record.version is the next one of that interval), oldest interval first */
  readonly intervals: readonly { readonly record: IntervalRecord; readonly points: SegmentRow | null; readonly quality: readonly DataQualityMetric[] }[];
  readonly newSeries: readonly StoredSeries[];
  /** next revisions of groups that the correction changes, retracted ones included */
  readonly groups: readonly StoredGroup[];
  readonly deliveries: readonly Delivery[];
  /** states at the head on the new lineage */
  readonly checkpoint: SegmentRow | null;
}
