import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.UTC(2026, 10, 22, 14);

test("seconds and dates are understood", () => {
  expect(retryAfterMs("120", NOW)).toBe(120_000);
  expect(retryAfterMs(" 0 ", NOW)).toBe(0);
  expect(retryAfterMs("Sun, 22 Nov 2026 14:00:30 GMT", NOW)).toBe(30_000);
  expect(retryAfterMs("Sun, 22 Nov 2026 13:00:00 GMT", NOW)).toBe(0);
});

test("nothing, and nonsense, ask for nothing", () => {
  for (const header of [null, "", "soon", "-5", "1.5e3x"]) expect(retryAfterMs(header, NOW)).toBeUndefined();
});
