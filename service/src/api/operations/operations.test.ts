import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { openWorld, type OpenWorld } from "../../../test/world/open-world.ts";
import { UserError } from "../../telemetry/errors.ts";
import { inProcessClient, type Client } from "../client.ts";

let world: OpenWorld;
let client: Client;

beforeAll(async () => {
  world = await openWorld();
  client = inProcessClient(world.system, world.app);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;

async function refusal(call: Promise<unknown>): Promise<UserError> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UserError, `refused with a UserError, not ${String(error)}`);
  return error;
}

async function groupOfKind(kind: string) {
  const { groups } = await client.call("listGroups", {});
  return groups.find((group) => group.kind === kind)!;
}

test("listDetectors tells every state apart", async () => {
  const { detectors } = await client.call("listDetectors", {});
  assert.deepEqual(
    detectors.map(({ name, status }) => [name, status]),
    [["ecommerce", "ACTIVE"], ["inventory", "ACTIVE"], ["payments", "FAILED"], ["returns", "INACTIVE"], ["signups", "LEARNING"]],
  );
  const [ecommerce, , payments] = detectors;
  assert.deepEqual(ecommerce!.lastInterval, { start: "2026-03-02T09:00:00Z", end: "2026-03-02T10:00:00Z" });
  assert.deepEqual(ecommerce!.lag, { lagSeconds: 0, dueIntervals: 0, nextDue: "2026-03-02T11:05:00Z" });
  assert.equal(ecommerce!.openGroupCount, 1);
  assert.equal(ecommerce!.lastFailure, null);
  assert.equal(payments!.lastFailure!.message, 'password authentication failed for user "foretop"');
  assert.equal(payments!.lastFailure!.transient, false);
});

test("a learning detector says how many points it still needs, and when it will have them", async () => {
  const { learning } = await client.call("getDetector", { detector: "signups" });
  assert.deepEqual(learning, { pointsSeen: 61, pointsNeeded: 239, readyAt: "2026-03-12T09:05:00Z" });
  const { series } = await client.call("listSeries", { detector: "signups" });
  assert.deepEqual(series.map(({ name, pointsNeeded }) => [name, pointsNeeded]), [["total", 239], ["country=de", 239], ["country=fr", 239], ["country=null", 239]]);
});

test("getDetector shows references to secrets, never what looks like one", async () => {
  const { source, alerts, series, recent } = await client.call("getDetector", { detector: "ecommerce" });
  assert.equal(source.settings["password"], "env:SHOP_PASSWORD");
  assert.equal(alerts[0]!.channel.settings["url"], "https://hooks.example.com/…");
  assert.deepEqual(series, { leaves: 42, rollUps: 22 });
  assert.equal(recent.intervalCount, 336);
  assert.equal(recent.judgedCount, 336 * 64);
});

test("a detector is found by name and by id; an unknown one lists those there are", async () => {
  const byName = await client.call("getDetector", { detector: "ecommerce" });
  assert.equal((await client.call("getDetector", { detector: byName.id })).name, "ecommerce");
  const error = await refusal(client.call("getDetector", { detector: "ecomerce" }));
  assert.equal(error.code, "NOT_FOUND");
  assert.equal(error.advice, "Detectors are: ecommerce, inventory, payments, returns, signups.");
});

test("listGroups: newest first, at or above the severity, counted as a whole and by measure", async () => {
  const { groups, statistics } = await client.call("listGroups", { detector: "ecommerce", severityMin: 70, limit: 3 });
  assert.equal(groups.length, 3);
  assert.equal(groups[0]!.headline, "revenue 778 below expected (−25 %), a level shift: platform=mobile_app");
  assert.equal(groups[0]!.end, "2026-03-02T10:00:00Z");
  assert.ok(groups.every(({ start }, i) => i === 0 || start <= groups[i - 1]!.start), "newest first");
  assert.deepEqual(statistics, {
    total: 7,
    from: "2026-02-16T10:00:00Z",
    byMeasure: [{ measure: "revenue", count: 3 }, { measure: "views", count: 4 }],
  });
});

