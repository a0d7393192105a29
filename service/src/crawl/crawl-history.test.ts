import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { at, crawlWorld, measure } from "../../test/crawl-world.ts";
import type { CrawlWorld } from "../../test/crawl-world.ts";
import { DEFAULT_LIMITS } from "../resources/detector.ts";
import { SourceError } from "../telemetry/errors.ts";
import { crawlHistory } from "./crawl-history.ts";
import type { HistoryProgress } from "./crawl-history.ts";
import { crawlInterval } from "./crawl-interval.ts";

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld();
  await world.sql("create table events (ts timestamp, platform text, views int)");
  await world.sql("insert into events select timestamp '2026-02-20' + make_interval(mins => 10 * i), 'p' || i % 3, i % 17 from generate_series(0, 6 * 24 * 9 - 1) i where i % 50 <> 0");
});
afterAll(() => world.close());

const END = at("2026-03-01T00:00Z");

test("history is one statement, dense in [leaf × interval], and begins where data does", async () => {
  const detector = await world.detector({});
  const history = await crawlHistory(detector, world.system, { endMs: END });
  assert.equal(history.startMs.length, 9 * 24);
  assert.equal(history.startMs[0], at("2026-02-20T00:00Z"));
  assert.equal(history.endMs, END);
  assert.deepEqual(history.keys.map((key) => key.dimensions[0]!.value), ["p0", "p1", "p2"]);
  assert.equal(history.values.length, 3 * 9 * 24);
  assert.equal(history.rowsPerInterval.reduce((a, b) => a + b, 0), history.rows.processed);
  const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
  assert.deepEqual(attempts.map(({ purpose, outcome, rows, interval }) => [purpose, outcome, rows, interval.endMs]), [["history", "succeeded", history.rows.processed, END]]);
  const training = Object.fromEntries(history.quality.filter((metric) => metric.type.startsWith("BACKTEST_TRAINING")).map((metric) => [metric.type, metric.value]));
  assert.deepEqual(training, { BACKTEST_TRAINING_DATA_START_TIME_STAMP: at("2026-02-20T00:00Z") / 1000, BACKTEST_TRAINING_DATA_END_TIME_STAMP: END / 1000 });
});

test("history and live see the same: each interval read on its own gives the same values", async () => {
  const detector = await world.detector({ measures: [measure("views"), measure("mean", "AVG", "views"), measure("n", "COUNT", "views")] });
  const history = await crawlHistory(detector, world.system, { endMs: END });
  const intervalCount = history.startMs.length;
  for (let t = 0; t < intervalCount; t += 24) {
    const batch = await crawlInterval(detector, { startMs: history.startMs[t]!, endMs: history.startMs[t]! + 3_600_000 }, world.system);
    history.keys.forEach((key, leaf) => {
      const i = batch.keys.findIndex((other) => JSON.stringify(other) === JSON.stringify(key));
      assert.equal(history.values[leaf * intervalCount + t], i === -1 ? NaN : batch.values[i]);
      assert.equal(history.counts[leaf * intervalCount + t], i === -1 ? 0 : batch.counts[i]);
    });
    assert.equal(history.rowsPerInterval[t], batch.rows.processed);
  }
});

test("at most the configured number of intervals is read", async () => {
  const history = await crawlHistory(await world.detector({ history: { intervalsMax: 48 } }), world.system, { endMs: END });
  assert.equal(history.startMs.length, 48);
  assert.equal(history.rows.outside, 0);
});

test("daily history has one interval for each local day, also those of 23 and 25 hours", async () => {
  await world.sql("create table year (ts timestamptz, platform text, views int)");
  await world.sql("insert into year select timestamptz '2025-01-01 00:00+00' + make_interval(hours => i), 'web', 1 from generate_series(0, 24 * 500) i");
  const detector = await world.detector({ frequency: "P1D", zone: "Europe/Berlin", query: { kind: "bound", sql: "select * from year where ts >= :start and ts < :end", file: null } });
  const history = await crawlHistory(detector, world.system, { endMs: at("2026-02-28T23:00Z") });
  const hoursOf = (day: string): number | undefined => history.values[history.startMs.indexOf(at(day))];
  assert.equal(hoursOf("2025-03-28T23:00Z"), 24);
  assert.equal(hoursOf("2025-03-29T23:00Z"), 23);
  assert.equal(hoursOf("2025-10-25T22:00Z"), 25);
});

test("progress counts rows and bytes up, and ends with all of it done", async () => {
  await world.sql("create table many (ts timestamp, platform text, views int)");
  await world.sql("insert into many select timestamp '2026-02-01' + make_interval(secs => 12 * i), 'web', 1 from generate_series(0, 200000) i");
  const told: HistoryProgress[] = [];
  const detector = await world.detector({ aggregateInDatabase: false, history: { intervalsMax: 28 * 24 }, query: { kind: "bound", sql: "select * from many where ts >= :start and ts < :end", file: null } });
  await crawlHistory(detector, world.system, { endMs: END, onProgress: (progress) => told.push(progress) });
  assert.ok(told.length >= 4, `${told.length}`);
  told.slice(1).forEach((progress, i) => assert.ok(progress.rows >= told[i]!.rows && progress.bytes >= told[i]!.bytes && progress.shareDone >= told[i]!.shareDone));
  assert.ok(told[0]!.shareDone > 0.2 && told[0]!.shareDone < 0.3, `${told[0]!.shareDone}`);
  assert.deepEqual([told.at(-1)!.rows, told.at(-1)!.shareDone], [200_001, 1]);
});

test("no rows at all are a history without intervals", async () => {
  const history = await crawlHistory(await world.detector({}), world.system, { endMs: at("2000-01-01T00:00Z") });
  assert.deepEqual([history.startMs.length, history.keys.length, history.values.length, history.maxTimestampMs], [0, 0, 0, null]);
});

test("more rows than the limit are refused by the limit's name, and nothing is kept", async () => {
  const detector = await world.detector({ limits: { ...DEFAULT_LIMITS, rowsPerHistoryMax: 100 } });
  await assert.rejects(crawlHistory(detector, world.system, { endMs: END }), (error) => error instanceof SourceError && error.code === "LIMIT" && /limits\.rowsPerHistoryMax/.test(error.message));
  assert.equal((await world.system.store.ledger.list(detector.id, { limit: 1 }))[0]!.outcome, "failed");
});
