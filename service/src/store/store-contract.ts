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

/** Where the store keeps its segments, as somebody sees it who goes past the store, to look and to spoil. */
export interface RawSegments {
  paths(): readonly string[];
  /** throws when it is not there */
  bytes(path: string): Buffer;
  put(path: string, content: Uint8Array): void;
  remove(path: string): void;
  /** it was written in 1970 */
  age(path: string): void;
}

/** A store of the kind under test. */
export interface StoreUnderTest {
  readonly raw: RawSegments;
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
  readonly raw: RawSegments;
}

const NOUNS = {
  detectors: testDetectors,
  ledger: testLedger,
  series: testSeries,
  commits: testCommits,
  corrections: testCorrections,
  intervals: testIntervals,
  segments: testSegments,
  compaction: testCompaction,
  expiry: testExpiry,
  groups: testGroups,
  deliveries: testDeliveries,
  "as of": testAsOf,
  health: testHealth,
  audit: testAudit,
} as const satisfies Record<string, (context: StoreContext) => void>;
type StoreNoun = keyof typeof NOUNS;

/** @param nouns  those that an implementation shares with another one need not be tested again */
export function testStore(name: string, prepare: () => Promise<StoreUnderTest>, nouns: readonly StoreNoun[] = Object.keys(NOUNS) as StoreNoun[]): void {
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
    get raw() {
      return under.raw;
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
    for (const noun of nouns) {
      describe(`${noun}`, () => {
        NOUNS[noun](context);
      });
    }
  });
}
