import assert from "node:assert/strict";
import { test } from "vitest";
import { incidentsOf, type IncidentGroup } from "./incidents.ts";

const HOUR = 3_600_000;
const ios = [{ name: "platform", value: "ios" }];

function group(id: string, changes: Partial<IncidentGroup> = {}): IncidentGroup {
  return { id, detector: "shop", measure: id, severity: 80, direction: "down", startMs: 10 * HOUR, lastMs: 12 * HOUR, intervalSeconds: 3600, segments: [ios], ...changes };
}

test("groups of one segment at one time are one incident with one headline", () => {
  const incidents = incidentsOf([group("orders", { startMs: 11 * HOUR, severity: 95 }), group("views")], []);
  assert.deepEqual(incidents, [
    { id: "views", groups: ["views", "orders"], startMs: 10 * HOUR, lastMs: 12 * HOUR, severity: 95, headline: "views below expected in platform=ios, with orders" },
  ]);
});

test("a headline names the segments, also of a shift between two of them, and counts what it has no room for", () => {
  const platform = (value: string) => [{ name: "platform", value }];
  const headline = (...groups: IncidentGroup[]) => incidentsOf(groups, [])[0]!.headline;
  const others = ["orders", "revenue", "visits", "carts"].map((id, k) => group(id, { startMs: (11 + k) * HOUR, lastMs: 15 * HOUR }));
  const first = { lastMs: 15 * HOUR };
  assert.equal(headline(group("views", { ...first, direction: "mixed", segments: [platform("web"), platform("ios")] }), others[0]!), "views shifted between platform=web and platform=ios, with orders");
  assert.equal(headline(group("views", { ...first, segments: ["ios", "web", "tv", "radio"].map(platform) }), ...others), "views below expected in platform=ios, platform=web and 2 more, with orders, revenue, visits and 1 more");
  assert.equal(incidentsOf([group("views", { segments: [[]], direction: "up" }), group("orders", { segments: [[]] })], [["orders", "views"]])[0]!.headline, "orders below expected, with views");
});

test("a segment and its part belong together, two totals only when their measures are related", () => {
  const part = group("orders", { segments: [[...ios, { name: "country", value: "DE" }]] });
  assert.equal(incidentsOf([group("views"), part], []).length, 1);
  const totals = [group("views", { segments: [[]] }), group("orders", { segments: [[]] })];
  assert.equal(incidentsOf(totals, []).length, 0);
  assert.equal(incidentsOf(totals, [["orders", "views"]]).length, 1);
});

test("another segment, or the same one much later, is another incident", () => {
  assert.equal(incidentsOf([group("views"), group("orders", { segments: [[{ name: "platform", value: "web" }]] })], []).length, 0);
  assert.equal(incidentsOf([group("views"), group("orders", { startMs: 16 * HOUR, lastMs: 17 * HOUR })], [["views", "orders"]]).length, 0);
  assert.equal(incidentsOf([group("views"), group("orders", { startMs: 15 * HOUR, lastMs: 17 * HOUR })], []).length, 1);
});

test("the order of groups does not matter", () => {
  const groups = [group("a"), group("b"), group("c", { segments: [[]] }), group("d", { startMs: 30 * HOUR, lastMs: 31 * HOUR })];
  assert.deepEqual(incidentsOf([...groups].reverse(), [["c", "a"]]), incidentsOf(groups, [["a", "c"]]));
});
