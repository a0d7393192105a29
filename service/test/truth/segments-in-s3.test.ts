/** A detector whose segments lie in a bucket tells what one with a folder tells, also when S3 goes away in the middle. */
import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestKit, type TestKit } from "@foretop/test-kit";
import { afterAll, beforeAll, test } from "vitest";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { loadCheckpoint } from "../../src/pipeline/live-models.ts";
import { backUp } from "../../src/store/backup/back-up.ts";
import { restore } from "../../src/store/backup/restore.ts";
import { FolderPlace } from "../../src/store/segments/folder-place.ts";
import { openSegmentPlace, type SegmentSettings } from "../../src/store/segments/open-place.ts";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import { SegmentDamagedError } from "../../src/store/store.ts";
import type { UserError } from "../../src/telemetry/errors.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS } from "../kill/world.ts";
import { runOn, testDatabase } from "../postgres.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const BUCKET = "foretop-segments";
const startMs = LIVE_FROM_MS + HOUR;
const hour = `ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${(startMs + HOUR) / 1000})`;

let kit: TestKit;
let folder: string;
let inBucket: TruthWorld;
let inFolder: TruthWorld;
const settings = (homeFolder: string, prefix = "orders/"): SegmentSettings => ({
  kind: "s3", bucket: BUCKET, prefix, region: kit.region, endpoint: kit.endpoint, isPathStyle: null, credentials: "secret:bucket", cacheFolder: join(homeFolder, "cache"), cacheMb: 100,
});
const secrets = { resolve: () => Promise.resolve(JSON.stringify(kit.credentials)) };

beforeAll(async () => {
  kit = await startTestKit({ s3PageKeysMax: 5 });
  kit.s3.createBucket(BUCKET);
  folder = await mkdtemp(join(tmpdir(), "foretop-s3-"));
  inBucket = await truthWorld({ horizonIntervals: 6 }, { segments: settings, credentials: kit.credentials });
  inFolder = await truthWorld({ horizonIntervals: 6 });
});
afterAll(async () => {
  await inBucket.close();
  await inFolder.close();
  await kit.stop();
  await rm(folder, { recursive: true, force: true });
});

async function valuesAsOf(world: TruthWorld, asOfMs: number): Promise<string> {
  const { id, generation } = await world.detector();
  const series = (await world.system.store.series.list(id, generation)).map(({ number }) => number);
  const points = await world.system.store.segments.readSeries(id, generation, series, { startMs: LIVE_FROM_MS, endMs: LIVE_UNTIL_MS, asOfMs });
  return points.map(({ value, severity }) => `${value.join()} ${severity.join()}`).join("\n");
}

test("history, live, a late row, as of, a restart: the rows are those of a folder", async () => {
  const asOf: string[] = [];
  for (const world of [inBucket, inFolder]) {
    await world.sql(`create table waiting as select * from orders where ${hour} and platform = 'ios'; delete from orders where ${hour} and platform = 'ios'`);
    await world.live(startMs + 3 * HOUR);
    const knownMs = world.clock.nowMs();
    const told = await valuesAsOf(world, knownMs);
    await world.sql("insert into orders select * from waiting");
    await world.live(startMs + 6 * HOUR);
    assert.equal((await world.system.store.intervals.get((await world.detector()).id, startMs))!.version, 2);
    assert.equal(await valuesAsOf(world, knownMs), told, "what was known then stays");
    asOf.push(told);
  }
  assert.equal(asOf[0], asOf[1]);
  assert.deepEqual(await inBucket.told(), await inFolder.told());

  // Another process on another machine: the same bucket, no copies.
  const restarted = await inBucket.openCopy({ databaseUrl: inBucket.databaseUrl, homeFolder: join(folder, "another machine") });
  try {
    await restarted.live(startMs + 8 * HOUR);
    await inFolder.live(startMs + 8 * HOUR);
    assert.deepEqual(await restarted.told(), await inFolder.told());
  } finally {
    await restarted.close();
  }
  assert.ok(kit.s3.keys(BUCKET).every((key) => key.startsWith("orders/")));
});

test("S3 gone in the middle of an interval: nothing is half-done, it is tried again by the rule, and the rows are those of a calm day", async () => {
  inBucket.system.models.drop((await inBucket.detector()).id);
  const before = await inBucket.told();
  const { id, headMs } = await inBucket.detector();
  inBucket.clock.advanceTo(nextDueMs(await inBucket.detector())!);
  kit.faults.add({ operation: "PutObject", kind: "cut", times: Infinity });
  const objects = kit.s3.keys(BUCKET);
  assert.equal((await runDue(inBucket.system)).failed, 1);
  assert.equal((await runDue(inBucket.system)).failed, 1, "the first retry comes at once");
  assert.ok((await runDue(inBucket.system)).waitUntilMs! > inBucket.clock.nowMs(), "the next one waits");
  assert.equal((await inBucket.detector()).headMs, headMs);
  assert.deepEqual(kit.s3.keys(BUCKET), objects);
  assert.deepEqual(await inBucket.told(), before);
  const [newest] = await inBucket.system.store.intervals.list(id, { limit: 1 });
  assert.equal(newest!.status, "FAILED");
  assert.match(newest!.message!, /the segments' bucket: writing s3:\/\/foretop-segments\/orders\/.* tried again, nothing is lost/);

  kit.faults.clear();
  kit.faults.add({ operation: "PutObject", kind: "lost-reply" });
  inBucket.clock.advanceTo(inBucket.clock.nowMs() + 60_000);
  await inBucket.live();
  await inFolder.live();
  assert.deepEqual(await inBucket.told(), await inFolder.told());
  const merged = await inBucket.system.store.segments.compact(id, LIVE_UNTIL_MS);
  assert.ok(merged.merged > 1 && merged.into >= 1, "hours of a day become one object");
  assert.deepEqual(await inBucket.told(), await inFolder.told());
  const swept = await inBucket.system.store.segments.sweep(Date.now() + HOUR);
  assert.ok(swept.files >= 1, "the object of the lost answer");
  assert.deepEqual(await inBucket.told(), await inFolder.told());
});

const flipped = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, i) => (i === 30 ? byte ^ 4 : byte)));

