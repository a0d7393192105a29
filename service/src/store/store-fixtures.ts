/** Values for tests of the store: whole, valid, and easy to vary. */
import { seriesKey, seriesKeyText, type AnomalyGroup } from "@foretop/engine";
import type { AlertMessage } from "../alerts/message.ts";
import { DEFAULT_LIMITS, type Detector, type DetectorConfig } from "../resources/detector.ts";
import type { Delivery, IntervalCommit, IntervalRecord, PointsSegment, SegmentOwner, Store, StoredGroup, StoredSeries } from "./store.ts";

export const HOUR_MS = 3_600_000;
/** where history ends in these tests: 2026-03-01T00:00Z */
export const HEAD_MS = Date.UTC(2026, 2, 1);
export const NOW_MS = HEAD_MS + 5 * 60_000;

export function aConfig(name = "orders"): DetectorConfig {
  return {
    name,
    description: null,
    frequency: "PT1H",
    zone: "Europe/Berlin",
    offsetSeconds: 300,
    source: { kind: "postgres", settings: { host: "db.example.com", password: "env:PASSWORD" } },
    query: { kind: "bound", sql: "select ts, platform, sum(revenue) as revenue from orders where ts >= :start and ts < :end group by 1, 2", file: null },
    timestamp: { column: "ts", format: null },
    measures: [
      { name: "revenue", column: "revenue", aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 },
    ],
    dimensions: ["platform"],
    levels: "all",
    history: { intervalsMax: 2500 },
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
    horizonIntervals: 24,
    alerts: [],
    limits: DEFAULT_LIMITS,
  };
}

export function aSeries(number: number, value: string | null = `platform ${number}`): StoredSeries {
  const key = seriesKey("revenue", [{ name: "platform", value }]);
  return { number, key, keyText: seriesKeyText(key), isLeaf: true, firstSeenMs: HEAD_MS - HOUR_MS };
}

/** Sorted rows; every figure can be told apart from every other. */
export function somePoints(startsMs: readonly number[], seriesCount: number, { version = 1, scores = true }: { version?: number; scores?: boolean } = {}): PointsSegment {
  const rowCount = startsMs.length * seriesCount;
  const figure = (part: number) => Float64Array.from({ length: rowCount }, (_, row) => version * 1000 + row + part);
  return {
    series: Int32Array.from({ length: rowCount }, (_, row) => Math.floor(row / startsMs.length)),
    startMs: Float64Array.from({ length: rowCount }, (_, row) => startsMs[row % startsMs.length]),
    value: figure(0.1).map((value, row) => (row % 7 === 3 ? NaN : value)),
    count: figure(0),
    scores: scores
      ? {
          expected: figure(0.25),
          lower: figure(-10),
          upper: figure(10),
          score: figure(0.5),
          severity: Float64Array.from({ length: rowCount }, (_, row) => row % 101),
          direction: Int8Array.from({ length: rowCount }, (_, row) => (row % 3) - 1),
          kind: Uint8Array.from({ length: rowCount }, (_, row) => row % 8),
          status: Uint8Array.from({ length: rowCount }, (_, row) => row % 3),
          heldBack: Uint8Array.from({ length: rowCount }, (_, row) => row % 5),
        }
      : null,
  };
}

export function ownerOf(detector: Detector, startMs: number, { attempt = "1", endMs = startMs + HOUR_MS }: { attempt?: string; endMs?: number } = {}): SegmentOwner {
  return { detectorId: detector.id, generation: detector.generation, startMs, endMs, attempt };
}

export function aRecord(detector: Detector, startMs: number, changes: Partial<IntervalRecord> = {}): IntervalRecord {
  return {
    detectorId: detector.id,
    generation: detector.generation,
    interval: { startMs, endMs: startMs + HOUR_MS },
    version: 1,
    status: "COMPLETED",
    message: null,
    attemptId: null,
    rows: { processed: 10, invalid: 1, partial: 0, outside: 0, reasons: { "null measure": 1 } },
    seriesCount: 3,
    anomalyCount: 0,
    heldBackCount: 0,
    segmentId: null,
    knownAtMs: NOW_MS,
    ...changes,
  };
}

export function aCommit(detector: Detector, startMs: number, changes: Partial<IntervalCommit> = {}): IntervalCommit {
  return {
    detectorId: detector.id,
    generation: detector.generation,
    expectedHeadMs: startMs,
    expectedLineage: detector.lineage,
    record: aRecord(detector, startMs),
    newSeries: [],
    points: null,
    groups: [],
    deliveries: [],
    quality: [],
    status: "ACTIVE",
    checkpoint: null,
    ...changes,
  };
}

