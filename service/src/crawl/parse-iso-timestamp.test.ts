import assert from "node:assert/strict";
import { fromLocalMs } from "@foretop/engine";
import fc from "fast-check";
import { test } from "vitest";
import { parseIsoTimestamp } from "./parse-iso-timestamp.ts";

const asUtc = (ms: number): number => ms;
const parse = (text: string): number => parseIsoTimestamp(text, asUtc);

test("parseIsoTimestamp reads what databases print", () => {
  assert.equal(parse("2026-03-01"), Date.UTC(2026, 2, 1));
  assert.equal(parse("2026-03-01 10:20"), Date.UTC(2026, 2, 1, 10, 20));
  assert.equal(parse("2026-03-01 10:20:30"), Date.UTC(2026, 2, 1, 10, 20, 30));
  assert.equal(parse("2026-03-01T10:20:30.5"), Date.UTC(2026, 2, 1, 10, 20, 30, 500));
  assert.equal(parse("2026-03-01 10:20:30.123456+00"), Date.UTC(2026, 2, 1, 10, 20, 30, 123));
  assert.equal(parse("2026-03-01 10:20:30-03:30"), Date.UTC(2026, 2, 1, 13, 50, 30));
  assert.equal(parse("2026-03-01T10:20:30+0545"), Date.UTC(2026, 2, 1, 4, 35, 30));
  assert.equal(parse("1890-01-01 00:00:00-04:56:02"), Date.UTC(1890, 0, 1, 4, 56, 2));
  assert.equal(parse("2026-03-01T10:20Z"), Date.UTC(2026, 2, 1, 10, 20));
  assert.equal(parse("0099-12-31 00:00:00"), Date.parse("0099-12-31T00:00:00Z"));
});

test("a time without zone means what the dataset's zone says", () => {
  const berlin = (localMs: number): number => fromLocalMs(localMs, "Europe/Berlin", "second");
  assert.equal(parseIsoTimestamp("2026-07-01 12:00:00", berlin), Date.UTC(2026, 6, 1, 10));
  assert.equal(parseIsoTimestamp("2026-07-01 12:00:00+00", berlin), Date.UTC(2026, 6, 1, 12));
});

test("what is finer than a millisecond is cut, so that no row slips into the next interval", () => {
  assert.equal(parse("2026-03-01 10:59:59.999999"), Date.UTC(2026, 2, 1, 10, 59, 59, 999));
  assert.equal(parse("2026-03-01 10:59:59.9999999999"), Date.UTC(2026, 2, 1, 10, 59, 59, 999));
});

test("24:00 is the next midnight, :60 a leap second", () => {
  assert.equal(parse("2026-03-01 24:00:00"), Date.UTC(2026, 2, 2));
  assert.equal(parse("2016-12-31 23:59:60"), Date.UTC(2017, 0, 1));
});

test("anything else is NaN", () => {
  for (const text of ["", "infinity", "-infinity", "2026-3-1", "2026-02-30", "2026-13-01", "2025-02-29", "2026-03-01 25:00:00", "2026-03-01 10", "2026-03-01 10:60:00", "2026-03-01 24:00:01",
    "2026-03-01 10:20:30.", "2026-03-01 10:20:30 BC", "0044-03-15 BC", "10000-01-01", "2026-03-01 10:20:30+1", "2026-03-01 10:20:30+01:0", "01.03.2026 10:00", "2026-03-01x10:00:00", "20260301", "null"]) {
    assert.ok(Number.isNaN(parse(text)), text);
  }
});

test("parseIsoTimestamp agrees with Date on every instant that ISO text can name", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }), (date) => {
      assert.equal(parse(date.toISOString()), date.getTime());
      assert.equal(parse(date.toISOString().slice(0, 10)), Date.UTC(2000, 0, 1) + (Date.parse(date.toISOString().slice(0, 10)) - Date.UTC(2000, 0, 1)));
    }),
  );
});
