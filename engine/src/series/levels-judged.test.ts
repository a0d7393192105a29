import assert from "node:assert/strict";
import { test } from "vitest";
import { DEFAULT_MEASURE_SETTINGS, KINDS, createStates, judgeAndLearn, learnHistory, missingRollUpKeys, rhythmOf, seriesKey, seriesLevels } from "../index.ts";
import type { SeriesKey } from "../index.ts";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";

const LEAVES = 400; // 20 countries × 20 shops
const HISTORY = 24 * 28;
const AT = HISTORY + 30; // when something happens
const LENGTH = AT + 12;

/** Kinds found at AT and after, by series; each leaf has level 100 and noise 10, the factor is what happens to it. */
function foundSince(happens: (leaf: number) => number): { found: Map<string, Set<string>>; total: string } {
  const leaf = (i: number) =>
    seriesKey("orders", [
      { name: "country", value: `c${Math.floor(i / 20)}` },
      { name: "shop", value: `s${i % 20}` },
    ]);
  const leaves = Array.from({ length: LEAVES }, (_, i) => leaf(i));
  const keys: SeriesKey[] = [...leaves, ...missingRollUpKeys(leaves, () => false)];
  const levels = seriesLevels({ dimensionCount: 2, combine: () => "sum" });
  levels.add(keys);

  const random = seededRandom(11);
  const columns = Array.from({ length: LENGTH }, (_, t) => {
    const values = new Float64Array(keys.length);
    for (let s = 0; s < LEAVES; s++) values[s] = (100 + 10 * normal(random)) * (t >= AT ? happens(s) : 1);
    levels.rollUp(values);
    return values;
  });
  const positions = Array.from({ length: LENGTH }, (_, t) => ({ inDay: t % 24, hourOfWeek: t % 168 }));
  const states = createStates(rhythmOf("PT1H"), keys.length);
  const history = new Float64Array(keys.length * HISTORY);
  for (let s = 0; s < keys.length; s++) for (let t = 0; t < HISTORY; t++) history[s * HISTORY + t] = columns[t][s];
  learnHistory(states, { startMs: Float64Array.from({ length: HISTORY }, (_, t) => t * 3_600_000), positions: positions.slice(0, HISTORY), values: history });

  const found = new Map<string, Set<string>>();
  const nameOf = (key: SeriesKey) => key.dimensions.map(({ value }) => value).join() || "total";
  for (let t = HISTORY; t < LENGTH; t++) {
    const judged = judgeAndLearn(states, {
      startMs: t * 3_600_000,
      position: positions[t],
      values: columns[t],
      datasetArrived: true,
      settingsOf: new Uint8Array(keys.length),
      settings: [DEFAULT_MEASURE_SETTINGS],
    });
    if (t < AT) continue;
    judged.kind.forEach((kind, s) => {
      if (kind === 0 || judged.heldBack[s] !== 0) return;
      const name = nameOf(keys[s]);
      found.set(name, (found.get(name) ?? new Set()).add(KINDS[kind]));
    });
  }
  return { found, total: "total" };
}

test("a fall of the total by 5 % that no leaf shows is found in the total", () => {
  const { found, total } = foundSince(() => 0.95); // half a spread of each leaf, ten of the total
  assert.ok(found.has(total), [...found.keys()].join());
  const leaves = [...found.keys()].filter((name) => name.includes(","));
  assert.ok(leaves.length <= 2, leaves.join());
});

test("a fall of one leaf that the total hides is found in the leaf", () => {
  const { found, total } = foundSince((leaf) => (leaf === 123 ? 0.1 : 1)); // nine spreads of the leaf, half of one of the total
  assert.ok(found.has("c6,s3") && !found.has(total), [...found.keys()].join());
});

test("when nothing happens, neither the leaves nor their levels say anything", () => {
  const { found } = foundSince(() => 1);
  assert.ok(found.size <= 1, [...found.keys()].join());
});
