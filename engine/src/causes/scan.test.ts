import assert from "node:assert/strict";
import { test } from "vitest";
import { normal, poisson } from "../random/distributions.ts";
import { seededRandom, type Random } from "../random/seeded-random.ts";
import { cellAt, codesOf, cubeShape, rollUpCube } from "./cube.ts";
import { countEvidence, gaussianEvidence, medianOf, symmetricEvidence, type Evidence } from "./evidence.ts";
import { gainOf, PURITY_MIN, PURITY_MIN_TOTAL } from "./gain.ts";
import { scan } from "./scan.ts";
import { copyOf, sumsOf, takeOut } from "./sums.ts";

interface Leaf {
  readonly codes: readonly number[];
  readonly index: number;
}

function leavesOf(sizes: readonly number[]): Leaf[] {
  let codes: number[][] = [[]];
  for (const size of sizes) codes = codes.flatMap((head) => Array.from({ length: size }, (_, c) => [...head, c]));
  return codes.map((own, index) => ({ codes: own, index }));
}

function randomEvidence(random: Random, sizes: readonly number[]): { evidence: Evidence; cellOf: Int32Array; leaves: Leaf[] } {
  const leaves = leavesOf(sizes);
  const shape = cubeShape(sizes);
  const expected = Float64Array.from(leaves, () => 5 + 100 * random());
  const inSegment = sizes.map((size) => (random() < 0.5 ? Math.floor(random() * size) : -1));
  const factor = random() < 0.2 ? 1 : random() < 0.5 ? 0.4 : 1.8;
  const actual = expected.map((f, i) => poisson(random, f * (inSegment.every((c, d) => c < 0 || c === leaves[i]!.codes[d]) ? factor : 1)));
  const spread = expected.map(Math.sqrt);
  const pick = random();
  const evidence = pick < 0.4 ? countEvidence(actual, expected, spread) : pick < 0.7 ? gaussianEvidence(actual, expected, spread) : symmetricEvidence(actual, expected);
  return { evidence, cellOf: Int32Array.from(leaves, ({ codes }) => cellAt(shape, codes)), leaves };
}

test("the cube's sums equal the sums over each segment's leaves, also after segments are taken out", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seededRandom(seed);
    const sizes = Array.from({ length: 1 + Math.floor(random() * 4) }, () => 1 + Math.floor(random() * 4));
    const { evidence, cellOf, leaves } = randomEvidence(random, sizes);
    const shape = cubeShape(sizes);
    const sums = sumsOf(evidence, shape, cellOf);
    const out: number[][] = [];
    for (let round = 0; round < 3; round++) {
      for (let cell = 0; cell < shape.cellCount; cell++) {
        const codes = codesOf(shape, cell);
        const inside = leaves.filter((leaf) => isBelow(leaf, codes, sizes) && !out.some((segment) => isBelow(leaf, segment, sizes)));
        for (const name of ["W", "A", "L", "N"] as const) {
          const expected = inside.reduce((sum, { index }) => sum + evidence[name][index]!, 0);
          assert.ok(Math.abs(sums[name][cell]! - expected) < 1e-6 * Math.max(1, Math.abs(expected)), `seed ${seed} ${name} ${codes.join()}`);
        }
      }
      const segment = sizes.map((size) => (random() < 0.5 ? size : Math.floor(random() * size)));
      takeOut(shape, segment, sums);
      out.push(segment);
    }
  }
});

test("the first finding is the brute-force best over all segments, where nothing has to be made narrower or wider", () => {
  let compared = 0;
  for (let seed = 0; seed < 150; seed++) {
    const random = seededRandom(1000 + seed);
    const sizes = Array.from({ length: 2 + Math.floor(random() * 2) }, () => 2 + Math.floor(random() * 4));
    const { evidence, cellOf, leaves } = randomEvidence(random, sizes);
    const best = bruteForceBest(evidence, sizes, leaves);
    const findings = scan(evidence, { sizes, cellOf }).filter(({ within, segments }) => within === null && segments.length === 1);
    if (findings.length !== 1 || best === null) {
      if (best === null) assert.deepEqual(scan(evidence, { sizes, cellOf }), [], `seed ${seed}`);
      continue;
    }
    const [finding] = findings;
    if (Math.abs(finding!.gain - best.gain) > 1e-6) continue; // made narrower: covered by find-causes.test.ts
    assert.deepEqual(finding!.segments[0], best.codes, `seed ${seed}`);
    compared++;
  }
  assert.ok(compared > 60, `${compared}`);
});

