import assert from "node:assert/strict";
import { test } from "vitest";
import { normal, studentT3 } from "../random/distributions.ts";
import type { Random } from "../random/seeded-random.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { lnQuantileTerm, stretchOf } from "./learn-tail.ts";
import { TAIL_BINS } from "./state-layout.ts";

const PER_OCTAVE = 6;

/** Counts of sizes at six levels an octave from 0.5 up, as the state keeps them. */
function histogramOf(sizes: ArrayLike<number>): Float32Array {
  const bins = new Float32Array(TAIL_BINS);
  for (let i = 0; i < sizes.length; i++) {
    if (sizes[i] > 0.5) bins[Math.min(TAIL_BINS - 1, Math.floor(PER_OCTAVE * Math.log2(sizes[i] / 0.5)))] += 1;
  }
  return bins;
}

const sample = (length: number, seed: number, draw: (random: Random) => number) => {
  const random = seededRandom(seed);
  return Float64Array.from({ length }, () => Math.abs(draw(random)));
};

/** One quantile alone, by exponents of 1 and 0; large samples leave nothing of the pull to the reference. */
const quantiles = (bins: Float32Array, total: number) => [
  2.2 * Math.exp(lnQuantileTerm(bins, 0, TAIL_BINS, PER_OCTAVE, total, 1, 0, 0)),
  3.3 * Math.exp(lnQuantileTerm(bins, 0, TAIL_BINS, PER_OCTAVE, total, 0, 1, 0)),
  5.6 * Math.exp(lnQuantileTerm(bins, 0, TAIL_BINS, PER_OCTAVE, total, 0, 0, 1)),
];

// SciPy 1.17.1: norm.isf(p / 2) and t(3).isf(p / 2) / √3 for p = 0.05, 0.01, 0.001.
const SCIPY: readonly [string, (random: Random) => number, readonly number[]][] = [
  ["normal", normal, [1.9599639845, 2.5758293035, 3.2905267315]],
  ["Student t(3)", studentT3, [1.8373862310, 3.3722505623, 7.4616625449]],
];

for (const [name, draw, wanted] of SCIPY) {
  test(`the quantiles seen in the histogram of ${name} data are SciPy's`, () => {
    const total = 1_000_000;
    const seen = quantiles(histogramOf(sample(total, 1, draw)), total);
    seen.forEach((q, k) => assert.ok(Math.abs(q / wanted[k] - 1) < 0.02, `${q}, SciPy ${wanted[k]}`));
  });
}

test("the quantiles equal those of the sorted values to a bin's width, on data of all sorts", () => {
  for (let seed = 0; seed < 30; seed++) {
    const total = 20_000;
    const sizes = sample(total, seed, (random) => normal(random) * Math.exp((seed / 30) * normal(random)));
    const sorted = sizes.slice().sort();
    // A twentieth of the pull to the reference remains at most: 20 of 2,020 exceedances for 5 %, 20 of 60 for 0.1 %.
    const pull = (m: number, q: number, reference: number) => Math.exp((m * Math.log(q) + 20 * Math.log(reference)) / (m + 20));
    const q05 = pull(0.1 * total, sorted[Math.floor(0.95 * total)], 2.2);
    const q01 = pull(0.02 * total, sorted[Math.floor(0.99 * total)], 1.5 * q05);
    const q001 = pull(0.002 * total, sorted[Math.floor(0.999 * total)], 1.7 * q01);
    const seen = quantiles(histogramOf(sizes), total);
    [q05, q01, q001].forEach((wanted, k) => assert.ok(Math.abs(Math.log2(seen[k] / wanted)) < 1 / PER_OCTAVE, `seed ${seed}, ${k}: ${seen[k]}, wanted ${wanted}`));
  }
});

test("32 points in which nothing was large leave the quantiles near their references", () => {
  quantiles(new Float32Array(TAIL_BINS), 32).forEach((q, k) => assert.ok(q < [2.2, 3.3, 5.61][k] && q > 0.7 * [2.2, 3.3, 5.61][k], `${k}: ${q}`));
});

// SciPy 1.17.1: quad of ln(z / q) · pdf above q, over sf(q): Hill's mean log excess over 0.5 · 2^(11/6) = 1.78, the border
// below the level that 5 % exceed.
test("the lift of thin tails follows Hill's mean log excess: normal data are lifted as SciPy's integral says, t(3) not at all", () => {
  const total = 1_000_000;
  const lift = stretchOf(histogramOf(sample(total, 2, normal)), 0, total);
  assert.ok(Math.abs(lift - Math.sqrt(0.3 / 0.1903512958)) < 0.02, `${lift}`);
  assert.equal(stretchOf(histogramOf(sample(total, 2, studentT3)), 0, total), 1); // SciPy: 0.379, above the reference
});
