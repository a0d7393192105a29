import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { normal, poisson } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { CAUSE_LIMITS } from "./cells.ts";
import { checkedProposals, findCauses, type CauseInput } from "./find-causes.ts";
import { dimensionColumns } from "./leaves.ts";
import type { CauseReport } from "./report.ts";

const segments = (report: CauseReport) => report.causes.map(({ segment }) => segment.map(({ name, value }) => `${name}=${value}`).join(" & "));

const WORKED = {
  names: ["platform", "country"],
  rows: [["web", "US"], ["web", "DE"], ["ios", "US"], ["ios", "DE"], ["android", "US"], ["android", "DE"]],
  expected: [500, 200, 300, 100, 200, 100],
  actual: [495, 205, 120, 42, 202, 98],
};

function input({ names, rows, expected, actual, spread }: { names: string[]; rows: (string | null)[][]; expected: number[]; actual: number[]; spread?: number[] }, more: Partial<CauseInput> = {}): CauseInput {
  return {
    measure: "orders",
    dimensions: dimensionColumns(names, rows),
    expected: Float64Array.from(expected),
    actual: Float64Array.from(actual),
    spread: Float64Array.from(spread ?? expected.map((f) => Math.sqrt(Math.abs(f)))),
    ...more,
  };
}

/** A grid of counts with the moves that `factor` says. */
function grid({ seed, sizes, mean = 50, factor }: { seed: number; sizes: Record<string, number>; mean?: number; factor: (values: Record<string, string>) => number }): { names: string[]; rows: string[][]; expected: number[]; actual: number[] } {
  const random = seededRandom(seed);
  const names = Object.keys(sizes);
  let rows: string[][] = [[]];
  for (const name of names) rows = rows.flatMap((row) => Array.from({ length: sizes[name]! }, (_, c) => [...row, `${name}${c}`]));
  const expected = rows.map(() => mean * Math.exp(0.5 * normal(random)));
  const actual = rows.map((row, i) => poisson(random, expected[i]! * factor(Object.fromEntries(names.map((name, d) => [name, row[d]!])))));
  return { names, rows, expected, actual };
}

