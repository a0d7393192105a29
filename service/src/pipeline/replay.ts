/** The past told again, interval by interval: what a correction walks through, whichever way it is computed. */
import type { LeafBatch } from "../crawl/batch.ts";
import type { IntervalRecord, PointsSegment, StoredSeries } from "../store/store.ts";
import type { JudgedInterval } from "./judge-interval.ts";
import type { LiveModels } from "./live-models.ts";
import type { Snapshot } from "./snapshots.ts";

export interface ReplayStep {
  readonly record: IntervalRecord;
  /** what was said before; null for an interval that was given up unread, or whose points are damaged */
  readonly before: PointsSegment | null;
  readonly judged: JudgedInterval;
  /** the new reading, where there is one */
  readonly batch: LeafBatch | undefined;
}

export interface Replay {
  /** the caller moves the open groups along; table and states are those of the head when the steps are through */
  readonly models: LiveModels;
  /** series that are new, or begin elsewhere now; whole when the steps are through */
  readonly newSeries: StoredSeries[];
  /** Oldest first, from before the first changed interval up to the head. A step is learned when the next is asked for. */
  steps(): AsyncGenerator<ReplayStep, void, undefined>;
  /** Copies of the states on the way, when the steps are through: what becomes of those in memory (see Snapshots.corrected). */
  snapshots(): readonly Snapshot[];
  /** what LiveModels.sinceCheckpoint is at the head; null when a checkpoint should be written right now */
  readonly sinceCheckpoint: number | null;
}
