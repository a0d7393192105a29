import assert from "node:assert/strict";
import { seriesKey, seriesKeyText } from "@foretop/engine";
import { test } from "vitest";
import { CONFIGS } from "../../test/world/configs.ts";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredSeries } from "../store/store.ts";
import { knownSeries } from "./known-series.ts";

/** A store that only lists series, and says how often it was asked. */
function listingStore(count: () => number): { system: System; asked: () => number } {
  let asked = 0;
  const list = (): Promise<StoredSeries[]> => {
    asked++;
    const key = seriesKey("views", []);
    return Promise.resolve(Array.from({ length: count() }, (_, number) => ({ number, key, keyText: seriesKeyText(key), isLeaf: true, firstSeenMs: 0 })));
  };
  const store = { series: { list } } as unknown as Store; // nothing else is touched
  return { system: { store } as System, asked: () => asked };
}

function detector(id: string, headMs: number): Detector {
  return { id, generation: 1, config: CONFIGS.active, configHash: "", status: "ACTIVE", failureReason: null, muted: false, createdMs: 0, modifiedMs: 0, headMs, liveFromMs: 0, lineage: 0 };
}

test("series are read once while the head stays, and again when it has moved", async () => {
  let count = 3;
  const { system, asked } = listingStore(() => count);
  assert.equal((await knownSeries(system, detector("a", 1))).length, 3);
  count = 4;
  assert.equal((await knownSeries(system, detector("a", 1))).length, 3);
  assert.equal(asked(), 1);
  assert.equal((await knownSeries(system, detector("a", 2))).length, 4);
  assert.equal(asked(), 2);
});

test("a number that a correction has brought without moving the head is not missed", async () => {
  let count = 3;
  const { system } = listingStore(() => count);
  await knownSeries(system, detector("a", 1));
  count = 4;
  assert.equal((await knownSeries(system, detector("a", 1), { including: [0, 3] })).length, 4);
});

test("only a few detectors are kept, the least recently asked for goes first", async () => {
  const { system, asked } = listingStore(() => 1);
  for (let i = 0; i < 8; i++) await knownSeries(system, detector(`d${i}`, 1));
  await knownSeries(system, detector("d0", 1)); // again in use
  await knownSeries(system, detector("d8", 1)); // takes the place of d1
  assert.equal(asked(), 9);
  await knownSeries(system, detector("d0", 1));
  assert.equal(asked(), 9);
  await knownSeries(system, detector("d1", 1));
  assert.equal(asked(), 10);
});
