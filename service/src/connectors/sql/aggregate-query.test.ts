import assert from "node:assert/strict";
import { test } from "vitest";
import type { Column } from "../connector.ts";
import { aggregateQuery, withoutAggregation } from "./aggregate-query.ts";
import type { AggregateAsk, AggregatingDialect } from "./aggregate-query.ts";

const column = (name: string, type: Column["type"], nativeType: string, exact?: Column["exact"]): Column => ({ name, type, nativeType, ...(exact !== undefined && { exact }) });
const amount = column("amount", "number", "integer", { precision: 10, scale: 0 });
const ask: AggregateAsk = {
  timestamp: column("ts", "timestamptz", "timestamptz"),
  grid: { seconds: 3600, baseSeconds: 0 },
  onWallClock: false,
  dimensions: [column("country", "text", "text")],
  measures: [{ aggregation: "SUM", column: amount, denominator: null }],
};
const QUERY = { sql: "select ts, country, amount from orders where ts >= $1 -- all", parameters: [1] };
const text = (dialect: AggregatingDialect, more: Partial<AggregateAsk> = {}): string => aggregateQuery(QUERY, { ...ask, ...more }, dialect).query.sql;

const head = (first: string, last: string, key: string, sum: string): string[] => [
  "/* aggregated here by Foretop: a line for each series and interval */",
  `select min(${first}) as foretop_first,`,
  `  max(${last}) as foretop_last,`,
  `  ${key} as dimension_1,`,
  "  count(*) as foretop_rows,",
  `  ${sum}`,
  "from (",
  "select ts, country, amount from orders where ts >= $1 -- all",
  ") as q",
];
const quoted = (key: string): string[] => head('q."ts"', 'q."ts"', key, 'count(q."amount") as measure_1_count,\n  sum(q."amount") as measure_1_sum');

test("the user's text stays as it is, a comment at its end included; texts are grouped by their bytes", () => {
  const fenced = (lines: string[]): string[] => [...lines.slice(0, -2), "select * from (", lines.at(-2)!, ") as foretop_query offset 0", lines.at(-1)!];
  assert.equal(text("postgres"), [...fenced(quoted('q."country" collate "C"')), `group by date_bin(interval '3600 seconds', q."ts", timestamptz '1970-01-01 00:00:00+00'), q."country" collate "C"`].join("\n"));
  assert.equal(text("redshift"), [...quoted('q."country"'), 'group by floor((extract(epoch from q."ts") - 0) / 3600), q."country", md5(q."country")'].join("\n"));
  assert.equal(text("duckdb"), [...quoted('any_value(q."country")'), 'group by case when isfinite(q."ts") then (epoch_us(q."ts") - 0) // 3600000000 end, encode(cast(q."country" as varchar))'].join("\n"));
  assert.equal(
    text("mysql"),
    [...head("q.`ts`", "q.`ts`", "min(q.`country`)", "count(q.`amount`) as measure_1_count,\n  sum(q.`amount`) as measure_1_sum"), "group by (timestampdiff(second, '1970-01-01 00:00:00', q.`ts`) - 0) div 3600, cast(q.`country` as binary)"].join("\n"),
  );
  assert.deepEqual(aggregateQuery(QUERY, ask, "postgres").query.parameters, [1]);
});

test("a number that may have more than 15 digits is added up only where it has no more, and those that have are counted", () => {
  const price = column("price", "number", "numeric", { precision: 38, scale: 2 });
  const sql = text("postgres", { measures: [{ aggregation: "SUM", column: price, denominator: null }] });
  assert.match(sql, /count\(case when \(q\."price" <> 'NaN' and q\."price" not between -10000000000000 and 10000000000000\) then 1 end\) as rows_too_large/);
  assert.match(sql, /sum\(case when q\."price" <> 'NaN' and q\."price" between -10000000000000 and 10000000000000 then q\."price" end\) as measure_1_sum/);
});

test("a name is quoted as the dialect has it, whatever is in it", () => {
  const odd = column('a"b`c', "text", "text");
  assert.match(text("postgres", { dimensions: [odd] }), /q\."a""b`c"/);
  assert.match(text("mysql", { dimensions: [odd] }), /q\.`a"b``c`/);
});

test("the user's own query is found again in it, as it was; other statements are left alone", () => {
  const nested = { sql: "select ts, country, amount\nfrom (\nselect * from orders\n) as q\ngroup by ts, country, amount -- all", parameters: [] };
  for (const dialect of ["postgres", "redshift", "mysql", "duckdb"] as const) {
    assert.equal(withoutAggregation(aggregateQuery(nested, ask, dialect).query.sql), nested.sql);
    assert.equal(withoutAggregation(text(dialect)), QUERY.sql);
  }
  assert.equal(withoutAggregation(nested.sql), nested.sql);
});
