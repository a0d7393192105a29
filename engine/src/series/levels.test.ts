import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { combineOf, missingRollUpKeys, rollUpKeys, seriesLevels, type Combine } from "./levels.ts";
import { seriesKey, seriesKeyText, type SeriesKey } from "./series-key.ts";

const leaf = (platform: string | null, country: string | null, measure = "views") =>
  seriesKey(measure, [
    { name: "platform", value: platform },
    { name: "country", value: country },
  ]);
const total = (measure = "views") => seriesKey(measure, []);
const single = (name: string, value: string | null, measure = "views") => seriesKey(measure, [{ name, value }]);

/** Leaves first, then their roll-ups, as a caller would number them. */
function numbered(leaves: readonly SeriesKey[]): SeriesKey[] {
  return [...leaves, ...missingRollUpKeys(leaves, () => false)];
}

test("a leaf has the total and each of its single values above it", () => {
  assert.deepEqual(rollUpKeys(leaf("web", "DE")), [total(), single("country", "DE"), single("platform", "web")]);
});

test("a measure without dimensions has no roll-ups, with one dimension only the total", () => {
  assert.deepEqual(rollUpKeys(total()), []);
  assert.deepEqual(rollUpKeys(single("platform", "web")), [total()]);
});

test("missing roll-ups are named once, and not those that the caller has", () => {
  const leaves = [leaf("web", "DE"), leaf("web", "FR")];
  const has = (key: SeriesKey) => seriesKeyText(key) === seriesKeyText(total());
  assert.deepEqual(missingRollUpKeys(leaves, has), [single("country", "DE"), single("platform", "web"), single("country", "FR")]);
});

test("a null value is a value of its own beside the text 'null'", () => {
  const leaves = [leaf(null, "DE"), leaf("null", "DE")];
  const keys = numbered(leaves);
  assert.equal(keys.length, 2 + 4);
  const levels = seriesLevels({ dimensionCount: 2, combine: () => "sum" });
  levels.add(keys);
  const values = Float64Array.of(1, 2, NaN, NaN, NaN, NaN);
  levels.rollUp(values);
  assert.deepEqual([...values], [1, 2, 3, 3, 1, 2]);
});

test("sums skip missing leaves, and are missing when all leaves are", () => {
  const keys = numbered([leaf("web", "DE"), leaf("web", "FR"), leaf("ios", "FR")]);
  const levels = seriesLevels({ dimensionCount: 2, combine: () => "sum" });
  levels.add(keys);
  const at = (key: SeriesKey) => keys.findIndex((k) => seriesKeyText(k) === seriesKeyText(key));
  const values = new Float64Array(keys.length).fill(7);
  values.set([NaN, 5, 2]);
  levels.rollUp(values);
  assert.equal(values[at(total())], 7);
  assert.equal(values[at(single("country", "FR"))], 7);
  assert.equal(values[at(single("platform", "web"))], 5);
  assert.ok(Number.isNaN(values[at(single("country", "DE"))]!));
});

test("means need counts, minima and maxima are those of the leaves", () => {
  const how: Record<string, Combine> = { price: "mean", low: "min", high: "max", median: "none" };
  const leaves = Object.keys(how).flatMap((measure) => [single("country", "DE", measure), single("country", "FR", measure)]);
  const keys = numbered(leaves);
  const levels = seriesLevels({ dimensionCount: 1, combine: (measure) => how[measure]! });
  levels.add(keys);
  const values = Float64Array.of(10, 20, 10, 20, 10, 20, 10, 20, 0, 0, 0, 0);
  const counts = new Float64Array(values.length).fill(1);
  counts[1] = 3;
  levels.rollUp(values, counts);
  assert.deepEqual([...values.subarray(8)], [17.5, 10, 20, NaN]);
  assert.equal(counts[8], 4);
  levels.rollUp(values);
  assert.ok(Number.isNaN(values[8]!), "without counts there is no mean");
  assert.equal(combineOf("AVG"), "none");
  assert.equal(combineOf("AVG", { hasCounts: true }), "mean");
  assert.equal(combineOf("COUNT_DISTINCT"), "none");
});

