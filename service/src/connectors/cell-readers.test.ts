import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { readNumber, timestampTextReader } from "./cell-readers.ts";

test("readNumber equals Number, bit for bit", () => {
  const read = (text: string): number => readNumber(Buffer.from(`x${text}y`), 1, text.length + 1);
  for (const text of ["0", "-0", "7", "-12345.6789", "0.1", "0.000000000000001", "999999999999999", "9007199254740993", "123456789012345.678", "1e-300", "-1.5E+10", "NaN", "Infinity", "-Infinity", "00.50", "1.", ".5", "12345678.90"]) {
    assert.ok(Object.is(read(text), Number(text)), text);
  }
  fc.assert(fc.property(fc.double(), (value) => Object.is(read(String(value)), Number(String(value)))));
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 8 }), (value, digits) => Object.is(read((value / 10 ** digits).toFixed(digits)), Number((value / 10 ** digits).toFixed(digits)))));
});

test("a timestamp's text is the same text, of whatever length and alphabet", () => {
  const read = (text: string): unknown => timestampTextReader(Buffer.from(`x${text}y`), 1, 1 + Buffer.byteLength(text));
  for (const text of ["2026-03-01 10:00:00", "2026-03-01T10:00:00Z", "2026-03-01", "", "2026-03-01 10:00:00.123456", "1. März 2026, 10 Uhr", "ääääääääää"]) assert.equal(read(text), text);
});
