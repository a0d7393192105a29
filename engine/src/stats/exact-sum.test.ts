import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { ExactSums } from "./exact-sum.ts";

/** Of finite doubles as whole multiples of 2^-1074, without error. */
function trueSum(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + units(value), 0n);
}

function units(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const whole = bits.getBigUint64(0);
  const exponent = Number((whole >> 52n) & 0x7ffn);
  const fraction = whole & 0xfffffffffffffn;
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return whole >> 63n === 1n ? -magnitude : magnitude;
}

const sumOf = (values: readonly number[]): number => {
  const sums = new ExactSums(1);
  for (const value of values) sums.add(0, value);
  return sums.value(0);
};

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10),
  fc.constantFrom(0.1, -0.1, 1e16, -1e16, 1, 2 ** 53, 2 ** -1074, 5e-324, 1e-300),
);

test("a sum is the number nearest to the true one: no other double is nearer", () => {
  fc.assert(
    fc.property(fc.array(finite, { maxLength: 60 }), (values) => {
      if (values.length === 0) return;
      const sum = sumOf(values);
      const wanted = trueSum(values);
      const off = (value: number): bigint => {
        const difference = units(value) - wanted;
        return difference < 0n ? -difference : difference;
      };
      const bits = new DataView(new ArrayBuffer(8));
      for (const step of [-1n, 1n]) {
        bits.setFloat64(0, sum);
        bits.setBigUint64(0, sum === 0 ? (step === 1n ? 1n : 0x8000000000000001n) : bits.getBigUint64(0) + step);
        const neighbour = bits.getFloat64(0);
        if (Number.isFinite(neighbour)) assert.ok(off(sum) <= off(neighbour), `${sum} against ${neighbour}`);
      }
    }),
    { numRuns: 2000, seed: 20261123 },
  );
});

test("the order does not matter, nor how the numbers are split between processes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, fc.nat(6), fc.nat()), { maxLength: 60 }), (given) => {
      const values = given.map(([value]) => value);
      const shuffled = [...given].sort((a, b) => a[2] - b[2]).map(([value]) => value);
      const merged = new ExactSums(1);
      for (let shard = 6; shard >= 0; shard--) {
        const own = new ExactSums(1);
        for (const [value, of] of given) if (of === shard) own.add(0, value);
        for (const part of own.partsOf(0)) merged.add(0, part);
      }
      assert.ok(Object.is(sumOf(values), sumOf(shuffled)));
      assert.ok(Object.is(sumOf(values), merged.value(0)));
    }),
    { numRuns: 1000, seed: 20261123 },
  );
});

test("nothing added is missing, zeros added are zero, also after merging", () => {
  const sums = new ExactSums(3);
  sums.add(1, 0);
  sums.add(2, 1e16);
  sums.add(2, -1e16);
  assert.deepEqual([sums.value(0), sums.value(1), sums.value(2)], [NaN, 0, 0]);
  assert.deepEqual([sums.partsOf(0), sums.partsOf(1), sums.partsOf(2)], [[], [0], [0]]);
  sums.clear();
  assert.equal(sums.value(1), NaN);
});

test("infinities stay, both make no number, and that survives a merge in any order", () => {
  assert.equal(sumOf([1, Infinity, 2]), Infinity);
  assert.equal(sumOf([-Infinity, 5]), -Infinity);
  assert.equal(sumOf([Infinity, 1, -Infinity]), NaN);
  assert.equal(sumOf([NaN, 1]), NaN);
  const sums = new ExactSums(1);
  sums.add(0, 3);
  sums.add(0, Infinity);
  const merged = new ExactSums(1);
  for (const part of sums.partsOf(0)) merged.add(0, part);
  assert.equal(merged.value(0), Infinity);
});

test("half-way sums are rounded to even, and tipped by what lies far below, as Python's math.fsum has it", () => {
  assert.equal(sumOf([1e16, 1, 1e-16]), 10000000000000002);
  assert.equal(sumOf([1e16, 1]), 1e16);
  assert.equal(sumOf([1e16, 1, -1e-16]), 1e16);
  assert.equal(sumOf(Array.from({ length: 10 }, () => 0.1)), 1);
});
