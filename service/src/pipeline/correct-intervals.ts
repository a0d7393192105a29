/**
 * Late, corrected and deleted rows, and re-runs on purpose: the past is told again.
 *
 * Points are the log, so the way back is the newest checkpoint before the first changed interval, and the way forward is
 * the same judge → find → group → learn as live, with the new data where it changed and the log elsewhere. What comes out
 * differently is committed as new versions beside the old ones: intervals, groups (revised, retracted) and the states at
 * the head, in one transaction. "Learned once" holds once per lineage.
 */
import { setImmediate } from "node:timers/promises";
import { groupAnomalies, learn, seriesKeyText, type AnomalyGroup } from "@foretop/engine";
import { chooseDeliveries } from "../alerts/choose-deliveries.ts";
import { toldSoFar } from "../alerts/told.ts";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { CorrectionCommit, IntervalRecord, PointsSegment, Store, StoredGroup, StoredSeries } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { encodeCheckpoint } from "./checkpoint-bytes.ts";
import { evidenceOfAttempt } from "./evidence.ts";
import { explainGroups } from "./explain-groups.ts";
import { groupId } from "./group-id.ts";
import { revisedGroups } from "./revise-groups.ts";
import { dataFromBatch, dataFromPoints, seriesCountOf } from "./interval-data.ts";
import { anomalyCount, findAnomalies, heldBackCount, judgeInterval, type JudgedInterval } from "./judge-interval.ts";
import { judgedIntervals, type JudgedBefore } from "./judged-intervals.ts";
import { loadCheckpoint, openAfter, refuseTooManySeries, type LiveModels } from "./live-models.ts";
import { pointsOf } from "./points-of.ts";
import { samePoints } from "./same-points.ts";
import { NEVER_SEEN, type SeriesTable } from "./series-table.ts";
import type { System } from "./system.ts";

export interface CorrectionReport {
  /** intervals whose points or scores came out differently */
  readonly intervalsChanged: number;
  readonly groupsChanged: number;
  readonly groupsRetracted: number;
  readonly record: IntervalRecord | null;
}

/**
 * @param changed  new readings by interval start; all of them before the head and not before live intervals began
 * @param reason   for people: "142 rows arrived 50 minutes late", "re-run on request"
 *
 * Throws UserError when an interval lies in the history that was learned at activation, HeadMovedError when another
 * process committed meanwhile (nothing is written then).
 */
