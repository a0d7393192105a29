/**
 * Defects of the original Redshift connector (reference §7.7) that are about the statement: how often it is sent, what
 * happens when it fails, what its text may be, what becomes of its rows. Each test fails on the original's behaviour.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import type { Connector, Source } from "../../src/connectors/connector.ts";
import { bindQuery } from "../../src/connectors/sql/bind-query.ts";
import { checkSelect } from "../../src/connectors/sql/check-select.ts";
import { crawlHistory } from "../../src/crawl/crawl-history.ts";
import { crawlInterval } from "../../src/crawl/crawl-interval.ts";
import type { CrawlSystem } from "../../src/crawl/crawl-system.ts";
import { openDataset } from "../../src/crawl/read-attempt.ts";
import { retryAtMs } from "../../src/crawl/retry-rule.ts";
import { DEFAULT_LIMITS } from "../../src/resources/detector.ts";
import type { Detector, QueryConfig } from "../../src/resources/detector.ts";
import { openSecrets } from "../../src/secrets/open-secrets.ts";
import { Redactor } from "../../src/secrets/redactor.ts";
import type { LedgerAttempt } from "../../src/store/store.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { SourceError } from "../../src/telemetry/errors.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { at, configOf, crawlWorld } from "../crawl-world.ts";
import type { CrawlWorld } from "../crawl-world.ts";
import { cuttableProxy } from "../cuttable-proxy.ts";

const HOUR = 3_600_000;
const NINE = { startMs: at("2026-03-01T09:00Z"), endMs: at("2026-03-01T10:00Z") };
const SLOW = "select ts, platform, views from events, generate_series(1, 100000) a, generate_series(1, 50000) b where ts >= :start and ts < :end and a % 7 = b % 3 and a + b < 0";
const bound = (sql: string): QueryConfig => ({ kind: "bound", sql, file: null });

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld("2026-03-01T10:00Z");
  await world.sql("create table events (ts timestamp, platform text, views int, status text)");
  await world.sql("insert into events select timestamp '2026-03-01 09:00' + make_interval(secs => i), 'web', 1, case when i % 2 = 0 then 'paid' else 'it''s' end from generate_series(0, 3599) i");
});
afterAll(() => world.close());

const attemptsOf = (detector: Detector): Promise<readonly LedgerAttempt[]> => world.system.store.ledger.list(detector.id, { limit: 50 });
const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;

/** The world's connector, counting the statements that read, and how often it is asked for a query's columns alone (no row is read). */
function counting(): { system: CrawlSystem; statements: () => number; described: () => number } {
  let count = 0;
  let described = 0;
  const inner = world.system.connectors.get("postgres")!;
  const connector: Connector = {
    ...inner,
    async open(settings, context) {
      const source = await inner.open(settings, context);
      return new Proxy(source, {
        get(target, name: keyof Source) {
          if (name === "read") count += 1;
          if (name === "describe") described += 1;
          const member = target[name];
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
    },
  };
  return { system: { ...world.system, connectors: new Map([["postgres", connector]]) }, statements: () => count, described: () => described };
}

test("defect 1: exactly one statement per interval and per history, and its id is kept", async () => {
  const detector = await world.detector({});
  const { system, statements, described } = counting();
  await crawlInterval(detector, NINE, system);
  assert.equal(statements(), 1);
  await crawlHistory(detector, system, { endMs: NINE.endMs });
  assert.equal(statements(), 2);
  assert.equal(described(), 1); // once, not before each statement
  const attempts = await attemptsOf(detector);
  assert.deepEqual(attempts.map((attempt) => attempt.purpose).sort(), ["history", "live"]);
  for (const attempt of attempts) assert.match(attempt.statementId ?? "", /^session \d+$/);
});

test("defect 7: a reading that broke in the middle is simply read again; nothing of it is in the way or in the result", async () => {
  await world.sql("create table wide (ts timestamp, platform text, views int, filler text)");
  await world.sql("insert into wide select timestamp '2026-02-01' + make_interval(secs => 24 * i), 'web', 1, repeat('x', 300) from generate_series(0, 99999) i");
  const proxy = await cuttableProxy(String(world.settings["host"]), Number(world.settings["port"]));
  const settings = { ...world.settings, host: "127.0.0.1", port: proxy.port };
  const detector = await world.detector({ source: { kind: "postgres", settings }, query: bound("select * from wide where ts >= :start and ts < :end") });
  await assert.rejects(crawlHistory(detector, world.system, { endMs: NINE.endMs, onProgress: proxy.cut }), isError("INTERRUPTED"));
  const history = await crawlHistory(detector, world.system, { endMs: NINE.endMs });
  assert.equal(history.rows.processed, 100_000);
  assert.deepEqual((await attemptsOf(detector)).map(({ attempt, outcome }) => [attempt, outcome]), [[2, "succeeded"], [1, "failed"]]);
  await proxy.close();
});

test("defect 8: a query with quotes, semicolons and comments in it means what it says", async () => {
  const query = bound("select ts, platform, views from events\nwhere status = 'it''s' and note <> ';' -- it's; a comment\n and ts >= :start and ts < :end;".replace("note <> ';'", "status <> ';'"));
  const batch = await crawlInterval(await world.detector({ query }), NINE, world.system);
  assert.equal(batch.rows.processed, 1800);
});

test("defect 8: a query can't end its statement and begin another, however its text is put", () => {
  for (const sql of ["select 1; drop table events", "select 1 /* */;/* */ delete from events", "select '' ; update events set views = 0 --'"]) {
    assert.throws(() => checkSelect(sql, "postgres"), /holds 2 statements/);
  }
  const hostile = bound("select ts from events where ts >= :start and ts < :end and platform = ''') header csv; drop table events; --'");
  assert.equal(bindQuery(hostile, "ts", NINE, "postgres").sql, "select ts from events where ts >= $1::timestamptz and ts < $2::timestamptz and platform = ''') header csv; drop table events; --'");
});

test("defect 11: a big result is one stream of rows, all of them, with no files that have a quota", async () => {
  await world.sql("create table parts (ts timestamp, platform text, views int)");
  await world.sql("insert into parts select timestamp '2026-03-01 09:00' + make_interval(secs => i % 3600), 'p' || i % 40, 1 from generate_series(0, 199999) i");
  const batch = await crawlInterval(await world.detector({ query: bound("select * from parts where ts >= :start and ts < :end") }), NINE, world.system);
  assert.equal(batch.rows.processed, 200_000);
  assert.equal(batch.values.reduce((sum, value) => sum + value, 0), 200_000);
});

test("defect 12: a secret that can't be had is told by its reference, in the ledger too, and nothing goes on with an empty one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "foretop-secrets-"));
  try {
    await writeFile(join(folder, "broken.json"), "{ hunter2", { mode: 0o600 });
    const secrets = openSecrets({ homeFolder: folder, folder, env: {}, redactor: new Redactor(), log: silentLogger });
    const system = { ...world.system, secrets };
    for (const name of ["absent", "broken"]) {
      const detector = await world.detector({ source: { kind: "postgres", settings: { secret: `secret:${name}` } } });
      await assert.rejects(crawlInterval(detector, NINE, system), (error) => error instanceof SourceError && !error.transient && error.message.includes(`secret:${name}`));
      const [attempt] = await attemptsOf(detector);
      assert.equal(attempt!.outcome, "failed");
      assert.match(attempt!.error ?? "", new RegExp(`secret:${name}`));
      assert.doesNotMatch(attempt!.error ?? "", /hunter2|undefined/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("defect 14: a result is there when the database has it, not at the next minute", async () => {
  const begun = performance.now();
  await crawlInterval(await world.detector({}), NINE, world.system);
  assert.ok(performance.now() - begun < 10_000);
});

test("defect 14: the time limit is ours, cancels the statement at the source, and nothing is sent a second time by itself", async () => {
  const detector = await world.detector({ query: bound(SLOW), limits: { ...DEFAULT_LIMITS, querySecondsMax: 0.5 } });
  const { system, statements } = counting();
  await assert.rejects(crawlInterval(detector, NINE, system), isError("TIMEOUT"));
  assert.equal(statements(), 1);
  assert.deepEqual((await attemptsOf(detector)).map(({ outcome, errorCode }) => [outcome, errorCode]), [["failed", "TIMEOUT"]]);
  assert.deepEqual(await world.sql("select pid from pg_stat_activity where datname = current_database() and application_name = 'foretop' and state = 'active'"), []);
});

test("defect 15: a statement that somebody aborts at the database has ended, at once, and is told as what it was", async () => {
  const detector = await world.detector({ query: bound(SLOW) });
  const reading = crawlInterval(detector, NINE, world.system);
  const ended = assert.rejects(reading, (error) => error instanceof SourceError && error.code === "INTERRUPTED" && error.transient && /cancelled at the source/.test(error.message));
  let isOver = false;
  void ended.finally(() => (isOver = true));
  // More than once: between two messages of the protocol a server ignores the request.
  while (!isOver) {
    await world.sql("select pg_cancel_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'foretop' and state = 'active' and query like '%generate_series%'");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await ended;
  assert.equal((await attemptsOf(detector))[0]!.outcome, "failed");
});

test("defect 16: rows and bytes of each reading are kept, and a dataset that suddenly has none is not taken for a success", async () => {
  await world.sql("create table regular (ts timestamp, platform text, views int)");
  await world.sql("insert into regular select timestamp '2026-02-27' + make_interval(mins => i), 'web', 1 from generate_series(0, 60 * 20 - 1) i");
  const detector = await world.detector({ query: bound("select * from regular where ts >= :start and ts < :end"), completeness: { rowShareMin: 0.5, waitIntervalsMax: 1 } });
  const hour = (h: number) => ({ startMs: at("2026-02-27T00:00Z") + h * HOUR, endMs: at("2026-02-27T00:00Z") + (h + 1) * HOUR });
  for (let h = 0; h < 20; h++) await crawlInterval(detector, hour(h), world.system);
  const [last] = await attemptsOf(detector);
  assert.deepEqual([last!.rows, last!.maxTimestampMs], [60, hour(19).endMs - 60_000]);
  assert.ok(last!.bytes > 20);
  const early = { ...world.system, clock: new VirtualClock(hour(20).endMs) };
  await assert.rejects(crawlInterval(detector, hour(20), early), isError("INCOMPLETE"));
  assert.equal((await attemptsOf(detector))[0]!.outcome, "incomplete");
  assert.match((await crawlInterval(detector, hour(20), world.system)).remark ?? "", /0 % of the usual rows/);
});

test("defect 19: a failure is recorded, tried again after a while that grows, and over as soon as the source is back", async () => {
  const down = { ...world.settings, port: 1 };
  const detector = await world.detector({ source: { kind: "postgres", settings: down } });
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    await assert.rejects(crawlInterval(detector, NINE, world.system), isError("CONNECT"));
    waits.push(((await retryAtMs(detector, NINE, world.system)) - world.clock.nowMs()) / 1000);
  }
  assert.deepEqual(waits, [15, 30, 60]);
  const mended: Detector = { ...detector, config: { ...detector.config, source: { kind: "postgres", settings: world.settings } } };
  assert.equal((await crawlInterval(mended, NINE, world.system)).rows.processed, 3600);
  assert.deepEqual((await attemptsOf(detector)).map((attempt) => attempt.outcome), ["succeeded", "failed", "failed", "failed"]);
  assert.equal(await retryAtMs(detector, NINE, world.system), 0);
});

test("defect 25: fractions of seconds and zones are read as they are, whatever ColumnFormat says", async () => {
  await world.sql("create table precise (ts timestamptz, platform text, views int)");
  await world.sql("insert into precise values ('2026-03-01 09:59:59.999999+00', 'web', 1), ('2026-03-01 10:30:00.123456+01', 'web', 2), ('2026-03-01 10:00:00+00', 'web', 4)");
  const detector = await world.detector({ query: bound("select * from precise where ts >= :start and ts < :end"), timestamp: { column: "ts", format: "yyyy-MM-dd HH:mm:ss" } });
  const batch = await crawlInterval(detector, NINE, world.system);
  assert.deepEqual([batch.values[0], batch.rows.invalid, batch.rows.outside], [3, 0, 0]);
});

test("defect 26: the query that runs is the configuration's of now; the ledger tells which text it was", async () => {
  const detector = await world.detector({});
  await crawlInterval(detector, NINE, world.system);
  const changed: Detector = { ...detector, config: { ...detector.config, query: bound("select ts, platform, views from events where ts >= :start and ts < :end and status = 'paid'") } };
  assert.equal((await crawlInterval(changed, NINE, world.system)).rows.processed, 1800);
  const [after, before] = await attemptsOf(detector);
  assert.notEqual(after!.queryHash, before!.queryHash);
  assert.match(after!.statement, /status = 'paid'/);
});

test("defect 27: columns are looked at before rows are: their names whatever the case, their types, and null is not the empty text", async () => {
  await world.sql(`create table mapped ("TS" timestamp, "Platform" text, views text)`);
  await world.sql("insert into mapped values ('2026-03-01 09:00', null, '1'), ('2026-03-01 09:00', '', '2')");
  const query = bound(`select * from mapped where "TS" >= :start and "TS" < :end`);
  await using source = await openDataset(configOf({ source: { kind: "postgres", settings: world.settings } }), world.system);
  const columns = await source.describe(bindQuery(query, "ts", NINE, "postgres"));
  assert.deepEqual(columns.map(({ name, type }) => [name, type]), [["TS", "timestamp"], ["Platform", "text"], ["views", "text"]]);
  const batch = await crawlInterval(await world.detector({ query }), NINE, world.system);
  assert.deepEqual(batch.keys.map((key) => key.dimensions[0]!.value), ["", null]);
  assert.deepEqual(batch.values, Float64Array.of(2, 1));
});