/** Every segment's sums by going through all leaves, the gain, the veto: no cube, no incremental anything. */
function bruteForceBest(evidence: Evidence, sizes: readonly number[], leaves: readonly Leaf[]): { codes: number[]; gain: number } | null {
  const shape = cubeShape(sizes);
  const D = sizes.length;
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
  const gains = Array.from({ length: shape.cellCount }, (_, cell) => {
    const codes = codesOf(shape, cell);
    const inside = leaves.filter((leaf) => isBelow(leaf, codes, sizes));
    const sum = (column: Float64Array | null) => (column === null ? 0 : inside.reduce((total, { index }) => total + column[index]!, 0));
    const fixed = codes.filter((code, d) => code !== sizes[d]).length;
    const segments = codes.reduce((product, code, d) => (code === sizes[d] ? product : product * sizes[d]!), 1);
    const price = Math.log(Math.min(segments, leaves.length)) + Math.log(D + 1) + Math.log(choose(D, fixed));
    const l = sum(evidence.L);
    if (l <= price) return 0;
    return gainOf(evidence.scale * sum(evidence.W), evidence.scale * sum(evidence.A), evidence.scale * sum(evidence.Q), l, sum(evidence.N), price, fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN, evidence.form === "counts", evidence.scatterMax);
  });
  let best: { codes: number[]; gain: number } | null = null;
  for (let cell = 0; cell < gains.length; cell++) {
    const codes = codesOf(shape, cell);
    const isVetoed = codes.some((code, d) => {
      if (code !== sizes[d]) return false;
      const children = Array.from({ length: sizes[d]! }, (_, c) => gains[cellAt(shape, codes.map((own, e) => (e === d ? c : own)))]!);
      return children.reduce((a, b) => a + b, 0) > gains[cell]! / 0.95;
    });
    if (gains[cell]! >= 1 && !isVetoed && (best === null || gains[cell]! > best.gain)) best = { codes, gain: gains[cell]! };
  }
  return best;
}

function isBelow({ codes }: Leaf, segment: readonly number[], sizes: readonly number[]): boolean {
  return segment.every((code, d) => code === sizes[d] || code === codes[d]);
}

test("a copy of sums is left alone by what is taken out of the other", () => {
  const { evidence, cellOf } = randomEvidence(seededRandom(5), [3, 3]);
  const shape = cubeShape([3, 3]);
  const sums = sumsOf(evidence, shape, cellOf);
  const copy = copyOf(sums);
  takeOut(shape, [3, 3], sums);
  assert.equal(sums.N.reduce((a, b) => a + b, 0), 0);
  assert.equal(copy.N[shape.cellCount - 1], 9);
});

test("rolling up a cube without dimensions, and with dimensions of one value, changes nothing but the open cells", () => {
  const none = Float64Array.of(7);
  rollUpCube(cubeShape([]), none);
  assert.deepEqual([...none], [7]);
  const ones = Float64Array.of(7, 0, 0, 0);
  rollUpCube(cubeShape([1, 1]), ones);
  assert.deepEqual([...ones], [7, 7, 7, 7]);
});

test("medianOf is the middle of the sorted values", () => {
  const random = seededRandom(3);
  assert.ok(Number.isNaN(medianOf(new Float64Array(0))));
  for (let k = 0; k < 300; k++) {
    const values = Float64Array.from({ length: 1 + Math.floor(random() * 30) }, () => (random() < 0.5 ? Math.floor(random() * 4) : normal(random)));
    const sorted = values.slice().sort();
    const n = sorted.length;
    const expected = n % 2 === 1 ? sorted[n >> 1]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2;
    assert.equal(medianOf(values), expected);
  }
});
