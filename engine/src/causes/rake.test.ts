import assert from "node:assert/strict";
import { test } from "vitest";
import { dimensionColumns } from "./leaves.ts";
import { raked } from "./rake.ts";

const dimensions = dimensionColumns(["a", "b"], [["x", "u"], ["x", "v"], ["y", "u"], ["y", "v"]]);
const NONE = Float64Array.of(NaN, NaN);

test("leaves that share a bias are brought to the level's own forecast", () => {
  const out = raked(Float64Array.of(9, 18, 27, 36), dimensions, { total: 100, values: [NONE, NONE] });
  assert.deepEqual([...out].map((f) => Math.round(f * 1e9) / 1e9), [10, 20, 30, 40]);
});

test("single values are met, as far as they agree with each other, and shares within them are kept", () => {
  const out = raked(Float64Array.of(10, 20, 30, 40), dimensions, { total: 100, values: [Float64Array.of(40, 60), Float64Array.of(42, 58)] });
  const near = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 0.05, `${value} for ${wanted}`);
  near(out[0]! + out[1]!, 40);
  near(out[2]! + out[3]!, 60);
  near(out[0]! + out[2]!, 42);
});

test("levels without a forecast change nothing; missing leaves stay missing; negative ones are 0", () => {
  const out = raked(Float64Array.of(NaN, -2, 30, 40), dimensions, { total: NaN, values: [NONE, NONE] });
  assert.deepEqual([...out], [NaN, 0, 30, 40]);
});

test("a level that disagrees wildly corrects by a factor of two at most", () => {
  assert.deepEqual([...raked(Float64Array.of(1, 1, 1, 1), dimensions, { total: 400, values: [NONE, NONE] })], [2, 2, 2, 2]);
});
