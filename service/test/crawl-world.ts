/** A source with tables, a store with a ledger, a detector that reads the one into the other; for tests of reading. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { postgresConnector } from "../src/connectors/postgres/postgres.ts";
import type { Connector } from "../src/connectors/connector.ts";
import type { CrawlSystem } from "../src/crawl/crawl-system.ts";
import { DEFAULT_HORIZON, DEFAULT_LIMITS } from "../src/resources/detector.ts";
import type { Detector, DetectorConfig, MeasureConfig } from "../src/resources/detector.ts";
import { openPostgresStore } from "../src/store/postgres/open-store.ts";
import type { Store } from "../src/store/store.ts";
import { VirtualClock } from "../src/telemetry/clock.ts";
import { silentLogger } from "../src/telemetry/logger.ts";
import { testDatabase } from "./postgres.ts";

export interface CrawlWorld {
  readonly system: CrawlSystem & { readonly store: Store };
  readonly clock: VirtualClock;
  /** runs SQL on the source, as its owner */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** connection settings for the source, password by reference */
  readonly settings: Readonly<Record<string, unknown>>;
  /** a detector as stored, its configuration on this source */
  detector(config: Partial<DetectorConfig>): Promise<Detector>;
  close(): Promise<void>;
}

export const at = (text: string): number => Date.parse(text);

export async function crawlWorld(nowText = "2026-03-01T12:00Z"): Promise<CrawlWorld> {
  const [source, state] = [await testDatabase(), await testDatabase()];
  const folder = await mkdtemp(join(tmpdir(), "foretop-crawl-"));
  const store = await openPostgresStore({ databaseUrl: state.url, segments: folder, log: silentLogger });
  const client = new Client({ connectionString: source.url });
  client.on("error", () => {});
  await client.connect();
  const clock = new VirtualClock(at(nowText));
  const { settings, password } = settingsOf(source.url);
  const connectors = new Map<string, Connector>([["postgres", postgresConnector as Connector]]);
  const secrets = { resolve: (reference: string) => Promise.resolve(reference === "env:SOURCE_PASSWORD" ? password : "wrong") };
  let count = 0;
  return {
    system: { store, clock, secrets, connectors },
    clock,
    settings,
    sql: async (text, values = []) => (await client.query<Record<string, unknown>>({ text, values: [...values] })).rows,
    async detector(config) {
      count += 1;
      const whole = configOf({ name: `detector-${count}`, source: { kind: "postgres", settings }, ...config });
      return store.detectors.create(whole, `hash-${count}`, clock.nowMs());
    },
    async close() {
      await client.end();
      await store.close();
      await rm(folder, { recursive: true, force: true });
      await source.drop();
      await state.drop();
    },
  };
}

export function settingsOf(url: string): { settings: Readonly<Record<string, unknown>>; password: string } {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    settings: { host: hostname, port: Number(port), database: pathname.slice(1), user: decodeURIComponent(username), password: "env:SOURCE_PASSWORD" },
    password: decodeURIComponent(password),
  };
}

export function measure(name: string, aggregation: MeasureConfig["aggregation"] = "SUM", column = name): MeasureConfig {
  const whenAbsent = aggregation === "SUM" || aggregation === "COUNT" ? "zero" : "missing";
  return { name, column, aggregation, whenAbsent, severityMin: 0, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 };
}

/** Views by platform and hour, unless told otherwise. */
export function configOf(config: Partial<DetectorConfig> = {}): DetectorConfig {
  const frequency = config.frequency ?? "PT1H";
  return {
    name: "test",
    description: null,
    frequency,
    zone: "UTC",
    offsetSeconds: 0,
    source: { kind: "postgres", settings: {} },
    query: { kind: "bound", sql: "select ts, platform, views from events where ts >= :start and ts < :end", file: null },
    timestamp: { column: "ts", format: null },
    measures: [measure("views")],
    dimensions: ["platform"],
    levels: "all",
    history: { intervalsMax: 2500 },
    completeness: { rowShareMin: 0, waitIntervalsMax: 1 },
    horizonIntervals: DEFAULT_HORIZON[frequency],
    alerts: [],
    limits: DEFAULT_LIMITS,
    ...config,
  };
}
