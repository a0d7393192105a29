/**
 * Late, corrected and deleted rows, and re-runs on purpose: the past is told again.
 *
 * Points are the log, so the way back is the newest copy of the states before the first changed interval, and the way forward is
 * the same judge → find → group → learn as live, with the new data where it changed. A few changed values concern a few
 * series only (replay-affected.ts); else the whole detector is told again (replay-all.ts). What comes out
 * differently is committed as new versions beside the old ones: intervals, groups (revised, retracted) and the states at
 * the head, in one transaction. "Learned once" holds once per lineage.
 */
import { groupAnomalies, type AnomalyGroup } from "@foretop/engine";
import { chooseDeliveries } from "../alerts/choose-deliveries.ts";
import { toldSoFar } from "../alerts/told.ts";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { IntervalRecord, SegmentRow } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { encodeCheckpoint } from "./checkpoint-bytes.ts";
import { groupId } from "./group-id.ts";
import { anomalyCount, findAnomalies } from "./judge-interval.ts";
import { openAfter, type LiveModels } from "./live-models.ts";
import { NextVersions } from "./next-versions.ts";
import { RECENT_KEPT, type RecentInterval } from "./recent-intervals.ts";
import { replayAffected } from "./replay-affected.ts";
import { replayAll } from "./replay-all.ts";
import { ReplayedGroups } from "./replayed-groups.ts";
import { revisedGroups } from "./revise-groups.ts";
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
  const replay = (await replayAffected(detector, changed, system)) ?? (await replayAll(detector, changed, system));
  const { models } = replay;
  const knownAtMs = clock.nowMs();
  const versions = new NextVersions({ detector, reason, knownAtMs }, store);
  const told = new ReplayedGroups({ detector, table: models.table, fromMs, knownAtMs }, system);
  const openBefore: AnomalyGroup[] = [];
  const recent: RecentInterval[] = [];

  for await (const step of replay.steps()) {
    const { record: { interval }, judged } = step;
    if (interval.startMs === fromMs) openBefore.push(...models.open);
    const anomalies = findAnomalies(models, judged);
    const { groups: walked } = groupAnomalies({
      startMs: interval.startMs,
      intervalSeconds: (interval.endMs - interval.startMs) / 1000,
      anomalies,
      keys: models.table.keys.slice(0, judged.data.values.length), // series that were not born then are nobody's relatives
      isAdditive: (measure) => models.table.isAdditive(measure),
      open: models.open,
      generation: `${detector.id}:${detector.generation}`,
      hash: groupId,
    });
    await told.add(walked, step);
    if (interval.startMs >= fromMs) await versions.addIfChanged(step, anomalyCount(anomalies));
    recent.push({ judged, openBefore: models.open });
    if (recent.length > RECENT_KEPT) recent.shift();
    models.open = openAfter(models.open, walked);
  }
  const intervals = await versions.finish();
  const { changed: revised, ids } = await told.finish();
  const groups = await revisedGroups({ detector, changed: revised, ids, openBefore, fromMs, reason, knownAtMs, store });
  if (intervals.length === 0 && groups.length === 0) {
    return { intervalsChanged: 0, groupsChanged: 0, groupsRetracted: 0, record: null };
  }
  // States of 5,000 series are 25 MB: after few series the next interval's commit writes them, if the newest checkpoint is gone.
  const checkpoint: SegmentRow | null = replay.sinceCheckpoint !== null ? null : await store.segments.writeCheckpoint(
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
    newSeries: [...new Map(replay.newSeries.map((series) => [series.number, series])).values()],
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
  system.models.drop(detector.id);
  system.models.snapshots.corrected(detector, fromMs, replay.snapshots());
  system.models.recent.corrected(detector, recent);
  // Groups of the replay carry its revisions, the store the committed ones: from there.
  const corrected: LiveModels = { ...models, lineage: detector.lineage + 1, untilMs: headMs, sinceCheckpoint: replay.sinceCheckpoint ?? 0 };
  system.models.set({ ...corrected, open: await store.groups.open(detector.id, detector.generation) });
  return {
    intervalsChanged: intervals.length,
    groupsChanged: groups.filter(({ group }) => group.status !== "retracted").length,
    groupsRetracted: groups.filter(({ group }) => group.status === "retracted").length,
    record: intervals.find(({ record }) => record.interval.startMs === fromMs)?.record ?? null,
  };
}

