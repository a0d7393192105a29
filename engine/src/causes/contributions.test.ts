import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { contributions, ratioContributions, scoresTo100 } from "./contributions.ts";
import { dimensionColumns } from "./leaves.ts";

test("the additive worked example: ios did all of it, countries only repeat their traffic", () => {
  const dimensions = dimensionColumns(
    ["platform", "country"],
    [["web", "US"], ["web", "DE"], ["ios", "US"], ["ios", "DE"], ["android", "US"], ["android", "DE"]],
  );
  const expected = Float64Array.of(500, 200, 300, 100, 200, 100);
  const actual = Float64Array.of(495, 205, 120, 42, 202, 98);
  const matrix = contributions({ dimensions, actual, expected, spread: expected.map(Math.sqrt) });
  assert.deepEqual(scoresOf(matrix[0]!), { android: 0, ios: 100, web: 0 });
  assert.deepEqual(scoresOf(matrix[1]!), { DE: 23.11, US: 76.89 });
  assert.deepEqual(matrix[0]!.values[1], { value: "ios", score: 100, actual: 162, expected: 400, direction: -1 });
});

test("the ratio worked example: ios by its rate, android and web by the mix", () => {
  const matrix = ratioContributions({
    dimensions: dimensionColumns(["platform"], [["web"], ["ios"], ["android"]]),
    numeratorExpected: Float64Array.of(35, 8, 9),
    denominatorExpected: Float64Array.of(700, 400, 300),
    numerator: Float64Array.of(35, 24, 27),
    denominator: Float64Array.of(700, 400, 900),
  });
  const [android, ios, web] = matrix[0]!.values;
  assert.deepEqual([ios!.score, android!.score, web!.score].map((s) => Math.round(s * 10) / 10), [71.6, 17.5, 11]);
  assert.equal((100 * ios!.rateEffect!).toFixed(3), "0.971");
  assert.equal((100 * android!.mixEffect!).toFixed(3), "-0.237");
  assert.equal((100 * web!.mixEffect!).toFixed(3), "-0.149");
  assert.equal(android!.rateEffect, 0);
});

test("a value below two of its spreads gets nothing, unless no value passes", () => {
  const dimensions = dimensionColumns(["x"], [["a"], ["b"]]);
  const expected = Float64Array.of(100, 100);
  const spread = Float64Array.of(10, 10);
  assert.deepEqual(scoresOf(contributions({ dimensions, expected, spread, actual: Float64Array.of(50, 85) })[0]!), { a: 100, b: 0 });
  assert.deepEqual(scoresOf(contributions({ dimensions, expected, spread, actual: Float64Array.of(99, 97) })[0]!), { a: 25, b: 75 });
});

test("when nothing deviates, scores are the expected shares; without any, equal shares", () => {
  const dimensions = dimensionColumns(["x"], [["a"], ["b"]]);
  const leaves = (a: number, b: number) => ({ dimensions, actual: Float64Array.of(a, b), expected: Float64Array.of(a, b) });
  assert.deepEqual(scoresOf(contributions(leaves(30, 10))[0]!), { a: 75, b: 25 });
  assert.deepEqual(scoresOf(contributions(leaves(0, 0))[0]!), { a: 50, b: 50 });
});

test("missing and infinite leaves are left out", () => {
  const dimensions = dimensionColumns(["x"], [["a"], ["a"], ["b"]]);
  const matrix = contributions({ dimensions, actual: Float64Array.of(NaN, 5, Infinity), expected: Float64Array.of(9, 9, 9) });
  assert.deepEqual(matrix[0]!.values, [
    { value: "a", score: 100, actual: 5, expected: 9, direction: -1 },
    { value: "b", score: 0, actual: 0, expected: 0, direction: 0 },
  ]);
});

test("a value without denominator on one side is all mix, and the sum is still exact", () => {
  const [dimension] = ratioContributions({
    dimensions: dimensionColumns(["x"], [["new"], ["old"]]),
    numeratorExpected: Float64Array.of(0, 10),
    denominatorExpected: Float64Array.of(0, 100),
    numerator: Float64Array.of(30, 10),
    denominator: Float64Array.of(100, 100),
  });
  assert.equal(dimension!.values[0]!.rateEffect, 0);
  const sum = dimension!.values.reduce((total, v) => total + v.rateEffect! + v.mixEffect!, 0);
  assert.ok(Math.abs(sum - (0.2 - 0.1)) < 1e-12);
});

test("scores always sum to exactly 100 in hundredths, and no score is off by more than a hundredth", () => {
  const weight = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 300 }), (weights) => {
      const scores = scoresTo100(weights);
      assert.equal(scores.reduce((sum, score) => sum + Math.round(score * 100), 0), 10_000);
      const scale = Math.max(...weights);
      const sum = weights.reduce((a, w) => a + w / scale, 0);
      if (scale > 0) for (const [i, w] of weights.entries()) assert.ok(Math.abs(scores[i]! - (100 * (w / scale)) / sum) < 0.010001);
    }),
  );
});

test("rate and mix effects of every dimension sum to R1 − R0 within 1e-9", () => {
  const leaf = fc.record({ b0: fc.integer({ min: 0, max: 5000 }), b1: fc.integer({ min: 0, max: 5000 }), r0: fc.double({ min: 0, max: 2, noNaN: true }), r1: fc.double({ min: 0, max: 2, noNaN: true }), value: fc.constantFrom("a", "b", "c", null) });
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 40 }), (leaves) => {
      const B0 = leaves.reduce((sum, { b0 }) => sum + b0, 0);
      const B1 = leaves.reduce((sum, { b1 }) => sum + b1, 0);
      fc.pre(B0 > 0 && B1 > 0);
      const columns = {
        numeratorExpected: Float64Array.from(leaves, ({ b0, r0 }) => b0 * r0),
        denominatorExpected: Float64Array.from(leaves, ({ b0 }) => b0),
        numerator: Float64Array.from(leaves, ({ b1, r1 }) => b1 * r1),
        denominator: Float64Array.from(leaves, ({ b1 }) => b1),
      };
      const [dimension] = ratioContributions({ dimensions: dimensionColumns(["x"], leaves.map(({ value }) => [value])), ...columns });
      const R0 = columns.numeratorExpected.reduce((a, b) => a + b, 0) / B0;
      const R1 = columns.numerator.reduce((a, b) => a + b, 0) / B1;
      const sum = dimension!.values.reduce((total, v) => total + v.rateEffect! + v.mixEffect!, 0);
      assert.ok(Math.abs(sum - (R1 - R0)) < 1e-9);
      assert.equal(dimension!.values.reduce((total, v) => total + Math.round(v.score * 100), 0), 10_000);
    }),
  );
});

function scoresOf({ values }: { values: readonly { value: string | null; score: number }[] }): Record<string, number> {
  return Object.fromEntries(values.map(({ value, score }) => [String(value), score]));
}
