import { strict as assert } from "node:assert";
import { afterEach, test } from "vitest";
import { runDue } from "../../src/jobs/run-due.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const worlds: TruthWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function world(horizonIntervals = 6): Promise<TruthWorld> {
  const made = await truthWorld({ horizonIntervals });
  worlds.push(made);
  return made;
}

const startMs = LIVE_FROM_MS + HOUR;
const hour = `ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${(startMs + HOUR) / 1000})`;

async function withhold(world: TruthWorld): Promise<void> {
  await world.sql(`create table waiting as select * from orders where ${hour} and platform = 'ios'`);
  await world.sql(`delete from orders where ${hour} and platform = 'ios'`);
}

test("rows that arrive within the horizon: streaming tells what a batch run would have told", async () => {
  const [late, punctual] = [await world(), await world()];
  await withhold(late);
  await late.live(startMs + 3 * HOUR);
  await late.sql("insert into orders select * from waiting");
  await late.live();
  await punctual.live();

  assert.deepEqual(await late.told(), await punctual.told());
  const { id } = await late.detector();
  const record = (await late.system.store.intervals.get(id, startMs))!;
  assert.equal(record.version, 2);
  assert.match(record.message!, /^6 rows arrived late, up to \d+ (minutes|hours) after the interval was read$/);
});

test("deleted and corrected rows are seen as well", async () => {
  const [changed, fresh] = [await world(), await world()];
  const change = `update orders set views = 0 where ${hour} and marketplace = 'de'; delete from orders where ${hour} and marketplace = 'fr' and platform = 'web'`;
  await fresh.sql(change);
  await changed.live(startMs + 2 * HOUR);
  await changed.sql(change);
  await changed.live();
  await fresh.live();
  assert.deepEqual(await changed.told(), await fresh.told());
  const { id } = await changed.detector();
  assert.match((await changed.system.store.intervals.get(id, startMs))!.message!, /2 rows were deleted/);
});

test("rows that arrive after the horizon change nothing until a back-fill is asked for", async () => {
  const [late, punctual] = [await world(1), await world(1)];
  await withhold(late);
  await late.live(startMs + 4 * HOUR);
  await late.sql("insert into orders select * from waiting");
  await late.live();
  await punctual.live();
  const wanted = await punctual.told();
  assert.notDeepEqual((await late.told()).points, wanted.points);

  const report = await backfill(await late.detector(), { startMs: LIVE_FROM_MS, endMs: startMs + 2 * HOUR }, late.system);
  assert.ok(report.intervalsChanged >= 1);
  assert.match(report.reason!, /6 rows arrived late/);
  assert.deepEqual(await late.told(), wanted);
});

test("a new combination that turns up late gets its series from its first interval on", async () => {
  const [late, punctual] = [await world(), await world()];
  const arrive = `insert into orders select ts, 'tv', 'de', 40, 12 from orders where ${hour} and platform = 'ios' and marketplace = 'de'`;
  await punctual.sql(arrive);
  await late.live(startMs + 3 * HOUR);
  await late.sql(arrive);
  await late.live();
  await punctual.live();
  assert.deepEqual(await late.told(), await punctual.told());
});

test("nothing changed: no version, no revision, whatever is read again", async () => {
  const calm = await world();
  await calm.live();
  const { id } = await calm.detector();
  for (const record of await calm.system.store.intervals.list(id, { limit: 100 })) assert.equal(record.version, 1);
});

test("rows that arrive while nothing runs are seen although the head then leaves their interval far behind", async () => {
  const [late, punctual] = [await world(2), await world(2)];
  await withhold(late);
  await late.live(startMs + HOUR);
  await late.sql("insert into orders select * from waiting");
  late.clock.advanceTo(LIVE_UNTIL_MS + HOUR);
  await runDue(late.system); // ten hours in one turn, and one look back
  await punctual.live();
  assert.deepEqual(await late.told(), await punctual.told());
});

test("a back-fill outside the live intervals is refused and says which there are", async () => {
  const young = await world();
  await young.live(LIVE_FROM_MS + 2 * HOUR);
  const detector = await young.detector();
  await assert.rejects(backfill(detector, { startMs: LIVE_FROM_MS - 5 * HOUR, endMs: LIVE_FROM_MS }, young.system), /no live interval in this range/);
});

test("a back-fill whose bounds lie within intervals reads these as a whole: nothing looks deleted that is only outside", async () => {
  const calm = await world();
  await calm.live();
  const minute = 60_000;
  const report = await backfill(await calm.detector(), { startMs: startMs + 20 * minute, endMs: startMs + HOUR + 1 }, calm.system);
  assert.equal(report.intervalsRead, 2);
  assert.equal(report.intervalsChanged, 0);
});

test("an earlier row of a series that was first seen later moves its beginning back", async () => {
  const [late, punctual] = [await world(), await world()];
  const next = `ts >= to_timestamp(${(startMs + HOUR) / 1000}) and ts < to_timestamp(${(startMs + 2 * HOUR) / 1000})`;
  const arrive = (when: string) => `insert into orders select ts, 'tv', 'de', 40, 12 from orders where ${when} and platform = 'ios' and marketplace = 'de'`;
  await punctual.sql(arrive(hour));
  await punctual.sql(arrive(next));
  await late.sql(arrive(next));
  await late.live(startMs + 3 * HOUR);
  await late.sql(arrive(hour));
  await late.live();
  await punctual.live();
  assert.deepEqual(await late.told(), await punctual.told());
});

test("a series whose first rows were deleted begins with the first that is left, as if the others had never been there", async () => {
  const [changed, fresh] = [await world(), await world()];
  const between = (fromMs: number) => `ts >= to_timestamp(${fromMs / 1000}) and ts < to_timestamp(${(fromMs + HOUR) / 1000})`;
  const arrive = (fromMs: number) => `insert into orders select ts, 'tv', 'de', 40, 12 from orders where ${between(fromMs)} and platform = 'ios' and marketplace = 'de'`;
  for (const each of [changed, fresh]) await each.sql(arrive(startMs + 5 * HOUR));
  await changed.sql(arrive(startMs));
  await changed.live(startMs + 2 * HOUR);
  await changed.sql(`delete from orders where platform = 'tv' and ${between(startMs)}`);
  await changed.live();
  await fresh.live();
  // It has had its number since then: before its first row it is missing, where the other one does not know it yet.
  const known = (lines: readonly string[]) => lines.filter((line) => !line.includes("Z NaN "));
  assert.deepEqual(known((await changed.told()).points), known((await fresh.told()).points));
  assert.deepEqual((await changed.told()).groups, (await fresh.told()).groups);
});

test("after a correction the next interval's groups go on from the committed revisions", async () => {
  const late = await world();
  await withhold(late);
  await late.live(startMs + 2 * HOUR);
  await late.sql("insert into orders select * from waiting");
  await late.live();
  const { id } = await late.detector();
  const { groups } = await late.system.store.groups.list({ detectorId: id, limit: 100 });
  for (const { group } of groups) {
    const revisions = await late.system.store.groups.revisions(group.id);
    const newest = revisions.find((one) => one.group.revision === group.revision)!;
    assert.equal(newest.group.lastMs, group.lastMs, "the newest revision is what is shown");
    assert.equal(newest.group.members.length, group.members.length);
  }
});
