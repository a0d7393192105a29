/**
 * Where the steps of one sharded interval meet: a folder that all machines see. Every file is written whole or not at all
 * and never replaced; a step that runs twice finds its file there, or writes the same again.
 *
 *   interval.shard     what was crawled, once
 *   part-I-of-N.shard  leaves of shard I and their values
 *   done-I-of-N.shard  what shard I found, learned and adds to the roll-ups
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredSeries } from "../store/store.ts";
import type { DataQualityMetric, Interval, RowCounts } from "../crawl/batch.ts";
import { writeDurably } from "../store/segments/durable-file.ts";
import { UserError } from "../telemetry/errors.ts";
import type { PartialRollUp } from "./partial-roll-ups.ts";
import { decodeShardFile, encodeShardFile, type ShardFile } from "./shard-file.ts";

/** More pieces than this cost more to merge than they save. */
export const SHARDS_MAX = 1024;

/** What all steps agree on; a step whose detector has moved on refuses. */
export interface ShardPlan {
  readonly detectorId: string;
  readonly generation: number;
  readonly lineage: number;
  readonly configHash: string;
  readonly interval: Interval;
  readonly shardCount: number;
  /** false when no row at all arrived */
  readonly datasetArrived: boolean;
  readonly attemptId: string;
}

export interface IntervalHeader extends ShardPlan {
  /** [leaf] texts of the keys that arrived; values and counts are columns */
  readonly keyTexts: readonly string[];
  readonly newSeries: readonly StoredSeries[];
  readonly rows: RowCounts;
  readonly quality: readonly DataQualityMetric[];
  readonly maxTimestampMs: number | null;
  readonly remark: string | null;
}

/** Columns: series (numbers, ascending), value, count, firstSeenMs. */
export interface PartHeader extends ShardPlan {
  readonly shard: number;
  /** [series] */
  readonly keyTexts: readonly string[];
}

/** Columns: series, value, count, those of the judgement, states after, and states before where no row arrived. */
export interface DoneHeader extends ShardPlan {
  readonly shard: number;
  readonly rollUps: readonly PartialRollUp[];
}

export const intervalFile = "interval.shard";
export const partFile = (shard: number, count: number): string => `part-${shard}-of-${count}.shard`;
export const doneFile = (shard: number, count: number): string => `done-${shard}-of-${count}.shard`;

export async function writeShardFile<Header>(folder: string, name: string, file: ShardFile<Header>): Promise<void> {
  if ((await readdir(folder)).includes(name)) return; // this step was done before
  await writeDurably(folder, name, [encodeShardFile(file)]);
}

export async function readShardFile<Header>(folder: string, name: string): Promise<ShardFile<Header>> {
  const path = join(folder, name);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new UserError(`${path} is not there`, { code: "NOT_FOUND", where: folder, advice: missingAdvice(name), cause });
  }
  return decodeShardFile<Header>(bytes, path);
}

function missingAdvice(name: string): string {
  if (name.startsWith("done-")) return "Run this shard first (foretop shard run): reduce needs all of them.";
  return "Name the folder that `foretop shard split` has printed, and a shard from 0 to one less than their number.";
}
