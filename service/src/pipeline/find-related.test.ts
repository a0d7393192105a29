import assert from "node:assert/strict";
import { seriesKey, seriesKeyText } from "@foretop/engine";
import { test } from "vitest";
import { configOf, measure } from "../../test/crawl-world.ts";
import type { Detector, DetectorConfig } from "../resources/detector.ts";
import type { SeriesPoints, Store, StoredGroup } from "../store/store.ts";
import { findRelated } from "./find-related.ts";
import { linkedDetectors } from "./linked-detectors.ts";

const HOUR = 3_600_000;
const LIVE_FROM_MS = Date.UTC(2026, 2, 2);
const COUNT = 600;

/** −1 … 1 in steps of its own; enough for noise. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  };
}

function detectorOf(name: string, overrides: Partial<DetectorConfig>): Detector {
  const config = configOf({ name, ...overrides });
  return { id: name, generation: 1, config, configHash: "", status: "ACTIVE", failureReason: null, muted: false, createdMs: 0, modifiedMs: 0, headMs: LIVE_FROM_MS + COUNT * HOUR, lineage: 0, liveFromMs: LIVE_FROM_MS };
}

/** A store that holds the totals of some measures as residuals in spreads, and one group. */
function storeOf(totals: Readonly<Record<string, Float64Array>>, detectors: readonly Detector[]): Store {
  const series = (id: string) => detectors.find((each) => each.id === id)!.config.measures.map(({ name }, number) => ({ number, key: seriesKey(name, []), keyText: seriesKeyText(seriesKey(name, [])), isLeaf: false, firstSeenMs: 0 }));
  const points = (id: string, number: number): SeriesPoints => {
    const residual = totals[`${id} ${series(id)[number]!.key.measure}`]!;
    const of = (value: (t: number) => number) => Float64Array.from({ length: COUNT }, (_, t) => value(t));
    const codes = new Uint8Array(COUNT);
    // The band is wide enough for a spread of 1 at any sensitivity: residuals are told in its halves.
    return { series: number, startMs: of((t) => LIVE_FROM_MS + t * HOUR), value: of((t) => 100 + residual[t]!), expected: of(() => 100), lower: of(() => 100 - HALF_BAND), upper: of(() => 100 + HALF_BAND), severity: of(() => 0), kind: codes, status: codes, heldBack: codes };
  };
  const store = {
    series: { list: (id: string) => Promise.resolve(series(id)) },
    segments: { readSeries: (id: string, _generation: number, numbers: readonly number[]) => Promise.resolve(numbers.map((number) => points(id, number))) },
    groups: { list: () => Promise.resolve({ groups: [], nextCursor: null, total: 0 }) },
  };
  return store as unknown as Store; // what findRelated reads, and nothing else
}
const HALF_BAND = 1; // severityMin 0: half a band is one spread

test("a measure of a linked detector that led this one in the history is a probable cause, with lag, strength and how often before", async () => {
  const traffic = detectorOf("traffic", { measures: [measure("visits"), measure("errors")] });
  const orders = detectorOf("orders", { measures: [measure("orders")], links: [{ detector: "traffic", measures: ["visits"] }] });
  const random = noise(3);
  const visits = Float64Array.from({ length: COUNT }, () => random());
  const errors = Float64Array.from({ length: COUNT }, () => random());
  for (const t of [150, 320, COUNT - 4]) visits[t] = -9;
  errors[COUNT - 4] = 12; // off at the same time, and nothing in the history links it; the link leaves it out
  const own = Float64Array.from({ length: COUNT }, (_, t) => 0.7 * (visits[t - 2] ?? 0) + 0.5 * random());
  const at = LIVE_FROM_MS + (COUNT - 2) * HOUR;
  const group = { id: "g", revision: 1, measure: "orders", startMs: at, lastMs: at, peakMs: at, head: [0] };
  const stored = { detectorId: "orders", generation: 1, group } as unknown as StoredGroup; // findRelated reads these alone
  const all = [orders, traffic];
  const { linked } = linkedDetectors(orders, "orders", all);
  assert.deepEqual(linked.map(({ detector, measures }) => [detector.id, measures]), [["traffic", ["visits"]]]);
  const found = await findRelated(stored, orders, linked, storeOf({ "traffic visits": visits, "traffic errors": errors, "orders orders": own }, all));
  assert.ok(found.hasHistory);
  assert.deepEqual(found.related.map(({ detector, measure: name, related }) => [detector.id, name, related.relation, related.lag]), [["traffic", "visits", "cause", 2]]);
  const [one] = found.related;
  assert.ok(Math.abs(one!.related.strength - 0.7) < 0.1, String(one!.related.strength));
  assert.ok(one!.related.percentage! > 60 && found.unknownPercentage < 40);
  assert.equal(one!.related.timesBefore, 2);
  assert.equal(one!.onsetMs, at - 2 * HOUR);
});

test("a link is followed by the other side too; one that names other measures says nothing of this one", () => {
  const traffic = detectorOf("traffic", { measures: [measure("visits"), measure("errors")] });
  const orders = detectorOf("orders", { measures: [measure("orders")], links: [{ detector: "traffic", measures: ["visits"] }] });
  const days = detectorOf("days", { frequency: "P1D", links: [{ detector: "traffic", measures: [] }] });
  assert.deepEqual(linkedDetectors(traffic, "visits", [traffic, orders, days]), { linked: [{ detector: orders, measures: null }], broken: ["days: it has intervals of P1D, traffic of PT1H"] });
  assert.deepEqual(linkedDetectors(traffic, "errors", [traffic, orders]).linked, []);
});
