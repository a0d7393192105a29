/**
 * The learned state of one detector in memory, up to its head. Points are the log, checkpoints are shortcuts: loading
 * takes the newest checkpoint that is not after the head and replays the points since, which gives the same bytes as
 * having been there.
 */
import { setImmediate } from "node:timers/promises";
import {
  createStates,
  growStates,
  judgeAndLearn,
  positionOf,
  rhythmOf,
  type AnomalyGroup,
  type IntervalInput,
  type SeriesStates,
} from "@foretop/engine";
import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { PointsSegment, Store } from "../store/store.ts";
import { decodeCheckpoint, type Checkpoint } from "./checkpoint-bytes.ts";
import { dataFromPoints, seriesCountOf, type IntervalData } from "./interval-data.ts";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import { RecentIntervals } from "./recent-intervals.ts";
import { relearnFromPoints } from "./relearn-from-points.ts";
import { Snapshots } from "./snapshots.ts";
import { SeriesTable } from "./series-table.ts";

export interface LiveModels {
  readonly detectorId: string;
  readonly generation: number;
  /** the table's settings follow the configuration */
  readonly configHash: string;
  /** see Detector.lineage */
  readonly lineage: number;
  readonly table: SeriesTable;
  states: SeriesStates;
  /** groups that are open after the last interval */
  open: readonly AnomalyGroup[];
  /** end of the last interval learned */
  untilMs: number;
  /** intervals learned since the last checkpoint */
  sinceCheckpoint: number;
}

/** Bytes of states that stay in memory between intervals; the least recently used ones are loaded again when due. */
const CACHE_BYTES_MAX = 1 << 30;

/** States by detector. An entry is dropped whenever a commit did not go through: memory never runs ahead of disk. */
export class ModelCache {
  readonly #entries = new Map<string, LiveModels>();
  readonly snapshots = new Snapshots();
  readonly recent = new RecentIntervals();

  get(detectorId: string): LiveModels | undefined {
    return this.#entries.get(detectorId);
  }

