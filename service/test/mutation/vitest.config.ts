import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Only what tests the mutated files (stryker.config.json): windows, ledger, outbox. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "..", "..", ".."),
    include: [
      "engine/src/time/calendar*.test.ts",
      "service/src/crawl/due-intervals.test.ts",
      "service/src/crawl/retry-rule.test.ts",
      "service/src/crawl/windows.property.test.ts",
      "service/src/jobs/delivery-schedule.test.ts",
      "service/src/store/postgres/ledger.property.test.ts",
      "service/src/store/postgres/deliveries.property.test.ts",
      "service/test/mutation/store-nouns.ts",
    ],
    // Instrumented code is slow: a test of speed says nothing here, and one of every interval of two years takes minutes.
    testNamePattern: /^(?!.*(well under a second|cover two years))/,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    globalSetup: join(import.meta.dirname, "..", "global-setup.ts"),
  },
});
