import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { at, crawlWorld } from "../../test/crawl-world.ts";
import type { CrawlWorld } from "../../test/crawl-world.ts";
import type { DetectorConfig } from "../resources/detector.ts";
import { DEFAULT_LIMITS } from "../resources/detector.ts";
import { HeadMovedError, type LedgerStore } from "../store/store.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import { crawlInterval } from "./crawl-interval.ts";
import { retryAtMs } from "./retry-rule.ts";

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld();
  await world.sql("create table events (ts timestamp not null, platform text, views numeric)");
});
afterAll(() => world.close());

const TEN = { startMs: at("2026-03-01T10:00Z"), endMs: at("2026-03-01T11:00Z") };

test("crawlInterval sums the rows of [start, end) by combination and writes one row of the ledger", async () => {
  await world.sql(`insert into events values
    ('2026-03-01 09:59:59.999', 'web', 100), ('2026-03-01 10:00:00', 'web', 1), ('2026-03-01 10:59:59.999', 'web', 2.5),
    ('2026-03-01 10:30:00', 'ios', 7), ('2026-03-01 11:00:00', 'ios', 1000)`);
  const detector = await world.detector({});
  const batch = await crawlInterval(detector, TEN, world.system);
  assert.deepEqual(batch.keys.map((key) => key.dimensions[0]!.value), ["ios", "web"]);
  assert.deepEqual(batch.values, Float64Array.of(7, 3.5));
  assert.deepEqual(batch.counts, Float64Array.of(1, 2));
  assert.deepEqual(batch.rows, { processed: 3, invalid: 0, partial: 0, outside: 0, reasons: {} });
  assert.equal(batch.maxTimestampMs, at("2026-03-01T10:59:59.999Z"));
  assert.equal(batch.remark, null);

  const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
  assert.equal(attempts.length, 1);
  const attempt = attempts[0]!;
  assert.equal(attempt.id, batch.attemptId);
  assert.equal(attempt.outcome, "succeeded");
  assert.equal(attempt.rows, 3);
  assert.ok(attempt.bytes > 50 && attempt.bytes < 1000, `${attempt.bytes}`);
  assert.match(attempt.statementId ?? "", /^session \d+$/);
  assert.equal(attempt.statement, "select ts, platform, views from events where ts >= $1::timestamptz and ts < $2::timestamptz");
  assert.deepEqual(attempt.parameters, [TEN.startMs, TEN.endMs]);
  assert.equal(attempt.maxTimestampMs, batch.maxTimestampMs);
});

test("a naive timestamp is read in the dataset's zone, by the database and by us alike, also when an hour occurs twice", async () => {
  await world.sql("create table berlin (ts timestamp, platform text, views int)");
  await world.sql("insert into berlin select timestamp '2026-10-24 22:00' + make_interval(mins => 30 * i), 'web', 1 from generate_series(0, 23) i");
  const detector = await world.detector({ zone: "Europe/Berlin", query: { kind: "bound", sql: "select ts, platform, views from berlin where ts >= :start and ts < :end", file: null } });
  let rows = 0;
  for (let startMs = at("2026-10-24T20:00Z"); startMs < at("2026-10-25T09:00Z"); startMs += 3_600_000) {
    const batch = await crawlInterval(detector, { startMs, endMs: startMs + 3_600_000 }, world.system);
    assert.equal(batch.rows.outside, 0, new Date(startMs).toISOString());
    rows += batch.rows.processed;
  }
  assert.equal(rows, 24);
});

test("a reading that another process has taken for dead and begun again is not used", async () => {
  const detector = await world.detector({});
  const { ledger } = world.system.store;
  const close: LedgerStore["close"] = async (id, result) => {
    await ledger.open((await ledger.get(id))!); // by somebody else
    return ledger.close(id, result);
  };
  const slow = new Proxy(ledger, {
    get: (target, name) => (name === "close" ? close : (Reflect.get(target, name) as () => unknown).bind(target)),
  });
  const overtaken: CrawlSystem = { ...world.system, store: { ledger: slow } };
  await assert.rejects(crawlInterval(detector, TEN, overtaken), HeadMovedError);
  const attempts = await ledger.list(detector.id, { limit: 10 });
  assert.equal(attempts.at(-1)!.outcome, "abandoned", "its rows are nobody's");
});

test("an interval without rows is an empty batch, not an error", async () => {
  const batch = await crawlInterval(await world.detector({}), { startMs: at("2020-01-01T00:00Z"), endMs: at("2020-01-01T01:00Z") }, world.system);
  assert.deepEqual([batch.keys.length, batch.rows.processed, batch.maxTimestampMs], [0, 0, null]);
});

test("reading again gives the same batch and its own attempt", async () => {
  const detector = await world.detector({});
  const first = await crawlInterval(detector, TEN, world.system);
  const again = await crawlInterval(detector, TEN, world.system, { purpose: "rerun" });
  assert.deepEqual({ ...again, attemptId: first.attemptId }, first);
  const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
  assert.deepEqual(attempts.map(({ attempt, purpose }) => [attempt, purpose]), [[2, "rerun"], [1, "live"]]);
});

