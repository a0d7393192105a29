import assert from "node:assert/strict";
import { test } from "vitest";
import { configOf } from "../../test/crawl-world.ts";
import { waitUntilMs, whyIncomplete } from "./completeness.ts";
import type { Reading } from "./completeness.ts";

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2026, 2, 2);
const reading = (hour: number, rows: number, reach = 0.99): Reading => ({
  startMs: MONDAY + hour * HOUR, endMs: MONDAY + (hour + 1) * HOUR, rows, maxTimestampMs: rows === 0 ? null : MONDAY + (hour + reach) * HOUR,
});
const config = configOf({ completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 } });
/** `days` of 100 rows an hour by day and 10 by night, newest first. */
const days = (count: number, reach = 0.99): Reading[] => Array.from({ length: count * 24 }, (_, h) => reading(h, h % 24 < 6 ? 10 : 100, reach)).toReversed();

test("fewer rows than the share of what is usual at that hour look incomplete", () => {
  assert.match(whyIncomplete(config, reading(7 * 24 + 12, 49), days(7)) ?? "", /^49 % of the usual rows \(49 of 100\)$/);
  assert.equal(whyIncomplete(config, reading(7 * 24 + 12, 50), days(7)), null);
  assert.match(whyIncomplete(config, reading(7 * 24 + 12, 0), days(7)) ?? "", /^0 % of the usual rows/);
});

test("a quiet night is no reason to wait", () => {
  assert.equal(whyIncomplete(config, reading(7 * 24 + 3, 9), days(7)), null);
});

test("one odd day does not change what is usual", () => {
  const earlier = days(7).map((r) => (r.startMs === MONDAY + 12 * HOUR ? { ...r, rows: 1_000_000 } : r));
  assert.equal(whyIncomplete(config, reading(7 * 24 + 12, 60), earlier), null);
});

test("rows that stop early in the interval look incomplete where they usually reach its end", () => {
  assert.match(whyIncomplete(config, reading(7 * 24 + 12, 90, 0.3), days(7)) ?? "", /^rows reach 30 % into the interval, usually 99 %$/);
  // Rows that are all stamped with the hour say nothing about how far they reach.
  assert.equal(whyIncomplete(config, reading(7 * 24 + 12, 90, 0), days(7, 0)), null);
});

test("while too little has been read to know what is usual, nothing looks incomplete", () => {
  assert.equal(whyIncomplete(config, reading(11, 1), days(1).slice(-11)), null);
  assert.match(whyIncomplete(config, reading(30, 1), days(1)) ?? "", /of the usual rows/);
});

test("a share of 0 switches the check off", () => {
  assert.equal(whyIncomplete(configOf({ completeness: { rowShareMin: 0, waitIntervalsMax: 2 } }), reading(7 * 24 + 12, 0), days(7)), null);
});

test("waiting ends the given number of intervals after the reading was due", () => {
  assert.equal(waitUntilMs({ ...config, offsetSeconds: 300 }, { startMs: 0, endMs: HOUR }), 3 * HOUR + 300_000);
});
