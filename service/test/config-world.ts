/** A shop's orders in a real database, Foretop's own database, and the service's functions on both; for plan, apply and the CLI. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { App } from "../src/api/app.ts";
import { buildApp } from "../src/app.ts";
import { exportChannel } from "../src/channels/export/export.ts";
import { logChannel } from "../src/channels/log/log.ts";
import { webhookChannel } from "../src/channels/webhook/webhook.ts";
import type { Channel } from "../src/channels/channel.ts";
import type { Connector } from "../src/connectors/connector.ts";
import { postgresConnector } from "../src/connectors/postgres/postgres.ts";
import { openSystem } from "../src/open-system.ts";
import { activateDetector } from "../src/pipeline/activate.ts";
import type { System } from "../src/pipeline/system.ts";
import { VirtualClock } from "../src/telemetry/clock.ts";
import { silentLogger } from "../src/telemetry/logger.ts";
import { testDatabase } from "./postgres.ts";

export interface ConfigWorld {
  readonly system: System;
  readonly app: App;
  readonly clock: VirtualClock;
  /** FORETOP_HOME; holds secrets/shop.json */
  readonly home: string;
  /** foretop.yaml of the orders table; the source by secret:shop */
  readonly yaml: string;
  readonly connectors: readonly Connector[];
  readonly channels: readonly Channel[];
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

const ignore = (): void => {};

export const NOW = Date.UTC(2026, 2, 15, 12, 10);
/** hours of orders before NOW */
export const HOURS = 400;

export async function configWorld(): Promise<ConfigWorld> {
  const [source, state] = [await testDatabase(), await testDatabase()];
  const client = new Client({ connectionString: source.url });
  client.on("error", () => {});
  await client.connect();
  await client.query(`
    create table orders (id bigint generated always as identity primary key, created_at timestamptz not null, country text, channel text, amount numeric(12, 2));
    insert into orders (created_at, country, channel, amount)
    select h, country, channel, round((100 + 40 * sin(extract(hour from h) / 24.0 * 2 * pi()) + length(country) + (extract(epoch from h)::bigint / 3600 * 7919 % 13))::numeric, 2)
      from generate_series(timestamptz '2026-03-15 12:00Z' - interval '${HOURS} hours', timestamptz '2026-03-15 11:00Z', interval '1 hour') as h,
           unnest(array['de', 'fr', 'us']) as country, unnest(array['web', 'app']) as channel
     where not (country = 'us' and channel = 'app');
    create index on orders (created_at);
    analyze orders;`);

  const home = mkdtempSync(join(tmpdir(), "foretop-config-"));
  const { hostname, port, username, password, pathname } = new URL(source.url);
  mkdirSync(join(home, "secrets"), { mode: 0o700 });
  const secret = { username: decodeURIComponent(username), password: decodeURIComponent(password), host: hostname, port: Number(port), db: pathname.slice(1), dbClusterIdentifier: "test" };
  writeFileSync(join(home, "secrets/shop.json"), JSON.stringify(secret), { mode: 0o600 });

  const clock = new VirtualClock(NOW);
  const connectors = [postgresConnector as Connector];
  const channels = [logChannel, webhookChannel, exportChannel] as Channel[];
  const opened = await openSystem({ homeFolder: home, databaseUrl: state.url, connectors, channels, clock, log: silentLogger, consoleUrl: "http://127.0.0.1:7373", threads: 1 });
  const { system } = opened;
  return {
    system,
    app: buildApp(system, { startActivation: (id) => activateDetector(id, system).then(ignore, ignore) }), // as main.ts: the reason is on the detector
    clock,
    home,
    connectors,
    channels,
    yaml: `name: orders
frequency: PT1H
offsetSeconds: 300
source: { kind: postgres, secret: "secret:shop" }
query: |
  select created_at, country, channel, amount from orders
  where created_at >= :start and created_at < :end
timestamp: created_at
measures: [amount]
dimensions: [country, channel]
alerts: [{ name: oncall, channel: { kind: log } }]
`,
    sql: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    async close() {
      await client.end();
      await opened.close();
      rmSync(home, { recursive: true, force: true });
      await source.drop();
      await state.drop();
    },
  };
}
