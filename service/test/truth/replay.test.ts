/** A correction that tells only the affected series again comes to what one that tells everything again comes to, to the bit. */
import { strict as assert } from "node:assert";
import { afterAll, beforeAll, test, vi } from "vitest";
import { loadLiveModels, modelsBefore } from "../../src/pipeline/live-models.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const UNTIL_MS = LIVE_FROM_MS + 9 * HOUR;
const at = (hour: number) => `ts >= to_timestamp(${(LIVE_FROM_MS + hour * HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + (hour + 1) * HOUR) / 1000})`;

let few: TruthWorld;
let all: TruthWorld;
beforeAll(async () => {
  [few, all] = [await truthWorld({ horizonIntervals: 0 }), await truthWorld({ horizonIntervals: 0 })];
  await few.live(UNTIL_MS);
  await all.live(UNTIL_MS);
});
afterAll(async () => {
  await few.close();
  await all.close();
});

interface Correction {
  readonly hour: number;
  readonly sql: string;
}

/** @returns whether the whole detector was told again: only that loads the table of series anew */
async function correct(world: TruthWorld, { hour, sql }: Correction, memory: "kept" | "forgotten"): Promise<boolean> {
  await world.sql(sql);
  if (memory === "forgotten") world.system.models.drop((await world.detector()).id);
  const loads = vi.spyOn(world.system.store.series, "list");
  const { intervalsChanged } = await backfill(await world.detector(), { startMs: LIVE_FROM_MS + hour * HOUR, endMs: LIVE_FROM_MS + (hour + 1) * HOUR }, world.system);
  assert.ok(intervalsChanged >= 1);
  const isWhole = loads.mock.calls.length > 0;
  loads.mockRestore();
  return isWhole;
}

async function recordsOf(world: TruthWorld): Promise<string[]> {
  const records = await world.system.store.intervals.list((await world.detector()).id, { limit: 100 });
  return records.map(({ interval, version, message, rows, seriesCount, anomalyCount, heldBackCount }) => JSON.stringify([interval.startMs, version, message?.replace(/up to \d+ \w+/, ""), rows?.processed, seriesCount, anomalyCount, heldBackCount]));
}

async function revisionsOf(world: TruthWorld): Promise<string[]> {
  const { groups } = await world.system.store.groups.list({ detectorId: (await world.detector()).id, limit: 100 });
  // Ids are of the detector, which the worlds have one each of.
  return groups.map(({ group, contributions, causes, headline }) => JSON.stringify([group.measure, group.status, group.revision, group.startMs, group.lastMs, group.peakMs, headline, contributions, causes?.report.verdict, causes?.startMs])).sort();
}

/** What is in memory at the head is what the newest checkpoint and the points since give. */
async function assertMemoryIsRight(world: TruthWorld): Promise<void> {
  const detector = await world.detector();
  const memory = await loadLiveModels(detector, world.system);
  const { models: disk } = await modelsBefore(detector, world.system.store, detector.headMs!);
  assert.deepEqual(Buffer.from(memory.states.data.buffer), Buffer.from(disk.states.data.buffer));
}

const inserted = (hour: number, views: number) => `insert into orders select ts + interval '1 second', platform, marketplace, ${views}, 7 from orders where ${at(hour)} and platform = 'web' and marketplace = 'de' limit 1`;
const corrections: readonly (Correction & { readonly isWhole: boolean })[] = [
  { hour: 6, sql: inserted(6, 4_000), isWhole: false },
  { hour: 2, sql: inserted(2, 900), isWhole: false },
  { hour: 6, sql: `delete from orders where views = 4000`, isWhole: false },
  { hour: 7, sql: `update orders set views = 0, revenue = 0 where ${at(7)}`, isWhole: false },
  { hour: 3, sql: `insert into orders select ts, 'tv', 'de', 40, 12 from orders where ${at(3)} and platform = 'web' and marketplace = 'de'`, isWhole: true },
  { hour: 5, sql: inserted(5, 20), isWhole: false },
  { hour: 4, sql: `delete from orders where ${at(4)}`, isWhole: true },
];

test.for(corrections)("hour $hour: $sql", async (correction) => {
  assert.equal(await correct(few, correction, "kept"), correction.isWhole);
  assert.equal(await correct(all, correction, "forgotten"), true);
  assert.deepEqual(await few.told(), await all.told());
  assert.deepEqual(await recordsOf(few), await recordsOf(all));
  assert.deepEqual(await revisionsOf(few), await revisionsOf(all));
  await assertMemoryIsRight(few);
  await assertMemoryIsRight(all);
});

test("afterwards both go on to the same", async () => {
  for (const world of [few, all]) await world.live(UNTIL_MS + 2 * HOUR);
  assert.deepEqual(await few.told(), await all.told());
  await assertMemoryIsRight(few);
});
