/**
 * The next versions of intervals that came out differently. A late row changes what was expected of its series in all that
 * follow, so their points go into one file: one write to the disk, not one for each hour.
 */
import type { Detector } from "../resources/detector.ts";
import type { CorrectionCommit, IntervalRecord, PointsSegment, Store } from "../store/store.ts";
import { heldBackCount } from "./judge-interval.ts";
import { pointsOf } from "./points-of.ts";
import type { ReplayStep } from "./replay.ts";
import { samePoints } from "./same-points.ts";

/** Rows of one file: bounds the memory of a correction, and what is read for one of its intervals. */
const ROWS_MAX = 250_000;

export interface VersionContext {
  readonly detector: Detector;
  readonly reason: string;
  readonly knownAtMs: number;
}

type NextVersion = CorrectionCommit["intervals"][number];

interface Waiting {
  /** without its segment */
  readonly record: IntervalRecord;
  readonly points: PointsSegment;
  readonly quality: NextVersion["quality"];
}

export class NextVersions {
  readonly #context: VersionContext;
  readonly #store: Pick<Store, "segments">;
  readonly #written: NextVersion[] = [];
  #waiting: Waiting[] = [];
  #rows = 0;

  constructor(context: VersionContext, store: Pick<Store, "segments">) {
    this.#context = context;
    this.#store = store;
  }

  /** Intervals come oldest first. */
  async addIfChanged({ record, before, judged, batch }: ReplayStep, anomalyCount: number): Promise<void> {
    const points = pointsOf(judged);
    if (before !== null && samePoints(before, points, record.interval.startMs)) return;
    const { reason, knownAtMs } = this.#context;
    if (this.#rows + points.series.length > ROWS_MAX) await this.#write();
    this.#rows += points.series.length;
    this.#waiting.push({
      record: {
        ...record,
        version: record.version + 1,
        status: "COMPLETED",
        message: batch === undefined ? `judged again: an earlier interval changed (${reason})` : reason,
        attemptId: batch?.attemptId ?? record.attemptId,
        rows: batch?.rows ?? record.rows,
        seriesCount: judged.data.values.length,
        anomalyCount,
        heldBackCount: heldBackCount(judged),
        knownAtMs,
      },
      points,
      quality: batch?.quality ?? [],
    });
  }

  async finish(): Promise<readonly NextVersion[]> {
    await this.#write();
    return this.#written;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#rows = 0;
    const { id: detectorId, generation } = this.#context.detector;
    const { startMs } = waiting[0]!.record.interval;
    const { endMs } = waiting.at(-1)!.record.interval;
    const attempt = waiting.map(({ record }) => `${record.attemptId ?? "replay"}-v${record.version}`).join(" ");
    const row = await this.#store.segments.writePoints({ detectorId, generation, startMs, endMs, attempt }, waiting.map(({ points }) => points));
    this.#written.push(...waiting.map(({ record, quality }) => ({ record: { ...record, segmentId: row.id }, points: row, quality })));
  }
}