test("what goes wrong closes the attempt with its reason, and goes on as SourceError", async () => {
  const query = (sql: string) => ({ kind: "bound" as const, sql: `${sql} where ts >= :start and ts < :end`, file: null });
  const cases: readonly (readonly [string, Partial<DetectorConfig>, RegExp])[] = [
    ["NOT_FOUND", { query: query("select * from nowhere") }, /relation "nowhere" does not exist/],
    ["SHAPE", { query: query("select ts, views from events") }, /no column platform \(dimension\); its columns are ts, views/],
    ["SHAPE", { query: query("select ts, platform, views, views from events") }, /2 columns named views/],
    ["SHAPE", { query: query("select ts, platform, ts as views from events") }, /measure views .* is of type timestamp without time zone, not a number/],
    ["SHAPE", { query: query("select ts, platform, '{}'::json as views from events") }, /is of type json, not a number/],
    ["LIMIT", { limits: { ...DEFAULT_LIMITS, rowsPerIntervalMax: 2 } }, /more than 2 rows \(limits\.rowsPerIntervalMax\)/],
    ["LIMIT", { limits: { ...DEFAULT_LIMITS, seriesMax: 1 } }, /more than 1 series \(limits\.seriesMax\)/],
    ["AUTHENTICATE", { source: { kind: "postgres", settings: { ...world.settings, password: "env:OTHER" } } }, /password authentication failed/],
    ["CONNECT", { source: { kind: "postgres", settings: { ...world.settings, port: 1 } } }, /ECONNREFUSED/],
    ["REFUSED", { source: { kind: "postgres", settings: { ...world.settings, password: "hunter2" } } }, /settings of the source don't fit: password/],
    ["REFUSED", { query: query("delete from events") }, /not SELECT but DELETE/],
  ];
  for (const [code, config, message] of cases) {
    const detector = await world.detector(config);
    await assert.rejects(crawlInterval(detector, TEN, world.system), (error) => error instanceof SourceError && error.code === code && message.test(error.message), `${code} ${String(message)}`);
    const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
    if (/not SELECT/.test(message.source)) continue; // never became a statement
    assert.equal(attempts.length, 1, code);
    assert.deepEqual([attempts[0]!.outcome, attempts[0]!.errorCode], ["failed", code]);
    assert.match(attempts[0]!.error ?? "", message);
    assert.ok(!attempts[0]!.error!.includes("hunter2"));
  }
});

test("an abort closes the attempt as cancelled", async () => {
  const slow = "select ts, platform, views from events, generate_series(1, 100000) a, generate_series(1, 50000) b where ts >= :start and ts < :end and a % 7 = b % 3 and a + b < 0";
  const detector = await world.detector({ query: { kind: "bound", sql: slow, file: null } });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  await assert.rejects(crawlInterval(detector, TEN, world.system, { signal: abort.signal }), (error) => error instanceof SourceError && error.code === "CANCELLED");
  assert.equal((await world.system.store.ledger.list(detector.id, { limit: 1 }))[0]!.outcome, "cancelled");
});

test("data quality: completeness of each column, different values of each dimension, series, rows by fate", async () => {
  await world.sql("create table gaps (ts timestamp, platform text, views numeric)");
  await world.sql("insert into gaps values ('2026-03-01 10:00', 'web', 1), ('2026-03-01 10:00', null, 2), ('2026-03-01 10:00', 'ios', null), (null, 'ios', 4)");
  const detector = await world.detector({ query: { kind: "bound", sql: "select * from gaps where ts is null or ts >= :start and ts < :end", file: null } });
  const { quality } = await crawlInterval(detector, TEN, world.system);
  assert.deepEqual(Object.fromEntries(quality.map(({ type, column, value }) => [column === null ? type : `${type} ${column}`, value])), {
    "COLUMN_COMPLETENESS ts": 0.75,
    "COLUMN_COMPLETENESS views": 0.75,
    "COLUMN_COMPLETENESS platform": 0.75,
    "DIMENSION_UNIQUENESS platform": 3,
    TIME_SERIES_COUNT: 3,
    ROWS_PROCESSED: 4,
    ROWS_PARTIAL_COMPLIANCE: 1,
    INVALID_ROWS_COMPLIANCE: 2,
  });
});

test("an interval whose rows have not all arrived is put off, then read whole; past its time it is judged as it is, with a remark", async () => {
  await world.sql("create table steady (ts timestamp, platform text, views int)");
  await world.sql("insert into steady select timestamp '2026-03-01' + make_interval(mins => i), 'web', 1 from generate_series(0, 60 * 20 - 1) i");
  const detector = await world.detector({
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 1 },
    query: { kind: "bound", sql: "select ts, platform, views from steady where ts >= :start and ts < :end", file: null },
  });
  const hour = (h: number) => ({ startMs: at("2026-03-01T00:00Z") + h * 3_600_000, endMs: at("2026-03-01T00:00Z") + (h + 1) * 3_600_000 });
  for (let h = 0; h < 20; h++) assert.equal((await crawlInterval(detector, hour(h), world.system)).remark, null);

  await world.sql("insert into steady select timestamp '2026-03-01 20:00' + make_interval(mins => i), 'web', 1 from generate_series(0, 9) i");
  world.clock.advanceTo(hour(20).endMs);
  await assert.rejects(crawlInterval(detector, hour(20), world.system), (error) => error instanceof SourceError && error.code === "INCOMPLETE" && error.transient && /17 % of the usual rows \(10 of 60\)/.test(error.message));
  assert.equal((await world.system.store.ledger.list(detector.id, { limit: 1 }))[0]!.outcome, "incomplete");
  assert.equal(await retryAtMs(detector, hour(20), world.system), hour(20).endMs + 6 * 60_000);

  world.clock.advanceTo(hour(21).endMs);
  const batch = await crawlInterval(detector, hour(20), world.system);
  assert.match(batch.remark ?? "", /^judged incomplete: 17 % of the usual rows/);
  assert.equal(batch.rows.processed, 10);
});
