import assert from "node:assert/strict";
import { test } from "vitest";
import { fromLocalMs, toLocalMs } from "./local-time.ts";

const iso = (ms: number) => new Date(ms).toISOString();
/** A wall-clock time, written as ISO without a zone. */
const local = (text: string) => Date.parse(`${text}Z`);

test("toLocalMs is what the wall clock shows", () => {
  assert.equal(iso(toLocalMs(Date.parse("2026-07-01T00:00Z"), "Asia/Kathmandu")), "2026-07-01T05:45:00.000Z");
});

test("fromLocalMs takes the first of two occurrences when clocks go back", () => {
  assert.equal(iso(fromLocalMs(local("2026-10-25T02:30"), "Europe/Berlin")), "2026-10-25T00:30:00.000Z");
  assert.equal(iso(fromLocalMs(local("2026-11-01T01:59:59.999"), "America/New_York")), "2026-11-01T05:59:59.999Z");
  assert.equal(iso(fromLocalMs(local("2026-04-05T01:45"), "Australia/Lord_Howe")), "2026-04-04T14:45:00.000Z");
});

test("fromLocalMs takes the second of two occurrences when asked, as PostgreSQL does", () => {
  // select '2026-10-25 02:30'::timestamp::timestamptz with TimeZone = Europe/Berlin gives 02:30+01.
  assert.equal(iso(fromLocalMs(local("2026-10-25T02:30"), "Europe/Berlin", "second")), "2026-10-25T01:30:00.000Z");
  assert.equal(iso(fromLocalMs(local("2026-03-29T02:30"), "Europe/Berlin", "second")), "2026-03-29T01:30:00.000Z");
  assert.equal(iso(fromLocalMs(local("2026-07-01T12:00"), "Europe/Berlin", "second")), "2026-07-01T10:00:00.000Z");
});

test("fromLocalMs moves a skipped time on by the length of the gap", () => {
  assert.equal(iso(fromLocalMs(local("2026-03-29T02:30"), "Europe/Berlin")), "2026-03-29T01:30:00.000Z");
  assert.equal(iso(fromLocalMs(local("2026-10-04T02:10"), "Australia/Lord_Howe")), "2026-10-03T15:40:00.000Z");
  assert.equal(iso(fromLocalMs(local("2011-12-30T12:00"), "Pacific/Apia")), "2011-12-30T22:00:00.000Z");
});

test("fromLocalMs undoes toLocalMs, but for second occurrences", () => {
  const zones = ["UTC", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham"];
  for (const zone of zones) {
    for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 17 * 60_000) {
      const back = fromLocalMs(toLocalMs(ms, zone), zone);
      const isSecondOccurrence = back < ms && toLocalMs(back, zone) === toLocalMs(ms, zone);
      assert.ok(back === ms || isSecondOccurrence, `${zone} ${iso(ms)} → ${iso(back)}`);
    }
  }
});
