import assert from "node:assert/strict";
import { test } from "vitest";
import type { QueryConfig } from "../../resources/detector.ts";
import { windowRemarks } from "./window-remarks.ts";

const pair = (historicalSql: string, continuousSql: string | null = null): QueryConfig => ({ kind: "pinned", historicalSql, historicalFile: "h.sql", continuousSql, continuousFile: "c.sql" });
const texts = (query: QueryConfig, frequency: "PT5M" | "PT1H" | "P1D" = "PT1H") => windowRemarks(query, { frequency, dialect: "postgres" }).map((remark) => `${remark.kind}: ${remark.message}`);

test("the original pair: history ended inside an interval, the window lost its start and whatever the job was late", () => {
  const original = pair("select ts from e where ts < dateadd(hour, -1, sysdate)", "select ts from e where ts < dateadd(hour, 0, getdate()) and ts > dateadd(hour, -1, getdate())");
  assert.deepEqual(texts(original), [
    "was lost: history ended 1 h before the moment it was read, in the middle of an interval: that one was learned in part, and up to 2 h until the first continuous run were never read",
    "was lost: rows exactly at the start of an interval: its `>` leaves them out",
    "was lost: as many seconds at the start of an interval as the job began late: the window moves with the clock",
  ]);
});

test("a window shorter or longer than the interval is told", () => {
  const hour = pair("select ts from e", "select ts from e where ts >= dateadd(hour, -1, getdate()) and ts < getdate()");
  assert.match(texts(hour, "P1D").join("\n"), /was lost: the first 23 h of every interval/);
  assert.match(texts(hour, "PT5M").join("\n"), /note: the window is 55 min longer than an interval/);
});

test("a lower bound of the historical query that cuts into intervals is a loss now, one further back only where history begins", () => {
  assert.match(texts(pair("select ts from e where ts > getdate() - interval '30 minutes'")).join("\n"), /^lost: .*of each interval the first 30 min are cut off/m);
  assert.match(texts(pair("select ts from e where ts > getdate() - interval '90 days'")).join("\n"), /^note: the historical query only reads the last 8\d d .*: history begins there/m);
});

test("a bound query that asks the clock, too, is remarked on; a plain one is not", () => {
  const bound = (sql: string): QueryConfig => ({ kind: "bound", sql, file: null });
  assert.deepEqual(texts(bound("select ts from e where ts >= :start and ts < :end")), []);
  assert.match(texts(bound("select ts from e where ts >= :start and ts < :end and x < now()")).join(), /^note: the query asks the database's clock/);
  assert.match(texts(bound("select ts from e where ts >= :start and ts < :end limit 5")).join(), /^lost: .*LIMIT/);
});
