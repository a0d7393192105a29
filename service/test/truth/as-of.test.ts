import { strict as assert } from "node:assert";
import { afterAll, beforeAll, test } from "vitest";
import { inProcessClient, type Client } from "../../src/api/client.ts";
import { buildApp } from "../../src/app.ts";
import { deliverDue } from "../../src/jobs/deliver.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS } from "../kill/world.ts";
import { runForetop } from "../cli-world.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

let world: TruthWorld;
let client: Client;
/** every answer that was given, by what was asked */
const given = new Map<string, { ask: () => Promise<unknown>; answer: string }>();
let afterFirstHoursMs: number;

const startMs = LIVE_FROM_MS + HOUR;
const hour = `ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${(startMs + HOUR) / 1000})`;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Everything that can be asked as of an instant, about all groups known then. */
async function askAll(asOf: string): Promise<void> {
  const detector = (await world.detector()).config.name;
  const { groups } = await client.call("listGroups", { asOf });
  const questions: Record<string, () => Promise<unknown>> = {
    groups: () => client.call("listGroups", { asOf }),
    intervals: () => client.call("listIntervals", { detector, asOf }),
    interval: () => client.call("getInterval", { detector, start: iso(startMs), asOf }),
    points: () => client.call("getSeriesPoints", { detector, series: 0, asOf, from: iso(LIVE_FROM_MS), to: iso(LIVE_UNTIL_MS) }),
  };
  for (const { id } of groups) {
    questions[`group ${id}`] = () => client.call("getGroup", { group: id, asOf });
    questions[`series of ${id}`] = () => client.call("getGroupSeries", { group: id, asOf, contextIntervals: 3 });
    questions[`evidence of ${id}`] = () => client.call("getEvidence", { group: id, asOf });
  }
  for (const [name, ask] of Object.entries(questions)) given.set(`${name} as of ${asOf}`, { ask, answer: JSON.stringify(await ask()) });
}

beforeAll(async () => {
  const alerts = [{ name: "on-call", description: null, severityMin: 0, measures: [], dimensionFilters: [], channel: { kind: "none", settings: {} } }];
  world = await truthWorld({ alerts });
  client = inProcessClient(world.system, buildApp(world.system, { startActivation: () => Promise.resolve() }));
  await world.sql(`create table waiting as select * from orders where ${hour} and platform = 'ios'`);
  await world.sql(`delete from orders where ${hour} and platform = 'ios'`);
  await world.live(startMs + 2 * HOUR);
  afterFirstHoursMs = world.clock.nowMs();
  await askAll(iso(afterFirstHoursMs));
  await deliverDue(world.system);
  world.clock.advanceTo(afterFirstHoursMs + 60_000);
  await askAll(iso(world.clock.nowMs()));
  await world.sql("insert into orders select * from waiting");
  for (let now = await world.detector(); now.headMs! < LIVE_UNTIL_MS; now = await world.detector()) {
    await world.live(Math.min(LIVE_UNTIL_MS, nextDueMs(now)!));
    if (now.headMs === startMs + 4 * HOUR) await askAll(iso(world.clock.nowMs()));
  }
  await deliverDue(world.system);
  await world.system.store.segments.compact((await world.detector()).id, LIVE_UNTIL_MS);
});
afterAll(() => world.close());

test("an answer as of an instant is given again, to the letter, after corrections, deliveries and merged files", async () => {
  assert.ok(given.size > 20, `${given.size} questions`);
  for (const [question, { ask, answer }] of given) assert.equal(JSON.stringify(await ask()), answer, question);
});

test("what late rows changed is told as it was before, with the band, the group and its message", async () => {
  const detector = (await world.detector()).config.name;
  const before = { asOf: iso(afterFirstHoursMs) };
  const was = await client.call("getInterval", { detector, start: iso(startMs), ...before });
  const is = await client.call("getInterval", { detector, start: iso(startMs) });
  assert.deepEqual([was.version, is.version], [1, 2]);
  assert.ok(was.attempts.length < is.attempts.length);

  const { groups } = await client.call("listGroups", { detector, ...before });
  const false_ = groups.filter(({ start }) => Date.parse(start) === startMs);
  assert.ok(false_.length > 0);
  const [then, now] = [await client.call("getGroup", { group: false_[0]!.id, ...before }), await client.call("getGroup", { group: false_[0]!.id })];
  assert.deepEqual([then.status, now.status], ["open", "retracted"]);
  assert.ok(then.revisions.length < now.revisions.length);
  assert.deepEqual([then.deliveries.map(({ status }) => status), now.deliveries.map(({ status }) => status)], [["pending"], ["failed"]]);
  assert.equal((await client.call("listGroups", { detector })).groups.some(({ id }) => id === false_[0]!.id), false);

  const points = async (at: object) => {
    const { series } = await client.call("getGroupSeries", { group: false_[0]!.id, contextIntervals: 0, limit: 1, ...at });
    return series[0]!;
  };
  const [seen, seenNow] = [await points(before), await points({})];
  assert.notEqual(seen.value[0], seenNow.value[0]);
  assert.ok(seen.value[0]! < seen.lower[0]! || seen.value[0]! > seen.upper[0]!, "it was outside its band");
});

