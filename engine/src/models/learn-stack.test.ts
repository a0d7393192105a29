import assert from "node:assert/strict";
import { test } from "vitest";
import { rhythmOf } from "../time/rhythm.ts";
import { startState } from "./ensemble.ts";
import { J_GATED, J_SPREAD, J_STACK_OUT, J_STACK_X, J_UNIT, JUDGED } from "./judged.ts";
import { learnStack } from "./learn-stack.ts";
import { EXPERT_COUNT, F_COVARIANCE, F_WEIGHT, layoutOf } from "./state-layout.ts";

const NOISE = 0.7;
const FORGETTING = 1 - 1 / 3000;
const PRIOR = 0.02;
const TRUE_WEIGHTS = [0.5, -0.25, 0, 0.125, 0, 0.3, -0.1, 0, 0.2];

const xAt = (i: number) =>
  Array.from({ length: EXPERT_COUNT }, (_, k) => (k === 8 ? 1 : (((7 * i + 5 * k * i + 3 * k * k) % 11) - 5) / 4 + (((i * i + k) % 5) - 2) / 8));
const yAt = (i: number) => xAt(i).reduce((sum, x, k) => sum + x * TRUE_WEIGHTS[k], 0) + (((5 * i) % 7) - 3) / 10;

/** The state's 32-bit numbers after `count` points of the sample. */
function learned(count: number): Float32Array {
  const layout = layoutOf(rhythmOf("PT1H"));
  const d = new Float64Array(layout.stateLength);
  const f = new Float32Array(d.buffer);
  startState(d, f, 0, layout);
  for (let i = 0; i < count; i++) {
    const x = xAt(i);
    JUDGED.fill(0);
    JUDGED.set(x.slice(0, 8), J_STACK_X);
    JUDGED[J_UNIT] = 1;
    JUDGED[J_SPREAD] = NOISE;
    JUDGED[J_GATED] = yAt(i);
    JUDGED[J_STACK_OUT] = x.reduce((sum, value, k) => sum + value * f[F_WEIGHT + k], 0);
    learnStack(f, 0);
  }
  return f;
}

const weightsOf = (f: Float32Array) => [...f.subarray(F_WEIGHT, F_WEIGHT + EXPERT_COUNT)];

// numpy 2.4.6: solve(Σ λ^(N−1−i) x xᵀ / σ² + λ^(N−1) I / 0.02, Σ λ^(N−1−i) x y / σ²), N = 200.
test("the stack's weights are those that NumPy finds by solving the weighted least squares at once", () => {
  const golden = [0.371896, -0.14909, -0.050121, 0.010162, 0.070304, 0.238193, -0.115658, 0.041706, 0.200076];
  weightsOf(learned(200)).forEach((w, k) => assert.ok(Math.abs(w - golden[k]) < 2e-4, `weight ${k}: ${w}, NumPy ${golden[k]}`));
});

test("after every number of points the weights equal the obvious solution of the normal equations", () => {
  for (const count of [1, 2, 5, 9, 30, 100, 1000]) {
    const wanted = leastSquares(count);
    weightsOf(learned(count)).forEach((w, k) => assert.ok(Math.abs(w - wanted[k]) < 1e-3, `${count} points, weight ${k}: ${w}, wanted ${wanted[k]}`));
  }
});

test("the covariance stays a finite number of at least its floor on the diagonal, whatever is learned", () => {
  const f = learned(5000);
  for (let i = 0, at = F_COVARIANCE; i < EXPERT_COUNT; at += ++i + 1) assert.ok(f[at] >= 0.99e-7 && f[at] < 1, `${i}: ${f[at]}`);
});

function leastSquares(count: number): number[] {
  const a = Array.from({ length: EXPERT_COUNT }, (_, r) => Array.from({ length: EXPERT_COUNT + 1 }, (__, c) => (r === c ? FORGETTING ** (count - 1) / PRIOR : 0)));
  for (let i = 0; i < count; i++) {
    const x = xAt(i);
    const weight = FORGETTING ** (count - 1 - i) / NOISE ** 2;
    for (let r = 0; r < EXPERT_COUNT; r++) {
      for (let c = 0; c < EXPERT_COUNT; c++) a[r][c] += weight * x[r] * x[c];
      a[r][EXPERT_COUNT] += weight * x[r] * yAt(i);
    }
  }
  // Gauss–Jordan; the matrix is positive definite, so no pivoting.
  for (let p = 0; p < EXPERT_COUNT; p++) {
    for (let r = 0; r < EXPERT_COUNT; r++) {
      if (r === p) continue;
      const factor = a[r][p] / a[p][p];
      for (let c = p; c <= EXPERT_COUNT; c++) a[r][c] -= factor * a[p][c];
    }
  }
  return a.map((row, p) => row[EXPERT_COUNT] / row[p]);
}
