import { strict as assert } from "node:assert";
import { afterEach, test } from "vitest";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { fingerprintRange } from "../../src/crawl/fingerprint-range.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { withClaim } from "../../src/pipeline/with-claim.ts";
import type { UserError } from "../../src/telemetry/errors.ts";
import { HOUR, LIVE_FROM_MS, LIVE_INTERVALS, LIVE_UNTIL_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const worlds: TruthWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function world(overrides: Parameters<typeof truthWorld>[0] = {}): Promise<TruthWorld> {
  const made = await truthWorld(overrides);
  worlds.push(made);
  return made;
}
const startMs = LIVE_FROM_MS + HOUR;
const hour = `ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${(startMs + HOUR) / 1000})`;
const late = async (one: TruthWorld) => (await one.system.store.ledger.list((await one.detector()).id, { limit: 500 })).filter(({ purpose }) => purpose === "late");

test("each interval is read once more, and after that only when its fingerprint has changed", async () => {
  const calm = await world({ horizonIntervals: 6 });
  await calm.live();
  const readings = await late(calm);
  assert.ok(readings.every(({ interval }) => interval.endMs - interval.startMs === HOUR), "one interval a turn, not six");
  assert.equal(new Set(readings.map(({ interval }) => interval.startMs)).size, readings.length);

  await calm.sql(`update orders set views = views + 100 where ts >= to_timestamp(${(LIVE_UNTIL_MS - 3 * HOUR) / 1000}) and ts < to_timestamp(${(LIVE_UNTIL_MS - 2 * HOUR) / 1000})`);
  const detector = await calm.detector();
  calm.clock.advanceTo(nextDueMs(detector)!);
  await runDue(calm.system);
  const newest = (await late(calm)).filter(({ id }) => !readings.some((known) => known.id === id)).map(({ interval }) => interval);
  assert.deepEqual(newest, [{ startMs: LIVE_UNTIL_MS - 3 * HOUR, endMs: LIVE_UNTIL_MS + HOUR }], "from the changed one to the new one");
  assert.equal((await calm.system.store.intervals.get(detector.id, LIVE_UNTIL_MS - 3 * HOUR))!.version, 2);

  // All that was asked of the database is in the ledger: one check a turn, always with the same text, beside the readings.
  const all = await calm.system.store.ledger.list(detector.id, { limit: 500, withChecks: true });
  const checks = all.filter(({ purpose }) => purpose === "check");
  assert.equal(checks.length, LIVE_INTERVALS + 1, "one a turn");
  assert.ok(checks.every(({ outcome, statement, parameters, interval }) => outcome === "succeeded" && statement.includes("hash_record_extended") && parameters.includes(interval.startMs)));
  assert.ok(new Set(checks.map(({ statement }) => statement)).size <= 7, "a text for each length of the range");
  assert.equal((await calm.system.store.ledger.list(detector.id, { limit: 500 })).length, all.length - checks.length, "readings alone unless asked");
  // Read when it was due, in a second reading, and together with the changed one; checked while it was in the horizon.
  const asked = await calm.system.store.ledger.asked(detector.id, { startMs: LIVE_UNTIL_MS - 3 * HOUR, endMs: LIVE_UNTIL_MS - 2 * HOUR });
  assert.deepEqual(asked, { readings: 3, checks: 4 });
});

test("a fingerprint changes with every kind of change, and is the same for the same rows in another order", async () => {
  const one = await world();
  await one.live(LIVE_FROM_MS + 2 * HOUR);
  const detector = await one.detector();
  const print = async () => (await fingerprintRange(detector, { startMs: LIVE_FROM_MS, endMs: LIVE_FROM_MS + 3 * HOUR }, one.system))!.get(startMs);
  const first = await print();
  assert.match(first!, /^12 /);
  const seen = new Set([first]);
  for (const change of [
    `update orders set views = views + 1 where ${hour} and platform = 'ios' and marketplace = 'de'`,
    `delete from orders where ${hour} and platform = 'web' and marketplace = 'fr'`,
    `update orders set platform = 'tv' where ${hour} and platform = 'web' and marketplace = 'us'`,
    `update orders set revenue = null where ${hour} and platform = 'ios' and marketplace = 'us'`,
  ]) {
    await one.sql(change);
    seen.add(await print());
  }
  assert.equal(seen.size, 5);
  const before = await print();
  await one.sql(`create table copied as select * from orders where ${hour}; delete from orders where ${hour}; insert into orders select * from copied order by revenue desc`);
  assert.equal(await print(), before);
  await one.sql(`delete from orders where ${hour}`);
  assert.equal(await print(), undefined);
});

test("where the database can't make fingerprints, all of the horizon is read as before", async () => {
  const other = await world({ horizonIntervals: 4, timestamp: { column: "day", format: "dd/MM/yyyy HH:mm" }, query: { kind: "bound", sql: "select to_char(ts at time zone 'UTC', 'DD/MM/YYYY HH24:MI') as day, platform, marketplace, views, revenue from orders where ts >= :start and ts < :end", file: null } });
  await other.live(LIVE_FROM_MS + 8 * HOUR);
  assert.ok((await late(other)).some(({ interval }) => interval.endMs - interval.startMs === 4 * HOUR));
});

test("while a back-fill is under way the schedule waits, and a second one is told so; afterwards both go on", async () => {
  const busy = await world({ horizonIntervals: 0 });
  await busy.live(LIVE_FROM_MS + 6 * HOUR);
  await busy.sql(`update orders set views = views * 2 where ${hour}`);
  const detector = await busy.detector();
  busy.clock.advanceTo(nextDueMs(detector)!);
  const range = { startMs: LIVE_FROM_MS, endMs: LIVE_FROM_MS + 3 * HOUR };
  let waited = -1;
  await withClaim(detector, busy.system, "a back-fill of last year is under way", async () => {
    const { completed, waitUntilMs } = await runDue(busy.system);
    assert.equal(completed, 0);
    waited = waitUntilMs! - busy.clock.nowMs();
    const refused = await backfill(detector, range, busy.system).then(() => assert.fail("not refused"), (error: UserError) => error);
    assert.equal(refused.code, "CONFLICT");
    assert.match(refused.message, /orders is busy: a back-fill of last year is under way/);
  });
  assert.ok(waited > 0 && waited < 60_000);
  const [report, { completed }] = [await backfill(detector, range, busy.system), await runDue(busy.system)];
  assert.ok(report.intervalsChanged > 0);
  assert.equal(completed, 1);
});

test("a process that dies with a claim keeps the schedule waiting for a minute, no longer", async () => {
  const one = await world({ horizonIntervals: 0 });
  await one.live(LIVE_FROM_MS + 2 * HOUR);
  const detector = await one.detector();
  one.clock.advanceTo(nextDueMs(detector)!);
  await one.system.store.detectors.claim(detector.id, { by: "dead", doing: "x", untilMs: one.clock.nowMs() + 60_000 }, one.clock.nowMs());
  assert.equal((await runDue(one.system)).completed, 0);
  one.clock.advanceTo(one.clock.nowMs() + 60_000);
  assert.equal((await runDue(one.system)).completed, 1);
});
