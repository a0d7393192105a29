/** What is committed at once, each in one transaction. */
import type { DataQualityMetric } from "../crawl/batch.ts";
import type { DetectorStatus } from "../resources/detector.ts";
import type { Delivery } from "./delivery-store.ts";
import type { StoredGroup } from "./group-store.ts";
import type { IntervalRecord } from "./interval-store.ts";
import type { SegmentRow } from "./segment-store.ts";
import type { StoredSeries } from "./series-store.ts";

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

export class HeadMovedError extends Error {
  override readonly name = "HeadMovedError";
}
