import { expect, test } from "vitest";
import { somePoints } from "../store-fixtures.ts";
import type { PointsSegment } from "../store.ts";
import { mergePoints } from "./merge-points.ts";
import { POINTS_COLUMNS } from "./points-columns.ts";
import { arrayOf, emptyPoints } from "./points-file.ts";
import { selectIntervals } from "./select-intervals.ts";

/** The obvious version: all rows in one list, sorted. */
function naiveMerge(parts: readonly PointsSegment[]): PointsSegment {
  const rows = parts.flatMap((part) => Array.from(part.series, (series, row) => ({ part, row, series, startMs: part.startMs[row] })));
  rows.sort((a, b) => a.series - b.series || a.startMs - b.startMs);
  const merged = emptyPoints(rows.length, true);
  for (const { column } of POINTS_COLUMNS) rows.forEach(({ part, row }, i) => (arrayOf(merged, column)[i] = arrayOf(part, column)[row]!));
  return merged;
}

test("mergePoints equals the obvious version, with series that come later, stop, or are missing in between", () => {
  for (let seed = 1; seed <= 50; seed++) {
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const parts = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, t) => {
      const whole = somePoints([t * 1000], 1 + Math.floor(random() * 20), { version: t + 1 });
      const kept = new Set([...whole.series].filter(() => random() < 0.7));
      // Keep some series only: pretend that the others' interval doesn't count.
      const marked = { ...whole, startMs: whole.startMs.map((ms, row) => (kept.has(whole.series[row]) ? ms : -1)) };
      return selectIntervals(marked, (ms) => ms >= 0);
    });
    expect(mergePoints(parts), `seed ${seed}`).toEqual(naiveMerge(parts));
  }
});

test("nothing merges to nothing", () => {
  expect(mergePoints([])).toEqual(emptyPoints(0, true));
  expect(mergePoints([emptyPoints(0, true), emptyPoints(0, true)])).toEqual(emptyPoints(0, true));
});
