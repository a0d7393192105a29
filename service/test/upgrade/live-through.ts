/**
 * Lives through the small world of the kill tests with the code of the checkout that this file lies in, and prints what
 * that code says of it. make-fixture.ts copies it into an older version: it may use only what was there in 0.1.0.
 *
 *   node live-through.ts STATE-URL WAREHOUSE-URL HOME
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { exportChannel } from "../../src/channels/export/export.ts";
import type { Channel } from "../../src/channels/channel.ts";
import type { Connector } from "../../src/connectors/connector.ts";
import { postgresConnector } from "../../src/connectors/postgres/postgres.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { deliverDue } from "../../src/jobs/deliver.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { openSystem } from "../../src/open-system.ts";
import { activateDetector } from "../../src/pipeline/activate.ts";
import { configHash } from "../../src/resources/config-hash.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { VERSION } from "../../src/version.ts";
import { fillWarehouse, FIRST_NOW_MS, HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS, warehouseSecret, worldConfig } from "../kill/world.ts";
import { saidOf } from "./said-of.ts";

const LATE_MS = LIVE_FROM_MS + HOUR;
const UNTIL_MS = LIVE_UNTIL_MS - 2 * HOUR;

const [stateUrl, warehouseUrl, homeFolder] = process.argv.slice(2);
mkdirSync(join(homeFolder!, "secrets"), { recursive: true, mode: 0o700 });
writeFileSync(join(homeFolder!, "secrets", "warehouse.json"), warehouseSecret(warehouseUrl!), { mode: 0o600 });
await fillWarehouse(warehouseUrl!);
const warehouse = new Client({ connectionString: warehouseUrl! });
await warehouse.connect();
const hour = `ts >= to_timestamp(${LATE_MS / 1000}) and ts < to_timestamp(${(LATE_MS + HOUR) / 1000})`;
await warehouse.query(`create table waiting as select * from orders where ${hour} and platform = 'ios'; delete from orders where ${hour} and platform = 'ios'`);

const clock = new VirtualClock(FIRST_NOW_MS);
const open = await openSystem({ homeFolder: homeFolder!, databaseUrl: stateUrl!, connectors: [postgresConnector as Connector], channels: [exportChannel as Channel], clock, log: silentLogger, consoleUrl: "http://127.0.0.1:7311", threads: 1 });
const { system } = open;
const world = worldConfig();
const config = { ...world, source: { kind: "postgres", settings: { secret: "secret:warehouse" } }, alerts: world.alerts.filter(({ channel }) => channel.kind === "export") };
const { id } = await system.store.detectors.create(config, configHash(config), FIRST_NOW_MS);
await activateDetector(id, system);
for (;;) {
  const now = (await system.store.detectors.get(id))!;
  if (now.headMs! >= UNTIL_MS) break;
  if (now.headMs === LATE_MS + 2 * HOUR) await warehouse.query("insert into orders select * from waiting");
  clock.advanceTo(nextDueMs(now)!);
  await runDue(system);
  await deliverDue(system);
}
await system.store.segments.compact(id, LIVE_FROM_MS + 6 * HOUR);
const said = await saidOf(system, id);
await open.close();
await warehouse.end();
process.stdout.write(JSON.stringify({ version: VERSION, nowMs: clock.nowMs(), ...said }, null, 1));
