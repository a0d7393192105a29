// The SQL that bindQuery makes, on a real PostgreSQL.
import assert from "node:assert/strict";
import { intervalStarts, nextIntervalStart } from "@foretop/engine";
import { Client } from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { testDatabase } from "../../../test/postgres.ts";
import type { TestDatabase } from "../../../test/postgres.ts";
import type { QueryConfig } from "../../resources/detector.ts";
import { bindQuery } from "./bind-query.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const HISTORICAL = `select e.ts as timestamp, e.views, p.name as platform, m.name as marketplace
from ecommerce e, platform p, marketplace m
where e.platform = p.id and e.marketplace = m.id and e.ts < dateadd(hour, -1, sysdate)`;
const pinned = (historicalSql: string): QueryConfig => ({ kind: "pinned", historicalSql, historicalFile: null, continuousSql: null, continuousFile: null });
const bound = (sql: string): QueryConfig => ({ kind: "bound", sql, file: null });

async function rowsOf(query: QueryConfig, column: string, range: { startMs: number; endMs: number }): Promise<Record<string, unknown>[]> {
  const { sql, parameters } = bindQuery(query, column, range, "postgres");
  return (await client.query<Record<string, unknown>>({ text: sql, values: parameters.map((ms) => new Date(ms).toISOString()) })).rows;
}

test("the original historical query, in Redshift's dialect, reads exactly an interval's rows – also one in the future of the database's clock", async () => {
  await client.query(`
    create table platform (id int primary key, name text); create table marketplace (id int primary key, name text);
    create table ecommerce (id int, ts timestamp, platform int, marketplace int, views int);
    insert into platform values (1, 'web'); insert into marketplace values (1, 'DE');
    insert into ecommerce select i, timestamp '2030-03-01 09:59:59' + make_interval(secs => i), 1, 1, i from generate_series(0, 3602) i;`);
  const rows = await rowsOf(pinned(HISTORICAL), "timestamp", { startMs: Date.UTC(2030, 2, 1, 10), endMs: Date.UTC(2030, 2, 1, 11) });
  assert.equal(rows.length, 3600);
  assert.deepEqual([Math.min(...rows.map((row) => Number(row["views"]))), Math.max(...rows.map((row) => Number(row["views"])))], [1, 3600]);
});

test("the filter around a pinned query reaches the index on its timestamp", async () => {
  await client.query("insert into ecommerce select i, timestamp '2025-01-01' + make_interval(secs => i), 1, 1, i from generate_series(0, 50000) i; create index on ecommerce (ts); analyze ecommerce");
  const { sql, parameters } = bindQuery(pinned(HISTORICAL), "timestamp", { startMs: Date.UTC(2025, 0, 1, 10), endMs: Date.UTC(2025, 0, 1, 10, 5) }, "postgres");
  const { rows } = await client.query<{ "QUERY PLAN": string }>({ text: `explain ${sql}`, values: parameters.map((ms) => new Date(ms).toISOString()) });
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  assert.match(plan, /Index (Only )?Scan|Bitmap Index Scan/, plan);
  assert.doesNotMatch(plan, /Seq Scan on ecommerce/, plan);
});

test("interval by interval through both changes of clocks, every row is read exactly once", async () => {
  await client.query("set timezone to 'Europe/Berlin'; create table instants (ts timestamptz, n int)");
  await client.query("insert into instants select timestamptz '2026-03-28 00:00+00' + make_interval(mins => 20 * i), i from generate_series(0, 72 * 3 - 1) i");
  await client.query("insert into instants select timestamptz '2026-10-24 00:00+00' + make_interval(mins => 20 * i), 1000 + i from generate_series(0, 72 * 3 - 1) i");
  const queries = [
    bound("select ts, n from instants where ts >= :start and ts < :end"),
    pinned("select ts, n from instants where ts < dateadd(hour, -1, getdate())"),
    pinned("select ts, n from instants where ts <= dateadd(day, -1, now())"),
    pinned("select ts::timestamp as ts, n from instants where ts::timestamp < dateadd(hour, -2, sysdate)"),
  ];
  for (const query of queries) {
    const seen: number[] = [];
    for (const from of [Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24)]) {
      for (const startMs of intervalStarts(from, from + 72 * 3_600_000, "PT1H", "Europe/Berlin")) {
        const rows = await rowsOf(query, "ts", { startMs, endMs: nextIntervalStart(startMs, "PT1H", "Europe/Berlin") });
        seen.push(...rows.map((row) => Number(row["n"])));
      }
    }
    const expected = Array.from({ length: 72 * 3 }, (_, i) => i).flatMap((i) => [i, 1000 + i]).sort((a, b) => a - b);
    assert.deepEqual(seen.sort((a, b) => a - b), expected, JSON.stringify(query));
  }
  await client.query("set timezone to 'UTC'");
});

test("Redshift's date functions compute what Redshift's documentation says", async () => {
  // Examples of the DATEADD and DATEDIFF pages of Amazon Redshift's developer guide.
  const cases: readonly (readonly [string, string])[] = [
    ["to_char(dateadd(month, 18, '2008-02-28'), 'YYYY-MM-DD HH24:MI:SS')", "2009-08-28 00:00:00"],
    ["to_char(dateadd(m, 18, timestamp '2008-02-28'), 'YYYY-MM-DD HH24:MI:SS')", "2008-02-28 00:18:00"],
    ["to_char(dateadd(qtr, 1, date '2008-02-28'), 'YYYY-MM-DD')", "2008-05-28"],
    ["to_char(dateadd(day, -30, timestamp '2004-01-31 01:02:03'), 'YYYY-MM-DD HH24:MI:SS')", "2004-01-01 01:02:03"],
    ["datediff(week, '2009-01-01', '2009-12-31')", "52"],
    ["datediff(qtr, '1998-07-01', '2008-07-01')", "40"],
    ["datediff(year, timestamp '2008-12-31', timestamp '2009-01-01')", "1"],
    ["datediff(day, timestamp '2008-12-31 23:59', timestamp '2009-01-01 00:01')", "1"],
    ["datediff(hour, timestamp '2008-12-31 10:59', timestamp '2008-12-31 09:01')", "-1"],
    ["datediff(month, timestamp '2008-12-31', timestamp '2009-02-01')", "2"],
    ["nvl(null, 'a')", "a"],
  ];
  for (const [expression, expected] of cases) {
    const rows = await rowsOf(bound(`select ${expression} as value where :start < :end`), "value", { startMs: 0, endMs: 1 });
    assert.equal(String(rows[0]!["value"]), expected, expression);
  }
});
