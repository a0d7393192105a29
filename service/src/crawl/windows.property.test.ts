/** What holds of every schedule: which intervals are due, when the next one is, when a failed one is tried again. */
import fc from "fast-check";
import { FREQUENCIES, intervalStartAt, nextIntervalStart, rhythmOf, type Frequency } from "@foretop/engine";
import assert from "node:assert/strict";
import { test } from "vitest";
import { configOf } from "../../test/crawl-world.ts";
import type { Detector } from "../resources/detector.ts";
import type { LedgerAttempt } from "../store/store.ts";
import { dueIntervals, liveFrom, nextDueMs } from "./due-intervals.ts";
import { retryAtAfter } from "./retry-rule.ts";

const runs = { numRuns: 400, seed: 20261123 };
const scheduled = fc
  .record({
    frequency: fc.constantFrom<Frequency>(...FREQUENCIES),
    zone: fc.constantFrom("UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"),
    offsetSeconds: fc.integer({ min: 0, max: 7200 }),
    nearMs: fc.integer({ min: Date.UTC(2011, 0), max: Date.UTC(2030, 0) }),
    behind: fc.double({ min: -1, max: 30, noNaN: true }),
    limit: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ frequency, zone, offsetSeconds, nearMs, behind, limit }) => {
    const config = configOf({ frequency, zone, offsetSeconds });
    const headMs = intervalStartAt(nearMs, frequency, zone);
    const detector: Detector = {
      id: "d", generation: 1, config, configHash: "", status: "ACTIVE", failureReason: null, muted: false, createdMs: 0, modifiedMs: 0, headMs, lineage: 0, liveFromMs: null,
    };
    return { detector, nowMs: Math.floor(headMs + behind * rhythmOf(frequency).intervalSeconds * 1000), limit };
  });

test("due intervals begin at the head, touch, are over by the offset, and are all of those unless the limit cuts them off", () => {
  fc.assert(
    fc.property(scheduled, ({ detector, nowMs, limit }) => {
      const { frequency, zone, offsetSeconds } = detector.config;
      const due = dueIntervals(detector, nowMs, limit);
      let expectedMs = detector.headMs!;
      for (const { startMs, endMs } of due) {
        assert.equal(startMs, expectedMs);
        assert.equal(endMs, nextIntervalStart(startMs, frequency, zone));
        assert.ok(endMs + offsetSeconds * 1000 <= nowMs);
        expectedMs = endMs;
      }
      assert.ok(due.length <= limit);
      if (due.length < limit) assert.ok(nextIntervalStart(expectedMs, frequency, zone) + offsetSeconds * 1000 > nowMs);
    }),
    runs,
  );
});

test("something is due exactly from the instant that nextDueMs says", () => {
  fc.assert(
    fc.property(scheduled, ({ detector }) => {
      const dueMs = nextDueMs(detector)!;
      assert.equal(dueIntervals(detector, dueMs - 1, 2).length, 0);
      assert.equal(dueIntervals(detector, dueMs, 2).length, 1);
    }),
    runs,
  );
});

test("history ends where live begins: nothing of it is due, and what follows is due an interval and the offset later", () => {
  fc.assert(
    fc.property(scheduled, ({ detector, nowMs }) => {
      const { frequency, zone, offsetSeconds } = detector.config;
      const headMs = liveFrom(detector, nowMs);
      assert.ok(headMs + offsetSeconds * 1000 <= nowMs);
      assert.ok(nextIntervalStart(headMs, frequency, zone) + offsetSeconds * 1000 > nowMs);
      assert.deepEqual(dueIntervals({ ...detector, headMs }, nowMs, 5), []);
    }),
    runs,
  );
});

const outcomes = ["running", "succeeded", "failed", "cancelled", "abandoned", "incomplete"] as const;
const attempts = fc.array(
  fc.record({ outcome: fc.constantFrom(...outcomes), transient: fc.constantFrom(true, false, null), endedMs: fc.integer({ min: 0, max: 1e12 }) }),
  { maxLength: 25 },
).map((list) => list.map(({ outcome, transient, endedMs }): LedgerAttempt => ({
  id: "", detectorId: "", generation: 1, purpose: "live", interval: { startMs: 0, endMs: 1 }, attempt: 1, statement: "", parameters: [], queryHash: "", statementId: null,
  outcome, errorCode: null, error: null, transient, rows: 0, bytes: 0, maxTimestampMs: null, startedMs: 0, endedMs: outcome === "running" ? null : endedMs,
})));
const length = fc.constantFrom(300_000, 600_000, 3_600_000, 86_400_000);

test("a retry is at once or within an hour, never given up; after what we or a crash cut off it is at once", () => {
  fc.assert(
    fc.property(attempts, length, (list, intervalMs) => {
      const atMs = retryAtAfter(list, intervalMs);
      const last = list[0];
      if (last === undefined || ["running", "cancelled", "abandoned"].includes(last.outcome)) return assert.equal(atMs, 0);
      if (last.outcome === "succeeded" && list[1]?.outcome !== "succeeded") return assert.equal(atMs, 0);
      const waitMs = atMs - last.endedMs!;
      assert.ok(waitMs >= 15_000 && waitMs <= 3_600_000, `${waitMs}`);
      if (last.outcome === "incomplete") assert.equal(waitMs, Math.min(600_000, Math.max(30_000, intervalMs / 10)));
    }),
    runs,
  );
});

test("one more failure of the same kind never shortens the wait, and at most doubles it", () => {
  fc.assert(
    fc.property(attempts, fc.constantFrom(true, false, null), length, (before, transient, intervalMs) => {
      const failed = (endedMs: number): LedgerAttempt => ({ ...(before[0] ?? EMPTY), outcome: "failed", transient, endedMs });
      const once = retryAtAfter([failed(0), ...before], intervalMs);
      const twice = retryAtAfter([failed(0), failed(0), ...before], intervalMs);
      assert.ok(twice >= once && twice <= 2 * once, `${once} → ${twice}`);
      assert.ok(once >= (transient === false ? 300_000 : 15_000));
    }),
    runs,
  );
});

const EMPTY: LedgerAttempt = {
  id: "", detectorId: "", generation: 1, purpose: "live", interval: { startMs: 0, endMs: 1 }, attempt: 1, statement: "", parameters: [], queryHash: "", statementId: null,
  outcome: "failed", errorCode: null, error: null, transient: true, rows: 0, bytes: 0, maxTimestampMs: null, startedMs: 0, endedMs: 0,
};
