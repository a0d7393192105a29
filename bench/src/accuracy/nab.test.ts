import assert from "node:assert/strict";
import { test } from "vitest";
import type { NabFile } from "./nab.ts";
import { NAB_PROFILES, nabScore, probation } from "./nab.ts";

const file: NabFile = {
  name: "synthetic",
  seconds: Float64Array.from({ length: 1000 }, (_, i) => i * 300),
  values: new Float64Array(1000),
  windows: [[400, 499], [700, 799]],
};
const at = (...rows: number[]) => Float64Array.from({ length: 1000 }, (_, i) => (rows.includes(i) ? 1 : 0));

test("a detector that says nothing has 0, one that names each window's first row 100, in every profile", () => {
  for (const profile of NAB_PROFILES) {
    assert.equal(nabScore([file], [at()], profile).score, 0);
    assert.ok(Math.abs(nabScore([file], [at(400, 700)], profile).score - 100) < 1e-9);
  }
});

test("only the best detection of a window counts, and an earlier one is worth more", () => {
  const [standard] = NAB_PROFILES;
  const early = nabScore([file], [at(400)], standard).score;
  const both = nabScore([file], [at(400, 450)], standard).score;
  const late = nabScore([file], [at(490)], standard).score;
  assert.equal(both, early);
  assert.ok(late < early && late > 25, `${late}`);
});

test("false detections cost, and those in the first 15 % are not scored", () => {
  const [standard, lowFalsePositives] = NAB_PROFILES;
  const clean = nabScore([file], [at(400, 700)], standard).score;
  // Same score for all, so that the threshold can't leave the false one out.
  assert.ok(nabScore([file], [at(300, 400, 700)], standard).score < clean);
  assert.ok(nabScore([file], [at(300, 400, 700)], lowFalsePositives).score < nabScore([file], [at(300, 400, 700)], standard).score);
  assert.equal(nabScore([file], [at(probation(1000) - 1, 400, 700)], standard).score, clean);
});
