import assert from "node:assert/strict";
import { test } from "vitest";
import type { Contribution, PointStatus } from "../api/types.ts";
import { CONTRIBUTION_EXAMPLES, SERIES_EXAMPLES, TIMELINE_EXAMPLES } from "../gallery/examples.ts";
import { contributionParts } from "./contribution-picture.ts";
import { seriesPicture, type SeriesInput } from "./series-picture.ts";
import { timelinePicture } from "./timeline-picture.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 2);
const START = START_MS / 1000;

function input(value: readonly (number | null)[], change: Partial<SeriesInput> = {}): SeriesInput {
  const constant = <T,>(of: T): T[] => value.map(() => of);
  return {
    starts: value.map((_, i) => new Date(START_MS + i * HOUR_MS).toISOString()),
    value,
    expected: constant(10),
    lower: constant(8),
    upper: constant(12),
    status: value.map((one): PointStatus => (one === null ? "missing" : "judged")),
    findings: [],
    group: null,
    intervalSeconds: 3600,
    compareSeconds: null,
    ...change,
  };
}

test("missing intervals become spans half an interval around their points, neighbours together", () => {
  const { spans, actual } = seriesPicture(input([1, null, null, 4, null]));
  assert.deepEqual(spans, [
    { what: "missing", from: START + 1800, to: START + 2.5 * 3600 },
    { what: "missing", from: START + 3.5 * 3600, to: START + 4.5 * 3600 },
  ]);
  assert.deepEqual(actual, [1, null, null, 4, null], "a gap stays a gap");
});

test("a point between two gaps is lonely: no line would show it", () => {
  assert.deepEqual(seriesPicture(input([null, 2, null, 4, 5])).lonely, [1]);
  assert.deepEqual(seriesPicture(input([7])).lonely, [0]);
});

test("marks know whether they are in the group; an interval belongs to it from its start, exclusive of its end", () => {
  const findings = [0, 1, 2, 3].map((index) => ({ index, kind: "spike", severity: 90, heldBack: index === 2 ? "other direction" : null }));
  const group = { start: new Date(START_MS + HOUR_MS).toISOString(), end: new Date(START_MS + 3 * HOUR_MS).toISOString() };
  const { marks, spans } = seriesPicture(input([1, 2, 3, 4], { findings, group }));
  assert.deepEqual(marks.map(({ inGroup, heldBack }) => [inGroup, heldBack]), [[false, null], [true, null], [true, "other direction"], [false, null]]);
  assert.deepEqual(spans, [{ what: "group", from: START + 1800, to: START + 2.5 * 3600 }]);
});

test("a finding where nothing arrived sits where the value was expected", () => {
  const [mark] = seriesPicture(input([1, null], { findings: [{ index: 1, kind: "stopped", severity: null, heldBack: null }] })).marks;
  assert.deepEqual([mark!.y, mark!.valueMissing], [10, true]);
});

test("the compared line is the same series so long before; where that lies outside, nothing", () => {
  const { compared } = seriesPicture(input([1, 2, null, 4, 5], { compareSeconds: 7200 }));
  assert.deepEqual(compared, [null, null, 1, 2, null]);
});

test("a series without a single interval is an empty picture, not a crash", () => {
  assert.deepEqual(seriesPicture(input([])), { x: [], actual: [], expected: [], lower: [], upper: [], compared: [], compareSeconds: null, marks: [], spans: [], lonely: [] });
});

test("contributions: the largest first, small ones together, the sum stays 100", () => {
  for (const { name, contribution } of CONTRIBUTION_EXAMPLES) {
    const parts = contributionParts(contribution);
    const sum = parts.reduce((total, { share }) => total + share, 0);
    assert.ok(Math.abs(sum - 100) < 1e-9, `${name}: ${sum}`);
    assert.ok(parts.every(({ share, isOthers }, i) => i === 0 || isOthers || share <= parts[i - 1]!.share), name);
  }
  const many = contributionParts(CONTRIBUTION_EXAMPLES[1]!.contribution);
  assert.deepEqual(many.map(({ label }) => label), ["de", "fr", "us", "null", "jp", "uk", "es", "3 others"]);
});

test("contributions: a single small value keeps its name, none at all is no part", () => {
  const values = [{ value: "a", score: 99.5, actual: 1, expected: 2, direction: "down" as const }, { value: "b", score: 0.5, actual: 1, expected: 1, direction: "none" as const }, { value: "c", score: 0, actual: 1, expected: 1, direction: "none" as const }];
  assert.deepEqual(contributionParts({ dimension: "d", values } satisfies Contribution).map(({ label }) => label), ["a", "b"]);
  assert.deepEqual(contributionParts({ dimension: "d", values: [] }), []);
});

test("timeline: bars lie within the picture, as long as the group lasted, the more severe the higher", () => {
  const [{ input: example }] = TIMELINE_EXAMPLES as [(typeof TIMELINE_EXAMPLES)[number]];
  const { bars, thresholdTop } = timelinePicture(example);
  assert.equal(bars.length, 4);
  for (const { left, width, top } of bars) assert.ok(left >= 0 && left + width <= 1 + 1e-12 && top >= 0 && top <= 1);
  assert.ok(Math.abs(bars[0]!.width - 30 / 168) < 1e-12);
  assert.ok(bars[1]!.top < bars[2]!.top);
  assert.ok(Math.abs(thresholdTop - 0.3) < 1e-12);
});

test("timeline: groups outside the range are left out, those across its edge are cut", () => {
  const at = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString();
  const group = (id: string, from: number, to: number) => ({ id, headline: id, measure: "m", severity: 80, start: at(from), end: at(to), status: "closed" as const });
  const groups = [group("before", -5, 0), group("across", -5, 5), group("after", 10, 11)];
  const { bars } = timelinePicture({ groups, fromMs: START_MS, toMs: START_MS + 10 * HOUR_MS, severityMin: 70, zone: "UTC" });
  assert.deepEqual(bars.map(({ id, left, width }) => [id, left, width]), [["across", 0, 0.5]]);
});

test("timeline: days begin at the reader's midnight, on the day the clock changes too, and are thinned out", () => {
  const fromMs = Date.parse("2026-03-28T00:00:00Z");
  const { days } = timelinePicture({ groups: [], fromMs, toMs: fromMs + 4 * 24 * HOUR_MS, severityMin: 70, zone: "Europe/Berlin" });
  assert.deepEqual(days.map(({ ms }) => new Date(ms).toISOString()), ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z", "2026-03-30T22:00:00.000Z", "2026-03-31T22:00:00.000Z"]);
  const { days: year } = timelinePicture({ groups: [], fromMs, toMs: fromMs + 365 * 24 * HOUR_MS, severityMin: 70, zone: "UTC" });
  assert.ok(year.length <= 8);
});

test("every example of the gallery gives a picture whose columns are of one length", () => {
  for (const { name, input: example } of SERIES_EXAMPLES) {
    const { x, actual, expected, lower, upper, compared } = seriesPicture(example);
    for (const column of [actual, expected, lower, upper, compared]) assert.equal(column.length, x.length, name);
  }
});