/** A UUID-shaped id that sorts by its number. */
export function anId(number: number): string {
  return `00000000-0000-8000-8000-${number.toString(16).padStart(12, "0")}`;
}

export function aGroup(detector: Detector, number: number, group: Partial<AnomalyGroup> = {}, changes: Partial<StoredGroup> = {}): StoredGroup {
  const startMs = group.startMs ?? HEAD_MS;
  return {
    detectorId: detector.id,
    generation: detector.generation,
    group: {
      id: anId(number),
      revision: 1,
      measure: "revenue",
      status: "open",
      mergedInto: null,
      kind: "stopped",
      direction: "down",
      severity: 80,
      startMs,
      lastMs: startMs,
      peakMs: startMs,
      members: [
        { series: 1, kind: "stopped", direction: "down", severity: 80, startMs, lastMs: startMs, intervalCount: 1, peakMs: startMs, actual: NaN, expected: 12.5, lower: -0, upper: Infinity },
      ],
      head: [1],
      actual: NaN,
      expected: 12.5,
      lower: 0,
      upper: 20,
      quietIntervals: 0,
      ...group,
    },
    contributions: [{ dimension: "platform", values: [{ value: null, score: 100, actual: NaN, expected: 12.5, direction: -1 }] }],
    segments: [{ platform: "it's \"quoted\" \\ 🦊 \u0000" }, {}],
    headline: "revenue of platform 1 stopped",
    evidence: {
      statement: "select 1 where ts >= $1 and ts < $2",
      parameters: [startMs, startMs + HOUR_MS],
      attemptId: `${detector.id}:1:${startMs}-${startMs + HOUR_MS}:1`,
      queryHash: "q",
      interval: { startMs, endMs: startMs + HOUR_MS },
      configHash: "c",
      modelVersion: "m",
    },
    reason: null,
    knownAtMs: NOW_MS,
    ...changes,
  };
}

export function aDelivery(detector: Detector, key: string, changes: Partial<Delivery> = {}): Delivery {
  // A piece of one: the store keeps whatever message it is given, byte for byte, and looks at nothing in it.
  const message: unknown = {
    alertName: "on call",
    anomalyGroupId: anId(1),
    anomalyScore: 80,
    impactedMetric: { metricName: "revenue", relevantTimeSeries: [{ metricValue: null }] },
    foretop: { deliveryKey: key, headline: "revenue 🦊 \"down\" \u0000", expected: 12.5, segments: [{ platform: null }] },
  };
  return {
    key,
    detectorId: detector.id,
    alertName: "on call",
    channel: { kind: "webhook", settings: { url: "https://example.com/hook" } },
    groupId: anId(1),
    revision: 1,
    message: message as AlertMessage,
    status: "pending",
    attempts: 0,
    nextTryMs: NOW_MS,
    lastDetail: null,
    createdMs: NOW_MS,
    sentMs: null,
    ...changes,
  };
}

/** A detector with a history of `intervals` hours before HEAD_MS and `seriesCount` series. */
export async function aLearnedDetector(store: Store, { name = "orders", intervals = 4, seriesCount = 3 }: { name?: string; intervals?: number; seriesCount?: number } = {}): Promise<Detector> {
  const created = await store.detectors.create(aConfig(name), "hash", NOW_MS);
  const starts = Array.from({ length: intervals }, (_, i) => HEAD_MS - (intervals - i) * HOUR_MS);
  const points = await store.segments.writePoints(ownerOf(created, starts[0], { endMs: HEAD_MS }), somePoints(starts, seriesCount, { scores: false }));
  await store.commitHistory({
    detectorId: created.id,
    generation: 1,
    series: Array.from({ length: seriesCount }, (_, number) => aSeries(number)),
    points: [points],
    checkpoint: null,
    headMs: HEAD_MS,
    status: "ACTIVE",
    quality: [{ type: "ROWS_PROCESSED", column: null, description: "rows read", value: 12 }],
    knownAtMs: NOW_MS,
  });
  return (await store.detectors.get(created.id))!;
}

/** Commits one interval with points, as the pipeline does. */
export async function commitPoints(store: Store, detector: Detector, startMs: number, seriesCount: number, changes: Partial<IntervalCommit> = {}): Promise<void> {
  const points = await store.segments.writePoints(ownerOf(detector, startMs), somePoints([startMs], seriesCount));
  await store.commitInterval(aCommit(detector, startMs, { points, record: aRecord(detector, startMs, { segmentId: points.id }), ...changes }));
}
