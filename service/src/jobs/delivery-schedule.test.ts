import { expect, test } from "vitest";
import { nextTryAt, RETRY_AFTER_MS_MAX, RETRY_WAIT_SECONDS, TRIES_MAX } from "./delivery-schedule.ts";

test("8 tries over about 6 hours, each wait longer than the one before", () => {
  expect(TRIES_MAX).toBe(8);
  const hours = RETRY_WAIT_SECONDS.reduce((sum, seconds) => sum + seconds, 0) / 3600;
  expect(hours).toBeCloseTo(6, 0);
  expect([...RETRY_WAIT_SECONDS].sort((a, b) => a - b)).toEqual(RETRY_WAIT_SECONDS);
});

test("the schedule is the same every time, and ends", () => {
  expect([1, 2, 7, 8, 9].map((tries) => nextTryAt(tries, 1_000_000, undefined))).toEqual([1_030_000, 1_120_000, 1_000_000 + 10_800_000, null, null]);
});

test("a receiver's wish is granted where it asks for more patience, within a bound, and not to go on for ever", () => {
  expect(nextTryAt(1, 0, 600_000)).toBe(600_000);
  expect(nextTryAt(1, 0, 1)).toBe(30_000);
  expect(nextTryAt(1, 0, 1e12)).toBe(RETRY_AFTER_MS_MAX);
  expect(nextTryAt(8, 0, 600_000)).toBeNull();
});