describe("what is found", () => {
  test("the worked example: platform=ios explains all of it, countries fell alike, web and android did not", () => {
    const report = findCauses(input(WORKED));
    assert.equal(report.verdict, "segments");
    assert.deepEqual(segments(report), ["platform=ios"]);
    const [cause] = report.causes;
    assert.deepEqual([cause!.expected, cause!.actual, Math.round(1000 * cause!.change), cause!.strength], [400, 162, -595, "strong"]);
    assert.ok(report.explained.gross > 0.99);
    assert.equal(
      report.sentence,
      "orders 238 below expected (−17 %): platform=ios fell 60 % and explains all of it. Its values of country fell alike; android and web did not.",
    );
    assert.deepEqual(report.contribution[0]!.values.map(({ score }) => score), [0, 100, 0]);
  });

  test("a combination of two values is named whole, and not one of its parents", () => {
    const report = findCauses(input(grid({ seed: 1, sizes: { a: 6, b: 5, c: 4 }, factor: ({ a, c }) => (a === "a2" && c === "c1" ? 0.5 : 1) })));
    assert.deepEqual(segments(report), ["a=a2 & c=c1"]);
  });

  test("two causes of opposite direction under a flat total are both named, with shares of the gross deviation", () => {
    const report = findCauses(input(grid({ seed: 2, sizes: { a: 6, b: 5, c: 4 }, factor: ({ a, b }) => (a === "a1" ? 0.6 : b === "b3" ? 1.5 : 1) })));
    assert.deepEqual(segments(report).sort(), ["a=a1", "b=b3"]);
    assert.deepEqual(report.causes.map(({ direction }) => direction).sort(), ["down", "up"]);
    const shares = report.causes.reduce((sum, { share }) => sum + share, 0);
    assert.ok(shares > 0.7 && shares < 1.3, `${shares}`); // in their overlap the two offset each other
  });

  test("all values of a dimension but one are named one by one, found as one", () => {
    const report = findCauses(input(grid({ seed: 3, sizes: { a: 4, b: 6, c: 5 }, factor: ({ a, b }) => (a === "a1" && b !== "b4" ? 0.5 : 1) })));
    assert.deepEqual(segments(report).sort(), [0, 1, 2, 3, 5].map((b) => `a=a1 & b=b${b}`));
    assert.equal(new Set(report.causes.map(({ together }) => together)).size, 1);
    assert.match(report.sentence, /a=a1 except b=b4 fell 5\d %/);
  });

  test("everything moved: the total alone, with what to do", () => {
    const report = findCauses(input(grid({ seed: 4, sizes: { a: 6, b: 5, c: 4 }, factor: () => 0.7 })));
    assert.equal(report.verdict, "everything moved");
    assert.deepEqual(segments(report), [""]);
    assert.match(report.sentence, /all segments fell about (29|30|31) %; no single one did it, look upstream\.$/);
  });

  test("everything moved, and one segment more so", () => {
    const report = findCauses(input(grid({ seed: 5, sizes: { a: 6, b: 5, c: 4 }, factor: ({ a }) => (a === "a3" ? 0.3 : 0.7) })));
    assert.equal(report.verdict, "everything moved, and more so in");
    assert.deepEqual(segments(report), ["", "a=a3"]);
  });

  test("nothing moved: no segment stands out, and the smallest change that would have been seen", () => {
    const report = findCauses(input(grid({ seed: 6, sizes: { a: 6, b: 5, c: 4 }, factor: () => 1 })));
    assert.equal(report.verdict, "no segment stands out");
    assert.deepEqual(report.causes, []);
    assert.ok(report.smallestSeen!.total >= 0.05 && report.smallestSeen!.tenth > report.smallestSeen!.total);
    assert.match(report.sentence, /no segment stands out\. A common change of \d+ % of everything/);
  });

  test("the smallest change said is one that is found", () => {
    const quiet = findCauses(input(grid({ seed: 6, sizes: { a: 10, b: 5, c: 4 }, mean: 5, factor: () => 1 })));
    const { tenth } = quiet.smallestSeen!;
    let found = 0;
    for (let seed = 100; seed < 120; seed++) {
      const report = findCauses(input(grid({ seed, sizes: { a: 10, b: 5, c: 4 }, mean: 5, factor: ({ a }) => (a === "a3" ? 1 - 1.5 * tenth : 1) })));
      if (segments(report).includes("a=a3")) found++;
    }
    assert.ok(found >= 18, `${found} of 20`);
  });

  test("without a spread the noise is taken from the leaves", () => {
    const random = seededRandom(7);
    const leaves = grid({ seed: 7, sizes: { a: 6, b: 5, c: 4 }, mean: 1000, factor: () => 1 });
    const actual = leaves.expected.map((f, i) => f * (1 + 0.1 * normal(random)) * (leaves.rows[i]![1] === "b2" ? 0.6 : 1));
    const report = findCauses({ ...input({ ...leaves, actual }), spread: undefined });
    assert.deepEqual(segments(report), ["b=b2"]);
    const all = findCauses({ ...input({ ...leaves, actual: leaves.expected.map((f) => 0.7 * f * (1 + 0.1 * normal(random))) }), spread: undefined });
    assert.equal(all.verdict, "everything moved");
  });

  test("averages: a segment whose mean fell, weighted by its rows", () => {
    const random = seededRandom(8);
    const leaves = grid({ seed: 8, sizes: { a: 5, b: 6 }, factor: () => 1 });
    const expected = leaves.rows.map(() => 20);
    const actual = leaves.rows.map(([a]) => (a === "a2" ? 15 : 20) + 0.8 * normal(random));
    const counts = Float64Array.from(leaves.rows, () => 100);
    const report = findCauses(input({ ...leaves, expected, actual, spread: leaves.rows.map(() => 0.8) }, { kind: "average", counts: { actual: counts, expected: counts } }));
    assert.deepEqual(segments(report), ["a=a2"]);
    assert.ok(Math.abs(report.causes[0]!.expected - 20) < 1e-9 && Math.abs(report.causes[0]!.actual - 15) < 0.6);
    assert.ok(Math.abs(report.expected - 20) < 1e-9);
  });

  test("distinct counts are proposals with their overlap; a query of their own withdraws what did not move", () => {
    const leaves = grid({ seed: 9, sizes: { a: 5, b: 6 }, mean: 200, factor: ({ a }) => (a === "a1" ? 0.5 : 1) });
    const report = findCauses(input(leaves, { kind: "distinct", distinctTotal: { expected: 5000, actual: 4600 } }));
    assert.deepEqual(segments(report), ["a=a1"]);
    assert.ok(report.isProposal && report.overlap! > 1);
    assert.match(report.sentence, /proposals until each is counted/);
    const kept = checkedProposals(report, [{ expected: 900, actual: 500 }]);
    assert.deepEqual([kept.isProposal, kept.causes[0]!.expected, kept.causes[0]!.actual], [false, 900, 500]);
    assert.equal(checkedProposals(report, [{ expected: 900, actual: 895 }]).verdict, "no segment stands out");
    assert.match(kept.sentence, /each was counted by a query of its own/);
    assert.doesNotMatch(kept.sentence, /explains/, "distinct counts have no shares");
    const uncounted = checkedProposals(report, [null], { expected: 4000, actual: 3600 });
    assert.deepEqual([uncounted.isProposal, uncounted.causes.length, uncounted.actual], [true, 1, 3600]);
    assert.ok(Math.abs(uncounted.overlap! - report.actual / 3600) < 1e-12);
  });
});

