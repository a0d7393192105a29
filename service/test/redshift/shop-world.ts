/** The original connector's shop in a warehouse of the test kit, a store with a ledger, and detectors that read the one into the other. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestKit } from "@foretop/test-kit";
import type { TestKit } from "@foretop/test-kit";
import type { Connector } from "../../src/connectors/connector.ts";
import { postgresConnector } from "../../src/connectors/postgres/postgres.ts";
import { redshiftConnector } from "../../src/connectors/redshift/redshift.ts";
import type { CrawlSystem } from "../../src/crawl/crawl-system.ts";
import type { Detector, DetectorConfig } from "../../src/resources/detector.ts";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { configOf, measure, settingsOf } from "../crawl-world.ts";
import { runOn, testDatabase } from "../postgres.ts";

export interface ShopWorld {
  readonly kit: TestKit;
  readonly system: CrawlSystem & { readonly store: Store };
  readonly clock: VirtualClock;
  readonly database: string;
  readonly databaseUrl: string;
  /** the role of UNLOAD */
  readonly role: string;
  /** for the connector `redshift`, direct; the connector `postgres` on the same tables */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly postgresSettings: Readonly<Record<string, unknown>>;
  detector(config: Partial<DetectorConfig>): Promise<Detector>;
  close(): Promise<void>;
}

/** One SELECT with a literal, a backslash and a comment at its end: all that has to survive being quoted. */
export const SHOP_SQL = String.raw`select e.ts as timestamp, e.views, e.revenue, p.name as platform, m.name as marketplace
from ecommerce e join platform p on p.id = e.platform join marketplace m on m.id = e.marketplace
where e.ts >= :start and e.ts < :end and p.name <> 'it''s \\ not' -- the end`;

export async function shopWorld(): Promise<ShopWorld> {
  const [source, state] = [await testDatabase(), await testDatabase()];
  await runOn(
    source.url,
    `create table platform (id integer, name varchar(40)); create table marketplace (id integer, name varchar(40));
     create table ecommerce (id bigint, ts timestamp, platform integer, marketplace integer, views integer, revenue numeric(12,2));
     insert into platform values (1, 'pc_web'), (2, 'mobile "app", new');
     insert into marketplace values (1, 'us'), (2, null);
     insert into ecommerce select row_number() over (), t, p, m, 100 + p * 10 + extract(hour from t)::int, 12.34 * p + m
       from generate_series(timestamp '2026-02-27 00:00', '2026-03-01 12:00', interval '20 minutes') as t, generate_series(1, 2) as p, generate_series(1, 2) as m;
     create role kit_nobody_${process.pid}`,
  );
  const database = new URL(source.url).pathname.slice(1);
  const kit = await startTestKit({ postgresUrl: source.url });
  kit.s3.createBucket("example-bucket");
  const role = kit.addRole("example-role");
  const folder = mkdtempSync(join(tmpdir(), "foretop-shop-"));
  const store = await openPostgresStore({ databaseUrl: state.url, segments: folder, log: silentLogger });
  const clock = new VirtualClock(Date.parse("2026-03-01T12:30:00Z"));
  const { settings: postgresSettings, password } = settingsOf(source.url);
  const secrets = { resolve: (reference: string) => Promise.resolve(reference === "env:AWS" ? JSON.stringify(kit.credentials) : password) };
  const connectors = new Map<string, Connector>([redshiftConnector as Connector, postgresConnector as Connector].map((connector) => [connector.kind, connector]));
  const settings = { region: kit.region, endpoint: kit.endpoint, credentials: "env:AWS", clusterIdentifier: "kit-cluster", database, pollSecondsMax: 0.2 };
  let count = 0;
  return {
    kit,
    system: { store, clock, secrets, connectors },
    clock,
    database,
    databaseUrl: source.url,
    role,
    settings,
    postgresSettings,
    async detector(config) {
      count += 1;
      const whole = configOf({
        name: `shop-${count}`,
        source: { kind: "redshift", settings },
        query: { kind: "bound", sql: SHOP_SQL, file: null },
        timestamp: { column: "timestamp", format: null },
        measures: [measure("views"), measure("revenue")],
        dimensions: ["platform", "marketplace"],
        ...config,
      });
      return store.detectors.create(whole, `hash-${count}`, clock.nowMs());
    },
    async close() {
      await kit.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      await runOn(source.url, `drop role kit_nobody_${process.pid}`);
      await source.drop();
      await state.drop();
    },
  };
}
