import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { at, crawlWorld } from "../../test/crawl-world.ts";
import type { CrawlWorld } from "../../test/crawl-world.ts";
import type { Detector } from "../resources/detector.ts";
import { isAggregated } from "../connectors/sql/aggregate-query.ts";
import { crawlInterval } from "./crawl-interval.ts";

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld();
});
afterAll(() => world.close());

const hour = (h: number) => ({ startMs: at("2026-03-01T00:00Z") + h * 3_600_000, endMs: at("2026-03-01T01:00Z") + h * 3_600_000 });
const detectorOf = (table: string, columns = "ts, platform, views") => world.detector({ query: { kind: "bound", sql: `select ${columns} from ${table} where ts >= :start and ts < :end`, file: null } });
/** [outcome, whether the database aggregated, rows, error], newest first */
async function attemptsOf(detector: Detector): Promise<unknown[]> {
  const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
  return attempts.map(({ outcome, statement, rows, error }) => [outcome, isAggregated(statement), rows, error === null ? null : error.slice(0, 60)]);
}

test("the ledger has the statement that ran, and the query's rows", async () => {
  await world.sql("create table plain as select timestamp '2026-03-01' + make_interval(mins => i) as ts, 'p' || i % 2 as platform, 1 as views from generate_series(0, 119) i");
  const detector = await detectorOf("plain");
  assert.deepEqual((await crawlInterval(detector, hour(0), world.system)).values, Float64Array.of(30, 30));
  assert.deepEqual(await attemptsOf(detector), [["succeeded", true, 60, null]]);
});

test("a number of more digits than can be added up exactly: the rows are read at once, and for an hour", async () => {
  await world.sql("create table large as select timestamp '2026-03-01' + make_interval(mins => i) as ts, 'web' as platform, case i when 7 then 9007199254740993 else 1 end::bigint as views from generate_series(0, 179) i");
  const detector = await detectorOf("large");
  assert.deepEqual((await crawlInterval(detector, hour(0), world.system)).values, Float64Array.of(Number(9007199254740993n + 59n)));
  const failed = ["failed", true, 60, "the lines that the database aggregated are not used: a numbe"];
  assert.deepEqual(await attemptsOf(detector), [["succeeded", false, 60, null], failed]);
  await crawlInterval(detector, hour(1), world.system);
  assert.deepEqual((await attemptsOf(detector))[0], ["succeeded", false, 60, null]);
  await world.clock.sleep(3_600_000);
  await crawlInterval(detector, hour(2), world.system);
  assert.deepEqual((await attemptsOf(detector))[0], ["succeeded", true, 60, null]);
});

test("a column whose type changed between two readings: the rows are read, then it is asked again", async () => {
  await world.sql("create table moving as select timestamp '2026-03-01' + make_interval(mins => i) as ts, 'web' as platform, 1 as views from generate_series(0, 179) i");
  const detector = await detectorOf("moving");
  await crawlInterval(detector, hour(0), world.system);
  await world.sql("alter table moving alter column views type double precision");
  await crawlInterval(detector, hour(1), world.system);
  await crawlInterval(detector, hour(2), world.system);
  assert.deepEqual(await attemptsOf(detector), [
    ["succeeded", false, 60, null],
    ["succeeded", false, 60, null],
    ["failed", true, 0, "the lines that the database aggregated are not used: the typ"],
    ["succeeded", true, 60, null],
  ]);
});

test("a decimal that got more digits after the point between two readings: none is lost", async () => {
  await world.sql("create table prices as select timestamp '2026-03-01' + make_interval(mins => i) as ts, 'web' as platform, 0.25::numeric(10, 2) as views from generate_series(0, 119) i");
  const detector = await detectorOf("prices");
  assert.deepEqual((await crawlInterval(detector, hour(0), world.system)).values, Float64Array.of(15));
  await world.sql("alter table prices alter column views type numeric(12, 4) using views + 0.0001");
  assert.deepEqual((await crawlInterval(detector, hour(1), world.system)).values, Float64Array.of(15.006));
  assert.deepEqual((await attemptsOf(detector))[1], ["failed", true, 60, "the lines that the database aggregated are not used: the mea"]);
});

test("a query that fails in the database fails as it is, after its rows were asked for, too", async () => {
  await world.sql("create table zeros as select timestamp '2026-03-01 00:30' as ts, 'web' as platform, 0 as views");
  const detector = await detectorOf("zeros", "ts, platform, 1 / views as views");
  await assert.rejects(crawlInterval(detector, hour(0), world.system), /division by zero/);
  assert.deepEqual((await attemptsOf(detector)).map((attempt) => (attempt as unknown[]).slice(0, 2)), [["failed", false], ["failed", true]]);
  await assert.rejects(crawlInterval(detector, hour(0), world.system), /division by zero/);
  assert.equal((await attemptsOf(detector)).length, 3, "not twice each time");
});