describe("input of every kind has a clear answer", () => {
  test("no rows, only missing rows, rows that are all zero: no data", () => {
    for (const actual of [[], [NaN, NaN]]) {
      const report = findCauses(input({ names: ["a"], rows: actual.map((_, i) => [`${i}`]), expected: actual.map(() => 5), actual }));
      assert.equal(report.verdict, "no data");
      assert.equal(report.missingCount, actual.length);
      assert.match(report.sentence, /no data in this range/);
    }
    const zeros = findCauses(input({ names: ["a"], rows: [["x"], ["y"]], expected: [0, 0], actual: [0, 0] }));
    assert.equal(zeros.verdict, "no segment stands out");
  });

  test("a dimension with one value, or all null, tells nothing apart and is said so", () => {
    const leaves = grid({ seed: 10, sizes: { a: 6, b: 5 }, factor: ({ a }) => (a === "a0" ? 0.4 : 1) });
    const report = findCauses(input({ ...leaves, names: [...leaves.names, "one", "empty"], rows: leaves.rows.map((row) => [...row, "x", null]) }));
    assert.deepEqual(segments(report), ["a=a0"]);
    assert.deepEqual(report.constant, [{ name: "empty", value: null }, { name: "one", value: "x" }]);
  });

  test("without dimensions only the total can be named", () => {
    const report = findCauses(input({ names: [], rows: [[]], expected: [1000], actual: [500] }));
    assert.equal(report.verdict, "everything moved");
  });

  test("city and country: one determines the other, and the coarser is named", () => {
    const leaves = grid({ seed: 11, sizes: { city: 12, device: 4 }, factor: ({ city }) => (Number(city!.slice(4)) < 3 ? 0.5 : 1) });
    const rows = leaves.rows.map(([city, device]) => [city!, device!, `country${Math.floor(Number(city!.slice(4)) / 3)}`]);
    const report = findCauses(input({ ...leaves, names: ["city", "device", "country"], rows }));
    assert.deepEqual(segments(report), ["country=country0"]);
  });

  test("a dimension with 50,000 values is searched within the limit of cells, and what was not looked at one by one is said", () => {
    const random = seededRandom(12);
    const count = 50_000;
    const rows = Array.from({ length: count }, (_, i) => [`user${i}`, `p${i % 3}`]);
    const expected = rows.map(() => 4);
    const actual = rows.map(([, p]) => poisson(random, p === "p1" ? 2 : 4));
    const limits = { ...CAUSE_LIMITS, cellsMax: 20_000 };
    const report = findCauses(input({ names: ["user", "platform"], rows, expected, actual }, { limits }));
    assert.deepEqual(segments(report), ["platform=p1"]);
    assert.equal(report.cuts.length, 1);
    const [cut] = report.cuts;
    assert.ok(cut!.limit === "values" && cut!.dimension === "user" && cut!.count === count && cut!.kept < 10_000);
    assert.deepEqual(segments(findCauses(input({ names: ["user", "platform"], rows, expected, actual }))), ["platform=p1"]);
  });

  test("negative measures are searched as Gaussian leaves", () => {
    const random = seededRandom(13);
    const leaves = grid({ seed: 13, sizes: { a: 6, b: 5 }, factor: () => 1 });
    const expected = leaves.rows.map(() => -100);
    const actual = leaves.rows.map(([a]) => (a === "a2" ? -150 : -100) + 5 * normal(random));
    const report = findCauses(input({ ...leaves, expected, actual, spread: leaves.rows.map(() => 5) }));
    assert.deepEqual(segments(report), ["a=a2"]);
    const guessed = findCauses({ ...input({ ...leaves, expected, actual }), spread: undefined });
    assert.deepEqual(segments(guessed), ["a=a2"]);
  });

  test("what was not expected at all may be the cause", () => {
    const leaves = grid({ seed: 14, sizes: { a: 6, b: 5 }, factor: () => 1 });
    const expected = leaves.expected.map((f, i) => (leaves.rows[i]![0] === "a5" ? 0 : f));
    const report = findCauses(input({ ...leaves, expected }));
    assert.deepEqual(segments(report), ["a=a5"]);
    assert.ok(Number.isNaN(report.causes[0]!.change));
    assert.match(report.sentence, /a=a5 rose to [\d,]+ from nothing/);
  });

  test("more leaves, dimensions or combined dimensions than the limits: the rest is named", () => {
    const leaves = grid({ seed: 15, sizes: { a: 6, b: 5 }, factor: ({ a }) => (a === "a1" ? 0.3 : 1) });
    const fewer = findCauses(input(leaves, { limits: { ...CAUSE_LIMITS, leavesMax: 25 } }));
    assert.deepEqual(fewer.cuts, [{ limit: "leaves", count: 30, max: 25 }]);
    assert.deepEqual(segments(fewer), ["a=a1"]);
    const narrow = findCauses(input(leaves, { limits: { ...CAUSE_LIMITS, combinedDimensionsMax: 1 } }));
    assert.deepEqual(narrow.cuts, [{ limit: "combined dimensions", dimensions: ["b"], max: 1 }]);
    assert.deepEqual(segments(narrow), ["a=a1"]);
    assert.deepEqual(findCauses(input(leaves, { limits: { ...CAUSE_LIMITS, dimensionsMax: 1 } })).cuts[0], { limit: "dimensions", dimensions: ["a"], max: 1 });
  });

  test("infinities and huge numbers are left out or survived", () => {
    const leaves = grid({ seed: 16, sizes: { a: 6, b: 5 }, factor: ({ a }) => (a === "a1" ? 0.3 : 1) });
    leaves.actual[29] = Infinity;
    const report = findCauses(input(leaves));
    assert.equal(report.missingCount, 1);
    assert.deepEqual(segments(report), ["a=a1"]);
    leaves.actual[29] = 1e300;
    assert.ok(segments(findCauses(input(leaves))).includes("a=a1"));
  });
});

