/** What holds of every calendar, whatever the zone, the frequency and the instant: properties, not examples. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "vitest";
import { intervalStartAt, intervalStartBefore, intervalStarts, nextIntervalStart, positionOf, previousIntervalStart } from "./calendar.ts";
import { toLocalMs } from "./local-time.ts";
import { FREQUENCIES, rhythmOf } from "./rhythm.ts";

const HOUR = 3_600_000;
const frequency = fc.constantFrom(...FREQUENCIES);
const zone = fc.constantFrom(
  "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana",
  "Pacific/Apia", "Africa/Casablanca", "America/Caracas", "Antarctica/Troll", "Pacific/Chatham",
);
/** 1975 to 2040, half of them within two days of a change of clocks or a New Year somewhere */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2040, 0) }),
  fc
    .tuple(
      fc.constantFrom(Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 10, 1, 6), Date.UTC(2017, 0, 1), Date.UTC(2011, 11, 30, 10), Date.UTC(2026, 3, 23, 22), Date.UTC(2010, 10, 7, 2, 31)),
      fc.integer({ min: -48 * HOUR, max: 48 * HOUR }),
    )
    .map(([change, off]) => change + off),
);
const holds = <T extends [unknown, ...unknown[]]>(arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }, property: (...values: T) => void): void =>
  fc.assert(fc.property(...arbitraries, property), { numRuns: 500, seed: 20261123 });

test("every instant lies in exactly one interval, which starts at or before it and ends after it", () => {
  holds<[number, (typeof FREQUENCIES)[number], string]>([instant, frequency, zone], (ms, f, z) => {
    const start = intervalStartAt(ms, f, z);
    const end = nextIntervalStart(start, f, z);
    assert.ok(start <= ms && ms < end, `${start} ≤ ${ms} < ${end}`);
    assert.equal(intervalStartAt(start, f, z), start);
    assert.equal(intervalStartAt(end - 1, f, z), start);
    assert.equal(intervalStartAt(end, f, z), end);
  });
});

test("next and previous undo each other", () => {
  holds<[number, (typeof FREQUENCIES)[number], string]>([instant, frequency, zone], (ms, f, z) => {
    const start = intervalStartAt(ms, f, z);
    assert.equal(previousIntervalStart(nextIntervalStart(start, f, z), f, z), start);
    assert.equal(nextIntervalStart(previousIntervalStart(start, f, z), f, z), start);
  });
});

test("the starts of a range are all of its starts, in order, and none else", () => {
  holds<[number, number, (typeof FREQUENCIES)[number], string]>([instant, fc.integer({ min: 0, max: 60 }), frequency, zone], (from, count, f, z) => {
    const to = from + count * rhythmOf(f).intervalSeconds * 1000;
    const starts = intervalStarts(from, to, f, z);
    for (const start of starts) assert.ok(start >= from && start < to && intervalStartAt(start, f, z) === start);
    for (let i = 1; i < starts.length; i++) assert.equal(starts[i], nextIntervalStart(starts[i - 1]!, f, z));
    if (starts.length > 0) {
      assert.ok(previousIntervalStart(starts[0]!, f, z) < from);
      assert.ok(nextIntervalStart(starts.at(-1)!, f, z) >= to);
    } else assert.ok(nextIntervalStart(intervalStartAt(from, f, z), f, z) >= to || to <= from);
  });
});

test("so many intervals back and as many on is where one began", () => {
  holds<[number, number, (typeof FREQUENCIES)[number], string]>([instant, fc.integer({ min: 0, max: 40 }), frequency, zone], (ms, count, f, z) => {
    const start = intervalStartAt(ms, f, z);
    let back = intervalStartBefore(start, count, f, z);
    assert.equal(intervalStarts(back, start, f, z).length, count);
    for (let i = 0; i < count; i++) back = nextIntervalStart(back, f, z);
    assert.equal(back, start);
  });
});

test("intervals of less than a day have their full length, but for one at a New Year at which a zone moved; days have 22 to 26 hours, or a skipped one more", () => {
  holds<[number, (typeof FREQUENCIES)[number], string]>([instant, frequency, zone], (ms, f, z) => {
    const start = intervalStartAt(ms, f, z);
    const length = nextIntervalStart(start, f, z) - start;
    const isNewYear = [start, start + length].some((edge) => new Date(edge).toISOString().slice(5, 16) === "01-01T00:00");
    if (f === "P1D") assert.ok(length >= 21 * HOUR && length <= 27 * HOUR, `${length / HOUR} h`);
    else if (!isNewYear) assert.equal(length, rhythmOf(f).intervalSeconds * 1000);
    else assert.ok(length > 0 && length <= rhythmOf(f).intervalSeconds * 1000);
  });
});

test("a position lies within its season and is the wall clock's", () => {
  holds<[number, (typeof FREQUENCIES)[number], string]>([instant, frequency, zone], (ms, f, z) => {
    const start = intervalStartAt(ms, f, z);
    const { inDay, hourOfWeek } = positionOf(start, f, z);
    const local = new Date(toLocalMs(start, z));
    const weekday = (local.getUTCDay() + 6) % 7;
    if (f === "P1D") assert.deepEqual([inDay, hourOfWeek], [weekday, 0]);
    else {
      const minutes = local.getUTCHours() * 60 + local.getUTCMinutes() + local.getUTCSeconds() / 60;
      assert.equal(inDay, Math.floor((minutes * 60) / rhythmOf(f).intervalSeconds));
      assert.equal(hourOfWeek, weekday * 24 + local.getUTCHours());
    }
  });
});
