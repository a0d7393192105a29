import { expect, test } from "vitest";
import { aCommit, aDelivery, aGroup, aLearnedDetector, anId, aRecord, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import type { Store } from "../store.ts";

const HOURS = 60;
const hourMs = (hour: number): number => HEAD_MS + hour * HOUR_MS;
const NEVER = { pointsBeforeMs: 0, scoresBeforeMs: 0, checkpointsBeforeMs: 0 };

async function aLongRun(store: Store): Promise<Detector> {
  const detector = await aLearnedDetector(store);
  for (let hour = 0; hour < HOURS; hour++) await commitPoints(store, detector, hourMs(hour), 2);
  return detector;
}

async function checkpointAt(store: Store, detector: Detector, hour: number): Promise<void> {
  await store.segments.nameCheckpoint(await store.segments.writeCheckpoint(ownerOf(detector, hourMs(hour), { endMs: hourMs(hour) }), Uint8Array.of(hour)), 0);
}

export function testExpiry(context: StoreContext): void {
  const valueAt = async (detector: Detector, hour: number) => (await context.store.segments.readSeries(detector.id, 1, [0], { startMs: hourMs(hour), endMs: hourMs(hour + 1) }))[0];

  test("points before their time go with their records and files; what is left is as it was", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    await checkpointAt(store, detector, 48);
    await store.segments.compact(detector.id, hourMs(48)); // two files of a day
    const before = await valueAt(detector, 30);
    expect(await store.segments.expire(detector.id, { ...NEVER, pointsBeforeMs: hourMs(30) })).toEqual({ intervals: 30, rewritten: 0, checkpoints: 0 });
    expect(await store.segments.keptFrom(detector.id, 1)).toBe(hourMs(30));
    expect((await store.intervals.list(detector.id, { limit: 100 })).length).toBe(HOURS - 30);
    expect((await valueAt(detector, 29)).value.length).toBe(0);
    expect(await valueAt(detector, 30)).toEqual(before);
    // The file of the second day holds hours that are kept; the first day's and the history have lost their names.
    const [first] = await store.segments.listPoints(detector.id, 1, { startMs: 0, endMs: hourMs(HOURS) });
    expect(first.startMs).toBe(hourMs(24));
    expect(await store.segments.expire(detector.id, { ...NEVER, pointsBeforeMs: hourMs(30) })).toEqual({ intervals: 0, rewritten: 0, checkpoints: 0 });
  });

  test("the points since the newest checkpoint stay, however old: the next start needs them", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    await checkpointAt(store, detector, 10);
    expect((await store.segments.expire(detector.id, { ...NEVER, pointsBeforeMs: hourMs(50) })).intervals).toBe(10);
    expect(await store.segments.keptFrom(detector.id, 1)).toBe(hourMs(10));
    expect((await store.segments.latestCheckpoint(detector.id, 1, hourMs(HOURS)))!.states[0]).toBe(10);
  });

  test("a checkpoint whose next points are gone goes, too: a replay from it would leave intervals out", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    for (const hour of [5, 40]) await checkpointAt(store, detector, hour);
    await store.segments.expire(detector.id, { ...NEVER, pointsBeforeMs: hourMs(20) });
    expect(await store.segments.latestCheckpoint(detector.id, 1, hourMs(39))).toBe(null);
    expect((await store.segments.latestCheckpoint(detector.id, 1, hourMs(40)))!.states[0]).toBe(40);
  });

  test("scores go before their points; versions, as-of answers and later merges don't notice", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    await checkpointAt(store, detector, 48);
    const again = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "again" }), somePoints([HEAD_MS], 2, { version: 2 }));
    const knownAtMs = NOW_MS + HOUR_MS;
    await store.commitCorrection({ detectorId: detector.id, generation: 1, expectedHeadMs: hourMs(HOURS), expectedLineage: 0, fromMs: HEAD_MS, intervals: [{ record: aRecord(detector, HEAD_MS, { version: 2, segmentId: again.id, knownAtMs }), points: again, quality: [] }], newSeries: [], groups: [], deliveries: [], checkpoint: null });
    await store.segments.compact(detector.id, hourMs(24));
    const files = (await store.segments.listPoints(detector.id, 1, { startMs: HEAD_MS, endMs: hourMs(24) })).length;
    expect((await store.segments.expire(detector.id, { ...NEVER, scoresBeforeMs: hourMs(24) })).rewritten).toBe(files + 1); // the replaced version, too
    const [now, kept] = [await valueAt(detector, 0), await valueAt(detector, 24)];
    expect([now.value[0], now.expected[0], kept.value[0], Number.isNaN(kept.expected[0])]).toEqual([2000.1, NaN, 1000.1, false]);
    const [then] = await store.segments.readSeries(detector.id, 1, [0], { startMs: HEAD_MS, endMs: hourMs(1), asOfMs: NOW_MS });
    expect(then.value[0]).toBe(1000.1);
    expect((await store.segments.expire(detector.id, { ...NEVER, scoresBeforeMs: hourMs(24) })).rewritten).toBe(0);
  });

  test("weekly checkpoints go with time; the newest four and the history's stay", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const week = (count: number) => 168 * count;
    for (let count = 1; count <= 9; count++) await checkpointAt(store, detector, week(count));
    expect((await store.segments.expire(detector.id, { ...NEVER, checkpointsBeforeMs: hourMs(week(4) + 1) })).checkpoints).toBe(4);
    expect(await store.segments.latestCheckpoint(detector.id, 1, hourMs(week(4)))).toBe(null);
    expect((await store.segments.expire(detector.id, { ...NEVER, checkpointsBeforeMs: hourMs(week(99)) })).checkpoints).toBe(1);
  });

  test("groups that are over go with their revisions and messages; open ones, and what waits to be sent, stay", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const groups = [aGroup(detector, 1, { status: "closed" }), aGroup(detector, 2), aGroup(detector, 3, { status: "closed", startMs: hourMs(30) })];
    const deliveries = [
      aDelivery(detector, "over", { status: "sent", sentMs: NOW_MS }),
      aDelivery(detector, "over, waiting"),
      aDelivery(detector, "open", { groupId: anId(2), status: "sent", sentMs: NOW_MS }),
    ];
    await store.commitInterval(aCommit(detector, HEAD_MS, { groups, deliveries }));
    expect(await store.groups.expire(detector.id, hourMs(24))).toEqual({ groups: 1, deliveries: 1 });
    expect(await store.groups.get(anId(1))).toBe(null);
    expect(await store.groups.revisions(anId(1))).toEqual([]);
    expect((await store.groups.list({ limit: 9 })).total).toBe(2);
    expect((await store.deliveries.list({ limit: 9 })).map(({ key }) => key).sort()).toEqual(["open", "over, waiting"]);
  });

  test("lines of the ledger go, the ones that run stay", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const open = (hour: number) => store.ledger.open({ detectorId: detector.id, generation: 1, purpose: "live", interval: { startMs: hourMs(hour), endMs: hourMs(hour + 1) }, statement: "select 1", parameters: [], queryHash: "q", startedMs: hourMs(hour + 1) });
    const closed = await open(0);
    await store.ledger.close(closed.id, { outcome: "succeeded", errorCode: null, error: null, transient: null, rows: 1, bytes: 1, maxTimestampMs: null, endedMs: hourMs(1) + 5 });
    const running = await open(1);
    expect(await store.ledger.expire(detector.id, hourMs(24))).toBe(1);
    expect(await store.ledger.get(closed.id)).toBe(null);
    expect((await store.ledger.get(running.id))!.outcome).toBe("running");
  });
}
