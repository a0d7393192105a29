/**
 * THE SPINE. Live, replay after an outage, re-run and backtest all go through it; jobs only decide which intervals.
 * What makes its promise true: ids derive from (detector, interval, series); states carry the interval they have
 * learned up to; points are written first, as immutable segments that nothing names until the commit; the commit is
 * one small transaction fenced by the detector's head; deliveries are rows of that commit.
 */
import { groupAnomalies, learn } from "@foretop/engine";
import { chooseDeliveries } from "../alerts/choose-deliveries.ts";
import { toldSoFar } from "../alerts/told.ts";
import type { Interval, LeafBatch } from "../crawl/batch.ts";
import { crawlInterval } from "../crawl/crawl-interval.ts";
import type { Detector } from "../resources/detector.ts";
import { HeadMovedError, type IntervalRecord, type StoredSeries } from "../store/store.ts";
import { failpoint } from "../telemetry/failpoints.ts";
import { checkpointIfDue } from "./checkpoint.ts";
import { evidenceOfAttempt } from "./evidence.ts";
import { explainGroups } from "./explain-groups.ts";
import { groupId } from "./group-id.ts";
import { dataFromBatch } from "./interval-data.ts";
import { anomalyCount, findAnomalies, heldBackCount, judgeInterval, type JudgedInterval } from "./judge-interval.ts";
import { loadLiveModels, openAfter, refuseTooManySeries, type LiveModels } from "./live-models.ts";
import { pointsOf } from "./points-of.ts";
import { statusAfter } from "./status-after.ts";
import type { System } from "./system.ts";

/**
 * Everything that happens to one detector when one interval of its data is due. Commits once, at the end: running
 * the same interval again, after a crash or on purpose, gives the same rows.
 *
 * Throws SourceError when the interval can't be read now (nothing is committed, the interval stays due) and
 * HeadMovedError when another process was faster, or the interval is not the one after the head.
 */
export async function runInterval(detector: Detector, interval: Interval, system: System, signal?: AbortSignal): Promise<IntervalRecord> {
  if (interval.startMs !== detector.headMs) throw new HeadMovedError(`${new Date(interval.startMs).toISOString()} is not the next interval of ${detector.config.name}`);
  const batch = await crawlInterval(detector, interval, system, signal === undefined ? {} : { signal });
  const models = await loadLiveModels(detector, system);
  system.models.drop(detector.id); // ours until the commit: nobody else may see it half-changed
  const newSeries = [...models.table.extend(batch.keys, interval.startMs), ...models.table.beginBy(batch.keys, interval.startMs)];
  refuseTooManySeries(detector, models.table.count);
  const judged = judgeInterval(detector, models, dataFromBatch(models.table, batch));
  return commitPrepared(detector, { batch, models, newSeries, judged, learn: () => learn(models.states, judged.input, judged.judgement) }, system);
}

/** An interval that has been read and judged, by this process or by shards (shards/reduce-shards.ts). */
export interface PreparedInterval {
  readonly batch: LeafBatch;
  /** as they were before the interval */
  readonly models: LiveModels;
  readonly newSeries: readonly StoredSeries[];
  readonly judged: JudgedInterval;
  /** makes `models.states` those after the interval */
  readonly learn: () => void;
}

/** From the judgement to the commit: find, group, explain, write, learn. */
export async function commitPrepared(detector: Detector, prepared: PreparedInterval, system: System): Promise<IntervalRecord> {
  const { store, clock } = system;
  const { batch, models, newSeries, judged } = prepared;
  const { interval } = batch;
  const anomalies = findAnomalies(models, judged);
  const { groups: changed } = groupAnomalies({
    startMs: interval.startMs,
    intervalSeconds: (interval.endMs - interval.startMs) / 1000,
    anomalies,
    keys: models.table.keys,
    isAdditive: (measure) => models.table.isAdditive(measure),
    open: models.open,
    generation: `${detector.id}:${detector.generation}`,
    hash: groupId,
  });
  const openBefore = models.open;
  const knownAtMs = clock.nowMs();
  const groups = await explainGroups(changed, {
    detector,
    table: models.table,
    judged,
    evidence: await evidenceOfAttempt(detector, interval, batch.attemptId, system),
    quality: batch.quality,
    system,
    previous: (id) => store.groups.get(id),
    knownAtMs,
  });
  const deliveries = chooseDeliveries({
    detector,
    groups,
    keys: models.table.keys,
    told: await toldSoFar(store.deliveries, { alerts: detector.config.alerts, groups, nowMs: knownAtMs }),
    channels: system.channels,
    current: { startMs: interval.startMs, values: judged.input.values },
    nowMs: knownAtMs,
    consoleUrl: system.consoleUrl,
  });
  const points = await store.segments.writePoints(
    { detectorId: detector.id, generation: detector.generation, ...interval, attempt: batch.attemptId },
    pointsOf(judged),
  );

  // Learn after scoring, so that a spike is judged by a model that has not seen it.
  prepared.learn();
  models.open = openAfter(models.open, changed);
  models.untilMs = interval.endMs;
  models.sinceCheckpoint += 1;

  const record: IntervalRecord = {
    detectorId: detector.id,
    generation: detector.generation,
    interval,
    version: 1,
    status: "COMPLETED",
    message: batch.remark,
    attemptId: batch.attemptId,
    rows: batch.rows,
    seriesCount: models.table.count,
    anomalyCount: anomalyCount(anomalies),
    heldBackCount: heldBackCount(judged),
    segmentId: points.id,
    knownAtMs,
  };
  failpoint("commit.before");
  await store.commitInterval({
    detectorId: detector.id,
    generation: detector.generation,
    expectedHeadMs: interval.startMs,
    expectedLineage: detector.lineage,
    record,
    newSeries,
    points,
    groups,
    deliveries,
    quality: batch.quality,
    status: statusAfter(detector, judged),
    checkpoint: await checkpointIfDue(detector, models, system),
  });
  failpoint("commit.after");
  system.models.set(models);
  system.models.recent.add(detector, { judged, openBefore });
  return record;
}
