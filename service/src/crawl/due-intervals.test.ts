import assert from "node:assert/strict";
import { test } from "vitest";
import { at, configOf } from "../../test/crawl-world.ts";
import type { Detector, DetectorConfig } from "../resources/detector.ts";
import { dueIntervals, liveFrom, nextDueMs } from "./due-intervals.ts";

const detectorOf = (config: Partial<DetectorConfig>, head: string | null): Detector => ({
  id: "d", generation: 1, config: configOf(config), configHash: "", status: "ACTIVE", failureReason: null, muted: false, createdMs: 0, modifiedMs: 0,
  headMs: head === null ? null : at(head), lineage: 0, liveFromMs: null,
});
const hours = (detector: Detector, now: string, limit = 100): string[] =>
  dueIntervals(detector, at(now), limit).map(({ startMs, endMs }) => `${new Date(startMs).toISOString().slice(11, 16)}–${new Date(endMs).toISOString().slice(11, 16)}`);

test("an interval is due when it has ended at least the offset ago", () => {
  const detector = detectorOf({ offsetSeconds: 300 }, "2026-03-01T10:00Z");
  assert.deepEqual(hours(detector, "2026-03-01T11:04:59.999Z"), []);
  assert.deepEqual(hours(detector, "2026-03-01T11:05Z"), ["10:00–11:00"]);
  assert.equal(nextDueMs(detector), at("2026-03-01T11:05Z"));
});

test("after an outage all intervals are due, oldest first, a bounded number at a time", () => {
  const detector = detectorOf({}, "2026-03-01T00:00Z");
  assert.deepEqual(hours(detector, "2026-03-01T03:30Z"), ["00:00–01:00", "01:00–02:00", "02:00–03:00"]);
  assert.deepEqual(hours(detector, "2026-03-01T03:30Z", 2), ["00:00–01:00", "01:00–02:00"]);
});

test("due intervals touch: each begins where the one before ended, through a change of clocks", () => {
  const due = dueIntervals(detectorOf({ zone: "Europe/Berlin", frequency: "P1D" }, "2026-03-26T23:00Z"), at("2026-04-02T12:00Z"), 100);
  assert.equal(due.length, 6);
  due.forEach((interval, i) => assert.equal(interval.startMs, i === 0 ? at("2026-03-26T23:00Z") : due[i - 1]!.endMs));
  assert.equal(due.at(-1)!.endMs, at("2026-04-01T22:00Z"));
});

test("history ends at an interval's end that is due, and the first live interval begins there", () => {
  const config = { offsetSeconds: 300 };
  assert.equal(liveFrom(detectorOf(config, null), at("2026-03-01T11:04:59Z")), at("2026-03-01T10:00Z"));
  assert.equal(liveFrom(detectorOf(config, null), at("2026-03-01T11:05Z")), at("2026-03-01T11:00Z"));
  for (let now = at("2026-03-01T00:00Z"); now < at("2026-03-02T00:00Z"); now += 97_000) {
    const from = liveFrom(detectorOf(config, null), now);
    const live = { ...detectorOf(config, null), headMs: from };
    assert.deepEqual(dueIntervals(live, now, 10), [], "nothing of history is due again");
    assert.deepEqual(dueIntervals(live, from + 3_600_000 + 300_000, 10), [{ startMs: from, endMs: from + 3_600_000 }]);
  }
});

test("before history nothing is due", () => {
  assert.deepEqual(hours(detectorOf({}, null), "2026-03-01T00:00Z"), []);
});
