/**
 * Only the series that a late row touches, told again: a leaf and its roll-ups out of thousands. One series never touches
 * another's state, so all others stand where they stood, and what was said of them is in memory.
 *
 * Possible when this process has lived through the intervals itself and the change is one of values: where a series begins
 * elsewhere, a whole interval turns up or vanishes, or something isn't in memory, `replayAll` does it, to the same bits.
 * 5,000 series, a row 23 hours late: corrected in 0.55 s instead of 2.3 s (bench truth).
 */
import { setImmediate } from "node:timers/promises";
import { intervalStartBefore, judgeAndLearn, pickStates, type Judgement, type SeriesStates } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { IntervalRecord, PointsSegment } from "../store/store.ts";
import { CHECKPOINT_INTERVALS } from "./checkpoint.ts";
import { dataFromBatch, type IntervalData } from "./interval-data.ts";
import type { JudgedInterval } from "./judge-interval.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import { intervalInput, type LiveModels } from "./live-models.ts";
import { pointsOf } from "./points-of.ts";
import type { RecentInterval } from "./recent-intervals.ts";
import type { Replay, ReplayStep } from "./replay.ts";
import type { SeriesTable } from "./series-table.ts";
import type { Snapshot } from "./snapshots.ts";
import type { System } from "./system.ts";

/** @returns null when the whole detector has to be told again */
export async function replayAffected(detector: Detector, changed: ReadonlyMap<number, LeafBatch>, { store, models: memory }: Pick<System, "store" | "models">): Promise<Replay | null> {
  const headMs = detector.headMs!; // of a detector with intervals to correct
  const fromMs = Math.min(...changed.keys());
  const head = memory.get(detector.id);
  if (head === undefined || !isOf(head, detector)) return null;
  const start = memory.snapshots.peek(detector, fromMs);
  const recent = start === null ? null : memory.recent.between(detector, { fromMs: start.untilMs, untilMs: headMs });
  if (start === null || recent === null || !recent.every(({ judged }) => judged.data.datasetArrived)) return null;
  const told = recent.filter(({ judged }) => judged.data.interval.startMs >= fromMs);
  const newData = dataOf(changed, told, head.table);
  if (newData === null) return null;
  const affected = affectedSeries(told, newData);
  if (affected.length > 0 && affected.at(-1)! >= start.states.seriesCount) return null;
  const records = await recordsOf(detector, recent, { startMs: start.untilMs, endMs: headMs }, store);
  if (records === null) return null;

  const stored = await storedPoints(detector, changed, store);
  const models: LiveModels = { ...head, open: start.open };
  const ends = memory.snapshots.ends(detector).filter((untilMs) => untilMs > fromMs);
  const copies: { readonly untilMs: number; readonly part: SeriesStates; readonly open: Snapshot["open"] }[] = [];
  return {
    models,
    newSeries: [],
    steps,
    snapshots: () => copies.map(({ untilMs, part, open }) => ({ untilMs, open, states: withPart(memory.snapshots.peek(detector, untilMs)!.states, part, affected) })),
    // A checkpoint after what changed loses its place: the next is due at once then.
    sinceCheckpoint: intervalStartBefore(headMs, head.sinceCheckpoint, detector.config.frequency, detector.config.zone) <= fromMs ? head.sinceCheckpoint : CHECKPOINT_INTERVALS,
  };

  async function* steps(): AsyncGenerator<ReplayStep, void, undefined> {
    const part = pickStates(start!.states, affected);
    for (const { judged } of recent!) {
      const { startMs, endMs } = judged.data.interval;
      const data = newData!.get(startMs) ?? judged.data;
      const judgement = judgeAndLearn(part, inputOf(data));
      await setImmediate(); // heartbeats and requests first
      const record = records!.get(startMs)!;
      // Groups that are open then have begun before: what is told of them is told from the same place as by replayAll.
      if (startMs < fromMs) yield { record, before: null, judged, batch: undefined };
      else yield { record, before: stored.has(startMs) ? stored.get(startMs)! : pointsOf(judged), judged: patched(judged, data, judgement), batch: changed.get(startMs) };
      if (ends.includes(endMs)) copies.push({ untilMs: endMs, part: { ...part, data: part.data.slice() }, open: models.open });
    }
    models.states = withPart(head!.states, part, affected);
  }

  function inputOf(data: IntervalData) {
    const whole = intervalInput(detector, head!.table, data);
    return { ...whole, values: Float64Array.from(affected, (s) => data.values[s]!), settingsOf: Uint16Array.from(affected, (s) => whole.settingsOf[s]!) };
  }

  /** What was said, with the rows of the affected series replaced. */
  function patched(judged: JudgedInterval, data: IntervalData, part: Judgement): JudgedInterval {
    const copy = <Column extends Float64Array | Int32Array | Int8Array | Uint8Array>(whole: Column, rows: Column): Column => {
      const next = whole.slice() as Column; // of the same type
      affected.forEach((s, i) => (next[s] = rows[i]!));
      return next;
    };
    const before = judged.judgement;
    return {
      data,
      input: { ...judged.input, values: data.values },
      judgement: {
        expected: copy(before.expected, part.expected),
        lower: copy(before.lower, part.lower),
        upper: copy(before.upper, part.upper),
        score: copy(before.score, part.score),
        shiftScore: copy(before.shiftScore, part.shiftScore),
        incidentScore: copy(before.incidentScore, part.incidentScore),
        severity: copy(before.severity, part.severity),
        direction: copy(before.direction, part.direction),
        kind: copy(before.kind, part.kind),
        status: copy(before.status, part.status),
        heldBack: copy(before.heldBack, part.heldBack),
        pointsNeeded: copy(before.pointsNeeded, part.pointsNeeded),
      },
    };
  }
}

