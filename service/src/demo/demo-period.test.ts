import { expect, test } from "vitest";
import { demoPeriod, FIXED_ANCHOR_MS, lastWholeHour } from "./demo-period.ts";

test("a demo has six months behind its anchor, the last fourteen days replayed, and two years before it", () => {
  const period = demoPeriod(FIXED_ANCHOR_MS);
  expect(Object.values(period).map((ms: number) => new Date(ms).toISOString())).toEqual([
    "2026-06-01T00:00:00.000Z",
    "2025-11-30T00:00:00.000Z",
    "2026-05-18T00:00:00.000Z",
    "2028-05-31T00:00:00.000Z",
  ]);
});

test("a live demo is anchored at the newest hour whose offset is over", () => {
  const at = (text: string) => new Date(lastWholeHour(Date.parse(text), 300)).toISOString();
  expect(at("2026-11-23T12:04:59.999Z")).toBe("2026-11-23T11:00:00.000Z");
  expect(at("2026-11-23T12:05:00.000Z")).toBe("2026-11-23T12:00:00.000Z");
});
