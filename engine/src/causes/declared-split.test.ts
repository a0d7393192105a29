import assert from "node:assert/strict";
import { test } from "vitest";
import { seededRandom } from "../random/seeded-random.ts";
import { DECLARED_PARTS_MAX, declaredSplit, type DeclaredPart } from "./declared-split.ts";

const part = (expected: number, actual: number, isInverse = false): DeclaredPart => ({ expected, actual, isInverse });
const near = (a: number, b: number, scale = 1) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(scale)), `${a} is not ${b}`);

test("revenue = orders × value: the worked example of docs/models/causes.md", () => {
  // 1,000 orders of 10 expected, 800 of 11 came: 10,000 → 8,800.
  const { expected, actual, amounts, shares } = declaredSplit("product", [part(1000, 800), part(10, 11)])!;
  assert.deepEqual([expected, actual], [10_000, 8_800]);
  assert.deepEqual(amounts.map((amount) => Math.round(amount)), [-2095, 895]);
  near(amounts[0]! + amounts[1]!, -1200, 1200);
  assert.deepEqual(shares.map((share) => share.toFixed(1)), ["174.6", "-74.6"], "orders fell by more than revenue, the value of each offset part of it");
});

test("profit = revenue − cost: each part's own deviation", () => {
  const split = declaredSplit("sum", [part(500, 450), part(300, 330, true)])!;
  assert.deepEqual(split, { expected: 200, actual: 120, amounts: [-50, -30], shares: [62.5, 37.5] });
});

test("a quotient is a product with an inverse part", () => {
  // Conversion 50/1000 → 40/1600: from 5 % to 2.5 %.
  const { amounts, shares } = declaredSplit("product", [part(50, 40), part(1000, 1600, true)])!;
  near(amounts[0]! + amounts[1]!, -0.025);
  assert.ok(shares[0]! > 30 && shares[0]! < 35 && shares[1]! > 65, shares.join());
});

test("a factor that fell to zero has no logarithm and is split all the same; what is unknown of nothing is not needed", () => {
  const gone = declaredSplit("product", [part(100, 0), part(10, NaN)])!;
  assert.deepEqual(gone.amounts, [-1000, 0]);
  assert.deepEqual(gone.shares, [100, 0]);
  const both = declaredSplit("product", [part(100, 0), part(10, 8)])!;
  assert.deepEqual(both.amounts, [-900, -100], "the mean over both orders: −1000 and 0, or −200 of it and −800");
});

test("the amounts add up to the change exactly, whatever the signs, the number of parts and their order", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const count = 1 + Math.floor(random() * DECLARED_PARTS_MAX);
    const isSigned = seed % 3 === 0;
    const parts = Array.from({ length: count }, () => part((isSigned ? random() - 0.3 : random()) * 100 + 0.01, (isSigned ? random() - 0.3 : random()) * 100 + 0.01, random() < 0.3));
    for (const kind of ["sum", "product"] as const) {
      const split = declaredSplit(kind, parts);
      if (split === null) continue;
      const change = split.actual - split.expected;
      const scale = split.amounts.reduce((sum, amount) => sum + Math.abs(amount), Math.abs(split.actual) + Math.abs(split.expected));
      near(split.amounts.reduce((a, b) => a + b, 0), change, scale);
      const reversed = declaredSplit(kind, [...parts].reverse())!;
      for (const [k, amount] of [...reversed.amounts].reverse().entries()) near(amount, split.amounts[k]!, scale);
    }
  }
});

test("where logarithms exist but the change vanishes, parts that offset each other are still told", () => {
  const split = declaredSplit("product", [part(100, 200), part(10, 5 * (1 + 1e-11))])!;
  near(split.amounts[0]! + split.amounts[1]!, split.actual - split.expected, 1000);
  assert.ok(split.amounts[0]! > 500 && split.amounts[1]! < -500);
});

test("nothing is split where a figure is missing, a divisor is zero or nothing moved", () => {
  assert.equal(declaredSplit("product", []), null);
  assert.equal(declaredSplit("product", [part(10, NaN), part(2, 3)]), null);
  assert.equal(declaredSplit("sum", [part(NaN, 1), part(2, 3)]), null);
  assert.equal(declaredSplit("product", [part(10, 5), part(2, 0, true)]), null);
  assert.equal(declaredSplit("product", [part(10, 10), part(2, 2)]), null);
  assert.equal(declaredSplit("sum", [part(1, 2), part(2, 1)]), null);
});
