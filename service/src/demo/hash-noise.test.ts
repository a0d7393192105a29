import { expect, test } from "vitest";
import { bell, uniform } from "./hash-noise.ts";

const COUNT = 100_000;

test("uniform spreads evenly over [0, 1)", () => {
  const bins = new Float64Array(20);
  for (let i = 0; i < COUNT; i++) bins[Math.floor(uniform(7, 1, i) * 20)] += 1;
  // Chi-squared with 19 degrees of freedom: above 43.8 once in a thousand.
  const expected = COUNT / 20;
  expect(bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(43.8);
});

test("neighbours in any coordinate, stream or seed are unrelated", () => {
  const pairs: ((i: number) => number)[] = [
    (i) => uniform(7, 1, i + 1),
    (i) => uniform(7, 1, i, 1),
    (i) => uniform(7, 1, i, 0, 1),
    (i) => uniform(7, 2, i),
    (i) => uniform(8, 1, i),
  ];
  for (const [k, neighbour] of pairs.entries()) {
    let sum = 0;
    for (let i = 0; i < COUNT; i++) sum += (uniform(7, 1, i) - 0.5) * (neighbour(i) - 0.5);
    // A correlation's deviation is 1/√n; four of them.
    expect(Math.abs((sum / COUNT) * 12), `pair ${k}`).toBeLessThan(4 / Math.sqrt(COUNT));
  }
});

test("bell has mean 0 and deviation 1, and stays within 3.5 and a half", () => {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (let i = 0; i < COUNT; i++) {
    const x = bell(7, 3, i);
    sum += x;
    squares += x * x;
    largest = Math.max(largest, Math.abs(x));
  }
  expect(Math.abs(sum / COUNT)).toBeLessThan(0.015);
  expect(Math.abs(Math.sqrt(squares / COUNT) - 1)).toBeLessThan(0.01);
  expect(largest).toBeLessThan(5.1);
});

test("the numbers are what they were: a changed generator changes every demo", () => {
  expect([uniform(7, 1, 2, 3, 4), uniform(-1, 0, 4_294_967_295), bell(7, 1, 2, 3, 4)]).toMatchInlineSnapshot(`
    [
      0.0635601703543216,
      0.06622002297081053,
      1.8139488159717096,
    ]
  `);
});
