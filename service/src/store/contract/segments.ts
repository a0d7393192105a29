import { STATUSES } from "@foretop/engine";
import { expect, test } from "vitest";
import { aLearnedDetector, commitPoints, HEAD_MS, HOUR_MS, NOW_MS, ownerOf, somePoints } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import { SegmentDamagedError, type PointsSegment } from "../store.ts";

export function testSegments(context: StoreContext): void {
  test("values come back bit for bit: missing, infinite, the smallest, the largest, negative zero", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const nasty = [NaN, Infinity, -Infinity, -0, 0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e-50, 0.1, 2 ** 53 - 1, Math.PI];
    const points: PointsSegment = { ...somePoints([HEAD_MS], nasty.length), value: Float64Array.from(nasty), count: Float64Array.from(nasty) };
    const row = await store.segments.writePoints(ownerOf(detector, HEAD_MS), points);
    const read = await store.segments.readPoints(row);
    expect(bits(read.value)).toEqual(bits(points.value));
    expect(bits(read.count)).toEqual(bits(points.count));
    expect(read).toEqual(points);
    expect(row).toMatchObject({ rows: nasty.length, startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS, kind: "points" });
    expect(context.raw.bytes(row.path)).toHaveLength(row.bytes);
  });

  test("bands come back within a thousandth of their width, or bit for bit where rounding would be seen", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const level of [1e-40, 1e-3, 12345.678, 1e9, 1e300]) {
      for (const width of [level * 1e-9, level * 0.1]) {
        const points = somePoints([HEAD_MS], 50);
        const scores = {
          ...points.scores!,
          expected: points.value.map((_, i) => level + (width * i) / 50),
          lower: points.value.map((_, i) => level - width * (1 + i / 7)),
          upper: points.value.map((_, i) => level + width * (2 + i / 7)),
        };
        const row = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: `${level} ${width}` }), { ...points, scores });
        const read = (await store.segments.readPoints(row)).scores!;
        for (const column of ["expected", "lower", "upper"] as const) {
          const errors = read[column].map((value, i) => Math.abs(value - scores[column][i]) / (scores.upper[i] - scores.lower[i]));
          expect(Math.max(...errors), `${column} at ${level} ± ${width}`).toBeLessThanOrEqual(1e-3);
        }
      }
    }
  });

  test("many rows over many row groups come back in order, with and without scores; so does an empty segment", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const starts = Array.from({ length: 50 }, (_, i) => HEAD_MS + i * HOUR_MS);
    for (const scores of [true, false]) {
      const points = somePoints(starts, 700, { scores });
      const row = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: `${scores}` }), points);
      expect(await store.segments.readPoints(row)).toEqual(points);
    }
    const empty = somePoints([], 0);
    expect(await store.segments.readPoints(await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "empty" }), empty))).toEqual(empty);
  });

  test("the same points give the same bytes", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const [a, b] = await Promise.all(["a", "b"].map((attempt) => store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt }), somePoints([HEAD_MS], 100))));
    expect(a.path).not.toBe(b.path);
    expect(a.sha256).toBe(b.sha256);
  });

  test("a file is never written twice, also for the same attempt", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const first = await store.segments.writePoints(ownerOf(detector, HEAD_MS), somePoints([HEAD_MS], 3));
    const second = await store.segments.writePoints(ownerOf(detector, HEAD_MS), somePoints([HEAD_MS], 3, { version: 2 }));
    expect(second.id).not.toBe(first.id);
    expect((await store.segments.readPoints(first)).value[0]).toBe(1000.1);
    expect((await store.segments.readPoints(second)).value[0]).toBe(2000.1);
  });

  test("rows out of order are refused before anything is written", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const before = context.raw.paths().length;
    const points = somePoints([HEAD_MS], 3);
    await expect(store.segments.writePoints(ownerOf(detector, HEAD_MS), { ...points, series: Int32Array.of(0, 2, 1) })).rejects.toThrow(/not sorted/);
    await expect(store.segments.writePoints(ownerOf(detector, HEAD_MS), { ...points, series: Int32Array.of(0, 1, 1) })).rejects.toThrow(/not sorted/);
    expect(context.raw.paths()).toHaveLength(before);
  });

  test("a damaged or missing file is an error that names it", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const write = (attempt: string) => store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt }), somePoints([HEAD_MS], 30));
    const { raw } = context;
    const damages: [string, (path: string, whole: Buffer) => void][] = [
      ["one bit", (path, whole) => raw.put(path, whole.map((byte, i) => (i === 100 ? byte ^ 1 : byte)))],
      ["cut off", (path, whole) => raw.put(path, whole.subarray(0, 40))],
      ["emptied", (path) => raw.put(path, Buffer.alloc(0))],
      ["longer", (path, whole) => raw.put(path, Buffer.concat([whole, Buffer.from("x")]))],
      ["removed", (path) => raw.remove(path)],
    ];
    for (const [what, damage] of damages) {
      const row = await write(what);
      damage(row.path, raw.bytes(row.path));
      const error = await store.segments.readPoints(row).catch((e: unknown) => e);
      expect(error, what).toBeInstanceOf(SegmentDamagedError);
      expect((error as Error).message, what).toContain(row.path);
    }
  });

  test("a series over a range joins history and intervals, oldest first; history has values and no bands", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const hour of [0, 1]) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3);
    const [second, first, none] = await store.segments.readSeries(detector.id, 1, [2, 0, 77], { startMs: HEAD_MS - 2 * HOUR_MS, endMs: HEAD_MS + 2 * HOUR_MS });
    expect(first.startMs).toEqual(Float64Array.from([-2, -1, 0, 1], (hour) => HEAD_MS + hour * HOUR_MS));
    expect(first.value).toEqual(Float64Array.of(1002.1, NaN, 1000.1, 1000.1));
    expect(first.expected).toEqual(Float64Array.of(NaN, NaN, 1000.25, 1000.25));
    expect([...first.status].map((code) => STATUSES[code])).toEqual(["learning", "missing", "judged", "judged"]);
    expect(second.series).toBe(2);
    expect(second.value).toEqual(Float64Array.of(NaN, 1011.1, 1002.1, 1002.1));
    expect(none).toMatchObject({ series: 77, value: new Float64Array(0) });
  });

  test("a range is half-open and may be empty", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const hour of [0, 1, 2]) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 3);
    const starts = async (startMs: number, endMs: number) => [...(await store.segments.readSeries(detector.id, 1, [0], { startMs, endMs }))[0].startMs].map((ms) => (ms - HEAD_MS) / HOUR_MS);
    expect(await starts(HEAD_MS + HOUR_MS, HEAD_MS + 2 * HOUR_MS)).toEqual([1]);
    expect(await starts(HEAD_MS - HOUR_MS, HEAD_MS + HOUR_MS)).toEqual([-1, 0]);
    expect(await starts(HEAD_MS, HEAD_MS)).toEqual([]);
    expect(await starts(HEAD_MS + 99 * HOUR_MS, HEAD_MS + 100 * HOUR_MS)).toEqual([]);
  });

  test("segments that no commit has named are seen by nobody", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await store.segments.writePoints(ownerOf(detector, HEAD_MS), somePoints([HEAD_MS], 3));
    await store.segments.writeCheckpoint(ownerOf(detector, HEAD_MS), Uint8Array.of(1));
    const range = { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS };
    expect(await store.segments.listPoints(detector.id, 1, range)).toEqual([]);
    expect((await store.segments.readSeries(detector.id, 1, [0], range))[0].value).toHaveLength(0);
    expect(await store.segments.latestCheckpoint(detector.id, 1, HEAD_MS * 2)).toBeNull();
  });

  test("the newest checkpoint not after a time is found, bit for bit; a damaged one gives way to the one before", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const states = (hour: number) => Uint8Array.from({ length: 50_000 }, (_, i) => (i * 31 + hour) % 251);
    const paths: string[] = [];
    for (const hour of [1, 2, 3]) {
      const endMs = HEAD_MS + hour * HOUR_MS;
      const row = await store.segments.writeCheckpoint(ownerOf(detector, endMs, { endMs }), states(hour));
      await store.segments.nameCheckpoint(row, 0);
      await store.segments.nameCheckpoint(row, 0); // again after a crash in between
      paths.push(row.path);
    }
    const at = async (hour: number) => (await store.segments.latestCheckpoint(detector.id, 1, HEAD_MS + hour * HOUR_MS))?.states;
    expect(await at(2.5)).toEqual(states(2));
    expect(await at(9)).toEqual(states(3));
    expect(await at(0)).toBeUndefined();
    context.raw.put(paths[2], context.raw.bytes(paths[2]).subarray(0, 100));
    expect(await at(9)).toEqual(states(2));
  });

  test("the newest checkpoints are kept, and one a week before them", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (let hour = 1; hour <= 10; hour++) {
      const endMs = HEAD_MS + hour * HOUR_MS;
      await store.segments.nameCheckpoint(await store.segments.writeCheckpoint(ownerOf(detector, endMs, { endMs }), Uint8Array.of(hour)), 0);
    }
    const kept = async (hour: number) => (await store.segments.latestCheckpoint(detector.id, 1, HEAD_MS + hour * HOUR_MS))?.states[0];
    expect([await kept(10), await kept(9), await kept(8), await kept(7)]).toEqual([10, 9, 8, 7]);
    // Of hours 1 to 6, the newest of each week that they lie in.
    const older = [await kept(6), await kept(5), await kept(1)];
    expect(older[0]).toBe(6);
    expect(older.filter((state) => state !== undefined).length).toBeLessThanOrEqual(2);
    expect((await store.segments.bytes(detector.id)).checkpoint).toBeLessThan(5 * 100);
  });

  test("sweeping removes old files that nobody names, and nothing else", async () => {
    const { store, raw } = context;
    const detector = await aLearnedDetector(store);
    await commitPoints(store, detector, HEAD_MS, 3);
    const named = (await store.segments.listPoints(detector.id, 1, { startMs: 0, endMs: HEAD_MS + HOUR_MS })).map(({ path }) => path);
    const forgotten = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "crashed" }), somePoints([HEAD_MS], 3));
    const fresh = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "running" }), somePoints([HEAD_MS], 3));
    const unfinished = `${detector.id}/1/points/.half.parquet.1.unfinished`;
    raw.put(unfinished, Buffer.from("half"));
    for (const path of [...named, forgotten.path, unfinished]) raw.age(path);

    expect(await store.segments.sweep(Date.now() - 60_000)).toEqual({ files: 2, bytes: forgotten.bytes + 4 });
    expect([...raw.paths()].sort()).toEqual([...named, fresh.path].sort());
    expect(await store.segments.sweep(Date.now() - 60_000)).toEqual({ files: 0, bytes: 0 });
  });

  test("files of a deleted detector are swept", async () => {
    const { store, raw } = context;
    const detector = await aLearnedDetector(store);
    await store.detectors.delete(detector.id);
    for (const path of raw.paths()) raw.age(path);
    expect(await store.segments.sweep(NOW_MS)).toMatchObject({ files: 1 });
    expect(raw.paths()).toEqual([]);
  });

  test("bytes in effect are counted by kind", async () => {
    const { store } = context;
    const detector: Detector = await aLearnedDetector(store);
    const [history] = await store.segments.listPoints(detector.id, 1, { startMs: 0, endMs: HEAD_MS });
    expect(await store.segments.bytes(detector.id)).toEqual({ points: history.bytes, checkpoint: 0 });
    expect(await store.segments.bytes("00000000-0000-8000-8000-000000000000")).toEqual({ points: 0, checkpoint: 0 });
  });
}

/** NaN equals NaN and 0 differs from -0. */
function bits(values: Float64Array): readonly bigint[] {
  return [...new BigUint64Array(values.slice().buffer)];
}
