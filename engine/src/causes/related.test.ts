import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { linksOf, relatedMeasures, RELATED_HISTORY_MIN } from "./related.ts";

/** Residuals of measures where `edges` carry a share of one measure's residual to another, some intervals later. */
function world({ seed, edges, length = 600, measureCount = 4, shocks }: { seed: number; edges: [from: number, to: number, lag: number, weight: number][]; length?: number; measureCount?: number; shocks: [measure: number, t: number, size: number][] }): Float64Array {
  const random = seededRandom(seed);
  const r = new Float64Array(measureCount * length);
  const shockAt = new Map(shocks.map(([m, t, size]) => [m * length + t, size]));
  for (let t = 0; t < length; t++) {
    // Lag 0 edges go from smaller to larger measures.
    for (let m = 0; m < measureCount; m++) {
      let value = normal(random) + (shockAt.get(m * length + t) ?? 0);
      for (const [from, to, lag, weight] of edges) if (to === m && t >= lag) value += weight * r[from * length + t - lag]!;
      r[m * length + t] = value;
    }
  }
  return r;
}

const input = (residuals: Float64Array, measure: number, more = {}) => ({ residuals, measureCount: 4, measure, from: 580, to: 590, ...more });

describe("links from history, order from the window", () => {
  const edges: [number, number, number, number][] = [[0, 1, 2, 0.7], [1, 2, 1, 0.7]];
  const residuals = world({ seed: 1, edges, shocks: [[0, 580, 12]] });

  test("what leads the measure is a cause with its lag, and says how much of it", () => {
    const { related, unknownPercentage } = relatedMeasures(input(residuals, 1));
    const cause = related.find(({ relation }) => relation === "cause")!;
    assert.deepEqual([cause.measure, cause.lag, cause.onset], [0, 2, 580]);
    assert.ok(cause.strength > 0.55 && cause.strength < 0.85);
    assert.ok(cause.percentage! > 60 && Math.abs(cause.percentage! + unknownPercentage - 100) < 1e-9);
  });

  test("what follows it is an effect, and a chain leads through the one in between", () => {
    assert.deepEqual(relatedMeasures(input(residuals, 1)).related.filter(({ relation }) => relation === "effect").map(({ measure, lag }) => [measure, lag]), [[2, 1]]);
    const chained = relatedMeasures(input(residuals, 2)).related.map(({ measure, relation, lag }) => [measure, relation, lag]);
    assert.deepEqual(chained, [[1, "cause", 1], [0, "cause", 3]]);
  });

  test("a measure that is off at the same time without any link is not related", () => {
    const coincidence = world({ seed: 2, edges, shocks: [[0, 580, 12], [3, 579, 12]] });
    assert.ok(!relatedMeasures(input(coincidence, 1)).related.some(({ measure }) => measure === 3));
  });

  test("without a lag there is no direction: together, whatever the formula might be", () => {
    const tied = world({ seed: 3, edges: [[0, 1, 0, 0.8]], shocks: [[0, 580, 12]] });
    for (const measure of [0, 1]) assert.deepEqual(relatedMeasures(input(tied, measure)).related.map(({ relation }) => relation), ["together"]);
  });

  test("how often it happened before is counted", () => {
    const repeated = world({ seed: 4, edges, shocks: [[0, 200, 12], [0, 400, 12], [0, 580, 12]] });
    assert.equal(relatedMeasures(input(repeated, 1)).related.find(({ measure }) => measure === 0)!.timesBefore, 2);
  });

  test("with little history only the order is said", () => {
    const short = world({ seed: 5, edges, length: 120, shocks: [[0, 100, 12]] });
    const { related, unknownPercentage } = relatedMeasures({ residuals: short, measureCount: 4, measure: 1, from: RELATED_HISTORY_MIN - 100, to: 110 });
    assert.deepEqual(related.map(({ measure, relation }) => [measure, relation]), [[0, "earlier"]]);
    assert.equal(unknownPercentage, 100);
  });
});

test("missing, constant and identical histories are survived", () => {
  const length = 400;
  const random = seededRandom(6);
  const r = new Float64Array(4 * length);
  for (let t = 0; t < length; t++) {
    r[t] = normal(random);
    r[length + t] = r[t]!;
    r[2 * length + t] = NaN;
    r[3 * length + t] = 0;
  }
  r[390] = 20;
  r[length + 390] = 20;
  const { related } = relatedMeasures({ residuals: r, measureCount: 4, measure: 0, from: 390, to: 395 });
  assert.deepEqual(related.map(({ measure, relation }) => [measure, relation]), [[1, "together"]]);
  assert.deepEqual(linksOf({ residuals: new Float64Array(0), measureCount: 2, until: 0 }), []);
});

test("over many random worlds lagged links are mostly found, the right way round, and rarely invented", () => {
  let edgesSeen = 0;
  let found = 0;
  let wrongWay = 0;
  let pairsUnlinked = 0;
  let invented = 0;
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(7000 + seed);
    const measureCount = 8;
    const edges: [number, number, number, number][] = [];
    for (let to = 1; to < measureCount; to++) if (random() < 0.6) edges.push([Math.floor(random() * to), to, 1 + Math.floor(random() * 3), 0.35 + 0.45 * random()]);
    const links = linksOf({ residuals: world({ seed: 9000 + seed, edges, measureCount, shocks: [] }), measureCount, until: 590 });
    for (const [from, to, lag] of edges) {
      edgesSeen++;
      if (links.some((link) => link.from === from && link.to === to && link.lag === lag)) found++;
      if (links.some((link) => link.from === to && link.to === from && link.lag > 0)) wrongWay++;
    }
    for (let a = 0; a < measureCount; a++) for (let b = 0; b < measureCount; b++) {
      if (a === b || edges.some(([from, to]) => (from === a && to === b) || (from === b && to === a))) continue;
      pairsUnlinked++;
      if (links.some((link) => link.from === a && link.to === b && link.lag > 0)) invented++;
    }
  }
  assert.ok(found / edgesSeen > 0.85, `found ${found / edgesSeen}`);
  assert.ok(wrongWay / edgesSeen < 0.02, `wrong way ${wrongWay / edgesSeen}`);
  assert.ok(invented / pairsUnlinked < 0.02, `invented ${invented / pairsUnlinked}`);
});
