import { strict as assert } from "node:assert";
import { afterEach, test } from "vitest";
import { rerunInterval } from "../../src/pipeline/rerun-interval.ts";
import { runInterval } from "../../src/pipeline/run-interval.ts";
import { HeadMovedError } from "../../src/store/store.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const worlds: TruthWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function world(): Promise<TruthWorld> {
  const made = await truthWorld();
  worlds.push(made);
  return made;
}

/** The second live hour: nothing is planted there, and ten hours are judged after it. */
const startMs = LIVE_FROM_MS + HOUR;
const hour = `ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${(startMs + HOUR) / 1000})`;

test("a re-run after late rows tells what a run that had all rows would have told", async () => {
  const [late, punctual] = [await world(), await world()];
  await late.sql(`create table waiting as select * from orders where ${hour} and platform = 'ios'`);
  await late.sql(`delete from orders where ${hour} and platform = 'ios'`);
  await late.live();
  await punctual.live();
  const before = await late.told();
  const wanted = await punctual.told();
  assert.notDeepEqual(before.points, wanted.points, "the missing rows must have been seen");
  assert.notDeepEqual(before.groups, wanted.groups, "and alarmed");

  await late.sql("insert into orders select * from waiting");
  const record = await rerunInterval(await late.detector(), { startMs, endMs: startMs + HOUR }, late.system);

  assert.equal(record.version, 2);
  assert.deepEqual(await late.told(), wanted);
});

test("what was known before a correction is still there: versions beside each other, a retracted group with its reason", async () => {
  const late = await world();
  await late.sql(`create table waiting as select * from orders where ${hour} and platform = 'ios'`);
  await late.sql(`delete from orders where ${hour} and platform = 'ios'`);
  await late.live();
  const { id } = await late.detector();
  const { groups } = await late.system.store.groups.list({ detectorId: id, limit: 100 });
  const false_ = groups.filter(({ group }) => group.startMs === startMs);
  assert.ok(false_.length > 0);

  const knownBeforeMs = late.clock.nowMs();
  late.clock.advanceTo(knownBeforeMs + 1000);
  await late.sql("insert into orders select * from waiting");
  await rerunInterval(await late.detector(), { startMs, endMs: startMs + HOUR }, late.system);

  assert.equal((await late.system.store.intervals.get(id, startMs))!.version, 2);
  assert.equal((await late.system.store.intervals.get(id, startMs, knownBeforeMs))!.version, 1);
  const after = (await late.system.store.groups.get(false_[0]!.group.id))!;
  assert.equal(after.group.status, "retracted");
  assert.equal(after.group.revision, false_[0]!.group.revision + 1);
  assert.match(after.reason!, /run again/);
});

test("running an interval again with the same rows changes nothing and makes no version", async () => {
  const same = await world();
  await same.live();
  const before = await same.told();
  const record = await rerunInterval(await same.detector(), { startMs, endMs: startMs + HOUR }, same.system);
  assert.equal(record.version, 1);
  assert.deepEqual(await same.told(), before);
});

test("runInterval refuses an interval that is not the next one before anything is read", async () => {
  const same = await world();
  await same.live(startMs + HOUR);
  const detector = await same.detector();
  for (const wrongMs of [startMs - HOUR, startMs, startMs + 2 * HOUR]) {
    await assert.rejects(runInterval(detector, { startMs: wrongMs, endMs: wrongMs + HOUR }, same.system), HeadMovedError);
  }
  const attempts = await same.system.store.ledger.list(detector.id, { startMs, limit: 10 });
  assert.equal(attempts.filter(({ purpose }) => purpose === "live").length, 1);
});

test("an interval of the history, or one that has not been run, is refused with the reason", async () => {
  const young = await world();
  await young.live(LIVE_FROM_MS + HOUR);
  const detector = await young.detector();
  const at = (ms: number) => ({ startMs: ms, endMs: ms + HOUR });
  await assert.rejects(rerunInterval(detector, at(startMs), young.system), /has not been run yet/);
  await assert.rejects(rerunInterval(detector, at(LIVE_FROM_MS - HOUR), young.system), /history|has not been run/);
});
