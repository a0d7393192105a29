/**
 * Defects of the original Redshift connector (reference §7.7) that are about *which* rows are read when. Each test fails
 * on the original's behaviour.
 */
import assert from "node:assert/strict";
import { intervalStarts } from "@foretop/engine";
import { afterAll, beforeAll, test } from "vitest";
import type { Interval } from "../../src/crawl/batch.ts";
import { crawlHistory } from "../../src/crawl/crawl-history.ts";
import { crawlInterval } from "../../src/crawl/crawl-interval.ts";
import { dueIntervals, liveFrom } from "../../src/crawl/due-intervals.ts";
import type { Detector, QueryConfig } from "../../src/resources/detector.ts";
import { at, crawlWorld } from "../crawl-world.ts";
import type { CrawlWorld } from "../crawl-world.ts";

const HOUR = 3_600_000;
let world: CrawlWorld;
beforeAll(async () => {
  // Seven seconds late, as scheduled jobs are.
  world = await crawlWorld("2026-03-01T10:00:07Z");
  await world.sql("create table events (ts timestamp, platform text, views int)");
  // Event data: a row every minute from 26 February on.
  await world.sql("insert into events select timestamp '2026-02-26' + make_interval(mins => i), 'web', 1 from generate_series(0, 60 * 24 * 5) i");
});
afterAll(() => world.close());

/** The original's two queries, on one table. */
const ORIGINAL: QueryConfig = {
  kind: "pinned",
  historicalSql: "select ts, platform, views from events where ts < dateadd(hour, -1, sysdate)",
  historicalFile: "historical.sql",
  continuousSql: "select ts, platform, views from events where ts < dateadd(hour, 0, getdate()) and ts > dateadd(hour, -1, getdate())",
  continuousFile: "continuous.sql",
};

test("defect 2: the job that runs at 10:00 reads the interval 09:00–10:00 and files its rows under 09:00", async () => {
  const detector = await world.detector({ query: ORIGINAL });
  const headed: Detector = { ...detector, headMs: at("2026-03-01T09:00Z") };
  const [interval, ...more] = dueIntervals(headed, world.clock.nowMs(), 10);
  assert.deepEqual(more, []);
  const batch = await crawlInterval(headed, interval!, world.system);
  assert.equal(batch.interval.startMs, at("2026-03-01T09:00Z"));
  assert.deepEqual(batch.rows, { processed: 60, invalid: 0, partial: 0, outside: 0, reasons: {} });
});

test("defect 3: rows exactly at a boundary are read once, and a late start moves nothing", async () => {
  const detector = await world.detector({ query: ORIGINAL });
  const hour: Interval = { startMs: at("2026-03-01T08:00Z"), endMs: at("2026-03-01T09:00Z") };
  const first = await crawlInterval(detector, hour, world.system);
  assert.equal(first.values[0], 60, "08:00:00 is in, 09:00:00 is not; the original had 59");
  world.clock.advanceTo(at("2026-03-01T10:17:43Z"));
  const retried = await crawlInterval(detector, hour, world.system, { purpose: "rerun" });
  assert.deepEqual(retried.values, first.values);
  const statements = await world.system.store.ledger.list(detector.id, { limit: 2 });
  assert.deepEqual(statements[0]!.parameters, statements[1]!.parameters);
});

test("defect 4: history ends where the first live interval begins; its last interval is whole and no row is left between", async () => {
  const detector = await world.detector({ query: ORIGINAL, history: { intervalsMax: 48 } });
  const end = liveFrom(detector, world.clock.nowMs());
  const history = await crawlHistory(detector, world.system, { endMs: end });
  assert.equal(history.values.at(-1), 60);
  const live: Detector = { ...detector, headMs: end };
  const due = dueIntervals(live, end + 3 * HOUR, 10);
  let rows = history.rows.processed;
  for (const interval of due) rows += (await crawlInterval(live, interval, world.system)).rows.processed;
  assert.equal(rows, (48 + 3) * 60);
});

test("defect 5: after an outage every interval is read, in order, and an interval that failed is the next one again", async () => {
  const detector = await world.detector({ query: ORIGINAL });
  const down: Detector = { ...detector, headMs: at("2026-03-01T00:00Z") };
  const missed = dueIntervals(down, at("2026-03-01T09:30Z"), 100);
  assert.deepEqual(missed.map((interval) => interval.startMs), [...intervalStarts(at("2026-03-01T00:00Z"), at("2026-03-01T09:00Z"), "PT1H", "UTC")]);
  for (const interval of missed) assert.equal((await crawlInterval(down, interval, world.system)).rows.processed, 60);
  // The head only moves with a commit: a failure leaves it, hours later, at the same interval.
  const failed: Detector = { ...detector, headMs: missed[3]!.startMs };
  assert.deepEqual(dueIntervals(failed, at("2026-03-01T20:00Z"), 1), [missed[3]]);
});

