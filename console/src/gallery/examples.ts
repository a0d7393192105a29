/** Made-up data for each look that a chart can have. Deterministic: pictures of it can be compared. */
import type { Contribution, PointStatus } from "../api/types.ts";
import type { SeriesInput } from "../charts/series-picture.ts";
import type { TimelineInput } from "../charts/timeline-picture.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 1, 23);
const HOURS = 7 * 24;

const starts = Array.from({ length: HOURS }, (_, i) => new Date(START_MS + i * HOUR_MS).toISOString());
const usual = starts.map((_, i) => 1000 + 400 * Math.sin(((i - 9) / 24) * 2 * Math.PI));
/** A wobble that is the same every time. */
const values = usual.map((v, i) => Math.round(v * (1 + 0.03 * Math.sin(i * 12.9898))));
const all = <T,>(value: T): T[] => starts.map(() => value);

const CALM: SeriesInput = {
  starts,
  value: values,
  expected: usual,
  lower: usual.map((v) => v * 0.88),
  upper: usual.map((v) => v * 1.12),
  status: all<PointStatus>("judged"),
  findings: [],
  group: null,
  intervalSeconds: 3600,
  compareSeconds: null,
};

function changed(from: number, to: number, change: (value: number) => number | null): (number | null)[] {
  return values.map((value, i) => (i >= from && i < to ? change(value) : value));
}

export const SERIES_EXAMPLES: readonly { readonly name: string; readonly input: SeriesInput }[] = [
  { name: "series: calm", input: CALM },
  {
    name: "series: level shift in its group, compared with the day before",
    input: {
      ...CALM,
      value: changed(140, 152, (v) => v * 0.7),
      findings: Array.from({ length: 12 }, (_, i) => ({ index: 140 + i, kind: "level shift", severity: 97, heldBack: null })),
      group: { start: starts[140]!, end: starts[152]! },
      compareSeconds: 86_400,
    },
  },
  {
    name: "series: one spike held back, another anomaly outside the group",
    input: {
      ...CALM,
      value: values.map((v, i) => (i === 60 ? v * 1.15 : i === 100 ? v * 1.6 : i === 150 ? v * 1.8 : v)),
      findings: [
        { index: 60, kind: "spike", severity: 48, heldBack: "below the minimum effect" },
        { index: 100, kind: "spike", severity: 88, heldBack: null },
        { index: 150, kind: "spike", severity: 99, heldBack: null },
      ],
      group: { start: starts[150]!, end: starts[151]! },
    },
  },
  {
    name: "series: stopped, and missing before",
    input: {
      ...CALM,
      value: changed(130, 146, () => null).map((v, i) => (i >= 40 && i < 46 ? null : v)),
      status: starts.map((_, i) => ((i >= 40 && i < 46) || (i >= 130 && i < 146) ? "missing" : "judged")),
      findings: Array.from({ length: 16 }, (_, i) => ({ index: 130 + i, kind: "stopped", severity: 91, heldBack: null })),
      group: { start: starts[130]!, end: starts[146]! },
    },
  },
  {
    name: "series: history, then learning, then judged",
    input: {
      ...CALM,
      expected: usual.map((v, i) => (i < 100 ? null : v)),
      lower: usual.map((v, i) => (i < 100 ? null : v * 0.88)),
      upper: usual.map((v, i) => (i < 100 ? null : v * 1.12)),
      status: starts.map((_, i) => (i < 50 ? "history" : i < 100 ? "learning" : "judged")),
    },
  },
  { name: "series: no data at all", input: { ...CALM, value: all(null), expected: all(null), lower: all(null), upper: all(null), status: all<PointStatus>("missing") } },
];

export const CONTRIBUTION_EXAMPLES: readonly { readonly name: string; readonly contribution: Contribution }[] = [
  {
    name: "contributions: one value did it",
    contribution: { dimension: "platform", values: [{ value: "mobile_app", score: 100, actual: 2373, expected: 3151, direction: "down" }, { value: "pc_web", score: 0, actual: 4010, expected: 4000, direction: "up" }] },
  },
  {
    name: "contributions: many values, a null and small ones together",
    contribution: {
      dimension: "country",
      values: [["de", 31.4], ["fr", 22.1], ["us", 14.9], [null, 10.3], ["jp", 8.2], ["uk", 6.6], ["es", 4.1], ["ca", 1.6], ["it", 0.5], ["a value with “quotes”, 🛒 and many words in it", 0.3]].map(([value, score]) => ({
        value: value as string | null,
        score: score as number,
        actual: 100 + (score as number),
        expected: 200,
        direction: "down" as const,
      })),
    },
  },
];

function group(id: string, fromHour: number, hours: number, severity: number, status: "open" | "closed") {
  return { id, headline: `views, severity ${severity}`, measure: "views", severity, start: new Date(START_MS + fromHour * HOUR_MS).toISOString(), end: new Date(START_MS + (fromHour + hours) * HOUR_MS).toISOString(), status };
}

export const TIMELINE_EXAMPLES: readonly { readonly name: string; readonly input: TimelineInput }[] = [
  {
    name: "timeline: long, short, open and overlapping groups",
    input: { groups: [group("a", 4, 30, 72, "closed"), group("b", 50, 1, 99, "closed"), group("c", 51, 6, 85, "closed"), group("d", 150, 18, 96, "open")], fromMs: START_MS, toMs: START_MS + HOURS * HOUR_MS, severityMin: 70, zone: "Europe/Berlin" },
  },
];