export async function correctIntervals(
  detector: Detector,
  changed: ReadonlyMap<number, LeafBatch>,
  system: System,
  reason: string,
): Promise<CorrectionReport> {
  const { store, clock } = system;
  const headMs = detector.headMs!;
  const fromMs = Math.min(...changed.keys());
  if (detector.liveFromMs === null || fromMs < detector.liveFromMs) {
    throw new UserError(`the interval ${new Date(fromMs).toISOString()} belongs to the history that was learned at activation`, {
      code: "CONFLICT",
      advice: `Live intervals began at ${new Date(detector.liveFromMs ?? headMs).toISOString()}; what came before was learned as history.`,
    });
  }
  const models = await loadCheckpoint(detector, store, fromMs, system.models.snapshots);
  const steps = await judgedIntervals(detector, { startMs: models.untilMs, endMs: headMs, keepDamaged: true }, store);
  const knownAtMs = clock.nowMs();
  const intervals: CorrectionCommit["intervals"][number][] = [];
  const newSeries = seenLater(models.table, steps, changed);
  const touched = new Map<string, StoredGroup>();
  /** groups as they stood before the first changed interval: nothing new, but what was told of them goes on */
  const replayed = new Map<string, StoredGroup>();
  const openBefore: AnomalyGroup[] = [];

  for (const { record, points, damage } of steps) {
    await setImmediate(); // a long replay must not keep heartbeats and requests waiting
    const { interval } = record;
    const batch = changed.get(interval.startMs);
    if (damage !== null && batch === undefined) throw damage; // what came in it is known to nobody
    if (interval.startMs === fromMs) openBefore.push(...models.open);
    if (batch !== undefined) {
      newSeries.push(...models.table.extend(batch.keys, interval.startMs), ...models.table.beginBy(batch.keys, interval.startMs));
      refuseTooManySeries(detector, models.table.count);
    }
    const data =
      batch === undefined
        ? dataFromPoints(models.table, interval, points, Math.max(models.states.seriesCount, seriesCountOf(points, interval.startMs)))
        : dataFromBatch(models.table, batch, seriesKnownThen(models, batch, points));
    const judged = judgeInterval(detector, models, data);
    const anomalies = findAnomalies(models, judged);
    const { groups } = groupAnomalies({
      startMs: interval.startMs,
      intervalSeconds: (interval.endMs - interval.startMs) / 1000,
      anomalies,
      keys: models.table.keys.slice(0, data.values.length), // series that were not born then are nobody's relatives
      isAdditive: (measure) => models.table.isAdditive(measure),
      open: models.open,
      generation: `${detector.id}:${detector.generation}`,
      hash: groupId,
    });
    if (groups.length > 0) {
      const evidence = await evidenceOfAttempt(detector, interval, batch?.attemptId ?? record.attemptId, system);
      const explained = await explainGroups(groups, {
        detector,
        table: models.table,
        judged,
        evidence,
        quality: batch?.quality ?? null,
        system,
        previous: (id) => toldAtPeak(groups.find((group) => group.id === id)!, [touched, replayed], store),
        knownAtMs,
      });
      for (const stored of explained) (interval.startMs >= fromMs ? touched : replayed).set(stored.group.id, stored);
    }
    if (interval.startMs >= fromMs) {
      const next = await versionIfChanged(detector, { record, points, judged, batch, anomalyCount: anomalyCount(anomalies), reason, knownAtMs }, system);
      if (next !== null) intervals.push(next);
    }
    learn(models.states, judged.input, judged.judgement);
    models.open = openAfter(models.open, groups);
    models.untilMs = interval.endMs;
  }
  const groups = await revisedGroups({ detector, touched, openBefore, fromMs, reason, knownAtMs, store });
  if (intervals.length === 0 && groups.length === 0) {
    return { intervalsChanged: 0, groupsChanged: 0, groupsRetracted: 0, record: null };
  }
  const checkpoint = await store.segments.writeCheckpoint(
    { detectorId: detector.id, generation: detector.generation, startMs: headMs, endMs: headMs, attempt: `correction-${knownAtMs}` },
    encodeCheckpoint({ states: models.states, open: models.open }),
  );
  await store.commitCorrection({
    detectorId: detector.id,
    generation: detector.generation,
    expectedHeadMs: headMs,
    expectedLineage: detector.lineage,
    fromMs,
    intervals,
    newSeries: [...new Map(newSeries.map((series) => [series.number, series])).values()],
    groups,
    deliveries: chooseDeliveries({
      detector,
      groups,
      keys: models.table.keys,
      told: await toldSoFar(store.deliveries, { alerts: detector.config.alerts, groups, nowMs: knownAtMs }),
      channels: system.channels,
      current: null,
      nowMs: knownAtMs,
      consoleUrl: system.consoleUrl,
    }),
    checkpoint,
  });
  system.models.snapshots.corrected(detector, fromMs);
  // Groups in memory carry the replay's revisions, the store the committed ones: loaded again from there.
  system.models.drop(detector.id);
  return {
    intervalsChanged: intervals.length,
    groupsChanged: groups.filter(({ group }) => group.status !== "retracted").length,
    groupsRetracted: groups.filter(({ group }) => group.status === "retracted").length,
    record: intervals.find(({ record }) => record.interval.startMs === fromMs)?.record ?? null,
  };
}

/**
 * The revision that tells of a group's peak, for what this interval doesn't change. The newest one stored may tell of a
 * later peak, which has just been taken back.
 */
async function toldAtPeak({ id, peakMs }: AnomalyGroup, told: readonly ReadonlyMap<string, StoredGroup>[], store: Pick<Store, "groups">): Promise<StoredGroup | null> {
  for (const groups of told) if (groups.get(id)?.group.peakMs === peakMs) return groups.get(id)!;
  return (await store.groups.revisions(id)).findLast(({ group }) => group.peakMs === peakMs) ?? null;
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

interface Outcome {
  readonly record: IntervalRecord;
  readonly points: PointsSegment | null;
  readonly judged: JudgedInterval;
  readonly batch: LeafBatch | undefined;
  readonly anomalyCount: number;
  readonly reason: string;
  readonly knownAtMs: number;
}

/** The next version of an interval's record, or null when nothing came out differently. */
async function versionIfChanged(
  detector: Detector,
  { record, points, judged, batch, anomalyCount, reason, knownAtMs }: Outcome,
  system: System,
): Promise<CorrectionCommit["intervals"][number] | null> {
  const next = pointsOf(judged);
  if (points !== null && samePoints(points, next, record.interval.startMs)) return null;
  const version = record.version + 1;
  const attempt = `${batch?.attemptId ?? record.attemptId ?? "replay"}-v${version}`;
  const row = await system.store.segments.writePoints(
    { detectorId: detector.id, generation: detector.generation, ...record.interval, attempt },
    next,
  );
  return {
    record: {
      ...record,
      version,
      status: "COMPLETED",
      message: batch === undefined ? `judged again: an earlier interval changed (${reason})` : reason,
      attemptId: batch?.attemptId ?? record.attemptId,
      rows: batch?.rows ?? record.rows,
      seriesCount: judged.data.values.length,
      anomalyCount,
      heldBackCount: heldBackCount(judged),
      segmentId: row.id,
      knownAtMs,
    },
    points: row,
    quality: batch?.quality ?? [],
  };
}
