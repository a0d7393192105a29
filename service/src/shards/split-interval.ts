import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { crawlInterval } from "../crawl/crawl-interval.ts";
import { dueIntervals } from "../crawl/due-intervals.ts";
import type { Interval } from "../crawl/batch.ts";
import { refuseTooManySeries } from "../pipeline/live-models.ts";
import { SeriesTable } from "../pipeline/series-table.ts";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { UserError } from "../telemetry/errors.ts";
import { shardOf } from "./shard-of.ts";
import { intervalFile, partFile, SHARDS_MAX, writeShardFile, type IntervalHeader, type PartHeader, type ShardPlan } from "./work-folder.ts";

export interface Split {
  /** null when nothing is due */
  readonly folder: string | null;
  readonly shardCount: number;
  readonly interval: Interval | null;
}

/** Reads the next due interval – the only scan of the source – and deals its leaves to shards by the hash of their keys. */
export async function splitInterval(detector: Detector, system: System, { shardCount, workFolder, signal }: { shardCount: number; workFolder: string; signal?: AbortSignal }): Promise<Split> {
  if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > SHARDS_MAX) {
    throw new UserError(`${shardCount} is no number of shards`, { where: "shards", advice: `From 1 to ${SHARDS_MAX}.` });
  }
  const [interval] = dueIntervals(detector, system.clock.nowMs(), 1);
  if (interval === undefined) return { folder: null, shardCount, interval: null };
  const batch = await crawlInterval(detector, interval, system, signal === undefined ? {} : { signal });
  const table = new SeriesTable(detector.config, await system.store.series.list(detector.id, detector.generation));
  const newSeries = [...table.extend(batch.keys, interval.startMs), ...table.beginBy(batch.keys, interval.startMs)];
  refuseTooManySeries(detector, table.count);

  const values = new Float64Array(table.count).fill(NaN);
  const counts = new Float64Array(table.count);
  batch.keys.forEach((key, i) => {
    const s = table.numberOf(key)!;
    values[s] = batch.values[i]!;
    counts[s] = batch.counts[i]!;
  });
  const plan: ShardPlan = {
    detectorId: detector.id,
    generation: detector.generation,
    lineage: detector.lineage,
    configHash: detector.configHash,
    interval,
    shardCount,
    datasetArrived: batch.counts.some((count) => count > 0),
    attemptId: batch.attemptId,
  };
  const folder = join(workFolder, `${detector.config.name}_${new Date(interval.startMs).toISOString().slice(0, 16).replaceAll(":", "-")}_${batch.attemptId.split(":").at(-1)}`);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const leaves: number[][] = Array.from({ length: shardCount }, () => []);
  for (const { number, keyText, isLeaf } of table.stored) if (isLeaf) leaves[shardOf(keyText, shardCount)]!.push(number);
  for (const [shard, own] of leaves.entries()) {
    const header: PartHeader = { ...plan, shard, keyTexts: own.map((s) => table.stored[s]!.keyText) };
    const columns = {
      series: Int32Array.from(own),
      value: Float64Array.from(own, (s) => values[s]!),
      count: Float64Array.from(own, (s) => counts[s]!),
      firstSeenMs: Float64Array.from(own, (s) => table.firstSeenMs[s]!),
    };
    await writeShardFile(folder, partFile(shard, shardCount), { header, columns });
  }
  const { rows, quality, maxTimestampMs, remark } = batch;
  const header: IntervalHeader = { ...plan, keyTexts: batch.keys.map((key) => table.stored[table.numberOf(key)!]!.keyText), newSeries, rows, quality, maxTimestampMs, remark };
  await writeShardFile(folder, intervalFile, { header, columns: { value: batch.values, count: batch.counts } });
  return { folder, shardCount, interval };
}
