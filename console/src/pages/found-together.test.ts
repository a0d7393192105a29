import assert from "node:assert/strict";
import { test } from "vitest";
import type { Cause, GroupDetail } from "../api/types.ts";
import { foundTogether } from "./found-together.ts";

const cause = (segment: Record<string, string | null>, together: number, figures: Partial<Cause>): Cause => ({
  segment,
  name: Object.entries(segment).map(([name, value]) => `${name}=${value ?? "null"}`).join(" & "),
  expected: 100,
  actual: 150,
  change: 0.5,
  direction: "up",
  share: 0.1,
  gain: 40,
  strength: "strong",
  together,
  inGroup: true,
  siblings: Object.keys(segment).map((dimension) => ({ dimension, fixed: true, alike: [], otherwise: ["x"], alikeCount: 0, otherwiseCount: 1, unclearCount: 0 })),
  sql: "select 1",
  ...figures,
});
const causes = [
  cause({ platform: "web" }, 0, { share: 0.3, expected: 500, actual: 300 }),
  cause({ marketplace: "us", platform: "app" }, 1, { share: 0.25, expected: 1000, actual: 1600 }),
  cause({ marketplace: "de", platform: "app" }, 1, { share: 0.2, expected: 600, actual: 840 }),
];
const of = (method: NonNullable<GroupDetail["causes"]>["method"]) => foundTogether({ causes, method } as NonNullable<GroupDetail["causes"]>); // the rest is not looked at

test("segments that were found as one change are one item with their sums, the largest share first", () => {
  const [first, second] = of("sums");
  assert.equal(first!.cause.name, "platform=app & marketplace=de, us");
  assert.deepEqual([first!.cause.expected, first!.cause.actual, first!.cause.sql], [1600, 2440, null]);
  assert.ok(Math.abs(first!.cause.change! - 0.525) < 1e-12 && Math.abs(first!.cause.share - 0.45) < 1e-12);
  assert.deepEqual(first!.cause.siblings.map(({ dimension }) => dimension), ["platform"], "what lies beside one marketplace is partly in the item itself");
  assert.deepEqual(first!.parts.map(({ name }) => name), ["marketplace=us & platform=app", "marketplace=de & platform=app"]);
  assert.deepEqual([second!.cause, second!.parts], [causes[0], []], "a single cause stays what it is");
});

test("rates, averages and distinct counts do not add up and stay single", () => {
  for (const method of ["rates", "averages", "distinct counts"] as const) assert.deepEqual(of(method).map((one) => one.cause), causes);
});
