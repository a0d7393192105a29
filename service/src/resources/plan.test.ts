import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { configWorld, type ConfigWorld } from "../../test/config-world.ts";
import { UserError } from "../telemetry/errors.ts";
import { applyDetector } from "./apply.ts";
import { parseConfigFile } from "./parse-config.ts";
import { PLAN_ROWS_MAX, planDetector } from "./plan.ts";
import { readFileFrom } from "./read-file.ts";

let world: ConfigWorld;
beforeAll(async () => {
  world = await configWorld();
  await world.sql(`
    create table big (ts timestamptz, id bigint, v float8);
    insert into big select timestamptz '2026-03-15 11:30Z', i, 1 from generate_series(1, ${PLAN_ROWS_MAX + 5}) as i;
    create table naive (ts timestamp, text_value text, v float8);
    insert into naive values ('2026-03-15 11:10', 'x', 1), ('2026-03-15 11:20', 'y', null), ('2026-03-15 10:20', '7', 2);
    create table events as select h as ts, 'web' as platform, 1 as views from generate_series(timestamp '2026-03-14 00:00', timestamp '2026-03-15 12:00', interval '1 minute') as h;`);
});
afterAll(() => world.close());

function parsed(edit: (yaml: string) => string = (yaml) => yaml) {
  return parseConfigFile("f.yaml", readFileFrom({ "f.yaml": edit(world.yaml) }));
}
const plan = (edit?: (yaml: string) => string) => {
  const { config, locate } = parsed(edit);
  return planDetector(config, world.system, { locate });
};

test("a plan says how many series, rows and absent cells per interval it means, asked from the source", async () => {
  const { action, relearns, changes, estimate } = await plan();
  assert.deepEqual([action, relearns, changes], ["create", false, []]);
  assert.deepEqual(estimate, {
    seriesCount: 5 + 1 + 3 + 2, // combinations, total, countries, channels
    leafCount: 5,
    rowsPerInterval: 5,
    absentShare: 0,
    intervalCount: 2500,
    sampledIntervals: 24,
    dimensionValues: [
      { dimension: "country", count: 3 },
      { dimension: "channel", count: 2 },
    ],
    bytesPerDay: 11 * 24 * 200,
  });
});

test("absent cells are those of series that are there in some intervals and not in others", async () => {
  const { estimate, warnings } = await plan((yaml) => yaml.replace("created_at < :end", "created_at < :end and (country <> 'fr' or extract(hour from created_at) = 3) and channel = 'web'"));
  // de and us in all 24 hours, fr in one of them
  assert.equal(estimate!.leafCount, 3);
  assert.ok(Math.abs(estimate!.absentShare - 23 / 72) < 1e-12, String(estimate!.absentShare));
  assert.ok(!warnings.some(({ message }) => message.includes("absent")));
  const sparse = await plan((yaml) => yaml.replace("created_at < :end", "created_at < :end and (country <> 'fr' or extract(hour from created_at) = 3) and country = 'fr'").replace("[country, channel]", "[country]"));
  assert.equal(sparse.estimate!.absentShare, 23 / 24);
  assert.match(sparse.warnings.map(({ message }) => message).join(), /96 % of the cells are absent \(counted as zero\)/);
});

test("the exact SQL is shown with a real interval bound, and the statement that is sent holds no value", async () => {
  const { statements } = await plan();
  assert.equal(statements.length, 1);
  assert.equal(statements[0]!.title, "one interval: 2026-03-15T11:00:00Z up to 2026-03-15T12:00:00Z");
  assert.match(statements[0]!.sql, /created_at >= \$1.* and created_at < \$2/);
  assert.match(statements[0]!.shown, /created_at >= '2026-03-15T11:00:00Z'.* and created_at < '2026-03-15T12:00:00Z'/);
  // What is shown can be run by hand and gives the interval's rows.
  assert.equal((await world.sql(statements[0]!.shown)).length, 5);
});

