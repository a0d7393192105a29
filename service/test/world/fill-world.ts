/**
 * A small world for the API's and the page's tests, written into any store through the same commits that the pipeline
 * makes: 28 days of history and a fortnight of judged hours with incidents, and detectors in every other state. Seeded.
 */
import { HELD_BACK_REASONS, KINDS, STATUSES, seriesKey, type SeriesKey } from "@foretop/engine";
import { SeriesTable } from "../../src/pipeline/series-table.ts";
import type { Detector, DetectorConfig } from "../../src/resources/detector.ts";
import type { PointsSegment, SegmentRow, Store, StoredGroup } from "../../src/store/store.ts";
import { CONFIGS, MARKETPLACES, PLATFORMS } from "./configs.ts";
import { deliveryOf, groupsOf } from "./world-groups.ts";
import { expectedOf, HOUR_MS, noiseOf } from "./numbers.ts";
import { hits, INCIDENTS, type Incident } from "./plan-of-incidents.ts";


const DAY_MS = 24 * HOUR_MS;
/** The world's now: ten past eleven, the hour to ten o'clock is the last one judged. */
export const WORLD_NOW_MS = Date.UTC(2026, 2, 2, 10, 10);
const HEAD_MS = Date.UTC(2026, 2, 2, 10);
const HISTORY_HOURS = 28 * 24;
const LIVE_HOURS = 14 * 24;
export const LIVE_FROM_MS = HEAD_MS - LIVE_HOURS * HOUR_MS;
/** The band's half width as a share of the expected value. */
const BAND_SHARE = 0.12;

export interface World {
  readonly active: Detector;
  readonly groups: readonly StoredGroup[];
}

export async function fillWorld(store: Store, { seed = 7 }: { seed?: number } = {}): Promise<World> {
  const active = await create(store, CONFIGS.active);
  const table = new SeriesTable(CONFIGS.active);
  const series = table.extend(leavesOf(CONFIGS.active, { platform: PLATFORMS, marketplace: MARKETPLACES }), LIVE_FROM_MS - HISTORY_HOURS * HOUR_MS);
  const owner = { detectorId: active.id, generation: 1 };

  const historyStarts = hoursBefore(LIVE_FROM_MS, HISTORY_HOURS);
  const history = await store.segments.writePoints(
    { ...owner, startMs: historyStarts[0]!, endMs: LIVE_FROM_MS, attempt: "history" },
    { ...pointsOf(table, historyStarts, seed), scores: null },
  );
  await store.commitHistory({ ...owner, series, points: [history], checkpoint: null, headMs: LIVE_FROM_MS, status: "ACTIVE", quality: [], knownAtMs: LIVE_FROM_MS });

  const liveStarts = hoursBefore(HEAD_MS, LIVE_HOURS);
  const groups = groupsOf(active, table, { headMs: HEAD_MS, figures: (key, startMs) => figuresOf(table, key, startMs, seed) });
  for (const startMs of liveStarts) await commitHour(store, active, { table, startMs, groups, seed });

  await fillOthers(store);
  return { active: (await store.detectors.get(active.id))!, groups };
}

async function create(store: Store, config: DetectorConfig): Promise<Detector> {
  return store.detectors.create(config, `hash-of-${config.name}`, LIVE_FROM_MS - DAY_MS);
}