  set(models: LiveModels): void {
    this.snapshots.offer(models);
    this.#entries.delete(models.detectorId);
    this.#entries.set(models.detectorId, models);
    let bytes = 0;
    for (const { states } of this.#entries.values()) bytes += states.data.byteLength;
    for (const [oldest, { states }] of this.#entries) {
      if (bytes <= CACHE_BYTES_MAX || this.#entries.size === 1) break;
      this.#entries.delete(oldest);
      bytes -= states.data.byteLength;
    }
  }

  drop(detectorId: string): void {
    this.#entries.delete(detectorId);
  }

  all(): readonly LiveModels[] {
    return [...this.#entries.values()];
  }
}

/** The models of a detector, learned exactly up to `untilMs` (its head, unless something older is asked for). */
export async function loadLiveModels(
  detector: Detector,
  system: { readonly store: Store; readonly models: ModelCache },
  untilMs: number = detector.headMs!,
): Promise<LiveModels> {
  const cached = system.models.get(detector.id);
  if (cached !== undefined && cached.configHash === detector.configHash && cached.generation === detector.generation && cached.lineage === detector.lineage && cached.untilMs === untilMs) return cached;

  const { models } = await modelsBefore(detector, system.store, untilMs);
  models.open = await system.store.groups.open(detector.id, detector.generation);
  return models;
}

/**
 * The models learned exactly up to `startMs`, never from the cache; its groups are those of the checkpoint. With `asOfMs`
 * they have learned the versions of then. (Any checkpoint before the interval will do: a correction of what is before a
 * checkpoint takes its name away.)
 */
export async function modelsBefore(detector: Detector, store: Store, startMs: number, asOfMs?: number): Promise<{ models: LiveModels; checkpointEndMs: number }> {
  const models = await loadCheckpoint(detector, store, startMs);
  const checkpointEndMs = models.untilMs;
  await replayPoints(detector, store, models, startMs, asOfMs);
  models.untilMs = startMs;
  return { models, checkpointEndMs };
}

/**
 * The models and the open groups as the newest usable checkpoint that is not after `notAfterMs` holds them. A damaged one
 * is passed over: an older one and the points since give the same bytes. With `snapshots` a copy in memory comes first.
 */
export async function loadCheckpoint(detector: Detector, store: Store, notAfterMs: number, snapshots?: Snapshots): Promise<LiveModels> {
  const stored = await store.series.list(detector.id, detector.generation);
  const table = new SeriesTable(detector.config, stored);
  const found = snapshots?.newest(detector, notAfterMs) ?? (await usableCheckpoint(detector, store, notAfterMs));
  if (found === null && (await store.segments.keptFrom(detector.id, detector.generation)) !== null) throw expired(detector, notAfterMs);
  const relearned = found === null ? await relearnFromPoints(detector, store) : null;
  // Without either there must have been nothing to learn: a detector that began without any history.
  if (found === null && relearned === null && stored.some(({ firstSeenMs }) => firstSeenMs < detector.liveFromMs!)) {
    throw new Error(`no usable checkpoint of ${detector.config.name} is left; its history has to be learned again: delete the detector and apply its configuration`);
  }
  const { states, open } = found ?? { states: relearned ?? createStates(rhythmOf(detector.config.frequency), 0), open: [] };
  const untilMs = found?.untilMs ?? detector.liveFromMs ?? 0;
  return { detectorId: detector.id, generation: detector.generation, configHash: detector.configHash, lineage: detector.lineage, table, states, open, untilMs, sinceCheckpoint: 0 };
}

/** The newest one that this version of the models can read. */
async function usableCheckpoint(detector: Detector, { segments }: Store, notAfterMs: number): Promise<(Checkpoint & { readonly untilMs: number }) | null> {
  for (let beforeMs = notAfterMs; ; ) {
    const found = await segments.latestCheckpoint(detector.id, detector.generation, beforeMs);
    if (found === null) return null;
    try {
      return { ...decodeCheckpoint(found.states), untilMs: found.row.endMs };
    } catch {
      // Written by another version of the models: an older one may do, and the points always do.
      beforeMs = found.row.endMs - 1;
    }
  }
}

/** States, or points between them and the interval, are gone: what would come out is not what came out then. */
function expired({ config }: Detector, atMs: number): UserError {
  return new UserError(`what ${config.name} had learned by ${new Date(atMs).toISOString()} has expired`, {
    code: "EXPIRED",
    advice: "Figures that are kept are still shown. retention.pointsDays and retention.checkpointsDays say how far back intervals can be judged again.",
  });
}

/** Groups as they stand after an interval: those it changed, and those it left alone. */
export function openAfter(before: readonly AnomalyGroup[], changed: readonly AnomalyGroup[]): AnomalyGroup[] {
  const ids = new Set(changed.map((group) => group.id));
  return [...before.filter((group) => !ids.has(group.id)), ...changed].filter((group) => group.status === "open");
}

/** Learns again, from stored points, what was learned between a checkpoint and `untilMs`. */
async function replayPoints(detector: Detector, store: Store, models: LiveModels, untilMs: number, asOfMs?: number): Promise<void> {
  const range = { startMs: models.untilMs, endMs: untilMs, ...(asOfMs === undefined ? {} : { asOfMs }) };
  for (const { record, points } of await judgedIntervals(detector, range, store)) {
    await setImmediate(); // a long replay must not keep heartbeats and requests waiting
    learnPoints(detector, models, record.interval, points);
  }
}

/** @param points  null for an interval that was given up unread: it is learned as missing */
function learnPoints(detector: Detector, models: LiveModels, interval: Interval, points: PointsSegment | null): void {
  const seriesCount = Math.max(models.states.seriesCount, seriesCountOf(points, interval.startMs));
  if (seriesCount > models.states.seriesCount) models.states = growStates(models.states, seriesCount);
  judgeAndLearn(models.states, intervalInput(detector, models.table, dataFromPoints(models.table, interval, points, seriesCount)));
  models.untilMs = interval.endMs;
  models.sinceCheckpoint += 1;
}

/** What the engine needs to know of one interval. */
export function intervalInput(detector: Detector, table: SeriesTable, { interval, values, datasetArrived }: IntervalData): IntervalInput {
  const { frequency, zone, measures } = detector.config;
  return {
    startMs: interval.startMs,
    position: positionOf(interval.startMs, frequency, zone),
    values,
    datasetArrived,
    settingsOf: table.measureOf.subarray(0, values.length),
    settings: measures, // a MeasureConfig has everything that MeasureSettings asks for
  };
}

/** A dimension that never repeats would grow without end: the interval stays unread, and says why. */
export function refuseTooManySeries({ config }: Pick<Detector, "config">, count: number): void {
  if (count <= config.limits.seriesMax) return;
  throw new SourceError(`the detector would have ${count} series (limits.seriesMax is ${config.limits.seriesMax})`, {
    code: "LIMIT",
    transient: false,
    advice: "Take the dimension that never repeats out of the query, or raise limits.seriesMax.",
  });
}
