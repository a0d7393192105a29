import assert from "node:assert/strict";
import { test } from "vitest";
import { oneMinusTail } from "./normal-tail.ts";

// SciPy 1.17.1: norm.cdf.
const SCIPY = [
  [0, 0.5],
  [0.5, 0.6914624612740131],
  [1, 0.8413447460685429],
  [2, 0.9772498680518208],
  [3, 0.9986501019683699],
  [5, 0.9999997133484281],
  [8, 0.9999999999999993],
] as const;

test("1 − Q(z) is SciPy's normal distribution function, on both sides of where the series gives way to the fraction", () => {
  for (const [z, wanted] of SCIPY) assert.ok(Math.abs(oneMinusTail(z) - wanted) < 2e-15, `${z}: ${oneMinusTail(z)}, SciPy ${wanted}`);
});

test("far out it is 1 and ties: the published figure of the windowed Gaussian was made so", () => {
  assert.equal(oneMinusTail(9), 1);
  assert.equal(oneMinusTail(40), 1);
});
