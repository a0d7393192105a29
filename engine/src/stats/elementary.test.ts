import assert from "node:assert/strict";
import { test } from "vitest";
import { seededRandom } from "../random/seeded-random.ts";
import { exp, ln, pow, thirdsOfOctave } from "./elementary.ts";

const close = (actual: number, wanted: number, what: string) =>
  assert.ok(Math.abs(actual - wanted) <= 1e-13 * Math.abs(wanted) + 1e-15, `${what}: ${actual} is not ${wanted}`);

test("ln and exp equal Math.log and Math.exp to 1e-13", () => {
  const random = seededRandom(1);
  for (let i = 0; i < 20_000; i++) {
    const x = (random() - 0.5) * 1300;
    close(exp(x), Math.exp(x), `exp(${x})`);
    const y = Math.exp((random() - 0.5) * 1400);
    close(ln(y), Math.log(y), `ln(${y})`);
    const base = random() + 1e-9;
    const a = 4 * random() - 2;
    close(pow(base, a), Math.pow(base, a), `pow(${base}, ${a})`);
  }
});

test("ln and exp at their ends: no infinity comes out of exp", () => {
  assert.equal(ln(1), 0);
  assert.equal(ln(0), -Infinity);
  assert.equal(ln(Infinity), Infinity);
  assert.ok(Number.isNaN(ln(-1)) && Number.isNaN(ln(NaN)) && Number.isNaN(exp(NaN)));
  assert.equal(exp(0), 1);
  assert.equal(exp(-800), 0);
  assert.equal(exp(900), exp(700));
});

// Handbook of Mathematical Functions (Abramowitz & Stegun), tables 4.2 and 4.4.
test("ln 2 and e have their printed digits", () => {
  close(ln(2), Number("0.693147180559945309"), "ln 2");
  close(ln(10), Number("2.302585092994045684"), "ln 10");
  close(exp(1), Number("2.718281828459045235"), "e");
});

test("thirdsOfOctave are the whole thirds of the logarithm to the base 2", () => {
  for (let x = 1e-3; x < 5000; x *= 1.00317) {
    const wanted = 3 * Math.log2(x);
    const border = Math.abs(wanted - Math.round(wanted)) < 1e-4;
    if (!border) assert.equal(thirdsOfOctave(x), Math.floor(wanted), `thirdsOfOctave(${x})`);
  }
  assert.deepEqual([0.5, 1, 1.26, 1.59, 2].map(thirdsOfOctave), [-3, 0, 1, 2, 3]);
});

test("ln at the ends of the number range", () => {
  close(ln(Number.MAX_VALUE), Math.log(Number.MAX_VALUE), "ln of the largest number");
  close(ln(2.2250738585072014e-308), Math.log(2.2250738585072014e-308), "ln of the smallest normal number");
});
