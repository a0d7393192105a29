/**
 * One shard of one interval: judges its leaves with their states, learns them, adds up its share of the roll-ups. Needs
 * nothing but the work folder and the store; may run anywhere, twice, or be killed – it writes one file, at the end.
 */
import { growStates, judge, learn, positionOf, type IntervalInput, type SeriesKey } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { System } from "../pipeline/system.ts";
import { HeadMovedError } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { columnsOf } from "./judgement-columns.ts";
import { partModels } from "./part-models.ts";
import { PartialRollUps } from "./partial-roll-ups.ts";
import { shardOf } from "./shard-of.ts";
import { doneFile, partFile, readShardFile, writeShardFile, type DoneHeader, type PartHeader, type ShardPlan } from "./work-folder.ts";

export interface ShardReport {
  readonly shard: number;
  readonly series: number;
}

/** Throws HeadMovedError when the detector has moved on since the split: the work is nobody's any more. */
export async function runShard(folder: string, { shard, shardCount }: { shard: number; shardCount: number }, system: Pick<System, "store">): Promise<ShardReport> {
  const { header, columns } = await readShardFile<PartHeader>(folder, partFile(shard, shardCount));
  const detector = await detectorOfPlan(header, system);
  const part = await partModels(detector, system.store, ({ keyText, isLeaf }) => isLeaf && shardOf(keyText, shardCount) === shard);
  const { config } = detector;
  const keys = header.keyTexts.map(keyOf);
  const measureOf = Uint16Array.from(keys, ({ measure }) => config.measures.findIndex(({ name }) => name === measure));
  const series = columns["series"] as Int32Array;
  const value = Float64Array.from(columns["value"]!);
  const count = columns["count"] as Float64Array;
  const firstSeenMs = columns["firstSeenMs"]!;
  // As interval-data.ts does it: a watched leaf without a row is zero where its measure says so, once rows did arrive.
  for (let i = 0; i < series.length; i++) {
    if (header.datasetArrived && count[i] === 0 && firstSeenMs[i]! <= header.interval.startMs && config.measures[measureOf[i]!]!.whenAbsent === "zero") value[i] = 0;
  }
  const rollUps = new PartialRollUps(config.measures, 3 + keys.length * (config.dimensions.length + 1));
  if (config.levels === "all") keys.forEach((key, i) => rollUps.addLeaf(key, value[i]!, count[i]!));

  const states = growStates(part.states, series.length);
  const before = header.datasetArrived ? new Float64Array(0) : Float64Array.from(states.data);
  const input: IntervalInput = {
    startMs: header.interval.startMs,
    position: positionOf(header.interval.startMs, config.frequency, config.zone),
    values: value,
    datasetArrived: header.datasetArrived,
    settingsOf: measureOf,
    settings: config.measures,
  };
  const judgement = judge(states, input);
  learn(states, input, judgement);
  const { keyTexts: _keyTexts, ...plan } = header;
  const done: DoneHeader = { ...plan, rollUps: rollUps.partials() };
  await writeShardFile(folder, doneFile(shard, shardCount), {
    header: done,
    columns: { series, value, count, ...columnsOf(judgement), states: bytesOf(states.data), before: bytesOf(before) },
  });
  return { shard, series: series.length };
}

/** The detector as it was at the split. */
export async function detectorOfPlan(plan: ShardPlan, { store }: Pick<System, "store">): Promise<Detector> {
  const detector = await store.detectors.get(plan.detectorId);
  if (detector === null) throw new UserError("the detector of this work was deleted", { code: "NOT_FOUND" });
  const isAsThen = detector.generation === plan.generation && detector.lineage === plan.lineage && detector.headMs === plan.interval.startMs && detector.configHash === plan.configHash;
  if (!isAsThen) throw new HeadMovedError(`${detector.config.name} has moved on since ${new Date(plan.interval.startMs).toISOString()} was split: split what is due now`);
  return detector;
}

/** The inverse of seriesKeyText; keys are written sorted. */
export function keyOf(keyText: string): SeriesKey {
  const [measure, ...pairs] = JSON.parse(keyText) as [string, ...(string | null)[]];
  const dimensions = [];
  for (let i = 0; i < pairs.length; i += 2) dimensions.push({ name: pairs[i]!, value: pairs[i + 1]! });
  return { measure, dimensions };
}

/** States keep 32-bit numbers inside their 64-bit slots: only bytes carry them unchanged. */
export function bytesOf(data: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
