import { expect, test } from "vitest";
import { aCommit, aLearnedDetector, aRecord, commitPoints, HEAD_MS, HOUR_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";

export function testIntervals(context: StoreContext): void {
  test("list is newest first, within the range asked for, at most the limit", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const hour of [0, 1, 2]) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3);
    const hours = async (page: { startMs?: number; endMs?: number; limit: number }) =>
      (await store.intervals.list(detector.id, page)).map(({ interval }) => (interval.startMs - HEAD_MS) / HOUR_MS);
    expect(await hours({ limit: 10 })).toEqual([2, 1, 0]);
    expect(await hours({ limit: 2 })).toEqual([2, 1]);
    expect(await hours({ startMs: HEAD_MS + HOUR_MS, limit: 10 })).toEqual([2, 1]);
    expect(await hours({ endMs: HEAD_MS + HOUR_MS, limit: 10 })).toEqual([0]);
  });

  test("a failure is shown, the newest of several, until the interval is completed; the head stays", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const failed = (message: string, knownAtMs: number) => aRecord(detector, HEAD_MS, { status: "FAILED", message, rows: null, seriesCount: 0, knownAtMs });
    await store.intervals.recordFailure(failed("connection refused", NOW_MS));
    await store.intervals.recordFailure(failed("it's still down 🦊", NOW_MS + 1));
    expect(await store.intervals.get(detector.id, HEAD_MS)).toEqual(failed("it's still down 🦊", NOW_MS + 1));
    expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS);

    await commitPoints(store, detector, HEAD_MS, 3);
    expect(await store.intervals.get(detector.id, HEAD_MS)).toMatchObject({ status: "COMPLETED", message: null, version: 1 });
  });

  test("a failure that is told late does not replace what was completed", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await commitPoints(store, detector, HEAD_MS, 3);
    for (const version of [1, 2]) {
      await store.intervals.recordFailure(aRecord(detector, HEAD_MS, { version, status: "FAILED", message: "too late" }));
      expect(await store.intervals.get(detector.id, HEAD_MS)).toMatchObject({ status: "COMPLETED", version: 1 });
    }
    const [points] = await store.segments.readSeries(detector.id, 1, [0], { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS });
    expect(points.value).toHaveLength(1);
  });

  test("a failure of a deleted detector or an old generation is not kept, and is no error", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const failed = aRecord(detector, HEAD_MS, { status: "FAILED", message: "down" });
    await store.detectors.update(detector.id, detector.config, "hash 2", { relearn: true }, NOW_MS);
    await store.intervals.recordFailure(failed);
    expect(await store.intervals.get(detector.id, HEAD_MS)).toBeNull();
    await store.detectors.delete(detector.id);
    await store.intervals.recordFailure(failed);
  });

  test("quality is that of the interval; for one of the history that of the whole history", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const quality = [{ type: "COLUMN_COMPLETENESS" as const, column: "it's \"revenue\"", description: "share of cells with a value", value: 0.5 }];
    await store.commitInterval(aCommit(detector, HEAD_MS, { quality }));
    expect(await store.intervals.quality(detector.id, HEAD_MS)).toEqual(quality);
    expect(await store.intervals.quality(detector.id, HEAD_MS - HOUR_MS)).toMatchObject([{ type: "ROWS_PROCESSED", value: 12 }]);
    expect(await store.intervals.quality(detector.id, HEAD_MS + HOUR_MS)).toEqual([]);
  });

  test("what is not there is null or empty", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    expect(await store.intervals.get(detector.id, HEAD_MS)).toBeNull();
    expect(await store.intervals.list(detector.id, { limit: 5 })).toEqual([]);
  });
}
