import { strict as assert } from "node:assert";
import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, test } from "vitest";
import { inProcessClient } from "../../src/api/client.ts";
import { buildApp } from "../../src/app.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { gatherEvidence } from "../../src/pipeline/gather-evidence.ts";
import { loadCheckpoint } from "../../src/pipeline/live-models.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { SegmentDamagedError } from "../../src/store/store.ts";
import type { UserError } from "../../src/telemetry/errors.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS } from "../kill/world.ts";
import { runOn } from "../postgres.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const worlds: TruthWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function lived(untilMs = LIVE_UNTIL_MS): Promise<TruthWorld> {
  const made = await truthWorld();
  worlds.push(made);
  await made.live(untilMs);
  return made;
}

async function files({ system }: TruthWorld, ending: string): Promise<string[]> {
  const folder = join(system.homeFolder, "segments");
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(ending)).sort().map((name) => join(folder, name));
}

async function flipBit(path: string): Promise<void> {
  const handle = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, 200);
  byte[0]! ^= 1;
  await handle.write(byte, 0, 1, 200);
  await handle.close();
}

test("one flipped bit in points is found by the checksum, named with what to do, and mended from the source", async () => {
  const world = await lived();
  const before = await world.told();
  const detector = await world.detector();
  const [damaged] = (await files(world, ".parquet")).filter((name) => name.includes("2026-03-16T02-00-00"));
  await flipBit(damaged!);
  const [row] = await world.system.store.segments.listPoints(detector.id, 1, { startMs: LIVE_FROM_MS + 2 * HOUR, endMs: LIVE_FROM_MS + 3 * HOUR });
  await assert.rejects(world.system.store.segments.readPoints(row!), (error: Error) => {
    assert.ok(error instanceof SegmentDamagedError);
    assert.ok(error.message.includes(damaged!), "names the file");
    assert.match(error.message, /foretop interval backfill/);
    return true;
  });
  // After a restart a back-fill elsewhere needs the damaged interval for its replay: it is refused with the same name, and nothing changes.
  const restarted = await world.openCopy({ databaseUrl: world.databaseUrl, homeFolder: world.system.homeFolder });
  await world.sql(`update orders set views = views + 50 where ts >= to_timestamp(${(LIVE_FROM_MS + HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + 2 * HOUR) / 1000})`);
  await assert.rejects(backfill(detector, { startMs: LIVE_FROM_MS, endMs: LIVE_FROM_MS + 2 * HOUR }, restarted.system), SegmentDamagedError);
  await restarted.close();
  await world.sql(`update orders set views = views - 50 where ts >= to_timestamp(${(LIVE_FROM_MS + HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + 2 * HOUR) / 1000})`);

  const report = await backfill(detector, { startMs: LIVE_FROM_MS + 2 * HOUR, endMs: LIVE_FROM_MS + 3 * HOUR }, world.system);
  assert.equal(report.intervalsChanged, 1);
  assert.deepEqual(await world.told(), before);
});

test("all checkpoints lost or damaged: the states are learned again from the points, to the byte", async () => {
  const world = await lived(LIVE_FROM_MS + 6 * HOUR);
  const detector = await world.detector();
  const before = await loadCheckpoint(detector, world.system.store, LIVE_FROM_MS);
  const [first, ...rest] = await files(world, ".states");
  await flipBit(first!);
  for (const path of rest) await rm(path);
  const again = await loadCheckpoint(detector, world.system.store, LIVE_FROM_MS);
  assert.equal(again.untilMs, before.untilMs);
  assert.deepEqual(Buffer.from(again.states.data.buffer, again.states.data.byteOffset, again.states.data.byteLength), Buffer.from(before.states.data.buffer, before.states.data.byteOffset, before.states.data.byteLength));

  world.system.models.drop(detector.id);
  const whole = await lived();
  await world.live();
  assert.deepEqual(await world.told(), await whole.told());
});

test("the history's points damaged, and no checkpoint: said, with the file, and nothing is judged on a guess", async () => {
  const world = await lived(LIVE_FROM_MS + 2 * HOUR);
  const [history] = (await files(world, ".parquet")).filter((name) => !name.includes("2026-03-16"));
  for (const path of [...(await files(world, ".states")), history!]) await flipBit(path);
  const detector = await world.detector();
  world.system.models.drop(detector.id);
  world.clock.advanceTo(nextDueMs(detector)!);
  await assert.rejects(runDue(world.system), (error: Error) => error instanceof SegmentDamagedError && error.message.includes(history!));
  const [newest] = await world.system.store.intervals.list(detector.id, { limit: 1 });
  assert.equal(newest!.status, "FAILED");
  assert.equal((await world.detector()).headMs, LIVE_FROM_MS + 2 * HOUR);
});

test("a clock that goes back: nothing is judged twice, and what becomes known is never dated before what was known", async () => {
  const world = await lived(LIVE_FROM_MS + 6 * HOUR);
  const behind = await world.openCopy({ databaseUrl: world.databaseUrl, homeFolder: world.system.homeFolder }, new VirtualClock(LIVE_FROM_MS - 100 * HOUR));
  try {
    assert.deepEqual(await runDue(behind.system), { completed: 0, failed: 0, more: false, waitUntilMs: null });
    const known = (await world.system.store.intervals.list((await world.detector()).id, { limit: 1 }))[0]!.knownAtMs;
    await world.sql(`update orders set views = views * 2 where ts >= to_timestamp(${LIVE_FROM_MS / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + HOUR) / 1000})`);
    await backfill(await behind.detector(), { startMs: LIVE_FROM_MS, endMs: LIVE_FROM_MS + HOUR }, behind.system);
    const { id } = await behind.detector();
    assert.equal((await behind.system.store.intervals.get(id, LIVE_FROM_MS))!.version, 2);
    assert.ok((await behind.system.store.intervals.get(id, LIVE_FROM_MS))!.knownAtMs >= known);
  } finally {
    await behind.close();
  }
});

test("a changed query between versions: groups of before stay as they were, by their own names; their states are said to be gone", async () => {
  const world = await lived();
  const detector = await world.detector();
  const { groups } = await world.system.store.groups.list({ detectorId: detector.id, limit: 100 });
  const client = inProcessClient(world.system, buildApp(world.system, { startActivation: () => Promise.resolve() }));
  const before = await client.call("getGroup", { group: groups[0]!.group.id });
  const asOf = new Date(world.clock.nowMs()).toISOString();
  const query = { kind: "bound" as const, sql: "select ts, platform, 'all' as marketplace, views, revenue from orders where ts >= :start and ts < :end", file: null };
  await world.system.store.detectors.update(detector.id, { ...detector.config, query }, "another", { relearn: true }, world.clock.nowMs() + 1);
  await world.live();
  const after = await client.call("getGroup", { group: groups[0]!.group.id });
  assert.deepEqual([after.members.map(({ name }) => name), after.evidence], [before.members.map(({ name }) => name), before.evidence]);
  const then = await client.call("getGroup", { group: groups[0]!.group.id, asOf });
  assert.deepEqual(then, before);
  const refused = await gatherEvidence(groups[0]!, await world.detector(), world.system).then(() => assert.fail("gathered"), (error: UserError) => error);
  assert.equal(refused.code, "CONFLICT");
  assert.match(refused.message, /generation 1 of orders, which has learned anew since/);
  assert.ok(((await runOn(world.databaseUrl, "select 1 from foretop.intervals where generation = 1")) as unknown[]).length > 0, "what was known stays");
});
