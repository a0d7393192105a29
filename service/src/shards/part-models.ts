/** The states of some series of a detector alone, learned exactly up to its head: a shard's leaves, or the roll-ups. */
import { growStates, judgeAndLearn, pickStates, type IntervalInput, type SeriesStates } from "@foretop/engine";
import { dataFromPoints, seriesCountOf } from "../pipeline/interval-data.ts";
import { judgedIntervals } from "../pipeline/judged-intervals.ts";
import { intervalInput, loadCheckpoint } from "../pipeline/live-models.ts";
import type { SeriesTable } from "../pipeline/series-table.ts";
import type { Detector } from "../resources/detector.ts";
import type { Store } from "../store/store.ts";

export interface PartModels {
  /** all series as stored */
  readonly table: SeriesTable;
  /** numbers of the series wanted, ascending; those that have states come first */
  readonly numbers: readonly number[];
  /** of the first of `numbers` */
  readonly states: SeriesStates;
  /** intervals learned since the newest checkpoint */
  readonly sinceCheckpoint: number;
}

/**
 * From the newest checkpoint and the points since, as a start of the whole would do it, but only for the series wanted:
 * series never touch each other, so the bytes are the same.
 */
export async function partModels(detector: Detector, store: Store, wanted: (series: { keyText: string; isLeaf: boolean }) => boolean): Promise<PartModels> {
  const whole = await loadCheckpoint(detector, store, detector.headMs!);
  const { table } = whole;
  const numbers = table.stored.filter(wanted).map(({ number }) => number);
  let seriesCount = whole.states.seriesCount;
  let states = pickStates(whole.states, numbers.filter((s) => s < seriesCount));
  const steps = await judgedIntervals(detector, { startMs: whole.untilMs, endMs: detector.headMs! }, store);
  for (const { record, points } of steps) {
    seriesCount = Math.max(seriesCount, seriesCountOf(points, record.interval.startMs));
    const known = numbers.filter((s) => s < seriesCount);
    if (known.length > states.seriesCount) states = growStates(states, known.length);
    const input = intervalInput(detector, table, dataFromPoints(table, record.interval, points, seriesCount));
    judgeAndLearn(states, partInput(input, known));
  }
  return { table, numbers, states, sinceCheckpoint: steps.length };
}

/** What the engine needs to know of an interval, of some series alone. */
export function partInput(input: IntervalInput, numbers: readonly number[]): IntervalInput {
  return { ...input, values: Float64Array.from(numbers, (s) => input.values[s]!), settingsOf: Uint16Array.from(numbers, (s) => input.settingsOf[s]!) };
}
