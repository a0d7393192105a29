/** What every store must do, noun by noun. Each implementation runs this suite on the real thing. */
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { testAsOf } from "./contract/as-of.ts";
import { testAudit } from "./contract/audit.ts";
import { testCommits } from "./contract/commits.ts";
import { testCompaction } from "./contract/compaction.ts";
import { testCorrections } from "./contract/corrections.ts";
import { testDeliveries } from "./contract/deliveries.ts";
import { testDetectors } from "./contract/detectors.ts";
import { testExpiry } from "./contract/expiry.ts";
import { testGroups } from "./contract/groups.ts";
import { testHealth } from "./contract/health.ts";
import { testIntervals } from "./contract/intervals.ts";
import { testLedger } from "./contract/ledger.ts";
import { testSegments } from "./contract/segments.ts";
import { testSeries } from "./contract/series.ts";
import type { Store } from "./store.ts";

/** A store of the kind under test. */
export interface StoreUnderTest {
  readonly segmentsFolder: string;
  /** a client of it; a second call is a second process as far as the store can tell */
  open(): Promise<Store>;
  /** everything in it is gone, as if it were new */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

/** What the tests of one noun work on; `store` and `other` are two clients of the same store. */
export interface StoreContext {
  readonly store: Store;
  readonly other: Store;
  readonly segmentsFolder: string;
}

export function testStore(name: string, prepare: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: Store;
  let other: Store;
  const context: StoreContext = {
    get store() {
      return store;
    },
    get other() {
      return other;
    },
    get segmentsFolder() {
      return under.segmentsFolder;
    },
  };

  describe(`store: ${name}`, () => {
    beforeAll(async () => {
      under = await prepare();
      store = await under.open();
      other = await under.open();
    });
    beforeEach(() => under.clear());
    afterAll(async () => {
      await Promise.all([store.close(), other.close()]);
      await under.remove();
    });
    describe("detectors", () => {
      testDetectors(context);
    });
    describe("ledger", () => {
      testLedger(context);
    });
    describe("series", () => {
      testSeries(context);
    });
    describe("commits", () => {
      testCommits(context);
    });
    describe("corrections", () => {
      testCorrections(context);
    });
    describe("intervals", () => {
      testIntervals(context);
    });
    describe("segments", () => {
      testSegments(context);
    });
    describe("compaction", () => {
      testCompaction(context);
    });
    describe("expiry", () => {
      testExpiry(context);
    });
    describe("groups", () => {
      testGroups(context);
    });
    describe("deliveries", () => {
      testDeliveries(context);
    });
    describe("as of", () => {
      testAsOf(context);
    });
    describe("health", () => {
      testHealth(context);
    });
    describe("audit", () => {
      testAudit(context);
    });
  });
}
