import assert from "node:assert/strict";
import { test } from "vitest";
import { DistinctCounts } from "./distinct-counts.ts";

test("a value is new once in each cell, as Sets of the same say", () => {
  const counts = new DistinctCounts("users");
  const oracle = new Map<number, Set<unknown>>();
  let state = 1;
  const next = (n: number) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % n;
  const far = 149_999_990; // the last cells that a reading may have
  for (let k = 0; k < 60_000; k++) {
    const cell = next(3) === 0 ? far + next(10) : next(40);
    const pick = next(900);
    const value = pick % 3 === 0 ? `user ${pick}` : pick % 3 === 1 ? pick : pick > 450;
    const seen = oracle.get(cell) ?? new Set();
    oracle.set(cell, seen);
    assert.equal(counts.isNew(cell, value), !seen.has(value), `cell ${cell}, ${String(value)}`);
    seen.add(value);
  }
});

test("1 and “1”, “a” and “A ” and the empty text are values of their own", () => {
  const counts = new DistinctCounts("users");
  for (const value of [1, "1", "a", "A ", "", true]) assert.ok(counts.isNew(0, value), String(value));
  assert.ok(!counts.isNew(0, ""));
});

test("too many values or pairs are refused with their limit and what would help", () => {
  const few = new DistinctCounts("users", { values: 2, pairs: 3 });
  assert.ok(few.isNew(0, "a") && few.isNew(0, "b") && few.isNew(1, "a"));
  assert.throws(() => few.isNew(1, "b"), /users has more than 3 different values .*DISTINCT_PAIRS_MAX/);
  assert.throws(() => few.isNew(0, "c"), /users has more than 2 different values .*DISTINCT_VALUES_MAX/);
});
