import assert from "node:assert/strict";
import { test } from "vitest";
import type { QueryConfig } from "../../resources/detector.ts";
import { UserError } from "../../telemetry/errors.ts";
import { bindQuery } from "./bind-query.ts";
import type { Dialect } from "./dialect.ts";

const HOUR = 3_600_000;
const TEN = { startMs: Date.parse("2026-03-01T10:00Z"), endMs: Date.parse("2026-03-01T11:00Z") };
const bound = (sql: string): QueryConfig => ({ kind: "bound", sql, file: "query.sql" });
const pinned = (sql: string): QueryConfig => ({ kind: "pinned", historicalSql: sql, historicalFile: "historical.sql", continuousSql: null, continuousFile: null });
const bind = (sql: string, dialect: Dialect = "postgres") => bindQuery(pinned(sql), "ts", TEN, dialect);
/** How far after the interval's end the clock is put. */
const leadHours = (condition: string) => (bind(`select ts from t where ${condition}`).parameters[0]! - TEN.endMs) / HOUR;

// As in the original connector: an implicit join of three tables, an hour behind the clock.
const ORIGINAL = `select e.ts as timestamp, e.views, e.revenue, p.name as platform, m.name as marketplace
from ecommerce e, platform p, marketplace m
where e.platform = p.id and e.marketplace = m.id
and e.ts < dateadd(hour, -1, sysdate)
`;

test("bindQuery puts placeholders where :start and :end are and leaves every other byte alone", () => {
  const query = bindQuery(bound("SELECT  ts, n -- :start\nFROM t WHERE ts>=:start AND ts < :END\n  AND note <> ':end' ;\n"), "ts", TEN, "postgres");
  assert.equal(query.sql, "SELECT  ts, n -- :start\nFROM t WHERE ts>=$1::timestamptz AND ts < $2::timestamptz\n  AND note <> ':end'");
  assert.deepEqual(query.parameters, [TEN.startMs, TEN.endMs]);
});

test("a parameter that is used twice has one placeholder, numbered in order of first use", () => {
  const query = bindQuery(bound("select ts from t where ts < :end and ts >= :start and d between :start::date and :end::date"), "ts", TEN, "postgres");
  assert.equal(query.sql, "select ts from t where ts < $1::timestamptz and ts >= $2::timestamptz and d between $2::timestamptz::date and $1::timestamptz::date");
  assert.deepEqual(query.parameters, [TEN.endMs, TEN.startMs]);
});

test("a query without :start or :end is refused: it would read the same rows for every interval", () => {
  assert.throws(() => bindQuery(bound("select ts from t where ts >= :start"), "ts", TEN, "postgres"), (error) => error instanceof UserError && error.code === "BOUNDS" && /no :end/.test(error.message));
});

test("the original historical query runs with its clock moved past the interval's end, filtered to the interval", () => {
  const query = bindQuery(pinned(ORIGINAL), "timestamp", TEN, "postgres");
  assert.equal(
    query.sql,
    `select * from (
select e.ts as timestamp, e.views, e.revenue, p.name as platform, m.name as marketplace
from ecommerce e, platform p, marketplace m
where e.platform = p.id and e.marketplace = m.id
and e.ts < ($1::timestamptz::timestamp + make_interval(hours => -1))
) as foretop_rows
where foretop_rows."timestamp" >= $2::timestamptz and foretop_rows."timestamp" < $3::timestamptz`,
  );
  // One hour for the query's own, two for a night in which clocks go back.
  assert.deepEqual(query.parameters, [TEN.endMs + 3 * HOUR, TEN.startMs, TEN.endMs]);
});

test("on Redshift its functions stay", () => {
  const query = bindQuery(pinned(ORIGINAL), "timestamp", TEN, "redshift");
  assert.match(query.sql, /and e\.ts < dateadd\(hour, -1, \$1::timestamptz::timestamp\)\n\) as foretop_rows/);
});

test("every clock function is pinned, with the type that it has", () => {
  const { sql } = bind("select ts, now(), getdate(), SYSDATE, current_timestamp, current_timestamp(3), localtimestamp, current_date, pg_catalog.now(), clock_timestamp() from t");
  assert.equal(
    sql.split("\n")[1],
    "select ts, $1::timestamptz, $1::timestamptz::timestamp, $1::timestamptz::timestamp, $1::timestamptz, $1::timestamptz, $1::timestamptz::timestamp, $1::timestamptz::date, $1::timestamptz, $1::timestamptz from t",
  );
});

test("a column called sysdate in quotes, of a table, or as an alias is no clock", () => {
  const { sql } = bind('select ts, "sysdate", t.sysdate, a as sysdate, a as now from t');
  assert.equal(sql.split("\n")[1], 'select ts, "sysdate", t.sysdate, a as sysdate, a as now from t');
});

test("a comment at the end does not swallow what is put around the query", () => {
  assert.equal(bind("select ts from t -- all of it").sql, `select * from (
select ts from t -- all of it
) as foretop_rows
where foretop_rows."ts" >= $1::timestamptz and foretop_rows."ts" < $2::timestamptz`);
});

