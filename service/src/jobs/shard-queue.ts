/**
 * Shards on the PostgreSQL queue: whoever splits an interval queues its shards, any number of `foretop worker` processes
 * take them. A worker that dies stops its heartbeat, and another one takes its shard over; a shard that ran twice has
 * written one file. What is right does not depend on the queue: reduce waits for files.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { PgBoss, type Job } from "pg-boss";
import type { System } from "../pipeline/system.ts";
import { runShard } from "../shards/run-shard.ts";
import { doneFile } from "../shards/work-folder.ts";
import { HeadMovedError } from "../store/store.ts";
import { describeError, UserError } from "../telemetry/errors.ts";

/** pg-boss allows no less than 10: a dead worker is noticed after that and the next look. */
const HEARTBEAT_SECONDS = 10;
const LOOK_SECONDS = 2;
/** Tries of a shard: a bad machine must not stop an interval, a bad shard must not run for ever. */
const TRIES_MAX = 20;
const SHARD_SECONDS_MAX = 3600;
const WAIT_STEP_MS = 100;

const SHARDS = "run-shard";
const QUEUE = { policy: "standard" as const, retryLimit: TRIES_MAX, retryDelay: 1, expireInSeconds: SHARD_SECONDS_MAX, deleteAfterSeconds: 3600, heartbeatSeconds: HEARTBEAT_SECONDS };

interface ShardJob {
  readonly folder: string;
  readonly shard: number;
  readonly shardCount: number;
}

/** Queues all shards of a split interval. */
export async function queueShards(folder: string, shardCount: number, { databaseUrl, system }: { databaseUrl: string; system: Pick<System, "log"> }): Promise<void> {
  const boss = await startBoss(databaseUrl, system, { supervise: false });
  try {
    for (let shard = 0; shard < shardCount; shard++) await boss.send(SHARDS, { folder, shard, shardCount } satisfies ShardJob);
  } finally {
    await boss.stop({ graceful: true, timeout: 5_000 });
  }
}

/** Takes shards until `signal` is aborted; what it has begun is then ended or left to others. */
export async function workOnShards(system: Pick<System, "store" | "log">, { databaseUrl, signal, onShard }: { databaseUrl: string; signal: AbortSignal; onShard?: (report: { folder: string; shard: number; series: number }) => void }): Promise<void> {
  const boss = await startBoss(databaseUrl, system, { supervise: true });
  await boss.work<ShardJob>(SHARDS, { pollingIntervalSeconds: 0.5, localConcurrency: 1, heartbeatRefreshSeconds: 3 }, async (jobs) => {
    for (const { data } of jobs as Job<ShardJob>[]) {
      try {
        const { series } = await runShard(data.folder, data, system);
        onShard?.({ folder: data.folder, shard: data.shard, series });
      } catch (error) {
        if (error instanceof HeadMovedError) continue; // somebody has committed the interval: nothing to do
        system.log.warn({ folder: data.folder, shard: data.shard, error: describeError(error) }, "a shard failed; it is tried again");
        throw error;
      }
    }
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await boss.stop({ graceful: true, timeout: 10_000 });
}

/** Resolves when every shard has written what it found. Throws UserError after `secondsMax`. */
export async function waitForShards(folder: string, shardCount: number, { secondsMax, signal, sleep }: { secondsMax: number; signal: AbortSignal; sleep: System["clock"]["sleep"] }): Promise<void> {
  const untilMs = performance.now() + secondsMax * 1000;
  for (let shard = 0; shard < shardCount; ) {
    signal.throwIfAborted();
    if (await isThere(join(folder, doneFile(shard, shardCount)))) shard += 1;
    else if (performance.now() > untilMs) {
      throw new UserError(`shard ${shard} of ${shardCount} has not run within ${secondsMax} s`, { code: "TIMEOUT", where: folder, advice: "Is a worker running (foretop worker), and does it see this folder?" });
    } else await sleep(WAIT_STEP_MS, signal);
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function startBoss(databaseUrl: string, { log }: Pick<System, "log">, { supervise }: { supervise: boolean }): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: "foretop_jobs",
    application_name: "foretop shards",
    max: 3,
    supervise,
    monitorIntervalSeconds: LOOK_SECONDS,
    superviseIntervalSeconds: LOOK_SECONDS,
    schedule: false,
  });
  boss.on("error", (error) => log.error({ error: describeError(error) }, "shard queue"));
  await boss.start();
  await boss.createQueue(SHARDS, QUEUE);
  return boss;
}
