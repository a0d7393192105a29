import assert from "node:assert/strict";
import { test } from "vitest";
import { shownSql } from "./shown-sql.ts";

const START = Date.UTC(2026, 2, 2, 9);
const END = START + 3_600_000;

test("placeholders become quoted instants, each as often as it stands there", () => {
  assert.equal(shownSql("ts >= $1::timestamptz and ts < $2 and $1 < $2", [START, END]), "ts >= '2026-03-02T09:00:00Z'::timestamptz and ts < '2026-03-02T10:00:00Z' and '2026-03-02T09:00:00Z' < '2026-03-02T10:00:00Z'");
});

test("what only looks like a placeholder stays: in text, names, comments, dollar quotes", () => {
  for (const text of ["'costs $1, it''s'", '"col $1 ""x"""', "-- $1\n", "/* $1\n $2 */", "$$ $1 $$", "$body$ $1 $body$"]) assert.equal(shownSql(`select ${text}`, [START]), `select ${text}`);
});

test("$10 is the tenth, not the first; one without a value stays", () => {
  assert.equal(shownSql("$10 $2", [START]), "$10 $2");
  assert.equal(shownSql("$10", Array.from({ length: 10 }, (_, i) => START + i * 3_600_000)), "'2026-03-02T18:00:00Z'");
});

test("MySQL's placeholders are filled in their order", () => {
  assert.equal(shownSql("select `from_unixtime(?)`, from_unixtime(?), 'from_unixtime(?)', from_unixtime(?)", [1000, 2500]), "select `from_unixtime(?)`, from_unixtime(1), 'from_unixtime(?)', from_unixtime(2.5)");
});
