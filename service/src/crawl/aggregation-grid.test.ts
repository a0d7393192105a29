import assert from "node:assert/strict";
import { intervalStarts } from "@foretop/engine";
import type { Frequency } from "@foretop/engine";
import { test } from "vitest";
import { commonGrid, hasClockChange, instantGrid, wallGrid } from "./aggregation-grid.ts";

const at = Date.parse;
const starts = (from: string, to: string, frequency: Frequency, zone: string) => [intervalStarts(at(from), at(to), frequency, zone), at(to)] as const;
const DAY = 86_400;

test("a bucket is an interval where intervals are alike", () => {
  assert.deepEqual(instantGrid(...starts("2026-05-04T00:00Z", "2026-05-05T00:00Z", "PT1H", "UTC")), { seconds: 3600, baseSeconds: 0 });
  // Days in Kolkata begin at 18:30Z.
  const kolkata = starts("2026-05-03T18:30Z", "2026-05-06T18:30Z", "P1D", "Asia/Kolkata");
  assert.deepEqual(instantGrid(...kolkata), { seconds: DAY, baseSeconds: 66_600 });
  assert.deepEqual(wallGrid(...kolkata, "Asia/Kolkata"), { seconds: DAY, baseSeconds: 0 });
});

test("of days in which clocks change, instants have buckets of an hour, wall clocks of a day", () => {
  const berlin = starts("2026-03-27T23:00Z", "2026-03-30T22:00Z", "P1D", "Europe/Berlin");
  assert.deepEqual(instantGrid(...berlin), { seconds: 3600, baseSeconds: 0 });
  assert.deepEqual(wallGrid(...berlin, "Europe/Berlin"), { seconds: DAY, baseSeconds: 0 });
  assert.equal(hasClockChange(...berlin, "Europe/Berlin"), true);
  assert.equal(hasClockChange(...starts("2026-05-03T22:00Z", "2026-05-06T22:00Z", "P1D", "Europe/Berlin"), "Europe/Berlin"), false);
});

test("where a wall clock is not known to be the zone's or UTC's, buckets lie in intervals of both", () => {
  assert.deepEqual(commonGrid(...starts("2026-05-03T22:00Z", "2026-05-05T22:00Z", "P1D", "Europe/Berlin"), "Europe/Berlin"), { seconds: 7200, baseSeconds: 0 });
});

test("the hour that a wall clock shows twice has a grid, too", () => {
  assert.deepEqual(wallGrid(Float64Array.of(at("2026-10-25T00:00Z")), at("2026-10-25T01:00Z"), "Europe/Berlin"), { seconds: 3600, baseSeconds: 0 });
});