function isOf(head: LiveModels, { generation, lineage, configHash, headMs }: Detector): boolean {
  return head.generation === generation && head.lineage === lineage && head.configHash === configHash && head.untilMs === headMs;
}

/** The changed intervals with their new values; null when more than values has changed. */
function dataOf(changed: ReadonlyMap<number, LeafBatch>, told: readonly RecentInterval[], table: SeriesTable): Map<number, IntervalData> | null {
  const before = new Map(told.map(({ judged }) => [judged.data.interval.startMs, judged.data]));
  const data = new Map<number, IntervalData>();
  for (const [startMs, batch] of changed) {
    const was = before.get(startMs);
    if (was === undefined) return null;
    const numbers = table.numbersOf(batch.keys);
    for (const s of numbers) if (s < 0 || s >= was.values.length || table.firstSeenMs[s]! > startMs) return null; // new, or begins earlier now
    for (let s = 0; s < table.count; s++) if (table.firstSeenMs[s] === startMs && table.stored[s]!.isLeaf && !numbers.includes(s)) return null; // begins later now
    const next = dataFromBatch(table, batch, was.values.length);
    if (!next.datasetArrived) return null;
    data.set(startMs, next);
  }
  return data;
}

/** Ascending. */
function affectedSeries(told: readonly RecentInterval[], newData: ReadonlyMap<number, IntervalData>): number[] {
  const affected = new Set<number>();
  for (const { judged } of told) {
    const next = newData.get(judged.data.interval.startMs);
    if (next === undefined) continue;
    const { values, counts } = judged.data;
    for (let s = 0; s < values.length; s++) if (!Object.is(values[s], next.values[s]) || counts[s] !== next.counts[s]) affected.add(s);
  }
  return [...affected].sort((a, b) => a - b);
}

/** By start; null where the store has others than memory. */
async function recordsOf(detector: Detector, recent: readonly RecentInterval[], range: { startMs: number; endMs: number }, store: System["store"]): Promise<Map<number, IntervalRecord> | null> {
  const listed = await store.intervals.list(detector.id, { ...range, limit: recent.length + 1 });
  const records = new Map(listed.filter(({ generation }) => generation === detector.generation).map((record) => [record.interval.startMs, record]));
  const isWhole = listed.length === recent.length && recent.every(({ judged }) => records.get(judged.data.interval.startMs)?.segmentId != null);
  return isWhole ? records : null;
}

/** Of the changed intervals: what is read again may be what is damaged, and gets a new version then, however equal it is. */
async function storedPoints(detector: Detector, changed: ReadonlyMap<number, LeafBatch>, store: System["store"]): Promise<Map<number, PointsSegment | null>> {
  const stored = new Map<number, PointsSegment | null>();
  for (const [startMs, { interval }] of changed) {
    const [before] = await judgedIntervals(detector, { ...interval, keepDamaged: true }, store);
    stored.set(startMs, before?.points ?? null);
  }
  return stored;
}

/** A copy of the states with the rows of some series replaced. */
function withPart(whole: SeriesStates, part: SeriesStates, series: readonly number[]): SeriesStates {
  const data = whole.data.slice();
  const { stateLength } = whole;
  series.forEach((s, i) => data.set(part.data.subarray(i * stateLength, (i + 1) * stateLength), s * stateLength));
  return { ...whole, data };
}
