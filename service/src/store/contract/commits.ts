import { expect, test } from "vitest";
import { aCommit, aConfig, aDelivery, aGroup, aLearnedDetector, aRecord, aSeries, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import { HeadMovedError, type HistoryCommit, type Store } from "../store.ts";

export function testCommits(context: StoreContext): void {
  test("a history's commit sets head and live start, and the detector runs", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    expect(detector).toMatchObject({ headMs: HEAD_MS, liveFromMs: HEAD_MS, status: "ACTIVE" });
    expect(await store.series.list(detector.id, 1)).toHaveLength(3);
    expect(await store.segments.listPoints(detector.id, 1, { startMs: 0, endMs: HEAD_MS })).toHaveLength(1);
  });

  test("a history is committed once: of two processes one is told that the head has moved", async () => {
    const { store, other } = context;
    const { id } = await store.detectors.create(aConfig(), "hash", NOW_MS);
    const commit: HistoryCommit = { detectorId: id, generation: 1, series: [aSeries(0)], points: [], checkpoint: null, headMs: HEAD_MS, status: "LEARNING", quality: [], knownAtMs: NOW_MS };
    const results = await Promise.allSettled([store.commitHistory(commit), other.commitHistory(commit)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: expect.any(HeadMovedError) });
    expect(await store.detectors.get(id)).toMatchObject({ status: "LEARNING", headMs: HEAD_MS });
  });

  test("an interval's commit moves the head and keeps all of it: record, series, points, groups, deliveries, quality", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const points = await store.segments.writePoints(ownerOf(detector, HEAD_MS), somePoints([HEAD_MS], 4));
    const record = aRecord(detector, HEAD_MS, { segmentId: points.id, message: "judged incomplete: 40 % of the usual rows", attemptId: "a" });
    const group = aGroup(detector, 1);
    const delivery = aDelivery(detector, "on call:1:1");
    const quality = [{ type: "ROWS_PROCESSED" as const, column: null, description: "rows", value: NaN }];
    await store.commitInterval(aCommit(detector, HEAD_MS, { record, points, newSeries: [aSeries(3)], groups: [group], deliveries: [delivery], quality }));

    expect(await store.detectors.get(detector.id)).toEqual({ ...detector, headMs: HEAD_MS + HOUR_MS });
    expect(await store.intervals.get(detector.id, HEAD_MS)).toEqual(record);
    expect(await store.intervals.quality(detector.id, HEAD_MS)).toEqual(quality);
    expect(await store.series.list(detector.id, 1)).toHaveLength(4);
    expect(await store.groups.get(group.group.id)).toEqual(group);
    expect(await store.deliveries.list({ limit: 10 })).toEqual([delivery]);
    const [series] = await store.segments.readSeries(detector.id, 1, [3], { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS });
    expect(series.severity).toEqual(Float64Array.of(3));
  });

  test("of many processes that commit the same interval exactly one does; the others write nothing", async () => {
    const { store, other } = context;
    const detector = await aLearnedDetector(store);
    for (let hour = 0; hour < 10; hour++) {
      const startMs = HEAD_MS + hour * HOUR_MS;
      const attempts = [store, other, store, other].map((client, i) =>
        client.commitInterval(
          aCommit(detector, startMs, {
            record: aRecord(detector, startMs, { message: `by ${i}` }),
            groups: [aGroup(detector, 10 * hour + i, { startMs })],
            deliveries: [aDelivery(detector, `${hour}:${i}`)],
          }),
        ),
      );
      const results = await Promise.allSettled(attempts);
      const winners = results.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
      expect(winners).toHaveLength(1);
      const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      expect(refusals.filter((reason) => !(reason instanceof HeadMovedError))).toEqual([]);
      expect((await store.intervals.get(detector.id, startMs))!.message).toBe(`by ${winners[0]}`);
    }
    expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS + 10 * HOUR_MS);
    expect(await store.groups.list({ limit: 100 })).toMatchObject({ total: 10 });
    expect(await store.deliveries.list({ limit: 100 })).toHaveLength(10);
  });

  test("a commit from another head, generation or for a deleted detector is refused and writes nothing", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const refused: [string, Partial<Parameters<Store["commitInterval"]>[0]>][] = [
      ["an older head", { expectedHeadMs: HEAD_MS - HOUR_MS }],
      ["a later head", { expectedHeadMs: HEAD_MS + HOUR_MS }],
      ["another generation", { generation: 2 }],
      ["no such detector", { detectorId: "00000000-0000-8000-8000-000000000000" }],
    ];
    for (const [why, changes] of refused) {
      await expect(store.commitInterval(aCommit(detector, HEAD_MS, { groups: [aGroup(detector, 1)], ...changes })), why).rejects.toThrow(HeadMovedError);
    }
    expect(await store.detectors.get(detector.id)).toEqual(detector);
    expect(await store.intervals.list(detector.id, { limit: 10 })).toEqual([]);
    expect(await store.groups.list({ limit: 10 })).toMatchObject({ total: 0 });
  });

  test("a commit that fails in the middle leaves nothing behind", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    // The last thing to be written is refused: no such detector.
    const stray = aDelivery({ ...detector, id: "00000000-0000-8000-8000-000000000000" }, "stray");
    await expect(store.commitInterval(aCommit(detector, HEAD_MS, { newSeries: [aSeries(3)], groups: [aGroup(detector, 1)], deliveries: [stray] }))).rejects.toThrow(/foreign key/);
    expect(await store.detectors.get(detector.id)).toEqual(detector);
    expect(await store.series.list(detector.id, 1)).toHaveLength(3);
    expect(await store.groups.list({ limit: 10 })).toMatchObject({ total: 0 });
    await store.commitInterval(aCommit(detector, HEAD_MS));
  });

  test("learning ends with the commit that says so; somebody who deactivated meanwhile is not overruled", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await store.detectors.setStatus(detector.id, "LEARNING", null, NOW_MS);
    await store.commitInterval(aCommit(detector, HEAD_MS, { status: "ACTIVE" }));
    expect((await store.detectors.get(detector.id))!.status).toBe("ACTIVE");
    await store.detectors.setStatus(detector.id, "INACTIVE", null, NOW_MS);
    await store.commitInterval(aCommit(detector, HEAD_MS + HOUR_MS, { status: "ACTIVE" }));
    expect((await store.detectors.get(detector.id))!.status).toBe("INACTIVE");
  });

  test("a re-run of an old interval leaves the head where it is", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const hour of [0, 1, 2]) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3);
    await store.commitInterval(aCommit(detector, HEAD_MS, { expectedHeadMs: HEAD_MS + 3 * HOUR_MS, record: aRecord(detector, HEAD_MS, { version: 2 }) }));
    expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS + 3 * HOUR_MS);
  });

  test("a deleted detector takes everything of it along and nothing of another", async () => {
    const { store } = context;
    const fill = async (name: string, number: number): Promise<Detector> => {
      const detector = await aLearnedDetector(store, { name });
      await commitPoints(store, detector, HEAD_MS, 3, { groups: [aGroup(detector, number)], deliveries: [aDelivery(detector, name)] });
      await store.ledger.open({ detectorId: detector.id, generation: 1, purpose: "live", interval: { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS }, statement: "select 1", parameters: [], queryHash: "q", startedMs: NOW_MS });
      return detector;
    };
    const gone = await fill("gone", 1);
    const kept = await fill("kept", 2);
    await store.detectors.delete(gone.id);

    const left = async ({ id }: Detector) => ({
      detector: (await store.detectors.get(id)) !== null,
      series: (await store.series.list(id, 1)).length,
      intervals: (await store.intervals.list(id, { limit: 10 })).length,
      points: (await store.segments.listPoints(id, 1, { startMs: 0, endMs: HEAD_MS + HOUR_MS })).length,
      groups: (await store.groups.list({ detectorId: id, limit: 10 })).total,
      deliveries: (await store.deliveries.list({ detectorId: id, limit: 10 })).length,
      attempts: (await store.ledger.list(id, { limit: 10 })).length,
    });
    expect(await left(gone)).toEqual({ detector: false, series: 0, intervals: 0, points: 0, groups: 0, deliveries: 0, attempts: 0 });
    expect(await left(kept)).toEqual({ detector: true, series: 3, intervals: 1, points: 2, groups: 1, deliveries: 1, attempts: 1 });
    // What was running for it finds out.
    await expect(store.commitInterval(aCommit(gone, HEAD_MS + HOUR_MS))).rejects.toThrow(HeadMovedError);
  });
}
