import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../../telemetry/errors.ts";
import { bindTokens, clockNamesIn } from "./bind-tokens.ts";
import { checkTokens } from "./check-tokens.ts";
import { tokenise } from "./tokenise.ts";

function refusal(sql: string, dialect: "mysql" | "duckdb" = "mysql"): UserError {
  try {
    checkTokens(sql, dialect);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  assert.fail(`accepted: ${sql}`);
}

test("MySQL's own ways of writing a SELECT are accepted", () => {
  for (const sql of [
    "select `into`, t.update, \"drop\" as 'create' from t -- delete\n where a = 'it\\'s; drop' and b <=> null",
    "select insert(a, 1, 2, 'x'), replace(a, 'b', 'c'), if(a, 1, 2) div 2 from t use index (i) # load_file('x')",
    "with recursive n as (select 1 as i union all select i + 1 from n where i < 5) select * from n limit 2, 3",
    "(select 1) union (select 2);",
    "select /*+ no_index_merge(t) */ 5--3, date_sub(ts, interval 1 hour), group_concat(a separator ',') from t /* into outfile */",
    "select sleep, benchmark from t",
  ]) assert.doesNotThrow(() => checkTokens(sql, "mysql"), sql);
});

test("what isn't one SELECT is refused, with line and column", () => {
  assert.equal(refusal("update t set a = 1").code, "SQL");
  assert.match(refusal("select 1;\nselect 2").message, /several statements.*line 2, column 1/);
  assert.match(refusal("  \n").message, /empty/);
  assert.match(refusal("set statement max_statement_time = 0 for select 1").message, /begins with SET/);
  assert.match(refusal("with a as (select 1) delete from t").message, /DELETE/);
  assert.match(refusal("table t").message, /begins with TABLE/);
  assert.match(refusal("select 'never closed").message, /never closed/);
});

test("a SELECT that writes, locks, waits or runs something is refused, however it is dressed up", () => {
  for (const sql of [
    "select 1 into outfile '/tmp/x'",
    "select 1 INTO\n/* x */\tDumpfile '/tmp/x'",
    "select 1 into @a",
    "select 1. into outfile '/tmp/x'",
    "select 1 --1 into outfile '/tmp/x'",
    "select 1 --\u00a01 into outfile '/tmp/x'",
    "select '\\\\' into outfile '/tmp/x' -- '",
    "select 1 # \n into outfile '/tmp/x'",
    "select 1 /* /* */ into outfile '/tmp/x' -- */",
    "select * from t for update",
    "select * from t for share",
    "select * from t lock in share mode",
    "select @a := 1",
    "select sleep(10)",
    "select sleep (10)",
    "select SLEEP/**/(10)",
    "select `sleep`(10)",
    "select benchmark(1e9, sha1('x'))",
    "select load_file('/etc/passwd')",
    "select get_lock('x', 10)",
    "select nextval(s)",
    "select next value for s",
    "select mysql.sleep(1)",
    "select 1 /*! into outfile '/tmp/x' */",
    "select 1 /*M!100100 into outfile '/tmp/x' */",
    "select /*+ set_var(sql_mode='ANSI_QUOTES') */ 1",
    "select /*+ MAX_EXECUTION_TIME(0) */ 1",
    "select * from t procedure analyse()",
  ]) assert.equal(refusal(sql).code, "REFUSED", sql);
});

test("parameters that nobody binds are refused", () => {
  for (const sql of ["select ?", "select :from", "select :start, :stop"]) assert.match(refusal(sql).message, /not a parameter/, sql);
});

test("LIMIT and ORDER BY at the end are remarked on, inside of a sub-query they are not", () => {
  assert.equal(checkTokens("select * from t order by a limit 5", "mysql").remarks.length, 2);
  assert.deepEqual(checkTokens("select * from (select * from t order by a limit 5) as x", "mysql").remarks, []);
});

test("MySQL tokens join to the text that they came from", () => {
  for (const sql of ["select 'a''b\\'c', \"d\\\"e\", `f``g`, 5--3, 1 -- x\n, 2 # y\n, /* z */ :start", "select 'ä😀', x'41', _utf8'x', \\N"]) {
    assert.equal(tokenise(sql, "mysql").map(({ text }) => text).join(""), sql);
  }
});

const RANGE = { startMs: Date.UTC(2026, 2, 1, 10), endMs: Date.UTC(2026, 2, 1, 11) };

test("MySQL: every use of a bound is a placeholder of its own, all else stays as it is written", () => {
  const { sql, parameters } = bindTokens("select a, ':start' -- :end\nfrom t where ts >= :start and ts < :END and b > :start;", RANGE, "mysql");
  assert.equal(sql, "select a, ':start' -- :end\nfrom t where ts >= from_unixtime(?) and ts < from_unixtime(?) and b > from_unixtime(?)");
  assert.deepEqual(parameters, [RANGE.startMs, RANGE.endMs, RANGE.startMs]);
});

test("DuckDB: placeholders have numbers and the session's zone", () => {
  const { sql, parameters } = bindTokens("from t select a where ts >= :start and ts < :end and b > :start", RANGE, "duckdb");
  assert.equal(sql, "from t select a where ts >= $1::timestamptz and ts < $2::timestamptz and b > $1::timestamptz");
  assert.deepEqual(parameters, [RANGE.startMs, RANGE.endMs]);
});

test("functions that ask the clock get the interval's end; columns of their names stay", () => {
  const sql = "select t.now, now, unix_timestamp(ts), unix_timestamp() from t where x < now(6) and y = curdate() and z > CURRENT_TIMESTAMP";
  assert.deepEqual(clockNamesIn(sql, "mysql"), ["unix_timestamp", "now", "curdate", "CURRENT_TIMESTAMP"]);
  assert.equal(
    bindTokens(sql, RANGE, "mysql").sql,
    "select t.now, now, unix_timestamp(ts), unix_timestamp(from_unixtime(?)) from t where x < from_unixtime(?) and y = date(from_unixtime(?)) and z > from_unixtime(?)",
  );
  assert.equal(bindTokens("select 1 where x < now() and d = current_date", RANGE, "duckdb").sql, "select 1 where x < $1::timestamptz and d = $1::timestamptz::date");
  assert.throws(() => bindTokens("select utc_timestamp()", RANGE, "mysql"), (error) => error instanceof UserError && error.code === "CLOCK" && /line 1, column 8/.test(error.message));
});

test("DuckDB: functions that read files, settings or the environment are refused before anything is opened", () => {
  for (const sql of ["select * from read_csv('/etc/passwd')", "select getenv('HOME')", "select * from glob('/*')", "select * from query('select 1')", "from read_text('/etc/passwd')"]) {
    assert.equal(refusal(sql, "duckdb").code, "REFUSED", sql);
  }
  for (const sql of ["copy t to 'x'", "attach 'x'", "install httpfs", "pragma version", "set threads = 1", "summarize t"]) assert.equal(refusal(sql, "duckdb").code, "SQL", sql);
});