test("parents, children and leaves are by series number, also when leaves and roll-ups arrive over time", () => {
  const keys = numbered([leaf("web", "DE")]); // 0 leaf, 1 total, 2 country=DE, 3 platform=web
  const levels = seriesLevels({ dimensionCount: 2, combine: () => "sum" });
  levels.add(keys);
  keys.push(leaf("ios", "DE"), single("platform", "ios")); // 4, 5: the roll-up after its leaf
  levels.add(keys);
  assert.deepEqual(levels.parents(4), [2, 5]);
  assert.deepEqual(levels.parents(5), [1]);
  assert.deepEqual(levels.parents(1), []);
  assert.deepEqual(levels.children(1), [2, 3, 5]);
  assert.deepEqual(levels.children(2), [0, 4]);
  assert.deepEqual(levels.leaves(1), [0, 4]);
  assert.deepEqual(levels.leaves(5), [4]);
  assert.deepEqual(levels.leaves(0), [0]);
});

test("without dimensions every series is a leaf and nothing is rolled up", () => {
  const levels = seriesLevels({ dimensionCount: 0, combine: () => "sum" });
  levels.add([total("a"), total("b")]);
  const values = Float64Array.of(1, NaN);
  levels.rollUp(values);
  assert.deepEqual([...values], [1, NaN]);
  assert.deepEqual(levels.parents(0), []);
});

test("a pair of values of three is refused: it is no level", () => {
  const levels = seriesLevels({ dimensionCount: 3, combine: () => "sum" });
  assert.throws(() => levels.add([leaf("web", "DE")]), /neither a leaf/);
});

test("small leaves beside a huge one are not lost, and infinities stay", () => {
  const leaves = ["a", "b", "c"].map((value) => single("x", value));
  const keys = numbered(leaves);
  const levels = seriesLevels({ dimensionCount: 1, combine: () => "sum" });
  levels.add(keys);
  const values = Float64Array.of(1e100, 1, -1e100, 0);
  levels.rollUp(values);
  assert.equal(values[3], 1);
  values.set([Infinity, 1, 2]);
  levels.rollUp(values);
  assert.equal(values[3], Infinity);
});

test("rollUp equals the obvious version, whatever the order in which series were numbered", () => {
  const arbitraryLeaves = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", null), fc.constantFrom("x", "y", 'q"uo"te')), {
    minLength: 1,
    selector: ([p, c]) => `${p === null}${p}|${c}`,
  });
  fc.assert(
    fc.property(arbitraryLeaves, fc.infiniteStream(fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constant(NaN))), fc.infiniteStream(fc.nat()), (pairs, stream, ranks) => {
      const keys = numbered(pairs.map(([p, c]) => leaf(p, c)))
        .map((key) => ({ key, rank: ranks.next().value }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ key }) => key);
      const values = Float64Array.from(keys, () => stream.next().value);
      const levels = seriesLevels({ dimensionCount: 2, combine: () => "sum" });
      levels.add(keys.slice(0, keys.length >> 1));
      levels.add(keys);
      const rolled = values.slice();
      levels.rollUp(rolled);
      for (let s = 0; s < keys.length; s++) {
        const below = keys.map((_, i) => i).filter((i) => keys[i]!.dimensions.length === 2 && contains(keys[i]!, keys[s]!));
        const arrived = below.map((i) => values[i]!).filter((v) => !Number.isNaN(v));
        const expected = keys[s]!.dimensions.length === 2 ? values[s]! : arrived.length === 0 ? NaN : arrived.reduce((a, b) => a + b, 0);
        assert.ok(Object.is(rolled[s]! + 0, expected + 0), `${seriesKeyText(keys[s]!)}: ${rolled[s]} for ${expected}`);
        assert.deepEqual(levels.leaves(s), below);
      }
    }),
  );
});

test("50,000 leaves of four dimensions are indexed and rolled up in a moment", () => {
  const leaves: SeriesKey[] = [];
  for (let i = 0; i < 50_000; i++) {
    leaves.push(
      seriesKey("views", [
        { name: "a", value: `a${i % 10}` },
        { name: "b", value: `b${Math.floor(i / 10) % 10}` },
        { name: "c", value: `c${Math.floor(i / 100) % 20}` },
        { name: "d", value: `d${Math.floor(i / 2000)}` },
      ]),
    );
  }
  const keys = numbered(leaves);
  assert.equal(keys.length, 50_000 + 1 + 10 + 10 + 20 + 25);
  const levels = seriesLevels({ dimensionCount: 4, combine: () => "sum" });
  levels.add(keys);
  const values = new Float64Array(keys.length).fill(1);
  levels.rollUp(values);
  assert.equal(values[keys.findIndex((key) => key.dimensions.length === 0)], 50_000);
});

function contains(leafKey: SeriesKey, above: SeriesKey): boolean {
  return above.dimensions.every(({ name, value }) => leafKey.dimensions.some((d) => d.name === name && d.value === value));
}
