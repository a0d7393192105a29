/** What every store must do. Each implementation runs this suite on the real thing. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aCommit, aLearnedDetector, commitPoints, HEAD_MS, HOUR_MS } from "./store-fixtures.ts";
import { HeadMovedError, type Store } from "./store.ts";

export interface StoreUnderTest {
  readonly segmentsFolder: string;
  /** another client of the same store */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

export function testStore(name: string, prepare: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: Store;

  beforeEach(async () => {
    under = await prepare();
    store = await under.open();
  });
  afterEach(async () => {
    await store.close();
    await under.remove();
  });

  describe(`${name} store`, () => {
    test("smoke", async () => {
      const detector = await aLearnedDetector(store);
      expect(detector.headMs).toBe(HEAD_MS);
      await commitPoints(store, detector, HEAD_MS, 3);
      await expect(store.commitInterval(aCommit(detector, HEAD_MS))).rejects.toThrow(HeadMovedError);
      const [points] = await store.segments.readSeries(detector.id, 1, [1], { startMs: HEAD_MS - 100 * HOUR_MS, endMs: HEAD_MS + HOUR_MS });
      expect(points!.startMs.length).toBe(5);
    });
  });
}
