import { seriesKey, seriesKeyText } from "@foretop/engine";
import { expect, test } from "vitest";
import { aCommit, aConfig, aLearnedDetector, aSeries, HEAD_MS, HOUR_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { StoredSeries } from "../store.ts";

/** What people have in their columns. */
const NASTY_VALUES = [
  null,
  "",
  "null",
  " ",
  "it's \"quoted\" \\ and; drop table series --",
  "tab\tline\nfeed\r",
  "\u0000",
  "lone \ud800 surrogate",
  "🦊".repeat(250), // 500 UTF-16 units
  "e\u0301",
  "\u00e9",
  "\u202Egnol yrev",
  "{1,2}",
  "NULL",
];

export function testSeries(context: StoreContext): void {
  test("series come back in order of their number, with keys of any text, each told apart from every other", async () => {
    const { store } = context;
    const series = NASTY_VALUES.map((value, number) => aSeries(number, value));
    const { id } = await store.detectors.create(aConfig(), "hash", NOW_MS);
    await store.commitHistory({ detectorId: id, generation: 1, series: [...series].reverse(), points: [], checkpoint: null, headMs: HEAD_MS, status: "ACTIVE", quality: [], knownAtMs: NOW_MS });
    expect(await store.series.list(id, 1)).toEqual(series);
  });

  test("a key of ten dimensions with values of 500 characters is kept whole", async () => {
    const { store } = context;
    const key = seriesKey("revenue", Array.from({ length: 10 }, (_, i) => ({ name: `dimension ${i}`, value: "ü€".repeat(250) })));
    const series: StoredSeries = { number: 3, key, keyText: seriesKeyText(key), isLeaf: true, firstSeenMs: HEAD_MS };
    const detector = await aLearnedDetector(store);
    await store.commitInterval(aCommit(detector, HEAD_MS, { newSeries: [series] }));
    expect((await store.series.list(detector.id, 1))[3]).toEqual(series);
  });

  test("a measure without dimensions is a series too", async () => {
    const { store } = context;
    const key = seriesKey("revenue", []);
    const series: StoredSeries = { number: 3, key, keyText: seriesKeyText(key), isLeaf: false, firstSeenMs: HEAD_MS };
    const detector = await aLearnedDetector(store);
    await store.commitInterval(aCommit(detector, HEAD_MS, { newSeries: [series] }));
    expect((await store.series.list(detector.id, 1))[3]).toEqual(series);
  });

  test("a number is given once, a key has one number: a commit that breaks it writes nothing", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    for (const series of [aSeries(0, "another key"), aSeries(7, "platform 1")]) {
      await expect(store.commitInterval(aCommit(detector, HEAD_MS, { newSeries: [series] }))).rejects.toThrow(/series/);
    }
    expect(await store.series.list(detector.id, 1)).toHaveLength(3);
    expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS);
  });

  test("30,000 series are written and read within seconds", async () => {
    const { store } = context;
    const started = performance.now();
    const detector = await aLearnedDetector(store);
    const series = Array.from({ length: 30_000 }, (_, i) => aSeries(i + 3));
    await store.commitInterval(aCommit(detector, HEAD_MS, { newSeries: series }));
    const listed = await store.series.list(detector.id, 1);
    expect(listed).toHaveLength(30_003);
    expect(listed.every(({ number }, i) => number === i)).toBe(true);
    expect(performance.now() - started).toBeLessThan(20_000); // 1.2 s alone on 2 cores
    expect(listed.at(-1)!.firstSeenMs).toBe(HEAD_MS - HOUR_MS);
  });
}
