import assert from "node:assert/strict";
import { test } from "vitest";
import { normal, poisson, studentT3 } from "./distributions.ts";
import { seededRandom } from "./seeded-random.ts";

const LENGTH = 400_000;

/** Largest distance between the sample's distribution and given points of the true one. */
function distance(sample: Float64Array, points: readonly (readonly [number, number])[]): number {
  return Math.max(...points.map(([x, probability]) => Math.abs(sample.filter((value) => value <= x).length / sample.length - probability)));
}

// Kolmogorov's bound for 400,000 draws: a distance of 0.0031 happens once in 1,000 seeds (1.95 / √n).
const BOUND = 0.0031;

// SciPy 1.17.1: norm.ppf, t(3).ppf / √3 of 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999.
const LEVELS = [0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999];
const NORMAL = [-3.0902323062, -2.326347874, -0.6744897502, 0, 0.6744897502, 2.326347874, 3.0902323062];
const STUDENT = [-5.8973627146, -2.6215760177, -0.4416107917, 0, 0.4416107917, 2.6215760177, 5.8973627146];

test("normal and Student's t(3) draws have SciPy's quantiles", () => {
  for (const [draw, quantiles] of [[normal, NORMAL], [studentT3, STUDENT]] as const) {
    const random = seededRandom(5);
    const sample = Float64Array.from({ length: LENGTH }, () => draw(random));
    assert.ok(distance(sample, quantiles.map((x, k) => [x, LEVELS[k]])) < BOUND, draw.name);
  }
});

// SciPy 1.17.1: poisson(5).cdf.
test("Poisson draws have SciPy's probabilities, and large means the right mean and variance", () => {
  const random = seededRandom(6);
  const small = Float64Array.from({ length: LENGTH }, () => poisson(random, 5));
  const points = [[0, 0.0067379470], [2, 0.1246520195], [5, 0.6159606548], [8, 0.9319063653], [12, 0.9979811484]] as const;
  assert.ok(distance(small, points) < BOUND);
  for (const mean of [80, 500]) {
    const large = Float64Array.from({ length: 50_000 }, () => poisson(random, mean));
    const average = large.reduce((sum, x) => sum + x, 0) / large.length;
    const variance = large.reduce((sum, x) => sum + (x - average) ** 2, 0) / large.length;
    assert.ok(Math.abs(average / mean - 1) < 0.005 && Math.abs(variance / mean - 1) < 0.03, `mean ${mean}: ${average}, ${variance}`);
  }
});

test("a mean of zero, below or NaN draws zero", () => {
  const random = seededRandom(7);
  for (const mean of [0, -1, NaN]) assert.equal(poisson(random, mean), 0);
});
