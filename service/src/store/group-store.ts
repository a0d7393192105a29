/** Anomaly groups with every revision, and what explains them. */
import type { AnomalyGroup, CauseReport, DataVerdict, DimensionContribution, OutOfBand } from "@foretop/engine";
import type { Interval } from "../crawl/batch.ts";
import type { CauseMethod } from "./cause-methods.ts";

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
