import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { at, crawlWorld } from "../../test/crawl-world.ts";
import type { CrawlWorld } from "../../test/crawl-world.ts";
import { crawlInterval } from "./crawl-interval.ts";

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld();
  await world.sql("create table events (ts timestamp not null, platform text, views numeric)");
});
afterAll(() => world.close());

const TEN = { startMs: at("2026-03-01T10:00Z"), endMs: at("2026-03-01T11:00Z") };

test("crawlInterval sums the rows of [start, end) by combination and writes one row of the ledger", async () => {
  await world.sql(`insert into events values
    ('2026-03-01 09:59:59.999', 'web', 100), ('2026-03-01 10:00:00', 'web', 1), ('2026-03-01 10:59:59.999', 'web', 2.5),
    ('2026-03-01 10:30:00', 'ios', 7), ('2026-03-01 11:00:00', 'ios', 1000)`);
  const detector = await world.detector({});
  const batch = await crawlInterval(detector, TEN, world.system);
  assert.deepEqual(batch.keys.map((key) => key.dimensions[0]!.value), ["ios", "web"]);
  assert.deepEqual(batch.values, Float64Array.of(7, 3.5));
  assert.deepEqual(batch.counts, Float64Array.of(1, 2));
  assert.deepEqual(batch.rows, { processed: 3, invalid: 0, partial: 0, outside: 0, reasons: {} });
  assert.equal(batch.maxTimestampMs, at("2026-03-01T10:59:59.999Z"));
  assert.equal(batch.remark, null);

  const attempts = await world.system.store.ledger.list(detector.id, { limit: 10 });
  assert.equal(attempts.length, 1);
  const attempt = attempts[0]!;
  assert.equal(attempt.id, batch.attemptId);
  assert.equal(attempt.outcome, "succeeded");
  assert.equal(attempt.rows, 3);
  assert.ok(attempt.bytes > 50 && attempt.bytes < 1000, `${attempt.bytes}`);
  assert.match(attempt.statementId ?? "", /^session \d+$/);
  assert.equal(attempt.statement, "select ts, platform, views from events where ts >= $1::timestamptz and ts < $2::timestamptz");
  assert.deepEqual(attempt.parameters, [TEN.startMs, TEN.endMs]);
  assert.equal(attempt.maxTimestampMs, batch.maxTimestampMs);
});