test("defect 6: an interval that is read again has the rows that came late", async () => {
  const detector = await world.detector({ query: ORIGINAL });
  const hour: Interval = { startMs: at("2026-03-01T06:00Z"), endMs: at("2026-03-01T07:00Z") };
  assert.equal((await crawlInterval(detector, hour, world.system)).values[0], 60);
  await world.sql("insert into events values ('2026-03-01 06:30:30', 'web', 5)");
  assert.equal((await crawlInterval(detector, hour, world.system, { purpose: "late" })).values[0], 65);
  assert.deepEqual((await world.system.store.ledger.list(detector.id, { limit: 5 })).map((attempt) => attempt.purpose), ["late", "live"]);
});

test("defect 22: schedule and window follow the detector's frequency", async () => {
  const expected = { PT5M: [5, 144], PT10M: [10, 72], PT1H: [60, 12], P1D: [1440, 0] } as const;
  for (const [frequency, [minutes, dueAtNoon]] of Object.entries(expected) as [keyof typeof expected, readonly [number, number]][]) {
    const detector: Detector = { ...(await world.detector({ query: ORIGINAL, frequency })), headMs: at("2026-02-28T00:00Z") };
    assert.equal(dueIntervals(detector, at("2026-02-28T12:00Z"), 1000).length, dueAtNoon);
    const [interval] = dueIntervals(detector, at("2026-03-01T00:00Z"), 1);
    assert.equal((await crawlInterval(detector, interval!, world.system)).rows.processed, minutes, frequency);
  }
});

test("defect 23: naive timestamps belong to the dataset's zone, whatever the zones of process, session and database are", async () => {
  const zone = process.env["TZ"];
  process.env["TZ"] = "America/Los_Angeles";
  try {
    await world.sql(`alter database ${String(world.settings["database"])} set timezone to 'Asia/Tokyo'`);
    const detector = await world.detector({ query: ORIGINAL, zone: "Europe/Berlin", frequency: "P1D" });
    // 27 February on a clock in Berlin, in winter.
    const batch = await crawlInterval(detector, { startMs: at("2026-02-26T23:00Z"), endMs: at("2026-02-27T23:00Z") }, world.system);
    assert.deepEqual([batch.rows.processed, batch.rows.outside], [1440, 0]);
    assert.equal(batch.maxTimestampMs, at("2026-02-27T22:59Z"));
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
    await world.sql(`alter database ${String(world.settings["database"])} reset timezone`);
  }
});

test("defect 23: a day in which clocks change has 23 or 25 hours, and all of its rows", async () => {
  await world.sql("create table spring (ts timestamptz, platform text, views int)");
  await world.sql("insert into spring select timestamptz '2026-03-27 00:00+00' + make_interval(mins => i), 'web', 1 from generate_series(0, 60 * 24 * 4) i");
  const query: QueryConfig = { kind: "bound", sql: "select * from spring where ts >= :start and ts < :end", file: null };
  const detector = { ...(await world.detector({ query, zone: "Europe/Berlin", frequency: "P1D" })), headMs: at("2026-03-27T23:00Z") };
  const rows: number[] = [];
  for (const interval of dueIntervals(detector, at("2026-03-30T22:00Z"), 10)) rows.push((await crawlInterval(detector, interval, world.system)).rows.processed);
  assert.deepEqual(rows, [1440, 1380, 1440]);
});

test("defect 24: getdate() and sysdate are the same instant, which comes from the schedule", async () => {
  const query: QueryConfig = { ...ORIGINAL, historicalSql: "select ts, platform, views, getdate() as g, sysdate as s, now() as n from events where ts < getdate() and ts < sysdate" };
  const detector = await world.detector({ query });
  await crawlInterval(detector, { startMs: at("2026-03-01T08:00Z"), endMs: at("2026-03-01T09:00Z") }, world.system);
  const [attempt] = await world.system.store.ledger.list(detector.id, { limit: 1 });
  assert.deepEqual(attempt!.parameters, [at("2026-03-01T09:00Z"), at("2026-03-01T08:00Z"), at("2026-03-01T09:00Z")]);
  assert.equal(attempt!.statement.match(/\$1::timestamptz/g)?.length, 5);
  assert.doesNotMatch(attempt!.statement, /getdate|sysdate|now\(/);
});
