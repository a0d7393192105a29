/** A small detector, a group of it and a message about that, for tests of what is told and how it is sent. */
import { seriesKey, type AnomalyGroup, type GroupMember, type SeriesKey } from "@foretop/engine";
import { buildMessage } from "../src/alerts/build-message.ts";
import { deliveryKey } from "../src/alerts/delivery-key.ts";
import type { AlertEvent, AlertMessage } from "../src/alerts/message.ts";
import { DEFAULT_LIMITS, type AlertConfig, type Detector, type DetectorConfig } from "../src/resources/detector.ts";
import type { StoredGroup } from "../src/store/store.ts";

export const HOUR = 3_600_000;
/** Sunday 2026-11-22, 14:00 UTC */
export const SAMPLE_START = Date.UTC(2026, 10, 22, 14);

/** By series number: four leaves, then two roll-ups and the total. */
export const SAMPLE_KEYS: readonly SeriesKey[] = [
  seriesKey("views", [{ name: "platform", value: "ios" }, { name: "marketplace", value: "de" }]),
  seriesKey("views", [{ name: "platform", value: "ios" }, { name: "marketplace", value: "us" }]),
  seriesKey("views", [{ name: "platform", value: "web" }, { name: "marketplace", value: "de" }]),
  seriesKey("views", [{ name: "platform", value: null }, { name: "marketplace", value: "us" }]),
  seriesKey("views", [{ name: "platform", value: "ios" }]),
  seriesKey("views", [{ name: "marketplace", value: "us" }]),
  seriesKey("views", []),
];

export function sampleAlert(changes: Partial<AlertConfig> = {}): AlertConfig {
  return { name: "oncall", description: "Wake somebody", severityMin: 70, measures: [], dimensionFilters: [], channel: { kind: "webhook", settings: {} }, ...changes };
}

export function sampleDetector(changes: Partial<DetectorConfig> = {}, { muted = false } = {}): Detector {
  const measure = { aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 } as const;
  return {
    id: "0b7f2c52-6a3a-4d55-8a5e-0c1f2a3b4c5d",
    generation: 1,
    config: {
      name: "shop",
      description: null,
      frequency: "PT1H",
      zone: "UTC",
      offsetSeconds: 0,
      source: { kind: "postgres", settings: {} },
      query: { kind: "bound", sql: "select 1", file: null },
      timestamp: { column: "ts", format: null },
      measures: [{ name: "views", column: "views", ...measure }, { name: "revenue", column: "revenue", ...measure }],
      dimensions: ["platform", "marketplace"],
      levels: "all",
      history: { intervalsMax: 2500 },
      completeness: { rowShareMin: 0, waitIntervalsMax: 0 },
      horizonIntervals: 24,
      alerts: [sampleAlert()],
      limits: DEFAULT_LIMITS,
      ...changes,
    },
    configHash: "hash",
    status: "ACTIVE",
    failureReason: null,
    muted,
    createdMs: 0,
    modifiedMs: 0,
    headMs: SAMPLE_START,
    lineage: 0,
    liveFromMs: 0,
  };
}

export function sampleMember(series: number, changes: Partial<GroupMember> = {}): GroupMember {
  return {
    series,
    kind: "dip",
    direction: "down",
    severity: 90 - series,
    startMs: SAMPLE_START,
    lastMs: SAMPLE_START,
    intervalCount: 1,
    peakMs: SAMPLE_START,
    actual: 581 - series,
    expected: 700,
    lower: 650,
    upper: 750,
    ...changes,
  };
}

export function sampleGroup(changes: Partial<AnomalyGroup> = {}): AnomalyGroup {
  return {
    id: "3bf090ef-1111-4222-8333-444455556666",
    revision: 1,
    measure: "views",
    status: "open",
    mergedInto: null,
    kind: "dip",
    direction: "down",
    severity: 90.256,
    startMs: SAMPLE_START,
    lastMs: SAMPLE_START,
    peakMs: SAMPLE_START,
    members: [sampleMember(0), sampleMember(1), sampleMember(4, { actual: 1162, expected: 1400, lower: 1300, upper: 1500 })],
    head: [4],
    actual: 1162,
    expected: 1400,
    lower: 1300,
    upper: 1500,
    quietIntervals: 0,
    ...changes,
  };
}

export function sampleStored(changes: Partial<AnomalyGroup> = {}): StoredGroup {
  const group = sampleGroup(changes);
  return {
    detectorId: sampleDetector().id,
    generation: 1,
    group,
    contributions: [
      { dimension: "marketplace", values: [value("us", 50.01), value("de", 49.99)] },
      { dimension: "platform", values: [value("ios", 66.67), value("web", 16.67), value(null, 16.66)] },
    ],
    segments: [{ platform: "ios" }],
    headline: "views 238 below expected (−17 %): platform=ios",
    reason: null,
    evidence: {
      statement: "select …",
      parameters: [SAMPLE_START, SAMPLE_START + HOUR],
      attemptId: "a",
      queryHash: "q",
      interval: { startMs: group.peakMs, endMs: group.peakMs + HOUR },
      configHash: "hash",
      modelVersion: "1",
    },
    knownAtMs: SAMPLE_START + HOUR,
  };
  function value(text: string | null, score: number) {
    return { value: text, score, actual: 0, expected: 0, direction: -1 as const };
  }
}

export function sampleMessage(changes: Partial<AnomalyGroup> = {}, { event = "opened", detector = sampleDetector(), keys = SAMPLE_KEYS }: { event?: AlertEvent; detector?: Detector; keys?: readonly SeriesKey[] } = {}): AlertMessage {
  const stored = sampleStored(changes);
  const alert = detector.config.alerts[0]!;
  return buildMessage({
    alert,
    detector,
    stored,
    event,
    deliveryKey: deliveryKey(alert.name, stored.group.id, stored.group.revision),
    keys,
    current: null,
    consoleUrl: "http://localhost:7311/",
  });
}
