import { expect, test } from "vitest";
import { aCommit, aDelivery, aGroup, aLearnedDetector, anId, aRecord, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import type { Store } from "../store.ts";

const LATER_MS = NOW_MS + HOUR_MS;

export function testAsOf(context: StoreContext): void {
  const now = async (detector: Detector): Promise<Detector> => (await context.store.detectors.get(detector.id))!;
  const correct = async (store: Store, detector: Detector, knownAtMs: number, changes: Partial<Parameters<Store["commitCorrection"]>[0]> = {}) => {
    const { headMs, lineage } = await now(detector);
    const points = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: `again ${knownAtMs}` }), somePoints([HEAD_MS], 3, { version: 2 }));
    await store.commitCorrection({
      detectorId: detector.id,
      generation: 1,
      expectedHeadMs: headMs!,
      expectedLineage: lineage,
      fromMs: HEAD_MS,
      intervals: [{ record: aRecord(detector, HEAD_MS, { version: 2, segmentId: points.id, knownAtMs }), points, quality: [] }],
      newSeries: [],
      groups: [],
      deliveries: [],
      checkpoint: null,
      ...changes,
    });
  };

  test("intervals, points and quality are those of the version known then", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await commitPoints(store, detector, HEAD_MS, 3, { quality: [{ type: "ROWS_PROCESSED", column: null, description: "", value: 1 }] });
    await correct(store, detector, LATER_MS);
    const range = { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS };
    const valueAt = async (asOfMs?: number) => (await store.segments.readSeries(detector.id, 1, [0], { ...range, ...(asOfMs !== undefined && { asOfMs }) }))[0].value[0];

    expect((await store.intervals.list(detector.id, { limit: 9, asOfMs: NOW_MS })).map(({ version }) => version)).toEqual([1]);
    expect((await store.intervals.list(detector.id, { limit: 9, asOfMs: LATER_MS })).map(({ version }) => version)).toEqual([2]);
    expect(await store.intervals.list(detector.id, { limit: 9, asOfMs: NOW_MS - 1 })).toEqual([]);
    expect((await store.intervals.quality(detector.id, HEAD_MS, NOW_MS))[0].value).toBe(1);
    expect(await valueAt(NOW_MS)).toBe(1000.1);
    expect(await valueAt(LATER_MS)).toBe(2000.1);
    expect(await valueAt()).toBe(2000.1);
    const [row] = await store.segments.listPoints(detector.id, 1, { ...range, asOfMs: NOW_MS });
    expect((await store.segments.readPoints(row)).value[0]).toBe(1000.1);
  });

  test("a failure is no answer as of then: the next try replaces it", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await store.intervals.recordFailure(aRecord(detector, HEAD_MS, { status: "FAILED", message: "no route" }));
    expect((await store.intervals.get(detector.id, HEAD_MS))!.status).toBe("FAILED");
    expect(await store.intervals.get(detector.id, HEAD_MS, LATER_MS)).toBe(null);
  });

  test("groups are found by the figures of the revision known then, and come as that revision", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const first = aGroup(detector, 1, { severity: 60 });
    await store.commitInterval(aCommit(detector, HEAD_MS, { groups: [first] }));
    const revised = aGroup(detector, 1, { severity: 90, revision: 2 }, { headline: "worse", knownAtMs: LATER_MS });
    const second = aGroup(detector, 2, { startMs: HEAD_MS + HOUR_MS }, { knownAtMs: LATER_MS });
    await store.commitInterval(aCommit(detector, HEAD_MS + HOUR_MS, { groups: [revised, second], record: aRecord(detector, HEAD_MS + HOUR_MS, { knownAtMs: LATER_MS }) }));
    const retracted = aGroup(detector, 1, { severity: 90, revision: 3, status: "retracted" }, { knownAtMs: LATER_MS + 1 });
    await correct(store, detector, LATER_MS + 1, { groups: [retracted] });

    const listed = async (asOfMs: number, filter: object = {}) => {
      const { groups, total } = await store.groups.list({ limit: 9, asOfMs, ...filter });
      return [total, ...groups.map(({ group }) => `${group.id.at(-1)}/${group.revision}`)];
    };
    expect(await listed(NOW_MS - 1)).toEqual([0]);
    expect(await listed(NOW_MS)).toEqual([1, "1/1"]);
    expect(await listed(NOW_MS, { severityMin: 70 })).toEqual([0]);
    expect(await listed(LATER_MS, { detectorId: detector.id, severityMin: 70, status: "open", measure: "revenue" })).toEqual([2, "2/1", "1/2"]);
    expect(await listed(LATER_MS + 1)).toEqual([1, "2/1"]);
    const { groups, nextCursor } = await store.groups.list({ limit: 1, asOfMs: LATER_MS });
    expect(groups[0].group.id).toBe(anId(2));
    expect((await store.groups.list({ limit: 1, asOfMs: LATER_MS, cursor: nextCursor! })).groups[0].headline).toBe("worse");

    expect(await store.groups.get(anId(1), NOW_MS)).toEqual(first);
    expect((await store.groups.get(anId(1), LATER_MS + 1))!.group.status).toBe("retracted");
    expect(await store.groups.get(anId(1), NOW_MS - 1)).toBe(null);
    expect((await store.groups.revisions(anId(1), LATER_MS)).map(({ group }) => group.revision)).toEqual([1, 2]);
  });

  test("learning anew closes groups: as of before they were open", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await store.commitInterval(aCommit(detector, HEAD_MS, { groups: [aGroup(detector, 1)] }));
    await store.detectors.update(detector.id, detector.config, "new", { relearn: true }, LATER_MS);
    expect((await store.groups.get(anId(1)))!.group.status).toBe("closed");
    expect((await store.groups.get(anId(1), LATER_MS - 1))!.group.status).toBe("open");
    expect((await store.groups.get(anId(1), LATER_MS))!.group.status).toBe("closed");
    expect((await store.groups.list({ limit: 9, status: "open", asOfMs: LATER_MS })).total).toBe(0);
  });

  test("a delivery is as its tries had left it then", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await store.commitInterval(aCommit(detector, HEAD_MS, { deliveries: [aDelivery(detector, "a")] }));
    await store.deliveries.recordFailed("a", "timeout", NOW_MS + 30, NOW_MS + 10);
    await store.deliveries.recordFailed("a", "410 Gone", null, NOW_MS + 30);
    await store.deliveries.resend("a", NOW_MS + 50);
    await store.deliveries.recordSent("a", "200", NOW_MS + 60);
    const then = async (asOfMs: number) => (await store.deliveries.list({ limit: 9, asOfMs })).map(({ status, attempts, lastDetail, sentMs }) => [status, attempts, lastDetail, sentMs]);
    expect(await then(NOW_MS - 1)).toEqual([]);
    expect(await then(NOW_MS)).toEqual([["pending", 0, null, null]]);
    expect(await then(NOW_MS + 10)).toEqual([["pending", 1, "timeout", null]]);
    expect(await then(NOW_MS + 30)).toEqual([["failed", 2, "410 Gone", null]]);
    expect(await then(NOW_MS + 50)).toEqual([["pending", 0, "410 Gone", null]]);
    expect(await then(NOW_MS + 60)).toEqual([["sent", 1, "200", NOW_MS + 60]]);
    expect(await store.deliveries.list({ limit: 9, asOfMs: NOW_MS + 30, status: "failed", detectorId: detector.id, groupId: anId(1) })).toHaveLength(1);
    expect(await store.deliveries.list({ limit: 9, asOfMs: NOW_MS + 30, status: "sent" })).toEqual([]);
  });

  test("what becomes known after a question is dated after it, even by a clock that is behind", async () => {
    const { store, other } = context;
    const detector = await aLearnedDetector(store);
    await store.commitInterval(aCommit(detector, HEAD_MS, { deliveries: [aDelivery(detector, "a")] }));
    expect(await other.fixInstant([detector.id], LATER_MS)).toBe(NOW_MS);
    const groups = [aGroup(detector, 1)];
    await store.commitInterval(aCommit(detector, HEAD_MS + HOUR_MS, { groups, deliveries: [aDelivery(detector, "b")] })); // known at NOW_MS, it says
    await store.deliveries.recordSent("a", "200", NOW_MS);
    const then = { limit: 9, asOfMs: LATER_MS };
    expect(await store.intervals.get(detector.id, HEAD_MS + HOUR_MS, LATER_MS)).toBe(null);
    expect((await store.groups.list(then)).total).toBe(0);
    expect((await store.deliveries.list(then)).map(({ key, status }) => [key, status])).toEqual([["a", "pending"]]);
    expect((await store.intervals.get(detector.id, HEAD_MS + HOUR_MS))!.knownAtMs).toBe(LATER_MS + 1);
    expect((await store.groups.get(anId(1)))!.knownAtMs).toBe(LATER_MS + 1);
    // A clock that goes back makes nothing known before what is known already.
    await store.commitInterval(aCommit(detector, HEAD_MS + 2 * HOUR_MS));
    expect((await store.intervals.get(detector.id, HEAD_MS + 2 * HOUR_MS))!.knownAtMs).toBe(LATER_MS + 1);
  });

  test("answers given while commits, corrections and tries go on are given again, to the letter", async () => {
    const { store, other } = context;
    const detector = await aLearnedDetector(store);
    const answer = async (asOfMs: number): Promise<string> => {
      await other.fixInstant(null, asOfMs);
      const then = { limit: 99, asOfMs };
      return JSON.stringify([await other.intervals.list(detector.id, then), await other.groups.list(then), await other.deliveries.list(then)]);
    };
    const asked: { asOfMs: number; answer: string }[] = [];
    let isDone = false;
    const writing = (async () => {
      for (let hour = 0; hour < 25; hour++) {
        // Known at the moment of computing; others ask before it is committed.
        const knownAtMs = Date.now();
        const groups = [aGroup(detector, hour + 1, { startMs: HEAD_MS + hour * HOUR_MS }, { knownAtMs })];
        await commitPoints(store, await now(detector), HEAD_MS + hour * HOUR_MS, 1, { groups, deliveries: [aDelivery(detector, `d${hour}`, { createdMs: knownAtMs })] });
        await store.deliveries.recordSent(`d${hour}`, "200", Date.now());
        if (hour % 8 === 7) await correct(store, detector, Date.now(), { intervals: [], groups: [aGroup(detector, hour, { revision: 2 }, { knownAtMs })] });
      }
    })().finally(() => (isDone = true));
    while (!isDone) {
      const asOfMs = Date.now();
      asked.push({ asOfMs, answer: await answer(asOfMs) });
    }
    await writing;
    expect(new Set(asked.map((each) => each.answer)).size).toBeGreaterThan(3);
    for (const { asOfMs, answer: was } of asked) expect(await answer(asOfMs)).toBe(was);
  });
}
