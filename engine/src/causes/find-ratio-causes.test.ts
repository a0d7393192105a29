import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { normal, poisson } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { findRatioCauses, type RatioCauseInput } from "./find-ratio-causes.ts";
import { dimensionColumns } from "./leaves.ts";
import type { CauseReport } from "./report.ts";

const segments = (report: CauseReport) => report.causes.map(({ segment }) => segment.map(({ name, value }) => `${name}=${value}`).join(" & "));

interface World {
  readonly seed: number;
  /** of the last interval, by platform and country */
  readonly rate?: (platform: number, country: number) => number;
  readonly traffic?: (platform: number, country: number) => number;
}

/** 4 platforms × 5 countries, 12 intervals of history, rates of 2–8 %. */
function failures({ seed, rate = () => 1, traffic = () => 1 }: World): RatioCauseInput {
  const random = seededRandom(seed);
  const rows: string[][] = [];
  const base: number[] = [];
  const requests: number[] = [];
  for (let p = 0; p < 4; p++) {
    for (let c = 0; c < 5; c++) {
      rows.push([`p${p}`, `c${c}`]);
      base.push(0.02 * (p + 1) * Math.exp(0.05 * normal(random)));
      requests.push(400 * Math.exp(0.5 * normal(random)));
    }
  }
  const intervalCount = 12;
  const history = { numerator: new Float64Array(intervalCount * 20), denominator: new Float64Array(intervalCount * 20), intervalCount };
  for (let k = 0; k < history.numerator.length; k++) {
    history.denominator[k] = poisson(random, requests[k % 20]!);
    history.numerator[k] = Math.min(history.denominator[k]!, poisson(random, history.denominator[k]! * base[k % 20]!));
  }
  const denominator = Float64Array.from(requests, (m, i) => poisson(random, m * traffic(Math.floor(i / 5), i % 5)));
  const numerator = denominator.map((b, i) => Math.min(b, poisson(random, b * base[i]! * rate(Math.floor(i / 5), i % 5))));
  return { measure: "failure rate", dimensions: dimensionColumns(["platform", "country"], rows), numerator, denominator, history };
}

test("a segment whose rate rose is named, with rates for figures", () => {
  const report = findRatioCauses(failures({ seed: 1, rate: (p) => (p === 2 ? 3 : 1) }));
  assert.deepEqual(segments(report), ["platform=p2"]);
  const [cause] = report.causes;
  assert.ok(cause!.expected > 0.05 && cause!.expected < 0.07 && cause!.actual > 0.15, `${cause!.expected} → ${cause!.actual}`);
  assert.equal(report.verdict, "segments");
});

test("three times the traffic where failures are frequent moves the total, and is no cause: the mix shows in the contribution", () => {
  const report = findRatioCauses(failures({ seed: 2, traffic: (p) => (p === 3 ? 3 : 1) }));
  assert.equal(report.verdict, "no segment stands out");
  const platform = report.contribution.find(({ dimension }) => dimension === "platform")!;
  const p3 = platform.values.find(({ value }) => value === "p3")!;
  assert.ok(p3.mixEffect! > 5 * Math.abs(p3.rateEffect!));
});

test("two of four platforms fail so badly that the whole does: they are named, not the whole", () => {
  const report = findRatioCauses(failures({ seed: 5, rate: (p) => (p === 1 || p === 3 ? 8 : 1) }));
  assert.deepEqual(segments(report).sort(), ["platform=p1", "platform=p3"]);
  assert.equal(report.verdict, "segments");
});

test("all rates rose: everything moved", () => {
  assert.equal(findRatioCauses(failures({ seed: 3, rate: () => 2 })).verdict, "everything moved");
});

test("two segments, one up and one down, are both named", () => {
  const report = findRatioCauses(failures({ seed: 4, rate: (p, c) => (p === 1 ? 2.5 : c === 3 ? 0.3 : 1) }));
  assert.deepEqual(segments(report).sort(), ["country=c3", "platform=p1"]);
  assert.deepEqual(report.causes.map(({ direction }) => direction).sort(), ["down", "up"]);
});