test("offset moves the interval that is looked at", async () => {
  const { statements } = await plan((yaml) => yaml.replace("offsetSeconds: 300", "offsetSeconds: 1200"));
  assert.match(statements[0]!.title, /10:00:00Z up to 2026-03-15T11:00:00Z/);
});

test("a superuser role is warned of, with what to do", async () => {
  const { warnings } = await plan();
  const warning = warnings.find(({ message }) => message.includes("superuser"));
  assert.match(warning!.advice!, /CREATE ROLE foretop_reader/);
});

test("an unindexed timestamp of a big table is warned of", async () => {
  await world.sql("analyze big");
  const { warnings } = await plan((yaml) => yaml.replace(/select[^]*:end/, "select ts, v from big where ts >= :start and ts < :end").replace("created_at\nm", "ts\nm").replace("[amount]", "[v]").replace("[country, channel]", "[]"));
  assert.match(warnings.map(({ message }) => message).join("\n"), /reads all of big/);
});

test("more rows than a plan reads: the figures are lower bounds, and that is said", async () => {
  const { estimate, warnings } = await plan((yaml) => yaml.replace(/select[^]*:end/, "select ts, v, id::text as id from big where ts >= :start and ts < :end").replace("created_at\nm", "ts\nm").replace("[amount]", "[v]").replace("[country, channel]", "[id]"));
  assert.equal(estimate!.rowsPerInterval, PLAN_ROWS_MAX);
  const text = warnings.map(({ message }) => message).join("\n");
  assert.match(text, new RegExp(`the last interval has ${PLAN_ROWS_MAX} rows or more`));
  assert.match(text, /the dimension "id" has 200000 values/);
  assert.match(text, /come near the limit/);
});

test("naive timestamps in a zone with clock changes are warned of; in UTC they are not", async () => {
  const naive = (zone: string) => plan((yaml) => yaml.replace(/select[^]*:end/, "select ts, v, text_value from naive where ts >= :start and ts < :end").replace("created_at\nm", `ts\nzone: ${zone}\nm`).replace("[amount]", "[v, text_value]").replace("[country, channel]", "[]"));
  const berlin = await naive("Europe/Berlin");
  assert.match(berlin.warnings.map(({ message }) => message).join("\n"), /without a zone, read in Europe\/Berlin: the hour that clocks repeat in autumn/);
  const utc = await naive("UTC");
  const text = utc.warnings.map(({ message }) => message).join("\n");
  assert.ok(!text.includes("clocks repeat"), text);
  assert.match(text, /the measure "text_value" is of type text/);
});

test("rows that can't be used and newest intervals without rows are told with numbers", async () => {
  const { warnings } = await plan((yaml) => yaml.replace(/select[^]*:end/, "select ts, text_value from naive where ts >= :start and ts < :end and ts < timestamp '2026-03-15 11:00'\n    union all select timestamp '2026-03-15 09:30', 'nonsense'").replace("created_at\nm", "ts\nm").replace("[amount]", "[text_value]").replace("[country, channel]", "[]"));
  const text = warnings.map(({ message }) => message).join("\n");
  assert.match(text, /1 of 2 rows could not be used \(text in a measure: 1\)/);
  assert.match(text, /the newest interval has no row yet/);
});

test("no rows at all: no estimate, and a warning that says from when to when", async () => {
  const { estimate, warnings } = await plan((yaml) => yaml.replace("created_at < :end", "created_at < :end and country = 'none'"));
  assert.equal(estimate, null);
  assert.match(warnings.map(({ message }) => message).join("\n"), /gave no row for the last 24 intervals \(from 2026-03-14T12:00:00Z\)/);
});

