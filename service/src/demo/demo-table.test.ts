import { expect, test } from "vitest";
import type { DemoGroup } from "./demo-document.ts";
import { demoTable } from "./demo-table.ts";

const FORMAT = { zone: "UTC", columns: null };
const group: DemoGroup = {
  id: "7b0c",
  severity: 97.12,
  measure: "views",
  kind: "spike",
  start: "2026-05-23T19:00:00Z",
  end: "2026-05-23T21:00:00Z",
  direction: "up",
  actual: 1805.2,
  expected: 1000.5,
  lower: 900,
  upper: 1100,
  segments: [{ marketplace: "it", platform: "mobile_web" }],
};

test("a group is a line: how bad, what, since when, how far off, and where", () => {
  const gone: DemoGroup = { ...group, severity: 100, measure: "revenue", kind: "stopped", actual: null, segments: [{}] };
  expect(demoTable([group, gone], FORMAT)).toBe(
    [
      "SEVERITY  MEASURE  KIND     SINCE (UTC)       UNTIL             ACTUAL  EXPECTED  WHERE",
      "      97  views    spike    2026-05-23 19:00  2026-05-23 21:00   1,805     1,001  marketplace=it platform=mobile_web",
      "     100  revenue  stopped  2026-05-23 19:00  2026-05-23 21:00       –     1,001  everything",
      "",
    ].join("\n"),
  );
});

test("of many segments two are named", () => {
  const many: DemoGroup = { ...group, segments: ["a", "b", "c", "d"].map((platform) => ({ platform })) };
  expect(demoTable([many], FORMAT)).toContain("platform=a; platform=b and 2 more");
});

test("nothing found is a sentence", () => {
  expect(demoTable([], FORMAT)).toBe("No anomaly in these days.\n");
});