/** Revenue per order: 6–9 a platform, each order's own between nothing and twice that. */
function amounts({ seed, value = () => 1, unit = 1 }: { seed: number; value?: (platform: number, country: number) => number; unit?: number }): RatioCauseInput {
  const random = seededRandom(seed);
  const world = failures({ seed });
  const of = (denominator: Float64Array, factor: (p: number, c: number) => number) =>
    denominator.map((b, k) => {
      const [p, c] = [Math.floor((k % 20) / 5), k % 5];
      return unit * (6 + p) * factor(p, c) * Math.max(0, b + 0.6 * Math.sqrt(b) * normal(random));
    });
  return { ...world, measure: "order value", numerator: of(world.denominator, value), history: { ...world.history, numerator: of(world.history.denominator, () => 1) } };
}

test("an amount per order gives the same answer in euros and in cents", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const value = (p: number, c: number) => (p === 2 && c !== 1 ? 0.7 : 1) * (seed % 3 === 0 ? 1 : p === 0 ? 1.4 : 1);
    const euros = findRatioCauses(amounts({ seed, value }));
    const cents = findRatioCauses(amounts({ seed, value, unit: 100 }));
    assert.deepEqual(segments(cents), segments(euros), `seed ${seed}`);
    for (const [k, cause] of cents.causes.entries()) assert.ok(Math.abs(cause.gain - euros.causes[k]!.gain) < 1e-6 * cause.gain);
    assert.ok(segments(euros).some((name) => name.includes("platform=p2")), segments(euros).join("; "));
  }
});

test("an amount that did not move names nothing, whatever its unit", () => {
  let named = 0;
  for (let seed = 100; seed < 200; seed++) if (findRatioCauses(amounts({ seed, unit: 10 ** ((seed % 7) - 3) })).causes.length > 0) named++;
  assert.ok(named <= 1, `${named} of 100`);
});

describe("input of every kind has a clear answer", () => {
  test("a denominator of zero everywhere, or no history: no data", () => {
    const calm = failures({ seed: 5 });
    const none = { ...calm, denominator: calm.denominator.map(() => 0), numerator: calm.numerator.map(() => 0) };
    assert.equal(findRatioCauses(none).verdict, "no data");
    const noHistory = { numerator: new Float64Array(0), denominator: new Float64Array(0), intervalCount: 0 };
    assert.equal(findRatioCauses({ ...calm, history: noHistory }).verdict, "no data");
  });

  test("a leaf without requests, and missing values, are survived", () => {
    const moved = failures({ seed: 6, rate: (p) => (p === 2 ? 3 : 1) });
    moved.denominator[0] = 0;
    moved.numerator[0] = 0;
    moved.numerator[1] = NaN;
    moved.history.numerator[5] = NaN;
    const report = findRatioCauses(moved);
    assert.deepEqual(segments(report), ["platform=p2"]);
    assert.equal(report.missingCount, 1);
  });

  test("ratios above one (items per order) are counts given their orders", () => {
    const world = failures({ seed: 7, rate: (p) => (p === 0 ? 2.5 : 1) });
    const times = (column: Float64Array) => column.map((x) => x * 60);
    const report = findRatioCauses({ ...world, numerator: times(world.numerator), history: { ...world.history, numerator: times(world.history.numerator) } });
    assert.deepEqual(segments(report).slice(0, 1), ["platform=p0"]);
  });
});

test("the order of rows does not matter", () => {
  const world = failures({ seed: 8, rate: (p) => (p === 2 ? 3 : 1) });
  const order = Array.from({ length: 20 }, (_, i) => (i * 7) % 20);
  const move = (column: Float64Array) => column.map((_, i) => column[i - (i % 20) + order[i % 20]!]!);
  const shuffled = findRatioCauses({
    ...world,
    dimensions: world.dimensions.map((column) => ({ ...column, codes: Int32Array.from(order, (i) => column.codes[i]!) })),
    numerator: move(world.numerator),
    denominator: move(world.denominator),
    history: { ...world.history, numerator: move(world.history.numerator), denominator: move(world.history.denominator) },
  });
  const report = findRatioCauses(world);
  assert.deepEqual(shuffled.causes, report.causes);
});
