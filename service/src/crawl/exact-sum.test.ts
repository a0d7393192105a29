import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { EXACT_UNITS_MAX, exactSum, isWholeUnits, unitsOf } from "./exact-sum.ts";

test("0.1 + 0.2 of a decimal(…, 1) is 0.3", () => {
  assert.equal(exactSum(unitsOf(0.1, 1) + unitsOf(0.2, 1), 0, 1), 0.3);
});

test("units of a decimal of up to 15 digits are its digits, and come back as the nearest double", () => {
  fc.assert(
    fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 22 }), (digits, scale) => {
      const cell = Number(`${digits}e-${scale}`);
      assert.equal(unitsOf(cell, scale) + 0, digits);
      assert.equal(exactSum(digits, 0, scale), cell);
    }),
  );
});

test("sums beyond 2^53 units are the true ones, rounded once", () => {
  // 2^53 + 1 has no double: what addition lost is given beside.
  assert.equal(exactSum(2 ** 53, 1, 2), Number("90071992547409.93"));
  assert.equal(exactSum(-(2 ** 60), 3, 4), Number("-115292150460684.6973"));
});

test("sums of a decimal are whole units whatever their size; one more digit after the point is seen", () => {
  fc.assert(
    fc.property(fc.integer({ min: -EXACT_UNITS_MAX, max: EXACT_UNITS_MAX }), fc.integer({ min: 0, max: 15 }), (units, scale) => {
      assert.ok(isWholeUnits(Number(`${units}e-${scale}`), scale));
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 9 }), (units, scale, digit) => {
      assert.ok(!isWholeUnits(Number(`${units * 10 + digit}e-${scale + 1}`), scale));
    }),
  );
});
