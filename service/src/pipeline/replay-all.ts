/**
 * The whole detector told again: from the newest states before the first changed interval, a copy in memory or a checkpoint, with
 * the new data where it changed and the log of points elsewhere. Always possible; every series is judged and learned again.
 */
import { setImmediate } from "node:timers/promises";
import { learn, seriesKeyText } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { PointsSegment, StoredSeries } from "../store/store.ts";
import { dataFromBatch, dataFromPoints, seriesCountOf } from "./interval-data.ts";
import { judgeInterval } from "./judge-interval.ts";
import { judgedIntervals, type JudgedBefore } from "./judged-intervals.ts";
import { loadCheckpoint, refuseTooManySeries, type LiveModels } from "./live-models.ts";
import type { Replay, ReplayStep } from "./replay.ts";
import { NEVER_SEEN, type SeriesTable } from "./series-table.ts";
import { copyOfSnapshot, isDue, SNAPSHOTS_KEPT, type Snapshot } from "./snapshots.ts";
import type { System } from "./system.ts";

/** @param changed  by interval start. Throws SegmentDamagedError for points that are needed and damaged. */
export async function replayAll(detector: Detector, changed: ReadonlyMap<number, LeafBatch>, { store, models: memory }: Pick<System, "store" | "models">): Promise<Replay> {
  const headMs = detector.headMs!; // of a detector with intervals to correct
  const models = await loadCheckpoint(detector, store, Math.min(...changed.keys()), memory.snapshots);
  const before = await judgedIntervals(detector, { startMs: models.untilMs, endMs: headMs, keepDamaged: true }, store);
  const newSeries = seenLater(models.table, before, changed);
  const copies: Snapshot[] = [];
  const beganMs = models.untilMs;
  return { models, newSeries, steps, snapshots: () => copies, sinceCheckpoint: null };

  async function* steps(): AsyncGenerator<ReplayStep, void, undefined> {
    for (const { record, points, damage } of before) {
      await setImmediate(); // a long replay must not keep heartbeats and requests waiting
      const { interval } = record;
      const batch = changed.get(interval.startMs);
      if (damage !== null && batch === undefined) throw damage; // what came in it is known to nobody
      if (batch !== undefined) {
        newSeries.push(...models.table.extend(batch.keys, interval.startMs), ...models.table.beginBy(batch.keys, interval.startMs));
        refuseTooManySeries(detector, models.table.count);
      }
      const data =
        batch === undefined
          ? dataFromPoints(models.table, interval, points, Math.max(models.states.seriesCount, seriesCountOf(points, interval.startMs)))
          : dataFromBatch(models.table, batch, seriesKnownThen(models, batch, points));
      const judged = judgeInterval(detector, models, data);
      yield { record, before: points, judged, batch };
      learn(models.states, judged.input, judged.judgement);
      models.untilMs = interval.endMs;
      if (interval.endMs < headMs && isDue(models, copies.at(-1)?.untilMs ?? beganMs)) copies.push(copyOfSnapshot(models));
      if (copies.length > SNAPSHOTS_KEPT) copies.shift();
    }
  }
}

/** Series numbers up to which an interval speaks: those known then, and those that its new reading has. */
function seriesKnownThen(models: LiveModels, batch: LeafBatch, points: PointsSegment | null): number {
  let count = Math.max(models.states.seriesCount, seriesCountOf(points, batch.interval.startMs));
  for (const key of batch.keys) {
    const leaf = models.table.numberOf(key)!;
    count = Math.max(count, leaf + 1);
    for (const parent of models.table.levels.parents(leaf)) count = Math.max(count, parent + 1);
  }
  return Math.max(count, models.table.bornWith(count));
}

/**
 * Series whose first rows were deleted, or all of them: they begin with the first row that is left, as if the others had
 * never been there.
 */
function seenLater(table: SeriesTable, steps: readonly JudgedBefore[], changed: ReadonlyMap<number, LeafBatch>): StoredSeries[] {
  const later: StoredSeries[] = [];
  const keysOf = new Map([...changed].map(([startMs, { keys }]) => [startMs, new Set(keys.map(seriesKeyText))]));
  const hasRow = (s: number, { record: { interval }, points }: JudgedBefore): boolean =>
    keysOf.get(interval.startMs)?.has(table.stored[s]!.keyText) ?? rowsOf(points, s, interval.startMs) > 0;
  for (const { number: s, isLeaf } of table.stored) {
    const beganMs = table.firstSeenMs[s]!;
    if (!isLeaf || !changed.has(beganMs)) continue;
    const first = steps.find((step) => step.record.interval.startMs >= beganMs && hasRow(s, step));
    const beginsMs = first?.record.interval.startMs ?? NEVER_SEEN;
    if (beginsMs !== beganMs) later.push(table.beginAt(s, beginsMs));
  }
  return later;
}

function rowsOf(points: PointsSegment | null, series: number, startMs: number): number {
  if (points === null) return 0;
  const row = points.series.findIndex((s, i) => s === series && points.startMs[i] === startMs);
  return row < 0 ? 0 : points.count[row]!;
}
