import { expect, test } from "vitest";
import { aCommit, aLearnedDetector, aRecord, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import type { Store } from "../store.ts";

const HOURS = 50; // two whole days and two hours of a third
const END_MS = HEAD_MS + HOURS * HOUR_MS;
const LATER_MS = NOW_MS + 100 * HOUR_MS;

async function aLongRun(store: Store): Promise<Detector> {
  const detector = await aLearnedDetector(store);
  for (let hour = 0; hour < HOURS; hour++) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 2 + (hour % 3));
  return detector;
}

/** All that a reader can see of the points. */
async function seen(store: Store, detector: Detector) {
  const range = { startMs: HEAD_MS - 10 * HOUR_MS, endMs: END_MS };
  const intervals = [];
  const rows = new Map((await store.segments.listPoints(detector.id, 1, range)).map((row) => [row.id, row]));
  for (const { interval, segmentId, version } of await store.intervals.list(detector.id, { endMs: END_MS, limit: 1000 })) {
    const points = await store.segments.readPoints(rows.get(segmentId!)!);
    const own = [...points.startMs.keys()].filter((row) => points.startMs[row] === interval.startMs);
    intervals.push({ interval, version, figures: own.map((row) => [points.series[row], points.value[row], points.scores!.expected[row], points.scores!.direction[row], points.scores!.kind[row]]) });
  }
  return { series: await store.segments.readSeries(detector.id, 1, [0, 1, 2, 3, 9], range), intervals };
}

export function testCompaction(context: StoreContext): void {
  test("segments of a day become one; every reader sees what it saw before", async () => {
    const { store, other } = context;
    const detector = await aLongRun(store);
    const before = await seen(store, detector);
    expect(await store.segments.compact(detector.id, END_MS)).toEqual({ merged: 50, into: 3 });
    expect(await store.segments.listPoints(detector.id, 1, { startMs: HEAD_MS, endMs: END_MS })).toHaveLength(3);
    expect(await seen(store, detector)).toEqual(before);
    expect(await seen(other, detector)).toEqual(before);
    expect(await store.segments.compact(detector.id, END_MS)).toEqual({ merged: 0, into: 0 });
  });

  test("intervals that have not ended before the given time stay as they are", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    expect(await store.segments.compact(detector.id, HEAD_MS + 24 * HOUR_MS)).toEqual({ merged: 24, into: 1 });
    expect(await store.segments.listPoints(detector.id, 1, { startMs: HEAD_MS, endMs: END_MS })).toHaveLength(1 + HOURS - 24);
    expect(await store.segments.compact(detector.id, 0)).toEqual({ merged: 0, into: 0 });
  });

  test("files that were merged are swept once their readers had time to end, and only they", async () => {
    const { store, raw } = context;
    const detector = await aLongRun(store);
    for (const path of raw.paths()) raw.age(path);
    const before = await seen(store, detector);
    await store.segments.compact(detector.id, END_MS);
    expect(await store.segments.sweep(Date.now() - 60_000)).toEqual({ files: 0, bytes: 0 });
    for (const path of raw.paths()) raw.age(path);
    expect(await store.segments.sweep(Date.now() - 60_000)).toMatchObject({ files: HOURS });
    expect(raw.paths()).toHaveLength(4); // the history and three days
    expect(await seen(store, detector)).toEqual(before);
  });

  test("a version that was corrected before stays readable as of then; a correction after takes its place", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    const correct = async (startMs: number, version: number) => {
      const points = await store.segments.writePoints(ownerOf(detector, startMs, { attempt: `late ${version}` }), somePoints([startMs], 3, { version }));
      const record = aRecord(detector, startMs, { version, segmentId: points.id, knownAtMs: LATER_MS + version });
      await store.commitInterval(aCommit(detector, startMs, { expectedHeadMs: END_MS, record, points }));
    };
    const valueAt = async (startMs: number, asOfMs?: number) =>
      (await store.segments.readSeries(detector.id, 1, [1], { startMs, endMs: startMs + HOUR_MS, ...(asOfMs === undefined ? {} : { asOfMs }) }))[0].value;
    const startMs = HEAD_MS + 5 * HOUR_MS;
    await correct(startMs, 2);
    await store.segments.compact(detector.id, END_MS);
    expect(await valueAt(startMs)).toEqual(Float64Array.of(2001.1));
    expect(await valueAt(startMs, LATER_MS)).toEqual(Float64Array.of(1001.1));

    await correct(startMs, 3);
    expect(await valueAt(startMs)).toEqual(Float64Array.of(3001.1));
    expect(await valueAt(startMs, LATER_MS + 2)).toEqual(Float64Array.of(2001.1));
    expect(await valueAt(startMs, LATER_MS)).toEqual(Float64Array.of(1001.1));
    expect(await valueAt(startMs + HOUR_MS)).toEqual(Float64Array.of(1001.1));
  });

  test("two processes that merge at the same moment, while intervals are committed, lose and double nothing", async () => {
    const { store, other } = context;
    const detector = await aLongRun(store);
    const before = await seen(store, detector);
    const results = await Promise.allSettled([
      store.segments.compact(detector.id, END_MS),
      other.segments.compact(detector.id, END_MS),
      (async () => {
        for (let hour = HOURS; hour < HOURS + 10; hour++) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3);
      })(),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect(await seen(store, detector)).toEqual(before);
    expect((await store.detectors.get(detector.id))!.headMs).toBe(END_MS + 10 * HOUR_MS);
    expect(await store.segments.compact(detector.id, END_MS)).toEqual({ merged: 0, into: 0 });
  });

  test("a deleted detector has nothing to merge", async () => {
    const { store } = context;
    const detector = await aLongRun(store);
    await store.detectors.delete(detector.id);
    expect(await store.segments.compact(detector.id, END_MS)).toEqual({ merged: 0, into: 0 });
  });
}