test("evidence of a revision that was replaced can still be gathered: it speaks of the versions of then", async () => {
  const before = { asOf: iso(afterFirstHoursMs) };
  const { groups } = await client.call("listGroups", before);
  const retracted = groups.find(({ start }) => Date.parse(start) === startMs)!;
  const evidence = await client.call("getEvidence", { group: retracted.id, ...before });
  assert.equal(evidence.intervalVersion, 1);
  const { same, differences } = await client.call("verifyEvidence", { group: retracted.id, ...before });
  assert.equal(same, false, "the late rows are in the source now");
  assert.ok(differences.every(({ what }) => what !== "expected"), "what was expected has not changed: it does not depend on the interval");
});

test("instants of the future, before the first history and before a group are refused, each with the instant that would do", async () => {
  const refused = async (call: Promise<unknown>) => call.then(() => assert.fail("not refused"), (error: { message: string; where: string; advice: string }) => error);
  const detector = (await world.detector()).config.name;
  const future = await refused(client.call("listGroups", { asOf: iso(world.clock.nowMs() + 1000) }));
  assert.match(future.message, /is in the future/);
  assert.match(future.advice, new RegExp(`It is ${iso(world.clock.nowMs()).slice(0, 16)}`));
  const early = await refused(client.call("listIntervals", { detector, asOf: "2001-01-01T00:00:00Z" }));
  assert.match(early.message, /nothing was known at 2001/);
  assert.match(early.advice, /The first history became known at 20/);
  const { groups } = await client.call("listGroups", {});
  const newest = (await client.call("getGroup", { group: groups[0]!.id })).revisions.at(-1)!;
  const unborn = await refused(client.call("getGroup", { group: groups[0]!.id, asOf: iso(Date.parse(newest.knownAt) - 1) }));
  assert.match(unborn.message, /was not known yet/);
  assert.match(unborn.advice, new RegExp(newest.knownAt.slice(0, 16)));
  await assert.rejects(client.call("listGroups", { asOf: "yesterday" }), /not an instant/);
});

test("the command line asks the same with --as-of, and says what is wrong with an instant", async () => {
  const home = world.system.homeFolder; // nobody serves there
  const commands = { openLocal: () => Promise.resolve({ client, close: () => Promise.resolve() }) };
  const foretop = (...argv: string[]) => runForetop([...argv, "--home", home], null, { commands });
  const before = iso(afterFirstHoursMs);
  const { groups } = await client.call("listGroups", { asOf: before });
  const retracted = groups.find(({ start }) => Date.parse(start) === startMs)!;

  const [then, now] = [await foretop("anomaly", "list", "--as-of", before, "--json"), await foretop("anomaly", "list", "--json")];
  assert.deepEqual((JSON.parse(then.stdout) as { groups: unknown[] }).groups, groups);
  assert.equal(now.stdout.includes(retracted.id), false);
  const shown = await foretop("anomaly", "show", retracted.id, "--as-of", before);
  assert.match(shown.stdout, /status +open/);
  assert.match((await foretop("anomaly", "show", retracted.id)).stdout, /status +retracted/);
  assert.equal((await foretop("anomaly", "evidence", retracted.id, "--as-of", before)).code, 0);
  assert.equal((await foretop("anomaly", "evidence", retracted.id, "--as-of", before, "--verify")).code, 1);
  assert.match((await foretop("interval", "show", "orders", iso(startMs), "--as-of", before)).stdout, /version +1,/);
  assert.match((await foretop("interval", "list", "orders", "--as-of", before)).stdout, /COMPLETED/);

  for (const [instant, reason] of [["yesterday", /--as-of should be an instant/], ["2999-01-01T00:00:00Z", /is in the future/], ["2001-01-01T00:00:00Z", /nothing was known at 2001/]] as const) {
    const refused = await foretop("anomaly", "list", "--as-of", instant);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, reason);
  }
});
