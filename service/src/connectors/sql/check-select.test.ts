import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../../telemetry/errors.ts";
import { checkSelect } from "./check-select.ts";
import type { Dialect } from "./dialect.ts";

function refusal(sql: string, dialect: Dialect = "postgres"): UserError {
  try {
    checkSelect(sql, dialect);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  return assert.fail(`accepted: ${sql}`);
}

test("any single SELECT is accepted: joins, WITH, UNION, windows, sub-queries, a semicolon at the end", () => {
  for (const sql of [
    "select 1",
    "select e.ts as timestamp, p.name from ecommerce e, platform p where e.platform = p.id and e.ts < dateadd(hour, -1, sysdate);",
    "with a as (select * from t) select * from a union all select * from b",
    "select date_trunc('hour', ts), count(*) filter (where ok), sum(x) over (partition by y) from t group by 1, y -- the end",
    "select * from t where ts >= :start and ts < :end and note = 'it''s; drop table t'",
    "select convert_timezone('UTC', 'Europe/Berlin', ts) from t where status = 'paid'",
  ]) assert.doesNotThrow(() => checkSelect(sql, "postgres"), sql);
});

test("columns are named as the database will name them", () => {
  assert.deepEqual(checkSelect(`select e.ts as "Time", Views, count(*), a::date, 1 + 1, t.* from t`, "postgres").columns, ["Time", "views", "count", "a", null, null]);
  assert.deepEqual(checkSelect("select a from t union select b from u", "postgres").columns, ["a"]);
});

test("several statements are refused, and where the second begins is told", () => {
  const error = refusal("select 1;\n select 2");
  assert.match(error.message, /holds 2 statements/);
  assert.equal(error.where, "line 2, column 2");
});

test("what isn't a SELECT is refused by its name", () => {
  assert.match(refusal("drop table t").message, /is not SELECT but DROP/);
  assert.match(refusal("update t set a = 1").message, /is not SELECT but UPDATE/);
  assert.match(refusal("copy t to '/tmp/x'").message, /is not SELECT but COPY/);
  assert.match(refusal("explain analyze select 1").message, /is not SELECT but EXPLAIN/);
  assert.match(refusal("do $$ begin end $$").message, /is not SELECT but DO/);
  assert.match(refusal("call p()").message, /is not SELECT but CALL/);
  assert.match(refusal("set role admin").message, /is not SELECT but VARIABLE SET/);
});

test("an empty text is refused", () => {
  for (const sql of ["", "  \n", "-- only a comment", ";;"]) assert.match(refusal(sql).message, /is empty/);
});

test("a write inside a WITH is refused", () => {
  assert.match(refusal("with gone as (delete from t returning *) select * from gone").message, /holds DELETE/);
  assert.match(refusal("select * from (with x as (insert into t values (1) returning a) select a from x) y").message, /holds INSERT/);
  assert.match(refusal("with m as (merge into t using u on t.a = u.a when matched then delete returning *) select * from m").message, /holds MERGE/);
});

test("SELECT INTO, FOR UPDATE and FOR SHARE are refused, in any branch", () => {
  assert.match(refusal("select * into copy from t").message, /INTO creates a table/);
  assert.match(refusal("select a into copy from t union select b from u").message, /INTO creates a table/);
  assert.match(refusal("select * from t for update").message, /lock rows/);
  assert.match(refusal("select * from (select * from t for share) x").message, /lock rows/);
});

test("functions that read files, connect, end sessions, set, lock, wait or run text are refused by name", () => {
  for (const name of [
    "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "lo_import", "lo_export", "lo_get", "loread", "dblink", "dblink_exec", "dblink_connect",
    "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "set_config", "pg_advisory_lock", "pg_advisory_xact_lock", "pg_try_advisory_lock", "pg_sleep",
    "pg_sleep_for", "query_to_xml", "table_to_xml", "database_to_xml", "ts_stat", "crosstab", "pg_switch_wal", "pg_promote", "pg_create_restore_point",
    "pg_logical_slot_get_changes", "nextval", "setval", "pg_notify", "pg_stat_reset", "pg_rotate_logfile", "pg_export_snapshot", "pg_file_write", "pg_drop_replication_slot",
  ]) {
    const error = refusal(`select 1,\n  ${name}('x')`);
    assert.equal(error.code, "REFUSED", name);
    assert.match(error.message, new RegExp(`the function ${name} `), name);
    assert.equal(error.where, "line 2, column 3", name);
  }
});

test("a refused function is found under a schema, in quotes, in capitals, with a unicode escape and anywhere in the query", () => {
  for (const sql of [
    "select pg_catalog.pg_read_file('x')",
    `select "pg_catalog"."pg_read_file"('x')`,
    "select PG_READ_FILE('x')",
    `select U&"pg\\005fread_file"('x')`,
    "select * from pg_read_file('x')",
    "select 1 from t where exists (select 1 from lateral (select pg_read_file('x')) q)",
    "select 1 order by pg_read_file('x')",
    "select case when true then pg_read_file('x') end",
    "select sum(1) filter (where pg_read_file('x') is null)",
    "select pg_read_file /* hidden */ ('x')",
    "select * from t tablesample system (length(pg_read_file('x')))",
    "select 1 limit length(pg_read_file('x'))",
    "select 1 union select length(pg_read_file('x'))",
  ]) assert.equal(refusal(sql).code, "REFUSED", sql);
  assert.equal(refusal("select aws_s3.query_export_to_s3('select 1')").code, "REFUSED");
});

test("a refused name in a text, a comment or as a column is no call", () => {
  assert.doesNotThrow(() => checkSelect("select 'pg_read_file()', pg_sleep from t -- lo_import()", "postgres"));
});

test("a mistake in the SQL is told with line and column, also after letters that take several bytes", () => {
  assert.equal(refusal("select 'ä😀',\n  frm x y z").where, "line 2, column 9");
  assert.match(refusal("select 1 frm t where").message, /syntax error/);
});

test("parameters that nobody binds are refused", () => {
  assert.match(refusal("select * from t where a = $1").message, /\$1 is not a parameter/);
  assert.match(refusal("select * from t where a = :begin").message, /:begin is not a parameter/);
});

test("Redshift's backslash quotes are texts in Redshift's dialect", () => {
  checkSelect("select 'it\\'s' as a from t", "redshift");
  assert.equal(refusal("select 'it\\'s' as a from t", "postgres").code, "SQL");
});

test("a LIMIT or an ORDER BY at the end is remarked on", () => {
  assert.match(checkSelect("select a from t limit 10", "postgres").remarks[0]!, /LIMIT/);
  assert.match(checkSelect("select a from t order by a", "postgres").remarks[0]!, /ORDER BY/);
});

test("a text of a size that nobody reviews is refused by the limit's name", () => {
  assert.match(refusal(`select ${"1 + ".repeat(60_000)}1`).message, /SQL_CHARACTERS_MAX/);
});
