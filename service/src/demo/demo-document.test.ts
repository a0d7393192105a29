import { seriesKey, type AnomalyGroup, type GroupMember } from "@foretop/engine";
import { expect, test } from "vitest";
import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { demoDocument, type DemoFindings } from "./demo-document.ts";
import type { Label } from "./labels.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 4, 23, 19);
const keys = [seriesKey("views", []), seriesKey("views", [{ name: "platform", value: "pc_web" }])];
const detector = { config: { frequency: "PT1H", zone: "UTC" } } as Detector;
const member = { series: 1 } as GroupMember;
const group: AnomalyGroup = {
  id: "7b0c",
  revision: 2,
  measure: "views",
  status: "closed",
  mergedInto: null,
  kind: "spike",
  direction: "up",
  severity: 97.123_456,
  startMs: START,
  lastMs: START + HOUR,
  peakMs: START,
  members: [member],
  head: [1],
  actual: 1800.000_000_000_1,
  expected: 1000.5,
  lower: 900,
  upper: NaN,
  quietIntervals: 4,
};
const stored = { group, segments: [{ platform: "pc_web" }] } as unknown as StoredGroup;
const label: Label = {
  incident: "1-spike",
  kind: "spike",
  measure: "views",
  series: ['["views","platform","pc_web"]'],
  startMs: START,
  endMs: START + 2 * HOUR,
};
const steps: DemoFindings["steps"] = [{ name: "replay", seconds: 1.5, rows: 2, series: 42, intervals: 336 }];

test("the document has steps, groups with half-open times and rounded figures, and the account", () => {
  expect(demoDocument({ steps, detector, groups: [stored], keys, labels: [label] })).toEqual({
    steps,
    groups: [
      {
        id: "7b0c",
        severity: 97.12,
        measure: "views",
        kind: "spike",
        start: "2026-05-23T19:00:00Z",
        end: "2026-05-23T21:00:00Z",
        direction: "up",
        actual: 1800,
        expected: 1000.5,
        lower: 900,
        upper: null,
        segments: [{ platform: "pc_web" }],
      },
    ],
    labels: { planted: 1, found: 1, missed: 0, falseGroups: 0 },
  });
});

test("a group of the total alone does not find an incident of one platform, but is not false either", () => {
  const total = { ...stored, group: { ...group, members: [{ ...member, series: 0 }] } };
  expect(demoDocument({ steps, detector, groups: [total], keys, labels: [label] }).labels).toEqual({
    planted: 1,
    found: 0,
    missed: 1,
    falseGroups: 0,
  });
});

test("a group at a time when nothing was planted is false", () => {
  const elsewhere = { ...stored, group: { ...group, startMs: START + 9 * HOUR, lastMs: START + 9 * HOUR } };
  expect(demoDocument({ steps, detector, groups: [stored, elsewhere], keys, labels: [label] }).labels).toEqual({
    planted: 1,
    found: 1,
    missed: 0,
    falseGroups: 1,
  });
});
