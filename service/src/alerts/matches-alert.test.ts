import { expect, test } from "vitest";
import { SAMPLE_KEYS, sampleAlert, sampleGroup, sampleMember } from "../../test/sample-group.ts";
import type { AlertConfig } from "../resources/detector.ts";
import { matchesAlert } from "./matches-alert.ts";

const matches = (changes: Partial<AlertConfig>, group = sampleGroup()) => matchesAlert(group, sampleAlert(changes), SAMPLE_KEYS);
const filter = (dimension: string, ...values: string[]) => ({ dimension, values });

test("severity: at least the threshold", () => {
  expect(matches({ severityMin: 90 }, sampleGroup({ severity: 90 }))).toBe(true);
  expect(matches({ severityMin: 90 }, sampleGroup({ severity: 89.99 }))).toBe(false);
  expect(matches({ severityMin: 0 }, sampleGroup({ severity: 0 }))).toBe(true);
});

test("measures: any of the list; an empty list is all", () => {
  expect(matches({ measures: [] })).toBe(true);
  expect(matches({ measures: ["revenue", "views"] })).toBe(true);
  expect(matches({ measures: ["revenue"] })).toBe(false);
});

test("dimensions: OR inside a criterion, AND between criteria and with the measure", () => {
  expect(matches({ dimensionFilters: [filter("platform", "web", "ios")] })).toBe(true);
  expect(matches({ dimensionFilters: [filter("platform", "web")] })).toBe(false);
  expect(matches({ dimensionFilters: [filter("platform", "ios"), filter("marketplace", "us")] })).toBe(true);
  expect(matches({ dimensionFilters: [filter("platform", "ios"), filter("marketplace", "fr")] })).toBe(false);
  expect(matches({ dimensionFilters: [filter("platform", "ios")], measures: ["revenue"] })).toBe(false);
});

test("all criteria must hold for one and the same series", () => {
  const group = sampleGroup({ members: [sampleMember(2), sampleMember(1)] }); // web in de, ios in us
  expect(matches({ dimensionFilters: [filter("platform", "ios"), filter("marketplace", "de")] }, group)).toBe(false);
});

test("a rolled-up dimension is no value, a null in the data neither, not even the text null", () => {
  expect(matches({ dimensionFilters: [filter("marketplace", "us")] }, sampleGroup({ members: [sampleMember(4)] }))).toBe(false);
  expect(matches({ dimensionFilters: [filter("platform", "null", "", "(null)")] }, sampleGroup({ members: [sampleMember(3)] }))).toBe(false);
});

test("an unknown dimension matches nothing", () => {
  expect(matches({ dimensionFilters: [filter("device", "ios")] })).toBe(false);
});
