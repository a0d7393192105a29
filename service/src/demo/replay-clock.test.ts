import { expect, test } from "vitest";
import { ReplayClock } from "./replay-clock.ts";

test("the clock is moved by hand, never back, and becomes the machine's when it goes live", async () => {
  const clock = new ReplayClock(1_000);
  clock.advanceTo(5_000);
  clock.advanceTo(2_000);
  expect(clock.nowMs()).toBe(5_000);
  await clock.sleep(60_000); // of its own time: returns at once
  expect(clock.nowMs()).toBe(65_000);

  clock.goLive();
  const before = Date.now();
  expect(clock.nowMs()).toBeGreaterThanOrEqual(before);
  clock.advanceTo(Date.now() + 3_600_000);
  expect(clock.nowMs()).toBeLessThanOrEqual(Date.now());
});
