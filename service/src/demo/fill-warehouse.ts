/**
 * Makes the demo's warehouse in an empty database: the three tables of the shop, an index on the time, a role that may
 * only read. One transaction: a fill that is killed leaves nothing, and the next run fills again.
 *
 * Rows that arrive late wait in `demo.waiting`, which the reader can't see, until `deliverLateRows` moves them.
 */
import { Client } from "pg";
import { UserError } from "../telemetry/errors.ts";
import { copyIn } from "./copy-in.ts";
import type { DemoPeriod } from "./demo-period.ts";
import { demoPeriod } from "./demo-period.ts";
import { planWarehouse, rowsOfHour, type WarehousePlan, type WarehouseRow } from "./warehouse-rows.ts";
import { HOUR_MS, MARKETPLACES, MEASURES, PLATFORMS } from "./warehouse-shape.ts";

export interface FillOptions {
  readonly seed: number;
  /** where a new warehouse is anchored; one that is there keeps its own */
  readonly anchorMs: number;
  /** the anchor is part of what was asked (`--once`): a warehouse with another one, or a live one, is an error */
  readonly anchorIsFixed: boolean;
  readonly readerPassword: string;
  /** share done, 0 … 1 */
  readonly onProgress: (share: number) => void;
  readonly signal?: AbortSignal;
}

export interface FilledWarehouse {
  readonly plan: WarehousePlan;
  /** false: it was there from an earlier run */
  readonly isNew: boolean;
  /** rows in `ecommerce` and waiting together */
  readonly rows: number;
  readonly series: number;
  /** hours from the first row to the last */
  readonly intervals: number;
}

export const READER = "foretop_demo_reader";

/** Counted up when the generator changes: a warehouse of another version is not silently mixed with new code. */
const VERSION = 1;

export async function fillWarehouse(url: string, options: FillOptions): Promise<FilledWarehouse> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // an error of an open connection also rejects its query
  const stop = () => void client.end();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    options.signal?.throwIfAborted();
    await client.connect();
    const found = await describeWarehouse(client);
    if (found === null) await fill(client, planWarehouse(options.seed, demoPeriod(options.anchorMs)), options);
    const warehouse = found ?? (await describeWarehouse(client))!;
    refuseOther(warehouse, options);
    await letReaderIn(client, options.readerPassword);
    const plan = planWarehouse(warehouse.seed, demoPeriod(warehouse.anchorMs));
    return {
      plan,
      isNew: found === null,
      rows: warehouse.rows,
      series: PLATFORMS.length * MARKETPLACES.length * MEASURES.length,
      intervals: hoursOf(plan.period),
    };
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw cause;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await client.end().catch(() => {});
  }
}

interface Warehouse {
  readonly version: number;
  readonly seed: number;
  readonly anchorMs: number;
  readonly anchorIsFixed: boolean;
  readonly rows: number;
}

async function describeWarehouse(client: Client): Promise<Warehouse | null> {
  const { rows: tables } = await client.query<{ there: boolean }>("select to_regclass('demo.made') is not null as there");
  if (!tables[0].there) return null;
  const { rows } = await client.query<Warehouse>(
    `select version, seed::float8 as seed, (extract(epoch from anchor) * 1000)::float8 as "anchorMs",
       anchor_is_fixed as "anchorIsFixed", rows::float8 as rows from demo.made`,
  );
  return rows[0];
}

function refuseOther(found: Warehouse, { seed, anchorMs, anchorIsFixed }: FillOptions): void {
  const advice = "Run again with --reset to start over, or set FORETOP_HOME to another folder.";
  if (found.version !== VERSION) {
    throw new UserError(`the demo in this folder was made by another version of Foretop (${found.version}, this is ${VERSION})`, {
      code: "CONFLICT",
      advice,
    });
  }
  if (found.seed !== seed) {
    throw new UserError(`the demo in this folder was made with seed ${found.seed}, not ${seed}`, {
      code: "CONFLICT",
      where: "--seed",
      advice,
    });
  }
  if (anchorIsFixed !== found.anchorIsFixed || (anchorIsFixed && found.anchorMs !== anchorMs)) {
    // Live, the hours from a fixed day to now would all have to be caught up, or waited for.
    throw new UserError(
      found.anchorIsFixed
        ? `the demo in this folder is of fixed days, up to ${new Date(found.anchorMs).toISOString()} (--once)`
        : `the demo in this folder is a live one, --once is of fixed days up to ${new Date(anchorMs).toISOString()}`,
      { code: "CONFLICT", where: "--once", advice },
    );
  }
}

