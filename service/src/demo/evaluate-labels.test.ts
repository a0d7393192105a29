import { expect, test } from "vitest";
import { evaluateLabels, type FoundGroup } from "./evaluate-labels.ts";
import type { Label } from "./labels.ts";

const HOUR = 3_600_000;
const label: Label = {
  incident: "1-spike",
  kind: "spike",
  measure: "views",
  series: ["a", "b"],
  startMs: 100 * HOUR,
  endMs: 102 * HOUR,
};
function group(startHour: number, endHour: number, more: Partial<FoundGroup> = {}): FoundGroup {
  return { id: "g", measure: "views", startMs: startHour * HOUR, endMs: endHour * HOUR, series: new Set(["a"]), ...more };
}
const evaluate = (...groups: FoundGroup[]) => evaluateLabels([label], groups, { intervalMs: HOUR });

test("an incident is found by a group of its measure with one of its series", () => {
  expect(evaluate(group(101, 103))).toEqual({ planted: 1, found: 1, missed: [], falseGroups: [] });
});

test("a group up to two intervals beside the incident still tells it", () => {
  expect(evaluate(group(97, 99)).found).toBe(1); // ends one hour before
  expect(evaluate(group(103, 104)).found).toBe(1);
});

test("a group further away is false, and the incident is missed", () => {
  expect(evaluate(group(97, 98))).toEqual({ planted: 1, found: 0, missed: [label], falseGroups: ["g"] });
  expect(evaluate(group(104, 105))).toEqual({ planted: 1, found: 0, missed: [label], falseGroups: ["g"] });
});

test("another measure at the same time is false", () => {
  expect(evaluate(group(100, 102, { measure: "revenue" }))).toMatchObject({ found: 0, falseGroups: ["g"] });
});

test("a group of other series at the same time finds nothing, but is not false", () => {
  expect(evaluate(group(100, 102, { series: new Set(["c"]) }))).toMatchObject({ found: 0, falseGroups: [] });
});

test("one incident is found once by two groups, and nothing planted means nothing found", () => {
  expect(evaluate(group(100, 101), group(101, 102, { id: "h" }))).toMatchObject({ found: 1, falseGroups: [] });
  expect(evaluateLabels([], [group(1, 2)], { intervalMs: HOUR })).toEqual({
    planted: 0,
    found: 0,
    missed: [],
    falseGroups: ["g"],
  });
});
