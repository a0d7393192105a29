import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { normal, poisson } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { findCauses } from "./find-causes.ts";
import { dimensionColumns } from "./leaves.ts";
import type { CauseReport } from "./report.ts";

const SIZES = { a: 2, b: 8, c: 10, d: 5 };

/** Counts around `mean`, forecast with an error that all leaves share, moved by `factor`. */
function explained({ seed, error, sharedError, factor = () => 1 }: { seed: number; error: number; sharedError: number | undefined; factor?: (values: Record<string, number>) => number }): CauseReport {
  const random = seededRandom(seed);
  let rows: number[][] = [[]];
  for (const size of Object.values(SIZES)) rows = rows.flatMap((row) => Array.from({ length: size }, (_, c) => [...row, c]));
  const mean = rows.map(() => 20 * Math.exp(0.7 * normal(random)));
  const expected = mean.map((m) => m * (1 + error));
  return findCauses({
    measure: "orders",
    dimensions: dimensionColumns(Object.keys(SIZES), rows.map((row) => row.map(String))),
    actual: Float64Array.from(mean, (m, i) => poisson(random, m * factor(Object.fromEntries(Object.keys(SIZES).map((name, d) => [name, rows[i]![d]!]))))),
    expected: Float64Array.from(expected),
    spread: Float64Array.from(expected, (f) => Math.sqrt(f)),
    sharedError,
  });
}

const segments = (report: CauseReport) => report.causes.map(({ segment }) => segment.map(({ name, value }) => `${name}=${value}`).join(" & "));

describe("an error that all forecasts share", () => {
  test("is no finding while it is no more than such forecasts usually miss, and is said", () => {
    for (const seed of [1, 2, 3, 4]) {
      const report = explained({ seed, error: seed % 2 === 0 ? 0.08 : -0.07, sharedError: 0.05 });
      assert.equal(report.verdict, "no segment stands out", `seed ${seed}`);
      assert.match(report.sentence, /Everything is about [678] % (above|below) its forecast, no more than such forecasts usually miss\./);
    }
    assert.equal(explained({ seed: 1, error: -0.07, sharedError: undefined }).verdict, "everything moved", "as independent errors it would be 20 spreads");
  });

  test("does not hide a segment, nor is it told as one", () => {
    for (const seed of [11, 12, 13, 14]) {
      const report = explained({ seed, error: seed % 2 === 0 ? 0.06 : -0.06, sharedError: 0.05, factor: ({ b, c }) => (b === 3 && c === 7 ? 0.4 : 1) });
      assert.deepEqual(segments(report), ["b=3 & c=7"], `seed ${seed}`);
    }
  });

  test("far beyond the usual, everything moved", () => {
    const report = explained({ seed: 21, error: 0, sharedError: 0.04, factor: () => 0.6 });
    assert.equal(report.verdict, "everything moved");
    assert.equal(report.sharedChange, 0, "a finding, not an error");
    const more = explained({ seed: 22, error: 0, sharedError: 0.04, factor: ({ b }) => (b === 2 ? 0.2 : 0.6) });
    assert.deepEqual(segments(more), ["", "b=2"]);
  });

  test("a segment of half the volume is a segment, not half a shared error", () => {
    const report = explained({ seed: 31, error: 0, sharedError: 0.08, factor: ({ a }) => (a === 1 ? 0.8 : 1) });
    assert.deepEqual(segments(report), ["a=1"]);
  });

  test("a single leaf is named when it is thirty spreads off, and not when it is five", () => {
    const dimensions = dimensionColumns(["a", "b"], Array.from({ length: 400 }, (_, i) => [`a${Math.floor(i / 20)}`, `b${i % 20}`]));
    const off = (spreads: number) => {
      const random = seededRandom(41);
      const expected = new Float64Array(400).fill(900);
      const actual = expected.map((f, i) => (i === 77 ? f - 30 * spreads : f + 30 * normal(random)));
      return segments(findCauses({ measure: "orders", dimensions, expected, actual, spread: expected.map(Math.sqrt), sharedError: 0.03 }));
    };
    assert.deepEqual(off(29), ["a=a3 & b=b17"]);
    assert.deepEqual(off(5), []);
  });

  test("a leaf whose forecast was cut off at zero is no miracle", () => {
    const dimensions = dimensionColumns(["a", "b"], Array.from({ length: 400 }, (_, i) => [`a${Math.floor(i / 20)}`, `b${i % 20}`]));
    const expected = Float64Array.from({ length: 400 }, (_, i) => (i === 77 ? 0 : 9));
    const actual = expected.map((f, i) => (i === 77 ? 3 : f + (i % 7) - 3));
    const report = findCauses({ measure: "orders", dimensions, expected, actual, spread: expected.map((f) => Math.max(1, Math.sqrt(f))) });
    assert.equal(report.verdict, "no segment stands out");
  });
});

/** 3 platforms × 7 marketplaces, as a small shop has them. */
function shop(seed: number, factor: (platform: number) => number, { error = 0, wide = 1 } = {}): CauseReport {
  const random = seededRandom(seed);
  const rows = Array.from({ length: 21 }, (_, i) => [`p${Math.floor(i / 7)}`, `m${i % 7}`]);
  const mean = rows.map(() => 300 * Math.exp(0.5 * normal(random)));
  const expected = mean.map((m) => m * (1 + error));
  return findCauses({
    measure: "revenue",
    dimensions: dimensionColumns(["platform", "marketplace"], rows),
    actual: Float64Array.from(mean, (m, i) => m * factor(Math.floor(i / 7)) + wide * Math.sqrt(m) * normal(random)),
    expected: Float64Array.from(expected),
    spread: Float64Array.from(expected, (f) => Math.sqrt(f)),
    sharedError: 0.04,
  });
}

test("two of three platforms that moved against each other are both named, though most combinations have moved", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const report = shop(seed, (platform) => [1.5, 0.6, 1][platform]!);
    assert.deepEqual(segments(report).sort(), ["platform=p0", "platform=p1"], `seed ${seed}: ${report.sentence}`);
  }
});

test("few combinations of which none moved name nothing, also with spreads that are a half too narrow", () => {
  let named = 0;
  for (let seed = 100; seed < 300; seed++) if (shop(seed, () => 1, { error: seed % 2 === 0 ? 0.03 : 0, wide: seed % 4 < 2 ? 1 : 1.5 }).causes.length > 0) named++;
  assert.ok(named <= 2, `${named} of 200`);
});
