/**
 * The small world of the kill tests: a warehouse with two and a half weeks of hourly orders and incidents in the hours
 * that are lived through, a detector that watches it, and where time begins and ends.
 */
import { Client } from "pg";
import { DEFAULT_LIMITS, type DetectorConfig, type MeasureConfig } from "../../src/resources/detector.ts";

export const HOUR = 3_600_000;
export const DETECTOR_NAME = "orders";
export const HISTORY_INTERVALS = 400;
/** hours run one by one after history; enough for a group to open, go on, end and be closed */
export const LIVE_INTERVALS = 12;
export const LIVE_FROM_MS = Date.UTC(2026, 2, 16); // a Monday
export const LIVE_UNTIL_MS = LIVE_FROM_MS + LIVE_INTERVALS * HOUR;
export const OFFSET_SECONDS = 300;
/** when the world is first looked at: history has just become readable, the first live hour has not */
export const FIRST_NOW_MS = LIVE_FROM_MS + OFFSET_SECONDS * 1000;

const PLATFORMS = ["ios", "web"];
const MARKETPLACES = ["de", "fr", "us"];

/** Secrets of the world: what differs between worlds stays out of the configuration, so that its hash is the same. */
export const SECRETS = { webhookUrl: "WORLD_WEBHOOK_URL", warehouse: "WORLD_WAREHOUSE" };

/** How a warehouse's address is given to the worlds: as the original connector kept it. */
export function warehouseSecret(warehouseUrl: string): string {
  const { hostname, port, pathname, username, password } = new URL(warehouseUrl);
  return JSON.stringify({ username: decodeURIComponent(username), password: decodeURIComponent(password), host: hostname, port: Number(port), db: pathname.slice(1) });
}

export function worldConfig(): DetectorConfig {
  const measure = (name: string): MeasureConfig => ({
    name, column: name, aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0,
  });
  const alert = { description: null, severityMin: 70, measures: [], dimensionFilters: [] };
  return {
    name: DETECTOR_NAME,
    description: null,
    frequency: "PT1H",
    zone: "UTC",
    offsetSeconds: OFFSET_SECONDS,
    source: { kind: "postgres", settings: { secret: `env:${SECRETS.warehouse}` } },
    query: { kind: "bound", sql: "select ts, platform, marketplace, views, revenue from orders where ts >= :start and ts < :end", file: null },
    timestamp: { column: "ts", format: null },
    measures: [measure("views"), measure("revenue")],
    dimensions: ["platform", "marketplace"],
    levels: "all",
    history: { intervalsMax: HISTORY_INTERVALS },
    completeness: { rowShareMin: 0, waitIntervalsMax: 0 },
    horizonIntervals: 3,
    alerts: [
      { ...alert, name: "hook", channel: { kind: "webhook", settings: { url: `env:${SECRETS.webhookUrl}`, allowPrivate: true } } },
      { ...alert, name: "table", channel: { kind: "export", settings: {} } },
    ],
    limits: DEFAULT_LIMITS,
    // These worlds are behind on purpose, and how long depends on the machine: what is told of that would differ.
    health: { behindIntervals: 0, silentIntervals: 0 },
  };
}

/** Rows of the seventh live hour that come when the eighth is over, in worlds where that happens. */
export const LATE_FROM_HEAD_MS = LIVE_FROM_MS + 7 * HOUR;

/** A second time it changes nothing. */
export async function addLateRows(warehouseUrl: string): Promise<void> {
  const client = new Client({ connectionString: warehouseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into orders select $1::timestamptz + interval '50 minutes', 'web', 'fr', 900, 270
       where not exists (select from orders where ts = $1::timestamptz + interval '50 minutes')`,
      [new Date(LIVE_FROM_MS + 6 * HOUR)],
    );
  } finally {
    await client.end();
  }
}

/** Fills an empty database. The same rows every time. */
export async function fillWarehouse(warehouseUrl: string): Promise<void> {
  const client = new Client({ connectionString: warehouseUrl });
  await client.connect();
  try {
    await client.query("create table orders (ts timestamptz not null, platform text, marketplace text, views integer, revenue numeric)");
    const rows = worldRows();
    await client.query(
      `insert into orders select to_timestamp(ms / 1000), platform, marketplace, views, revenue
       from unnest($1::float8[], $2::text[], $3::text[], $4::integer[], $5::numeric[]) as row (ms, platform, marketplace, views, revenue)`,
      [rows.map((r) => r.ms), rows.map((r) => r.platform), rows.map((r) => r.marketplace), rows.map((r) => r.views), rows.map((r) => r.revenue)],
    );
    await client.query("create index on orders (ts)");
  } finally {
    await client.end();
  }
}

interface OrderRow {
  readonly ms: number;
  readonly platform: string;
  readonly marketplace: string;
  readonly views: number;
  readonly revenue: number;
}

/** Two rows per hour and combination, a daily rhythm, a little noise, and three incidents after LIVE_FROM_MS. */
function worldRows(): OrderRow[] {
  const rows: OrderRow[] = [];
  const noise = seededNoise(7);
  for (let i = -HISTORY_INTERVALS; i < LIVE_INTERVALS; i++) {
    const ms = LIVE_FROM_MS + i * HOUR;
    for (const [p, platform] of PLATFORMS.entries()) {
      for (const [m, marketplace] of MARKETPLACES.entries()) {
        for (const minute of [7, 43]) {
          const usual = (150 + 60 * p + 40 * m) * (1 + 0.3 * Math.cos((2 * Math.PI * (i - 15)) / 24)) * (1 + 0.02 * noise());
          if (i >= 10 && platform === "web" && marketplace === "us") continue; // it stops reporting
          const views = i >= 2 && i <= 4 && platform === "ios" ? 0 : Math.round(usual); // one platform to zero
          const spike = i === 5 && marketplace === "de" ? 3 : 1;
          rows.push({ ms: ms + minute * 60_000, platform, marketplace, views, revenue: Math.round(usual * 0.3 * spike * 100) / 100 });
        }
      }
    }
  }
  return rows;
}

/** −1 … 1; a linear congruential generator is good enough for rows that only have to differ. */
function seededNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