async function commitHour(store: Store, detector: Detector, { table, startMs, groups, seed }: { table: SeriesTable; startMs: number; groups: readonly StoredGroup[]; seed: number }) {
  const interval = { startMs, endMs: startMs + HOUR_MS };
  const owner = { detectorId: detector.id, generation: 1 };
  const attempt = await store.ledger.open({
    ...owner,
    purpose: "live",
    interval,
    statement: "select ts, platform, marketplace, views, revenue from ecommerce where ts >= $1 and ts < $2 -- $1",
    parameters: [interval.startMs, interval.endMs],
    queryHash: "9f86d081884c7d65",
    startedMs: interval.endMs + 300_000,
  });
  await store.ledger.close(attempt.id, { outcome: "succeeded", errorCode: null, error: null, transient: null, rows: 21, bytes: 1932, maxTimestampMs: startMs, endedMs: interval.endMs + 300_042 });
  const points = pointsOf(table, [startMs], seed);
  const segment: SegmentRow = await store.segments.writePoints({ ...owner, ...interval, attempt: attempt.id }, points);
  const { kind, heldBack } = points.scores!;
  const heldBackCount = heldBack.reduce((count, reason) => count + (reason === 0 ? 0 : 1), 0);
  const own = groups.filter(({ group }) => group.lastMs === startMs).map((stored) => ({ ...stored, evidence: { ...stored.evidence, attemptId: attempt.id } }));
  await store.commitInterval({
    ...owner,
    expectedHeadMs: startMs,
    expectedLineage: 0,
    record: {
      ...owner,
      interval,
      version: 1,
      status: "COMPLETED",
      message: null,
      attemptId: attempt.id,
      rows: { processed: 21, invalid: 0, partial: startMs % DAY_MS === 0 ? 2 : 0, outside: 0, reasons: startMs % DAY_MS === 0 ? { "null measure": 2 } : {} },
      seriesCount: table.count,
      anomalyCount: kind.reduce((count, k) => count + (k === 0 ? 0 : 1), 0) - heldBackCount,
      heldBackCount,
      segmentId: segment.id,
      knownAtMs: interval.endMs + 300_100,
    },
    newSeries: [],
    points: segment,
    groups: own,
    deliveries: own.filter(({ group }) => group.severity >= 80).map((stored) => deliveryOf(detector, table, stored)),
    quality: [
      { type: "ROWS_PROCESSED", column: null, description: "rows read", value: 21 },
      { type: "INVALID_ROWS_COMPLIANCE", column: null, description: "rows unusable", value: 0 },
      { type: "TIME_SERIES_COUNT", column: null, description: "series formed", value: table.count },
      { type: "COLUMN_COMPLETENESS", column: "revenue", description: "share of values that are not empty", value: 0.9048 },
    ],
    status: "ACTIVE",
    checkpoint: null,
  });
}

/** LEARNING, FAILED, quiet and never activated. */
async function fillOthers(store: Store): Promise<void> {
  const learning = await create(store, CONFIGS.learning);
  const learned = 61;
  const table = new SeriesTable(CONFIGS.learning);
  const firstMs = HEAD_MS - learned * HOUR_MS;
  const series = table.extend(leavesOf(CONFIGS.learning, { country: ["de", "fr", null] }), firstMs);
  const points = await store.segments.writePoints(
    { detectorId: learning.id, generation: 1, startMs: firstMs, endMs: HEAD_MS, attempt: "history" },
    { ...pointsOf(table, hoursBefore(HEAD_MS, learned), 1), scores: null },
  );
  await store.commitHistory({ detectorId: learning.id, generation: 1, series, points: [points], checkpoint: null, headMs: HEAD_MS, status: "LEARNING", quality: [], knownAtMs: HEAD_MS });

  const failed = await create(store, CONFIGS.failed);
  const attempt = await store.ledger.open({ detectorId: failed.id, generation: 1, purpose: "history", interval: { startMs: LIVE_FROM_MS, endMs: HEAD_MS }, statement: "select 1", parameters: [], queryHash: "0a", startedMs: HEAD_MS });
  const message = 'password authentication failed for user "foretop"';
  await store.ledger.close(attempt.id, { outcome: "failed", errorCode: "AUTHENTICATE", error: message, transient: false, rows: 0, bytes: 0, maxTimestampMs: null, endedMs: HEAD_MS + 80 });
  await store.detectors.setStatus(failed.id, "FAILED", `crawling history: ${message}`, HEAD_MS + 100);

  const quiet = await create(store, CONFIGS.quiet);
  const todayMs = Date.UTC(2026, 2, 2);
  const stock = new SeriesTable(CONFIGS.quiet);
  const stockSeries = stock.extend(leavesOf(CONFIGS.quiet, { warehouse: ["north", "south"] }), todayMs - 90 * DAY_MS);
  await store.commitHistory({ detectorId: quiet.id, generation: 1, series: stockSeries, points: [], checkpoint: null, headMs: todayMs, status: "ACTIVE", quality: [], knownAtMs: todayMs });

  await create(store, CONFIGS.inactive);
}