async function fill(client: Client, plan: WarehousePlan, { anchorIsFixed, onProgress }: FillOptions): Promise<void> {
  await client.query("begin");
  await client.query(TABLES);
  await client.query({
    text: "insert into platform select * from unnest($1::int[], $2::text[])",
    values: [PLATFORMS.map((_, index) => index + 1), PLATFORMS.map(({ name }) => name)],
  });
  await client.query({
    text: "insert into marketplace select * from unnest($1::int[], $2::text[])",
    values: [MARKETPLACES.map((_, index) => index + 1), MARKETPLACES.map(({ name }) => name)],
  });

  const waiting: WarehouseRow[] = [];
  const inTime = await copyIn(
    client,
    "copy ecommerce (id, ts, platform, marketplace, views, revenue) from stdin (freeze)",
    linesInTime(plan, waiting, onProgress),
  );
  await copyIn(
    client,
    "copy demo.waiting (id, ts, platform, marketplace, views, revenue, arrives) from stdin",
    waiting.map((row) => `${lineOf(row)}\t${timeText(row.arrivesMs!)}\n`),
  );
  await client.query("create index ecommerce_ts on ecommerce (ts)");
  await client.query({
    text: "insert into demo.made (version, seed, anchor, anchor_is_fixed, rows) values ($1, $2, to_timestamp($3::float8 / 1000), $4, $5)",
    values: [VERSION, plan.seed, plan.period.anchorMs, anchorIsFixed, inTime + waiting.length],
  });
  await client.query("commit");
  await client.query("analyze"); // so that the first query is planned well
}

const TABLES = `
create table platform (id integer primary key, name text not null unique);
create table marketplace (id integer primary key, name text not null unique);
create table ecommerce (
  id integer not null,
  ts timestamp(3) not null,
  platform integer not null,
  marketplace integer not null,
  views integer not null,
  revenue numeric(12, 2) not null
);
create schema demo;
create table demo.waiting (like ecommerce, arrives timestamp(3) not null);
create table demo.made (
  version integer not null,
  seed bigint not null,
  anchor timestamptz not null,
  anchor_is_fixed boolean not null,
  rows bigint not null
);
`;

/** Lines of the rows that are there in time, about 64 KiB a chunk; the others are put aside. */
function* linesInTime(
  plan: WarehousePlan,
  waiting: WarehouseRow[],
  onProgress: (share: number) => void,
): Generator<string> {
  const { startMs, endMs } = plan.period;
  let nextId = 1;
  let lines = "";
  for (let hourMs = startMs; hourMs < endMs; hourMs += HOUR_MS) {
    for (const row of rowsOfHour(hourMs, plan, nextId)) {
      nextId = row.id + 1;
      if (row.arrivesMs === null) lines += `${lineOf(row)}\n`;
      else waiting.push(row);
    }
    if (lines.length < CHUNK_LENGTH) continue;
    yield lines;
    lines = "";
    onProgress((hourMs - startMs) / (endMs - startMs));
  }
  if (lines !== "") yield lines;
}
const CHUNK_LENGTH = 65_536;

function lineOf(row: WarehouseRow): string {
  const revenue = `${Math.floor(row.revenueCents / 100)}.${TWO_DIGITS[row.revenueCents % 100]}`;
  return `${row.id}\t${timeText(row.tsMs)}\t${row.platform}\t${row.marketplace}\t${row.views}\t${revenue}`;
}

/** UTC without a zone, as the naive column holds it. Rows of one hour come together: only the rest is made anew. */
function timeText(ms: number): string {
  const intoHour = ms % HOUR_MS;
  if (ms - intoHour !== lastHour.startMs) {
    lastHour = { startMs: ms - intoHour, text: new Date(ms).toISOString().slice(0, "2026-05-23T19:".length) };
  }
  const minutes = Math.floor(intoHour / 60_000);
  const milliseconds = intoHour % 60_000;
  return `${lastHour.text}${TWO_DIGITS[minutes]}:${TWO_DIGITS[Math.floor(milliseconds / 1000)]}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
let lastHour = { startMs: NaN, text: "" };
const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, "0"));

/** The role belongs to the whole server: it may be there from an earlier demo, then it gets the password of now. */
async function letReaderIn(client: Client, password: string): Promise<void> {
  const { rows } = await client.query("select 1 from pg_roles where rolname = $1", [READER]);
  const verb = rows.length === 0 ? "create" : "alter";
  // A password can't be a parameter of this statement; `escapeLiteral` quotes it.
  await client.query(`${verb} role ${READER} login password ${client.escapeLiteral(password)}`);
  await client.query(`grant usage on schema public to ${READER}`);
  await client.query(`grant select on platform, marketplace, ecommerce to ${READER}`);
}

function hoursOf({ startMs, endMs }: DemoPeriod): number {
  return (endMs - startMs) / HOUR_MS;
}
