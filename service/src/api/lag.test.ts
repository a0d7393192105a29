import assert from "node:assert/strict";
import { test } from "vitest";
import { CONFIGS } from "../../test/world/configs.ts";
import type { Detector } from "../resources/detector.ts";
import { lagOf } from "./lag.ts";
import { learningOf, pointsNeededBy } from "./learning.ts";

const HOUR_MS = 3_600_000;
const HEAD_MS = Date.UTC(2026, 2, 2, 10);

function detector(change: Partial<Detector> = {}): Detector {
  return { id: "d", generation: 1, config: CONFIGS.active, configHash: "", status: "ACTIVE", failureReason: null, muted: false, createdMs: 0, modifiedMs: 0, headMs: HEAD_MS, lineage: 0, liveFromMs: HEAD_MS, ...change };
}

test("nothing is due until the interval's end and the offset have passed", () => {
  assert.deepEqual(lagOf(detector(), HEAD_MS + HOUR_MS + 299_999), { lagSeconds: 0, dueIntervals: 0, nextDue: "2026-03-02T11:05:00Z" });
  assert.deepEqual(lagOf(detector(), HEAD_MS + HOUR_MS + 300_000), { lagSeconds: 0, dueIntervals: 1, nextDue: "2026-03-02T11:05:00Z" });
});

test("after an outage the lag is that of the oldest due interval, and all are counted", () => {
  assert.deepEqual(lagOf(detector(), HEAD_MS + 5 * HOUR_MS + 360_000), { lagSeconds: 4 * 3600 + 60, dueIntervals: 5, nextDue: "2026-03-02T11:05:00Z" });
});

test("a head of years ago costs no long loop: due intervals are counted up to a limit", () => {
  assert.equal(lagOf(detector({ headMs: 0 }), HEAD_MS).dueIntervals, 10_000);
});

test("days are due at local midnight plus the offset, on a day of 23 hours too", () => {
  const config = { ...CONFIGS.quiet, zone: "Europe/Berlin", offsetSeconds: 0 } as const;
  const headMs = Date.parse("2026-03-28T23:00:00Z"); // Sunday 29 March has 23 hours
  assert.equal(lagOf(detector({ config, headMs }), headMs).nextDue, "2026-03-29T22:00:00Z");
});

test("a detector that is not running has no lag", () => {
  for (const status of ["INACTIVE", "ACTIVATING", "FAILED", "DELETING"] as const) {
    assert.deepEqual(lagOf(detector({ status }), HEAD_MS + 100 * HOUR_MS), { lagSeconds: 0, dueIntervals: 0, nextDue: null });
  }
  assert.equal(lagOf(detector({ headMs: null }), HEAD_MS).nextDue, null);
});

test("a series needs 300 points, 14 of daily data; none once it has them", () => {
  assert.equal(pointsNeededBy(detector(), HEAD_MS - 61 * HOUR_MS), 239);
  assert.equal(pointsNeededBy(detector(), HEAD_MS - 299 * HOUR_MS), 1);
  assert.equal(pointsNeededBy(detector(), HEAD_MS - 300 * HOUR_MS), 0);
  assert.equal(pointsNeededBy(detector(), 0), 0);
  assert.equal(pointsNeededBy(detector(), HEAD_MS), 300);
  const daily = detector({ config: CONFIGS.quiet, headMs: Date.UTC(2026, 2, 2) });
  assert.equal(pointsNeededBy(daily, Date.UTC(2026, 1, 20)), 4);
});

test("learning is told of a LEARNING detector only", () => {
  assert.equal(learningOf(detector(), []), null);
  assert.deepEqual(learningOf(detector({ status: "LEARNING" }), []), { pointsSeen: 0, pointsNeeded: 300, readyAt: "2026-03-14T22:05:00Z" });
});
