import assert from "node:assert/strict";
import { test } from "vitest";
import { fillWorld } from "../../test/world/fill-world.ts";
import { openWorld } from "../../test/world/open-world.ts";
import { countedStore } from "./counted-store.ts";
import { createMetrics } from "./metrics.ts";

test("a counted store counts intervals, anomalies, readings, groups and deliveries, and stores as before", async () => {
  await using world = await openWorld({ filled: false });
  const metrics = createMetrics({ process: false });
  const store = countedStore(world.system.store, metrics);
  const { active } = await fillWorld(store);

  const text = await metrics.registry.metrics();
  const value = (line: string) => Number(text.split("\n").find((one) => one.startsWith(`${line} `))?.split(" ")[1]);
  assert.equal(value('foretop_intervals_total{detector="ecommerce",outcome="completed"}'), 336);
  assert.equal(value('foretop_crawls_total{detector="ecommerce",outcome="succeeded"}'), 336);
  assert.equal(value('foretop_crawls_total{detector="payments",outcome="failed"}'), 1);
  assert.equal(value('foretop_crawled_rows_total{detector="ecommerce"}'), 336 * 21);
  assert.equal(value('foretop_crawl_seconds_count{detector="ecommerce"}'), 336);
  assert.equal(value('foretop_groups_opened_total{detector="ecommerce"}'), 10);
  assert.ok(value('foretop_anomalies_total{detector="ecommerce"}') > 0);

  const [pending] = await store.deliveries.list({ limit: 1 });
  await store.deliveries.recordFailed(pending!.key, "refused", active.createdMs, active.createdMs);
  await store.deliveries.recordFailed(pending!.key, "refused", null, active.createdMs);
  const after = await metrics.registry.metrics();
  assert.ok(after.includes('foretop_deliveries_total{outcome="retried"} 1'));
  assert.ok(after.includes('foretop_deliveries_total{outcome="given up"} 1'));
  assert.equal((await world.system.store.groups.list({ limit: 1 })).total, 10);
});
