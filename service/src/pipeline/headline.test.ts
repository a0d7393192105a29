import { strict as assert } from "node:assert";
import type { AnomalyGroup, GroupMember } from "@foretop/engine";
import { test } from "vitest";
import { headlineOf } from "./headline.ts";

function member(series: number, changes: Partial<GroupMember>): GroupMember {
  return { series, kind: "dip", direction: "down", severity: 90, startMs: 0, lastMs: 0, intervalCount: 1, peakMs: 0, actual: 1, expected: 2, lower: 1, upper: 3, ...changes };
}

function group(changes: Partial<AnomalyGroup>): AnomalyGroup {
  return {
    id: "g", revision: 1, measure: "views", status: "open", mergedInto: null, kind: "dip", direction: "down", severity: 90, startMs: 0, lastMs: 0, peakMs: 0,
    members: [member(0, {})], head: [0], actual: 1162, expected: 1400, lower: 1300, upper: 1500, quietIntervals: 0, ...changes,
  };
}
const hourly = { intervalSeconds: 3600 };

test("a headline says how much, which way, and where", () => {
  assert.equal(headlineOf(group({}), [{ platform: "ios" }], hourly), "views 238 below expected (−17 %): platform=ios");
  assert.equal(headlineOf(group({ actual: 1410, direction: "up" }), [{}], hourly), "views 10 above expected (+0.7 %): everything");
  assert.equal(headlineOf(group({ kind: "level shift" }), [{ a: null, b: "x" }], hourly), "views 238 below expected (−17 %), a level shift: a=null & b=x");
});

test("nothing expected has no percentage; more than three segments are counted", () => {
  assert.equal(headlineOf(group({ actual: 5, expected: 0, direction: "up" }), [{}], hourly), "views 5 above expected: everything");
  const many = ["a", "b", "c", "d", "e"].map((value) => ({ k: value }));
  assert.equal(headlineOf(group({}), many, hourly), "views 238 below expected (−17 %): k=a, k=b, k=c and 2 more");
});

test("stopped and zero are said in words, with what was expected", () => {
  assert.equal(headlineOf(group({ kind: "stopped", actual: NaN, expected: 512 }), [{ m: "jp" }], hourly), "views stopped: no rows for m=jp, 512 expected an hour");
  assert.equal(headlineOf(group({ kind: "drop to zero", actual: 0 }), [{ m: "jp" }], { intervalSeconds: 300 }), "views fell to zero: m=jp, 1,400 expected every 5 minutes");
});

test("segments that moved against each other are told each with its own share, not with a sum that says nothing", () => {
  const mixed = group({
    direction: "mixed", head: [0, 1],
    members: [member(0, { actual: 61, expected: 100, severity: 99 }), member(1, { actual: 154, expected: 100, severity: 95, direction: "up" })],
  });
  assert.equal(headlineOf(mixed, [{ p: "app" }, { p: "web" }], hourly), "views shifted between segments: p=app −39 %, p=web +54 %");
});