test("a damaged checkpoint in the bucket gives way to the one before, or to the points; damaged points are named with their address", async () => {
  const detector = await inBucket.detector();
  const elsewhere = await inBucket.openCopy({ databaseUrl: inBucket.databaseUrl, homeFolder: join(folder, "without copies") });
  try {
    const { store } = elsewhere.system;
    const whole = await loadCheckpoint(detector, store, LIVE_FROM_MS);
    for (const key of kit.s3.keys(BUCKET).filter((name) => name.endsWith(".states"))) kit.s3.put(BUCKET, key, flipped(kit.s3.get(BUCKET, key)));
    await rm(join(folder, "without copies"), { recursive: true });
    const again = await loadCheckpoint(detector, store, LIVE_FROM_MS);
    assert.deepEqual([again.untilMs, Buffer.from(again.states.data.buffer)], [whole.untilMs, Buffer.from(whole.states.data.buffer)]);
    const [row] = await store.segments.listPoints(detector.id, detector.generation, { startMs, endMs: startMs + HOUR });
    const bytes = kit.s3.get(BUCKET, `orders/${row!.path}`);
    kit.s3.put(BUCKET, `orders/${row!.path}`, bytes.subarray(0, 100));
    await rm(join(folder, "without copies"), { recursive: true });
    await assert.rejects(store.segments.readPoints(row!), (error: Error) => error instanceof SegmentDamagedError && error.message.startsWith(`s3://${BUCKET}/orders/${row!.path} is damaged`));
    kit.s3.put(BUCKET, `orders/${row!.path}`, bytes);
    for (const key of kit.s3.keys(BUCKET).filter((name) => name.endsWith(".states"))) kit.s3.put(BUCKET, key, flipped(kit.s3.get(BUCKET, key)));
  } finally {
    await elsewhere.close();
  }
});

test("a backup of a bucket comes back into a folder, and one of a folder into a bucket", async () => {
  const wanted = await inBucket.told();
  const ways = [
    { from: await openSegmentPlace(settings(folder), secrets), databaseUrl: inBucket.databaseUrl, to: new FolderPlace(join(folder, "restored", "segments")) },
    { from: new FolderPlace(join(inFolder.system.homeFolder, "segments")), databaseUrl: inFolder.databaseUrl, to: await openSegmentPlace(settings(folder, "restored/"), secrets) },
  ];
  for (const [i, { from, databaseUrl, to }] of ways.entries()) {
    const [file, target] = [join(folder, `${i}.tar`), await testDatabase()];
    const made = await backUp({ databaseUrl, segments: from, file, version: "0.0.0", nowMs: 0 });
    const put = await restore({ databaseUrl: target.url, segments: to, file });
    assert.equal(put.segments, made.segments);
    const store = await openPostgresStore({ databaseUrl: target.url, segments: to, log: silentLogger });
    const [detector] = await store.detectors.list();
    for (const row of await store.segments.listPoints(detector!.id, 1, { startMs: 0, endMs: LIVE_UNTIL_MS })) await store.segments.readPoints(row);
    await assert.rejects(restore({ databaseUrl: target.url, segments: to, file }), /is not empty/);
    await store.close();
    from.close();
    await target.drop();
  }
  assert.deepEqual(await inBucket.told(), wanted);
});

test("a start where the database names segments and there are none is refused with both", async () => {
  const segments = await openSegmentPlace(settings(folder, "mistyped/"), secrets);
  const error = await openPostgresStore({ databaseUrl: inBucket.databaseUrl, segments, log: silentLogger }).then(() => assert.fail("opened"), (thrown: UserError) => thrown);
  assert.match(error.message, /^the database names \d+ segments, but s3:\/\/foretop-segments\/mistyped\/ is empty$/);
  assert.equal(error.code, "SEGMENTS_MISSING");
  const missing = await openSegmentPlace({ ...settings(folder), bucket: "no-such-bucket" } as SegmentSettings, secrets);
  await assert.rejects(openPostgresStore({ databaseUrl: inBucket.databaseUrl, segments: missing, log: silentLogger }), /the segments' bucket: listing s3:\/\/no-such-bucket/);
  kit.faults.add({ service: "s3", kind: "error", times: Infinity });
  const down = await openPostgresStore({ databaseUrl: inBucket.databaseUrl, segments: await openSegmentPlace(settings(folder), secrets), log: silentLogger });
  kit.faults.clear();
  assert.equal((await down.detectors.list()).length, 1, "S3 that is down for now keeps nobody from starting");
  await down.close();
  assert.equal((await runOn(inBucket.databaseUrl, "select 1 from foretop.segments limit 1")).length, 1);
});
