import assert from "node:assert/strict";
import { test } from "vitest";
import type { Dialect } from "./dialect.ts";
import { tablesIn } from "./tables-in.ts";

const tables = (sql: string, dialect: Dialect): string[] => tablesIn({ kind: "bound", sql, file: null }, dialect);

test("PostgreSQL: every table and view, with its schema, not the query's own", () => {
  assert.deepEqual(tables('with recent as (select * from shop.orders) select * from recent r join "Country" c on true where exists (select from x)', "postgres"), ["shop.orders", '"Country"', "x"]);
});

test("MySQL and DuckDB: the same from tokens", () => {
  for (const dialect of ["mysql", "duckdb"] as const) {
    assert.deepEqual(
      tables("with recent as (select * from shop.orders o, extra as e) select extract(year from ts), trim(both from x) from recent join country using (id) left join (select 1 from deep) d on true where a in (select b from other)", dialect),
      ["shop.orders", "extra", "country", "deep", "other"],
      dialect,
    );
  }
  assert.deepEqual(tables("select * from `my orders` where ts >= now()", "mysql"), ["`my orders`"]);
  assert.deepEqual(tables("from orders select a", "duckdb"), ["orders"]);
  assert.deepEqual(tables("select * from generate_series(1, 3) g", "duckdb"), []);
});