test("listGroups: the pages together are the whole, each group once", async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call("listGroups", { limit: 3, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.groups.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  assert.equal(seen.length, 10);
  assert.equal(new Set(seen).size, 10);
});

test("listGroups: measure, state and time narrow it down", async () => {
  const revenue = await client.call("listGroups", { measure: "revenue" });
  assert.ok(revenue.groups.every(({ measure }) => measure === "revenue"));
  const open = await client.call("listGroups", { status: "open" });
  assert.deepEqual(open.groups.map(({ kind }) => kind), ["level shift"]);
  const stopped = await groupOfKind("stopped");
  const during = await client.call("listGroups", { from: stopped.start, to: stopped.end });
  assert.deepEqual(during.groups.map(({ id }) => id), [stopped.id]);
  const error = await refusal(client.call("listGroups", { from: stopped.end, to: stopped.start }));
  assert.equal(error.where, "from");
});

test("getGroup: names, contributions that sum to 100, the SQL with bound values, its reading, deliveries", async () => {
  const { id } = await groupOfKind("level shift");
  const group = await client.call("getGroup", { group: id });
  assert.deepEqual(group.segments, [{ platform: "mobile_app" }]);
  assert.equal(group.members.filter(({ isHead }) => isHead)[0]!.name, "platform=mobile_app");
  assert.equal(group.members.length, group.memberCount);
  for (const { dimension, values } of group.contributions) {
    const sum = values.reduce((total, { score }) => total + score, 0);
    assert.ok(Math.abs(sum - 100) < 1e-9, `${dimension} sums to ${sum}`);
  }
  assert.ok(group.evidence.shown.includes("ts >= '2026-03-02T09:00:00Z' and ecommerce.ts < '2026-03-02T10:00:00Z'"), group.evidence.shown);
  assert.ok(group.evidence.shown.endsWith("-- a comment with $1 in it"), "what is in a comment stays as it is");
  assert.deepEqual(group.evidence.parameters, ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"]);
  assert.equal(group.evidence.attempt!.rows, 21);
  assert.deepEqual(group.deliveries.map(({ status, attempts, detail }) => [status, attempts, detail]), [["failed", 8, "connection refused by hooks.example.com"]]);
  assert.deepEqual(group.revisions.map(({ revision }) => revision), [1]);
  assert.equal((await refusal(client.call("getGroup", { group: "0" }))).code, "NOT_FOUND");
});

test("getGroup: the segments that did it with their surroundings and SQL, and whether the data is at fault", async () => {
  const { causes, data } = await client.call("getGroup", { group: (await groupOfKind("level shift")).id });
  assert.equal(causes!.verdict, "segments");
  const [cause] = causes!.causes;
  assert.deepEqual([cause!.segment, cause!.name, cause!.direction, cause!.strength, cause!.inGroup], [{ platform: "mobile_app" }, "platform=mobile_app", "down", "strong", true]);
  assert.match(causes!.sentence, /platform=mobile_app fell 2\d % and explains/);
  assert.ok(cause!.siblings.some(({ fixed, otherwise }) => fixed && otherwise.length > 0), "its siblings were looked at");
  assert.match(cause!.sql!, /where "platform" = 'mobile_app'$/);
  assert.equal(data!.verdict, "probably the business");
  const stopped = await client.call("getGroup", { group: (await groupOfKind("stopped")).id });
  assert.deepEqual([stopped.data!.verdict, stopped.data!.reasons], ["probably the pipeline", ["1 of 7 partitions is missing (marketplace=jp)"]]);
});

test("getGroupSeries: the head first, 28 days of hours before, actual beside expected and band", async () => {
  const { id, start } = await groupOfKind("level shift");
  const page = await client.call("getGroupSeries", { group: id });
  assert.equal(page.series[0]!.name, "platform=mobile_app");
  assert.equal(page.series.length, 4);
  assert.equal(page.starts[0], new Date(Date.parse(start) - 28 * 24 * HOUR_MS).toISOString().replace(".000Z", "Z"));
  assert.equal(page.starts.length, 28 * 24 + 6);
  const [head] = page.series;
  const at = page.starts.indexOf(start);
  assert.ok(head!.value[at]! < head!.lower[at]!, "below its band in the group");
  assert.deepEqual(head!.findings.filter(({ index }) => index >= at).map(({ kind, heldBack }) => [kind, heldBack]), Array.from({ length: 6 }, () => ["level shift", null]));
  assert.equal(head!.status[0], "history");
  assert.equal(head!.expected[0], null);
  assert.equal(head!.status[at], "judged");
});

test("getGroupSeries: every member once over its pages", async () => {
  const { id, seriesCount } = await groupOfKind("level shift");
  const seen = new Set<number>();
  let cursor: string | undefined;
  do {
    const page = await client.call("getGroupSeries", { group: id, limit: 5, contextIntervals: 1, ...(cursor !== undefined && { cursor }) });
    assert.equal(page.total, seriesCount);
    for (const { series } of page.series) seen.add(series);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  assert.equal(seen.size, seriesCount);
});

test("a series that stopped is missing, its finding sits where nothing arrived", async () => {
  const { id, start } = await groupOfKind("stopped");
  const { series, starts } = await client.call("getGroupSeries", { group: id, limit: 1 });
  const at = starts.indexOf(start);
  assert.equal(series[0]!.value[at], null);
  assert.equal(series[0]!.status[at], "missing");
  assert.ok(series[0]!.expected[at]! > 0);
});

test("getSeriesPoints: findings that were held back keep their reason", async () => {
  const { series } = await client.call("listSeries", { detector: "ecommerce", search: "MARKETPLACE=CA & PLATFORM=MOBILE_APP", measure: "revenue" });
  assert.equal(series.length, 1);
  const points = await client.call("getSeriesPoints", { detector: "ecommerce", series: series[0]!.series });
  assert.equal(points.starts.length, 672);
  assert.ok(points.findings.some(({ heldBack }) => heldBack === "below the minimum effect"));
  assert.equal((await refusal(client.call("getSeriesPoints", { detector: "ecommerce", series: 64 }))).code, "NOT_FOUND");
  const tooLong = await refusal(client.call("getSeriesPoints", { detector: "ecommerce", series: 0, from: "2020-01-01T00:00:00Z" }));
  assert.equal(tooLong.code, "LIMIT");
});

test("listIntervals pages back in time without a gap; getInterval adds quality and readings", async () => {
  const first = await client.call("listIntervals", { detector: "ecommerce", limit: 200 });
  const second = await client.call("listIntervals", { detector: "ecommerce", limit: 200, cursor: first.nextCursor! });
  const starts = [...first.intervals, ...second.intervals].map(({ start }) => Date.parse(start));
  assert.equal(starts.length, 336);
  assert.ok(starts.every((ms, i) => i === 0 || ms === starts[i - 1]! - HOUR_MS));
  assert.equal(second.nextCursor, null);
  const one = await client.call("getInterval", { detector: "ecommerce", start: "2026-03-02T01:00:00+01:00" });
  assert.equal(one.start, "2026-03-02T00:00:00Z");
  assert.deepEqual(one.rows!.reasons, { "null measure": 2 });
  assert.deepEqual(one.quality.map(({ type }) => type).sort(), ["COLUMN_COMPLETENESS", "INVALID_ROWS_COMPLIANCE", "ROWS_PROCESSED", "TIME_SERIES_COUNT"]);
  assert.deepEqual(one.attempts.map(({ outcome, rows }) => [outcome, rows]), [["succeeded", 21]]);
  assert.equal((await refusal(client.call("getInterval", { detector: "ecommerce", start: "2026-03-02T00:30:00Z" }))).code, "NOT_FOUND");
});

test("listLedger has the failed reading with its code", async () => {
  const { attempts } = await client.call("listLedger", { detector: "payments" });
  assert.deepEqual(attempts.map(({ purpose, outcome, errorCode }) => [purpose, outcome, errorCode]), [["history", "failed", "AUTHENTICATE"]]);
});

test("what could not be delivered is listed, and sent again under the same key", async () => {
  const { deliveries } = await client.call("listDeliveries", { detector: "ecommerce", status: "failed" });
  assert.equal(deliveries.length, 1);
  await client.call("resendDelivery", { delivery: deliveries[0]!.key });
  const { deliveries: pending } = await client.call("listDeliveries", { status: "pending" });
  assert.deepEqual(pending.map(({ key }) => key), [deliveries[0]!.key]);
});

test("muting shows on the detector and can be taken back", async () => {
  assert.equal((await client.call("muteDetector", { detector: "ecommerce", muted: true })).muted, true);
  assert.equal((await client.call("muteDetector", { detector: "ecommerce", muted: false })).muted, false);
});

test("activate, deactivate: what the lifecycle allows, a conflict else", async () => {
  assert.equal((await client.call("activateDetector", { detector: "returns" })).status, "ACTIVATING");
  assert.equal((await refusal(client.call("activateDetector", { detector: "ecommerce" }))).code, "CONFLICT");
  assert.equal((await client.call("deactivateDetector", { detector: "signups" })).status, "INACTIVE");
});

test("rerunInterval refuses an instant that is no start, and names the one that is", async () => {
  const error = await refusal(client.call("rerunInterval", { detector: "ecommerce", start: "2026-03-02T08:20:00Z" }));
  assert.equal(error.message, "no PT1H interval starts at 2026-03-02T08:20:00Z");
  assert.equal(error.advice, "The interval that holds it starts at 2026-03-02T08:00:00Z.");
});

test("getStatus counts detectors by status and what is wrong", async () => {
  const status = await client.call("getStatus", {});
  assert.equal(status.now, "2026-03-02T10:10:00Z");
  assert.equal(Object.values(status.detectors).reduce((sum, count) => sum + count, 0), 5);
  assert.deepEqual(status.notReady, []);
});

test("input is checked before anything runs: which field, what would be right", async () => {
  const cases: [() => Promise<unknown>, string, RegExp][] = [
    [() => client.call("listGroups", { severityMin: 101 }), "severityMin", /over 100/],
    [() => client.call("listGroups", { limit: 501 }), "limit", /over 500/],
    [() => client.call("listGroups", { from: "yesterday" }), "from", /not an instant/],
    [() => client.call("listGroups", { cursor: "x".repeat(1001) }), "cursor", /longer than 1000/],
    [() => client.call("getGroupSeries", { group: "g", limit: 21 }), "limit", /over 20/],
    [() => client.call("listSeries", { detector: "ecommerce", cursor: "AAAA" }), "cursor", /not one of this list/],
    [() => client.call("listIntervals", { detector: "ecommerce", cursor: "bzEw" }), "cursor", /not one of this list/],
    [() => client.call("planConfig", { entry: "params.json", files: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`${i}.sql`, ""])) }), "files", /more than 32 files/],
  ];
  for (const [call, where, message] of cases) {
    const error = await refusal(call());
    assert.equal(error.where, where);
    assert.ok(message.test(error.message), error.message);
  }
});

test("deleteDetector removes it with its groups", async () => {
  const { id } = await client.call("getDetector", { detector: "ecommerce" });
  assert.deepEqual(await client.call("deleteDetector", { detector: "ecommerce" }), { deleted: id });
  assert.equal((await refusal(client.call("getDetector", { detector: "ecommerce" }))).code, "NOT_FOUND");
  assert.equal((await client.call("listGroups", {})).statistics.total, 0);
});
