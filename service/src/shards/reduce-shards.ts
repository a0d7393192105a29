/**
 * Puts the shards of an interval together: merges the roll-ups' sums, judges them, and goes on where an interval in one
 * process goes on – groups, explains, commits. The rows are those of one process, bit for bit.
 */
import { createStates, emptyJudgement, growStates, judge, learn, rhythmOf, type SeriesStates } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import { commitPrepared } from "../pipeline/run-interval.ts";
import { intervalInput, type LiveModels } from "../pipeline/live-models.ts";
import { SeriesTable } from "../pipeline/series-table.ts";
import type { System } from "../pipeline/system.ts";
import type { IntervalRecord } from "../store/store.ts";
import { columnsOf, placeColumns } from "./judgement-columns.ts";
import { partInput, partModels } from "./part-models.ts";
import { PartialRollUps } from "./partial-roll-ups.ts";
import { bytesOf, detectorOfPlan, keyOf } from "./run-shard.ts";
import type { ShardFile } from "./shard-file.ts";
import { doneFile, intervalFile, readShardFile, type DoneHeader, type IntervalHeader } from "./work-folder.ts";

/** Throws HeadMovedError when the interval has been committed already, UserError when a shard has not run. */
export async function reduceShards(folder: string, system: System): Promise<IntervalRecord> {
  const { header, columns } = await readShardFile<IntervalHeader>(folder, intervalFile);
  const detector = await detectorOfPlan(header, system);
  const { interval, shardCount, newSeries, datasetArrived } = header;
  const shards: ShardFile<DoneHeader>[] = [];
  for (let shard = 0; shard < shardCount; shard++) shards.push(await readShardFile<DoneHeader>(folder, doneFile(shard, shardCount)));

  const keys = header.keyTexts.map(keyOf);
  const table = new SeriesTable(detector.config, await system.store.series.list(detector.id, detector.generation));
  table.extend(keys, interval.startMs);
  table.beginBy(keys, interval.startMs);
  const seriesCount = table.count;
  const data = { interval, values: new Float64Array(seriesCount).fill(NaN), counts: new Float64Array(seriesCount), datasetArrived };
  const judgement = emptyJudgement(seriesCount);
  const rollUps = new PartialRollUps(detector.config.measures, seriesCount);
  for (const { header: { rollUps: partials }, columns: part } of shards) {
    const series = part["series"]!;
    for (let i = 0; i < series.length; i++) {
      data.values[series[i]!] = part["value"]![i]!;
      data.counts[series[i]!] = part["count"]![i]!;
    }
    placeColumns(judgement, series, part);
    for (const partial of partials) rollUps.merge(partial);
  }
  const upper = table.stored.filter(({ isLeaf }) => !isLeaf);
  for (const { number, keyText } of upper) {
    const { value, count } = rollUps.of(keyText);
    data.values[number] = value;
    data.counts[number] = count;
  }

  const own = await partModels(detector, system.store, ({ isLeaf }) => !isLeaf);
  const numbers = upper.map(({ number }) => number);
  const ownStates = growStates(own.states, numbers.length);
  const input = intervalInput(detector, table, data);
  const ownInput = partInput(input, numbers);
  const ownJudgement = judge(ownStates, ownInput);
  placeColumns(judgement, numbers, columnsOf(ownJudgement));
  const place = (which: "states" | "before"): SeriesStates => {
    const whole = createStates(rhythmOf(detector.config.frequency), seriesCount);
    for (const { columns: part } of shards) placeStates(whole, part["series"]!, part[which] as Uint8Array);
    placeStates(whole, numbers, bytesOf(ownStates.data));
    return whole;
  };
  const models: LiveModels = {
    detectorId: detector.id,
    generation: detector.generation,
    configHash: detector.configHash,
    lineage: detector.lineage,
    table,
    // Only an interval without any row asks the states once more (dataset-stopped.ts).
    states: datasetArrived ? createStates(rhythmOf(detector.config.frequency), 0) : place("before"),
    open: await system.store.groups.open(detector.id, detector.generation),
    untilMs: interval.startMs,
    sinceCheckpoint: own.sinceCheckpoint,
  };
  const { rows, quality, maxTimestampMs, remark, attemptId } = header;
  const batch: LeafBatch = { interval, keys, values: columns["value"] as Float64Array, counts: columns["count"] as Float64Array, rows, quality, maxTimestampMs, remark, attemptId };
  const afterwards = (): void => {
    learn(ownStates, ownInput, ownJudgement);
    models.states = place("states");
  };
  return commitPrepared(detector, { batch, models, newSeries, judged: { data, input, judgement }, learn: afterwards }, system);
}

/** Bytes of the states of a part to the places of its series. */
function placeStates(whole: SeriesStates, series: ArrayLike<number>, bytes: Uint8Array): void {
  const target = bytesOf(whole.data);
  const stateBytes = whole.stateLength * 8;
  for (let i = 0; i < series.length; i++) target.set(bytes.subarray(i * stateBytes, (i + 1) * stateBytes), series[i]! * stateBytes);
}