test("the original's two files: rows that its windows lost are named, with the file", async () => {
  const params = JSON.stringify({
    database_type: "redshift",
    detector_name: "events",
    detector_frequency: "PT1H",
    timestamp_column: { ColumnName: "timestamp", ColumnFormat: "yyyy-MM-dd HH:mm:ss" },
    dimension_list: ["platform"],
    metrics_set: [{ MetricName: "views", AggregationFunction: "SUM" }],
    secret_name: "shop",
  });
  const { config, locate } = parseConfigFile(
    "params.json",
    readFileFrom({
      "params.json": params,
      "historical.sql": "select e.ts as timestamp, e.views, e.platform from events e where e.ts < dateadd(hour, -1, sysdate)\n",
      "continuous.sql": "select e.ts as timestamp, e.views, e.platform from events e where e.ts < dateadd(hour, 0, getdate()) and e.ts > dateadd(hour, -1, getdate())\n",
    }),
  );
  const { warnings, estimate, statements } = await planDetector(config, world.system, { locate });
  const lines = warnings.map(({ where, message }) => `${where}: ${message}`).join("\n");
  assert.match(lines, /continuous\.sql: the original connector lost rows: rows exactly at the start of an interval/);
  assert.match(lines, /historical\.sql: the original connector lost rows: history ended 1 h before/);
  assert.equal(estimate!.rowsPerInterval, 60); // every minute of the hour, both edges as they should be
  assert.deepEqual((await world.sql(statements[0]!.shown)).map(({ dimension_1, foretop_rows }) => [dimension_1, Number(foretop_rows)]), [["web", 60]]);
});

test("against what is stored: changes, what is relearned, or nothing", async () => {
  const { config } = parsed((yaml) => yaml.replace("name: orders", "name: stored"));
  await applyDetector(config, world.system);
  const same = await plan((yaml) => yaml.replace("name: orders", "name: stored"));
  assert.deepEqual([same.action, same.relearns, same.changes], ["none", false, []]);
  const other = await plan((yaml) => yaml.replace("name: orders", "name: stored").replace("PT1H", "P1D"));
  assert.deepEqual([other.action, other.relearns], ["update", true]);
  assert.deepEqual(other.changes.map(({ field, from, to }) => [field, from, to]), [["frequency", "PT1H", "P1D"], ["horizonIntervals", "24", "3"]]);
});

test("a plan changes nothing", async () => {
  const before = JSON.stringify([await world.system.store.detectors.list(), await world.sql("select count(*) from orders")]);
  await plan();
  await plan((yaml) => yaml.replace("name: orders", "name: stored").replace("PT1H", "P1D"));
  assert.equal(JSON.stringify([await world.system.store.detectors.list(), await world.sql("select count(*) from orders")]), before);
});

test("a source that can't be asked is a warning; a mistake in the configuration is an error", async () => {
  const { estimate, warnings, statements } = await plan((yaml) => yaml.replace('secret: "secret:shop"', "host: 127.0.0.1, port: 1, database: x, user: y"));
  assert.equal(estimate, null);
  assert.match(warnings.map(({ message }) => message).join("\n"), /there is no estimate: .*127\.0\.0\.1/);
  assert.match(statements[0]!.shown, /created_at >= '2026-03-15T11:00:00Z'/);
  // What applying it would meet again is an error here, too: a table that isn't there, say.
  await assert.rejects(plan((yaml) => yaml.replace("from orders", "from nowhere")), /nowhere/);
  await assert.rejects(plan((yaml) => yaml.replace("[amount]", "[amuont]")), (error) => error instanceof UserError && error.where === "f.yaml:9:12");
});

test("a plan says who aggregates the rows and why, and shows the statement that is sent", async () => {
  const { aggregation, statements } = await plan();
  assert.equal(aggregation!.inDatabase, true);
  assert.match(statements[0]!.sql, /^\/\* aggregated here by Foretop.*q\."amount" end\) as measure_1_sum.*group by date_bin/s);
  const rows = await plan((yaml) => `${yaml}\naggregateInDatabase: false\n`);
  assert.deepEqual(rows.aggregation, { inDatabase: false, why: "aggregateInDatabase is false" });
  assert.match(rows.statements[0]!.sql, /^select/);
  const floats = await plan((yaml) => yaml.replace("amount", "amount::float8 as amount"));
  assert.match(floats.aggregation!.why, /the measure amount is of type double precision: a sum of those depends on the order/);
});
