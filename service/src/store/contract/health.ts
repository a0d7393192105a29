import { expect, test } from "vitest";
import { aDelivery, aLearnedDetector, commitPoints, HEAD_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import type { HealthFinding } from "../store.ts";

const aFinding = (detector: Detector, id: string, changes: Partial<HealthFinding> = {}): HealthFinding => ({ id, detectorId: detector.id, kind: "behind", sinceMs: HEAD_MS, raisedMs: NOW_MS, message: "is behind \u{1f98a}", recoveredMs: null, ...changes });

export function testHealth(context: StoreContext): void {
  test("of two processes that see the same trouble one raises it, with its messages; another of its kind waits until it is over", async () => {
    const { store, other } = context;
    const detector = await aLearnedDetector(store);
    const finding = aFinding(detector, "one");
    const raised = await Promise.all([store.health.raise(finding, [aDelivery(detector, "a")]), other.health.raise(finding, [aDelivery(detector, "b")])]);
    expect(raised.filter(Boolean)).toHaveLength(1);
    expect(await store.deliveries.list({ limit: 9 })).toHaveLength(1);
    expect(await store.health.raise(aFinding(detector, "two"), [])).toBe(false);
    expect(await store.health.raise(aFinding(detector, "three", { kind: "silent", raisedMs: NOW_MS + 1 }), [])).toBe(true);
    expect((await store.health.open()).map(({ id }) => id)).toEqual(["one", "three"]);
    expect((await store.health.open())[0]).toEqual(finding);
  });

  test("it is over once, with its messages, and may come again", async () => {
    const { store, other } = context;
    const detector = await aLearnedDetector(store);
    await store.health.raise(aFinding(detector, "one"), []);
    const over = await Promise.all([store.health.recover("one", NOW_MS + 9, [aDelivery(detector, "a")]), other.health.recover("one", NOW_MS + 9, [aDelivery(detector, "b")])]);
    expect(over.filter(Boolean)).toHaveLength(1);
    expect(await store.deliveries.list({ limit: 9 })).toHaveLength(1);
    expect(await store.health.open()).toEqual([]);
    expect(await store.health.raise(aFinding(detector, "one"), [])).toBe(false); // the same trouble, found by somebody who is late
    expect(await store.health.raise(aFinding(detector, "two", { raisedMs: NOW_MS + 20 }), [])).toBe(true);
    expect((await store.health.list(9)).map(({ id, recoveredMs }) => [id, recoveredMs])).toEqual([["two", null], ["one", NOW_MS + 9]]);
    await store.detectors.delete(detector.id);
    expect(await store.health.list(9)).toEqual([]);
  });

  test("space: bytes by kind add up to what is on the disk", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await commitPoints(store, detector, HEAD_MS, 2);
    const { detectors, tables } = await store.space();
    expect(detectors).toHaveLength(1);
    const [own] = detectors;
    const { points, checkpoint } = await store.segments.bytes(detector.id);
    expect([own.historyBytes + own.scoredBytes + own.plainBytes, own.checkpointBytes]).toEqual([points, checkpoint]);
    expect([own.intervals, own.scoredRows, own.historyRows, own.files]).toEqual([1, 2, 12, 2]);
    for (const bytes of Object.values(tables)) expect(bytes).toBeGreaterThan(0);
  });
}