test("the order of rows and of dictionaries does not matter, to the last bit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.infiniteStream(fc.nat()), (seed, ranks) => {
      const random = seededRandom(seed);
      const leaves = grid({ seed, sizes: { a: 4, b: 3, c: 3 }, factor: ({ a, b }) => (a === "a1" ? 0.5 : b === "b2" ? 1.6 : 1) });
      const order = leaves.rows.map((_, i) => i).filter(() => random() < 0.95).map((i) => ({ i, rank: ranks.next().value })).sort((x, y) => x.rank - y.rank).map(({ i }) => i);
      const sorted = [...order].sort((x, y) => x - y);
      const pick = (rows: number[], names: string[]) => input({ names, rows: rows.map((i) => names.map((name) => leaves.rows[i]![leaves.names.indexOf(name)]!)), expected: rows.map((i) => leaves.expected[i]!), actual: rows.map((i) => leaves.actual[i]!) });
      const inOrder = findCauses(pick(sorted, ["a", "b", "c"]));
      const shuffled = findCauses(pick(order, ["a", "b", "c"]));
      assert.deepEqual({ ...shuffled, contribution: 0, expected: 0, actual: 0, explained: 0 }, { ...inOrder, contribution: 0, expected: 0, actual: 0, explained: 0 });
    }),
    { numRuns: 40 },
  );
});
