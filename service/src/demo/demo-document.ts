/** What `demo --json` prints: one document, the same on every machine and every day but for the seconds. */
import { intervalStartAt, nextIntervalStart, seriesKeyText, type SeriesKey } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { evaluateLabels } from "./evaluate-labels.ts";
import type { Label } from "./labels.ts";
import { HOUR_MS } from "./warehouse-shape.ts";

export interface DemoDocument {
  /** what this run did, in order; null where a figure has no meaning for the step */
  readonly steps: readonly DemoStep[];
  /** groups of the replayed days, newest first */
  readonly groups: readonly DemoGroup[];
  /** counts: what was planted against what was found */
  readonly labels: {
    readonly planted: number;
    readonly found: number;
    readonly missed: number;
    readonly falseGroups: number;
  };
}

export const STEP_NAMES = ["start PostgreSQL", "fill the warehouse", "apply the example", "crawl history", "learn", "replay"] as const;

export interface DemoStep {
  readonly name: (typeof STEP_NAMES)[number];
  readonly seconds: number;
  readonly rows: number | null;
  readonly series: number | null;
  readonly intervals: number | null;
}

export interface DemoGroup {
  readonly id: string;
  readonly severity: number;
  readonly measure: string;
  readonly kind: string;
  /** [start, end): from the first anomalous interval's start to the last one's end */
  readonly start: string;
  readonly end: string;
  readonly direction: "up" | "down" | "mixed";
  /** figures of the most severe interval, summed over the segments; null = no data */
  readonly actual: number | null;
  readonly expected: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly segments: readonly Readonly<Record<string, string | null>>[];
}

export interface DemoFindings {
  readonly steps: readonly DemoStep[];
  readonly detector: Detector;
  /** newest first */
  readonly groups: readonly StoredGroup[];
  /** [series] by number */
  readonly keys: readonly SeriesKey[];
  readonly labels: readonly Label[];
}

export function demoDocument({ steps, detector, groups, keys, labels }: DemoFindings): DemoDocument {
  const spans = groups.map((stored) => ({ stored, ...spanOf(stored, detector) }));
  const evaluation = evaluateLabels(
    labels,
    spans.map(({ stored: { group }, startMs, endMs }) => ({
      id: group.id,
      measure: group.measure,
      startMs,
      endMs,
      series: new Set(group.members.map(({ series }) => seriesKeyText(keys[series]))),
    })),
    { intervalMs: HOUR_MS },
  );
  return {
    steps,
    groups: spans.map(({ stored }) => groupRow(stored, detector)),
    labels: {
      planted: evaluation.planted,
      found: evaluation.found,
      missed: evaluation.missed.length,
      falseGroups: evaluation.falseGroups.length,
    },
  };
}

/** One group as `demo --json` and `backtest --json` print it. */
export function groupRow(stored: StoredGroup, detector: Detector): DemoGroup {
  const { group, segments } = stored;
  const { startMs, endMs } = spanOf(stored, detector);
  return {
    id: group.id,
    severity: rounded(group.severity, 2)!,
    measure: group.measure,
    kind: group.kind,
    start: instant(startMs),
    end: instant(endMs),
    direction: group.direction,
    actual: rounded(group.actual, 4),
    expected: rounded(group.expected, 4),
    lower: rounded(group.lower, 4),
    upper: rounded(group.upper, 4),
    segments,
  };
}

function spanOf({ group }: StoredGroup, { config }: Detector): { startMs: number; endMs: number } {
  return {
    startMs: intervalStartAt(group.startMs, config.frequency, config.zone),
    endMs: nextIntervalStart(group.lastMs, config.frequency, config.zone),
  };
}

/** Digits beyond these are the order in which floating point sums were made, not data. */
function rounded(value: number, digits: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
