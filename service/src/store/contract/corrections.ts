import { expect, test } from "vitest";
import { aDelivery, aGroup, aLearnedDetector, anId, aRecord, aSeries, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import { HeadMovedError, type CorrectionCommit, type Store } from "../store.ts";

const LATER_MS = NOW_MS + 50 * 60_000;
const END_MS = HEAD_MS + 3 * HOUR_MS;

/** Three intervals are there; the second and third are read again. */
async function aCorrection(store: Store, detector: Detector, changes: Partial<CorrectionCommit> = {}, attempt = "late"): Promise<CorrectionCommit> {
  const intervals = [];
  for (const startMs of [HEAD_MS + HOUR_MS, HEAD_MS + 2 * HOUR_MS]) {
    const points = await store.segments.writePoints(ownerOf(detector, startMs, { attempt }), somePoints([startMs], 3, { version: 2 }));
    intervals.push({ record: aRecord(detector, startMs, { version: 2, segmentId: points.id, knownAtMs: LATER_MS }), points, quality: [] });
  }
  return { detectorId: detector.id, generation: 1, expectedHeadMs: END_MS, expectedLineage: detector.lineage, fromMs: HEAD_MS + HOUR_MS, intervals, newSeries: [], groups: [], deliveries: [], checkpoint: null, ...changes };
}

async function threeIntervals(store: Store): Promise<Detector> {
  const detector = await aLearnedDetector(store);
  for (const hour of [0, 1, 2]) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3, hour === 1 ? { groups: [aGroup(detector, 1, { startMs: HEAD_MS + HOUR_MS })] } : {});
  return detector;
}

export function testCorrections(context: StoreContext): void {
  test("a correction puts new versions beside the old ones; the head does not move", async () => {
    const { store } = context;
    const detector = await threeIntervals(store);
    const group = aGroup(detector, 1, { startMs: HEAD_MS + HOUR_MS, revision: 2, status: "retracted" }, { reason: "142 rows arrived 50 minutes late" });
    const correction = await aCorrection(store, detector, { groups: [group], deliveries: [aDelivery(detector, "retraction")], newSeries: [aSeries(3)] });
    await store.commitCorrection(correction);

    expect((await store.detectors.get(detector.id))!.headMs).toBe(END_MS);
    expect((await store.intervals.list(detector.id, { limit: 10 })).map(({ version }) => version)).toEqual([2, 2, 1]);
    expect((await store.groups.get(anId(1)))!.group).toMatchObject({ status: "retracted", revision: 2 });
    expect((await store.groups.get(anId(1)))!.reason).toBe("142 rows arrived 50 minutes late");
    expect(await store.groups.revisions(anId(1))).toHaveLength(2);
    expect(await store.deliveries.list({ limit: 10 })).toHaveLength(1);
    const [now] = await store.segments.readSeries(detector.id, 1, [0], { startMs: HEAD_MS, endMs: END_MS });
    expect(now.value).toEqual(Float64Array.of(1000.1, 2000.1, 2000.1));
  });

  test("what was known before the correction is still known", async () => {
    const { store } = context;
    const detector = await threeIntervals(store);
    await store.commitCorrection(await aCorrection(store, detector));
    const [before] = await store.segments.readSeries(detector.id, 1, [0], { startMs: HEAD_MS, endMs: END_MS, asOfMs: LATER_MS - 1 });
    expect(before.value).toEqual(Float64Array.of(1000.1, 1000.1, 1000.1));
    expect(await store.intervals.get(detector.id, HEAD_MS + HOUR_MS, LATER_MS - 1)).toMatchObject({ version: 1 });
    expect(await store.intervals.get(detector.id, HEAD_MS + HOUR_MS, LATER_MS)).toMatchObject({ version: 2 });
    expect(await store.intervals.get(detector.id, HEAD_MS + HOUR_MS, NOW_MS - 1)).toBeNull();
  });

  test("an interval of the history can be corrected: its other intervals stay as they were", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const startMs = HEAD_MS - 2 * HOUR_MS;
    const points = await store.segments.writePoints(ownerOf(detector, startMs, { attempt: "late" }), somePoints([startMs], 3, { version: 2 }));
    const record = aRecord(detector, startMs, { segmentId: points.id, knownAtMs: LATER_MS });
    await store.commitCorrection({ ...(await aCorrection(store, detector)), expectedHeadMs: HEAD_MS, fromMs: startMs, intervals: [{ record, points, quality: [] }] });

    const range = { startMs: HEAD_MS - 4 * HOUR_MS, endMs: HEAD_MS };
    const [series] = await store.segments.readSeries(detector.id, 1, [0], range);
    expect(series.value).toEqual(Float64Array.of(1000.1, 1001.1, 2000.1, NaN));
    const read = await Promise.all((await store.segments.listPoints(detector.id, 1, range)).map((row) => store.segments.readPoints(row)));
    const starts = read.flatMap((segment) => [...segment.startMs].filter((_, row) => segment.series[row] === 0)).sort((a, b) => a - b);
    expect(starts).toEqual([4, 3, 2, 1].map((hours) => HEAD_MS - hours * HOUR_MS));
  });

  test("checkpoints of the old lineage are forgotten, earlier ones stay", async () => {
    const { store } = context;
    const detector = await threeIntervals(store);
    for (const hour of [1, 2, 3]) {
      const endMs = HEAD_MS + hour * HOUR_MS;
      await store.segments.nameCheckpoint(await store.segments.writeCheckpoint(ownerOf(detector, endMs, { endMs }), Uint8Array.of(hour)), 0);
    }
    const owner = ownerOf(detector, END_MS, { endMs: END_MS, attempt: "new lineage" });
    const checkpoint = await store.segments.writeCheckpoint(owner, Uint8Array.of(33));
    await store.commitCorrection(await aCorrection(store, detector, { checkpoint }));
    const at = async (ms: number) => (await store.segments.latestCheckpoint(detector.id, 1, ms))?.states;
    expect(await at(END_MS)).toEqual(Uint8Array.of(33));
    expect(await at(END_MS - 1)).toEqual(Uint8Array.of(1));
  });

  test("a correction that was computed from another head, or that another process has made already, writes nothing", async () => {
    const { store, other } = context;
    const detector = await threeIntervals(store);
    await expect(store.commitCorrection(await aCorrection(store, detector, { expectedHeadMs: HEAD_MS }))).rejects.toThrow(HeadMovedError);
    expect((await store.intervals.get(detector.id, HEAD_MS + HOUR_MS))!.version).toBe(1);

    const results = await Promise.allSettled([
      store.commitCorrection(await aCorrection(store, detector, { groups: [aGroup(detector, 7)] }, "a")),
      other.commitCorrection(await aCorrection(other, detector, { groups: [aGroup(detector, 8)] }, "b")),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: expect.any(HeadMovedError) });
    expect(await store.groups.list({ limit: 10 })).toMatchObject({ total: 2 }); // the one that was there, and the winner's
  });
}
