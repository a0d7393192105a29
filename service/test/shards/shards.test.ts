/** An interval in one process, and dealt to 1, 2 and 7 shards: the same rows, the same states, one scan of the source. */
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeStates } from "@foretop/engine";
import { afterAll, beforeAll, test, vi } from "vitest";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { activateDetector } from "../../src/pipeline/activate.ts";
import { modelsBefore } from "../../src/pipeline/live-models.ts";
import { reduceShards } from "../../src/shards/reduce-shards.ts";
import { runShard } from "../../src/shards/run-shard.ts";
import { splitInterval } from "../../src/shards/split-interval.ts";
import { HeadMovedError } from "../../src/store/store.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "../truth/truth-world.ts";
import { rowsOf } from "./rows-of.ts";

// Worlds and processes by the dozen: seconds on a quiet machine, minutes where all suites share two cores.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/** Long enough for a group to open, go on and end. */
const UNTIL_MS = LIVE_FROM_MS + 6 * HOUR;

let alone: TruthWorld;
let wanted: Awaited<ReturnType<typeof everything>>;
const workFolder = mkdtempSync(join(tmpdir(), "foretop-shards-"));
beforeAll(async () => {
  alone = await truthWorld({ horizonIntervals: 0 });
  await alone.live(UNTIL_MS);
  wanted = await everything(alone);
});
afterAll(async () => {
  await alone.close();
  rmSync(workFolder, { recursive: true, force: true });
});

async function everything(world: TruthWorld): Promise<{ rows: string[]; states: Buffer }> {
  const detector = await world.detector();
  const { models } = await modelsBefore(detector, world.system.store, detector.headMs!);
  return { rows: await rowsOf(world.system.store, detector), states: Buffer.from(encodeStates(models.states)) };
}

/** Lives through the world's hours, each dealt to so many shards that run in an order of their own. */
async function liveSharded(world: TruthWorld, shardCount: number): Promise<void> {
  await activateDetector((await world.detector()).id, world.system);
  // Worlds have the same ids: in a folder of two of them the second would find the first one's work done.
  const ownFolder = mkdtempSync(join(workFolder, "world-"));
  for (let detector = await world.detector(); detector.headMs! < UNTIL_MS; detector = await world.detector()) {
    world.clock.advanceTo(nextDueMs(detector)!);
    const { folder } = await splitInterval(detector, world.system, { shardCount, workFolder: ownFolder });
    const order = Array.from({ length: shardCount }, (_, i) => (i * 3 + 2) % shardCount);
    for (const shard of shardCount % 3 === 0 ? [0, 1, 2] : order) await runShard(folder!, { shard, shardCount }, world.system);
    await reduceShards(folder!, world.system);
  }
}

test.each([1, 2, 7])("%i shards give the rows and the states of one process, bit for bit, with one scan an interval", async (shardCount) => {
  const world = await truthWorld({ horizonIntervals: 0 });
  try {
    await liveSharded(world, shardCount);
    const { rows, states } = await everything(world);
    assert.deepEqual(rows, wanted.rows);
    assert.ok(states.equals(wanted.states), "states");
    const attempts = await world.system.store.ledger.list((await world.detector()).id, { startMs: LIVE_FROM_MS, limit: 1000 });
    assert.equal(attempts.length, (UNTIL_MS - LIVE_FROM_MS) / HOUR, "each interval was read once");
  } finally {
    await world.close();
  }
});

test("an interval without any row, and one in which leaves are absent, come out the same", async () => {
  const [one, seven] = [await truthWorld({ horizonIntervals: 0 }), await truthWorld({ horizonIntervals: 0 })];
  try {
    for (const world of [one, seven]) {
      const between = (hour: number) => `ts >= to_timestamp(${(LIVE_FROM_MS + hour * HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + (hour + 1) * HOUR) / 1000})`;
      await world.sql(`delete from orders where ${between(1)}`);
      await world.sql(`delete from orders where ${between(3)} and marketplace = 'fr'`);
      await world.sql(`insert into orders select ts, 'tv', 'de', 40, 12 from orders where ${between(4)} and platform = 'ios' and marketplace = 'de'`);
    }
    await one.live(UNTIL_MS);
    await liveSharded(seven, 7);
    const [dealt, whole] = [await everything(seven), await everything(one)];
    assert.deepEqual(dealt.rows, whole.rows);
    assert.ok(dealt.states.equals(whole.states), "states");
  } finally {
    await one.close();
    await seven.close();
  }
});

test("a step that comes too late is refused and changes nothing; one that runs twice finds its work done", async () => {
  const world = await truthWorld({ horizonIntervals: 0 });
  try {
    await activateDetector((await world.detector()).id, world.system);
    world.clock.advanceTo(LIVE_FROM_MS + 2 * HOUR);
    const folder = (await splitInterval(await world.detector(), world.system, { shardCount: 2, workFolder: join(workFolder, "late") })).folder!;
    await assert.rejects(reduceShards(folder, world.system), /done-0-of-2.shard is not there/);
    await runShard(folder, { shard: 0, shardCount: 2 }, world.system);
    await runShard(folder, { shard: 0, shardCount: 2 }, world.system);
    await runShard(folder, { shard: 1, shardCount: 2 }, world.system);
    await reduceShards(folder, world.system);
    await assert.rejects(reduceShards(folder, world.system), HeadMovedError);
    await assert.rejects(runShard(folder, { shard: 1, shardCount: 2 }, world.system), HeadMovedError);
    await assert.rejects(runShard(folder, { shard: 2, shardCount: 2 }, world.system), /part-2-of-2.shard is not there/);
    await assert.rejects(splitInterval(await world.detector(), world.system, { shardCount: 0, workFolder }), /0 is no number of shards/);
  } finally {
    await world.close();
  }
});