test("the clock stands as far after the end as the query stays behind the clock", () => {
  assert.equal(leadHours("ts < getdate()"), 0);
  assert.equal(leadHours("ts < getdate() - interval '90 minutes'"), 1.5 + 2);
  assert.equal(leadHours("getdate() - interval '1 hour 30 min' > ts"), 1.5 + 2);
  assert.equal(leadHours("ts <= dateadd(day, -2, current_timestamp)"), 2 * 25 + 2);
  assert.equal(leadHours("ts < dateadd(month, -1, sysdate)"), 31 * 24 + 1 + 2);
  assert.equal(leadHours("dateadd(hour, 1, ts) < sysdate"), 1 + 2);
  assert.equal(leadHours("ts < date_trunc('hour', now())"), 1 + 2);
  assert.equal(leadHours("ts < current_date"), 25 + 2);
  assert.equal(leadHours("ts < trunc(getdate())"), 25 + 2);
  assert.equal(leadHours("ts between dateadd(day, -90, now()) and dateadd(hour, -1, now())"), 1 + 2);
  assert.equal(leadHours("ts < now() + interval '1 hour'"), 0);
  assert.equal(leadHours("ts < getdate() - 1"), 25 + 2);
});

test("a use of the clock whose meaning for an interval is not clear is refused with its place", () => {
  for (const condition of ["date(ts) = current_date", "not (ts > now())", "extract(hour from now()) > 3", "ts < greatest(now(), x)", "(ts < now() or a = 1)", "t > current_time"]) {
    assert.throws(() => bind(`select ts from t\nwhere ${condition}`), (error) => {
      assert.ok(error instanceof UserError, condition);
      assert.equal(error.code, "CLOCK", condition);
      assert.match(error.where ?? "", /^historical\.sql, line 2, column \d+$/, condition);
      assert.match(error.advice ?? "", /:start and :end/, condition);
      return true;
    });
  }
});

test("on PostgreSQL, Redshift's functions become arithmetic that an index can serve", () => {
  const rewritten = (expression: string) => /select ts, ([^]*) from t\n\)/.exec(bind(`select ts, ${expression} from t`).sql)![1]!;
  assert.equal(rewritten("dateadd(hour, -1, ts)"), "(ts + make_interval(hours => -1))");
  assert.equal(rewritten("DATEADD( Day ,a+1, b )"), "(b + make_interval(days => (a+1)))");
  assert.equal(rewritten("dateadd('quarter', 2, '2026-01-01')"), "(timestamp '2026-01-01' + make_interval(months => 3 * (2)))");
  assert.equal(rewritten("dateadd(ms, 1500, ts)"), "(ts + make_interval(secs => (1500) / 1000.0))");
  assert.equal(rewritten("dateadd(week, 1, dateadd(min, 5, ts))"), "((ts + make_interval(mins => 5)) + make_interval(weeks => 1))");
  assert.equal(rewritten("nvl(a, nvl(b, 0))"), "coalesce(a, coalesce(b, 0))");
  assert.equal(rewritten("datediff(hour, a, b)"), "(extract(epoch from date_trunc('hour', b) - date_trunc('hour', a)) / 3600)::bigint");
  assert.equal(rewritten("dateadd(hour, 1 -- one\n, ts)").replace("\n", "⏎"), "(ts + make_interval(hours => 1 -- one⏎))");
});

test("a date part that doesn't exist is refused with its place", () => {
  assert.throws(() => bind("select ts, dateadd(fortnight, 1, ts) from t"), /fortnight is not a date part \(line 1, column 12\)/);
});

test("the timestamp is found whatever case the configuration writes it in, quoted as the database spells it", () => {
  const column = (sql: string, name: string) => /where foretop_rows\.(".*?") >=/.exec(bindQuery(pinned(sql), name, TEN, "postgres").sql)![1];
  assert.equal(column("select ts as Timestamp from t", "TimeStamp"), '"timestamp"');
  assert.equal(column('select ts as "Time of day" from t', "Time of day"), '"Time of day"');
  assert.equal(column("select * from t", "TS"), '"TS"');
});

test("a timestamp column that isn't in the result is refused with the columns that are", () => {
  assert.throws(() => bindQuery(pinned("select ts, n from t"), "time", TEN, "postgres"), (error) => error instanceof UserError && error.code === "COLUMN" && /no column time; its columns are ts, n/.test(error.message));
});

test("what bindQuery refuses names the file", () => {
  assert.throws(() => bind("select 1; select 2"), /^UserError: historical\.sql: the query holds 2 statements/);
});

test("no value ever is in the text", () => {
  for (const dialect of ["postgres", "redshift"] as const) assert.doesNotMatch(bindQuery(pinned(ORIGINAL), "timestamp", TEN, dialect).sql, /2026|17\d{11}/);
});

test("the original's pair is refused where its clock isn't understood, with the file and what to write instead", () => {
  for (const dialect of ["mysql", "duckdb"] as const) {
    assert.throws(
      () => bindQuery({ kind: "pinned", historicalSql: "select 1", historicalFile: "historical.sql", continuousSql: null, continuousFile: null }, "ts", { startMs: 0, endMs: 1 }, dialect),
      (error) => error instanceof UserError && error.code === "SQL" && error.where === "historical.sql" && /for Redshift and PostgreSQL only/.test(error.message) && /:start and :end/.test(error.advice ?? ""),
      dialect,
    );
  }
});