/** The points of some hours with their judgement; roll-ups are sums of their leaves. */
function pointsOf(table: SeriesTable, starts: readonly number[], seed: number): PointsSegment {
  const length = table.count * starts.length;
  const column = () => new Float64Array(length);
  const [series, startMs] = [new Int32Array(length), column()];
  const [value, count, expected, lower, upper, score, severity] = [column(), column(), column(), column(), column(), column(), column()];
  const [direction, kind, status, heldBack] = [new Int8Array(length), new Uint8Array(length), new Uint8Array(length), new Uint8Array(length)];
  for (let s = 0, row = 0; s < table.count; s++) {
    for (const at of starts) {
      const figures = figuresOf(table, table.keys[s]!, at, seed);
      series[row] = s;
      startMs[row] = at;
      value[row] = figures.actual;
      count[row] = Number.isNaN(figures.actual) ? 0 : 1;
      expected[row] = figures.expected;
      lower[row] = figures.lower;
      upper[row] = figures.upper;
      severity[row] = figures.severity;
      score[row] = figures.severity / 10;
      direction[row] = Math.sign(figures.actual - figures.expected);
      kind[row] = KINDS.indexOf(figures.kind);
      status[row] = STATUSES.indexOf(Number.isNaN(figures.actual) ? "missing" : "judged");
      heldBack[row] = HELD_BACK_REASONS.indexOf(figures.heldBack);
      row++;
    }
  }
  return { series, startMs, value, count, scores: { expected, lower, upper, score, severity, direction, kind, status, heldBack } };
}

/** What one series shows in one hour, and what is said about it. */
function figuresOf(table: SeriesTable, key: SeriesKey, startMs: number, seed: number) {
  const leaves = leavesBelow(table, key);
  const incident = startMs < LIVE_FROM_MS ? undefined : INCIDENTS.find((one) => isOn(one, startMs) && leaves.some((leaf) => hits(one, table.keys[leaf]!)));
  let actual = 0;
  let arrived = 0;
  let expected = 0;
  for (const leaf of leaves) {
    const leafKey = table.keys[leaf]!;
    const usual = expectedOf(leafKey, startMs);
    expected += usual;
    const factor = incident !== undefined && hits(incident, leafKey) ? incident.factor : 1;
    if (factor === null) continue; // no row: a roll-up goes on without this leaf
    arrived++;
    actual += Math.round(usual * factor * noiseOf(leaf, startMs, seed));
  }
  if (arrived === 0) actual = NaN;
  const width = (expected * BAND_SHARE) / Math.sqrt(leaves.length);
  const off = Math.abs(actual - expected) / width;
  const isHit = incident !== undefined && (Number.isNaN(actual) || off > 1);
  // Every 97th hour one small series does something that is held back.
  const isHeldBack = !isHit && leaves.length === 1 && (startMs / HOUR_MS + leaves[0]! * 5) % 97 === 0 && startMs >= LIVE_FROM_MS;
  if (isHeldBack) actual = Math.round(expected * 1.17);
  return {
    actual,
    expected,
    lower: Math.max(0, expected - width),
    upper: expected + width,
    severity: isHit ? incident.severity : isHeldBack ? 48 : Number.isNaN(actual) ? NaN : Math.min(45, 30 * off),
    kind: isHit ? incident.kind : isHeldBack ? ("spike" as const) : ("none" as const),
    heldBack: isHit ? (incident.severity < 70 ? "below the sensitivity" : "") : isHeldBack ? ("below the minimum effect" as const) : ("" as const),
  } as const;
}

export type Figures = ReturnType<typeof figuresOf>;

export function isOn({ startBefore, intervalCount }: Incident, startMs: number): boolean {
  const firstMs = HEAD_MS - startBefore * HOUR_MS;
  return startMs >= firstMs && startMs < firstMs + intervalCount * HOUR_MS;
}

function leavesBelow(table: SeriesTable, key: SeriesKey): readonly number[] {
  return table.levels.leaves(table.numberOf(key)!);
}

function leavesOf({ measures, dimensions }: DetectorConfig, values: Readonly<Record<string, readonly (string | null)[]>>): SeriesKey[] {
  let combinations: { name: string; value: string | null }[][] = [[]];
  for (const name of dimensions) combinations = combinations.flatMap((before) => values[name]!.map((value) => [...before, { name, value }]));
  return measures.flatMap(({ name }) => combinations.map((combination) => seriesKey(name, combination)));
}

function hoursBefore(endMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => endMs - (count - i) * HOUR_MS);
}
