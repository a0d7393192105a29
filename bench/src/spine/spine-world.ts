/** A source of any size in a real PostgreSQL, and the service's own system beside it. */
import { Client } from "pg";
import { openSystem, type OpenSystem } from "../../../service/src/open-system.ts";
import { postgresConnector } from "../../../service/src/connectors/postgres/postgres.ts";
import { configHash } from "../../../service/src/resources/config-hash.ts";
import { DEFAULT_LIMITS, type Detector, type DetectorConfig } from "../../../service/src/resources/detector.ts";
import { VirtualClock } from "../../../service/src/telemetry/clock.ts";
import { silentLogger } from "../../../service/src/telemetry/logger.ts";

export const HOUR_MS = 3_600_000;
/** first hour of every source */
export const START_MS = Date.UTC(2026, 0, 1);
const REGIONS = 50;

export interface WorldPlace {
  /** the server, without a database's name: postgresql://user:password@host:port/ */
  readonly serverUrl: string;
  /** database that holds the source */
  readonly source: string;
  readonly homeFolder: string;
}

/** One row a series and hour; time-major on disk, as an append-only table is. Text dimensions, a float measure. */
export async function fillSource(url: string, { seriesCount, intervalCount }: { seriesCount: number; intervalCount: number }): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("create table facts (ts timestamptz not null, region text not null, item text not null, amount double precision not null)");
    await client.query(
      `insert into facts
       select to_timestamp($1::float8 / 1000) + make_interval(hours => t), 'r' || (s % ${REGIONS}), 'i' || (s / ${REGIONS}),
         -- daily rhythm, weekly rhythm, and noise from a hash: the same on every run
         round((1000 + 300 * sin(2 * pi() * (t % 24) / 24 + s) + 80 * sin(2 * pi() * (t % 168) / 168)
           + (hashint8(s::bigint * 1000003 + t) & 127))::numeric, 2)::float8
       from generate_series(0, $2::int - 1) t, generate_series(0, $3::int - 1) s`,
      [START_MS, intervalCount, seriesCount],
    );
    await client.query("create index facts_ts on facts (ts)");
    await client.query("vacuum analyze facts");
  } finally {
    await client.end();
  }
}

export interface World extends AsyncDisposable {
  readonly open: OpenSystem;
  readonly clock: VirtualClock;
  readonly detector: Detector;
}

export const SQL = "select ts, region, item, amount from facts where ts >= :start and ts < :end";

/** A detector on the source whose history of `historyIntervals` ends at the clock. */
export async function openWorld(
  { serverUrl, source, homeFolder }: WorldPlace,
  { state, historyIntervals }: { state: string; historyIntervals: number },
): Promise<World> {
  const clock = new VirtualClock(START_MS + historyIntervals * HOUR_MS);
  const open = await openSystem({
    homeFolder,
    databaseUrl: new URL(state, serverUrl).href,
    connectors: [postgresConnector],
    channels: [],
    clock,
    log: silentLogger,
    consoleUrl: "http://127.0.0.1",
  });
  const config = configOf(serverUrl, source, historyIntervals);
  const { store } = open.system;
  const detector = (await store.detectors.getByName(config.name)) ?? (await store.detectors.create(config, configHash(config), clock.nowMs()));
  return { open, clock, detector, [Symbol.asyncDispose]: () => open.close() };
}

function configOf(serverUrl: string, source: string, historyIntervals: number): DetectorConfig {
  const { hostname, port, username } = new URL(serverUrl);
  return {
    name: `bench-${source}`,
    description: null,
    frequency: "PT1H",
    zone: "UTC",
    offsetSeconds: 0,
    source: {
      kind: postgresConnector.kind,
      settings: { host: hostname, port: Number(port), user: username, database: source, password: `env:${PASSWORD_VARIABLE}` },
    },
    query: { kind: "bound", sql: SQL, file: null },
    timestamp: { column: "ts", format: null },
    measures: [
      {
        name: "amount",
        column: "amount",
        aggregation: "SUM",
        whenAbsent: "zero",
        severityMin: 70,
        direction: "both",
        effectMin: 0,
        effectShareMin: 0,
        volumeMin: 0,
      },
    ],
    dimensions: ["region", "item"],
    levels: "all",
    history: { intervalsMax: historyIntervals },
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
    horizonIntervals: 24,
    alerts: [],
    limits: DEFAULT_LIMITS,
  };
}

/** Secrets come by reference, here too. */
export const PASSWORD_VARIABLE = "FORETOP_BENCH_PASSWORD";
