import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoPeriod, FIXED_ANCHOR_MS } from "./demo-period.ts";
import { labelsOf, writeLabels } from "./labels.ts";
import { planWarehouse } from "./warehouse-rows.ts";

const plan = planWarehouse(7, demoPeriod(FIXED_ANCHOR_MS));
const labels = labelsOf(plan.incidents);
const series = (kind: string, measure = "views") =>
  labels.find((label) => label.kind === kind && label.measure === measure)?.series;

test("seven incidents make thirteen labels: the revenue spike touches one measure only", () => {
  expect(labels).toHaveLength(13);
  expect(series("revenue spike", "views")).toBeUndefined();
});

test("a label names the leaves and the roll-ups that are touched as a whole", () => {
  expect(series("spike")).toHaveLength(1);
  expect(series("level shift")).toHaveLength(3 + 1);
  expect(series("platform to zero")).toHaveLength(7 + 1);
  expect(series("mix shift")).toHaveLength(14 + 2);
  expect(series("stops reporting", "revenue")).toContain('["revenue","marketplace","es"]');
});

test("the file is for people: instants in ISO, keys in the open, and what must not alarm", () => {
  const path = join(mkdtempSync(join(tmpdir(), "foretop-labels-")), "demo", "labels.json");
  writeLabels(path, plan);
  const file = JSON.parse(readFileSync(path, "utf8")) as {
    seed: number;
    incidents: { start: string; series: string[][] }[];
    mustNotAlarm: { lateLoads: unknown[]; stragglers: unknown[] };
  };
  expect(file.seed).toBe(7);
  expect(file.incidents).toHaveLength(13);
  expect(file.incidents[0].start).toMatch(/^2026-05-\d\dT\d\d:00:00\.000Z$/);
  expect(file.incidents[0].series[0]).toEqual(["views", "marketplace", "es", "platform", "pc_web"]);
  expect(file.mustNotAlarm.lateLoads).toHaveLength(2);
  expect(file.mustNotAlarm.stragglers).toHaveLength(12);
});
