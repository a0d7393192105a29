import fc from "fast-check";
import { expect, test } from "vitest";
import { wholeContributions } from "./whole-contributions.ts";

test("largest remainders are rounded up, equal ones from the left", () => {
  expect(wholeContributions([33.33, 33.33, 33.34])).toEqual([33, 33, 34]);
  expect(wholeContributions([50.5, 49.5])).toEqual([51, 49]);
  expect(wholeContributions([100])).toEqual([100]);
  expect(wholeContributions([])).toEqual([]);
  expect(wholeContributions([0, 0])).toEqual([0, 0]);
});

test("what sums to 100 still does, and no value moves by 1 or more", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 }), (weights) => {
      const total = weights.reduce((sum, w) => sum + w, 0);
      fc.pre(total > 0);
      const scores = weights.map((w) => (100 * w) / total);
      const whole = wholeContributions(scores);
      expect(whole.reduce((sum, w) => sum + w, 0)).toBe(100);
      for (let v = 0; v < scores.length; v++) expect(Math.abs(whole[v]! - scores[v]!)).toBeLessThan(1);
    }),
  );
});
