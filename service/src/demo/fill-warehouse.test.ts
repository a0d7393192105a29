import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "../../test/postgres.ts";
import { UserError } from "../telemetry/errors.ts";
import { copyIn } from "./copy-in.ts";
import { deliverLateRows } from "./deliver-late-rows.ts";
import { FIXED_ANCHOR_MS } from "./demo-period.ts";
import { fillWarehouse, READER, type FillOptions } from "./fill-warehouse.ts";
import { rowsOfHour } from "./warehouse-rows.ts";
import { HOUR_MS } from "./warehouse-shape.ts";

const OPTIONS: FillOptions = {
  seed: 7,
  anchorMs: FIXED_ANCHOR_MS,
  anchorIsFixed: true,
  readerPassword: "it's a \\ secret",
  onProgress: () => {},
};

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});
const one = async (sql: string, parameters: unknown[] = []) =>
  (await client.query<Record<string, unknown>>(sql, parameters)).rows[0];

describe("a warehouse", () => {
  test("is not there after a fill that was stopped, and a second fill makes it", async () => {
    const stop = new AbortController();
    const stopped = fillWarehouse(database.url, {
      ...OPTIONS,
      onProgress: (share) => {
        if (share > 0.1) stop.abort(new Error("stopped by the user"));
      },
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow("stopped by the user");
    expect(await one("select to_regclass('ecommerce') as t")).toEqual({ t: null });

    const shares: number[] = [];
    const filled = await fillWarehouse(database.url, { ...OPTIONS, onProgress: (share) => shares.push(share) });
    expect(filled).toMatchObject({ isNew: true, series: 42, intervals: 21_912 });
    expect(filled.rows).toBeGreaterThan(1_300_000);
    expect(shares.length).toBeGreaterThan(100);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  test("holds exactly the generator's rows, late ones apart", async () => {
    const { plan } = await fillWarehouse(database.url, OPTIONS);
    const hourMs = plan.late.loadHours[0];
    const expected = rowsOfHour(hourMs, plan, 1);
    const bounds = [new Date(hourMs), new Date(hourMs + HOUR_MS)].map((time) => time.toISOString().slice(0, -1));
    const sum = "count(*)::int as rows, sum(views)::int as views, (sum(revenue) * 100)::int as cents";
    const there = await one(`select ${sum} from ecommerce where ts >= $1::timestamp and ts < $2::timestamp`, bounds);
    const waiting = await one(`select ${sum} from demo.waiting where ts >= $1::timestamp and ts < $2::timestamp`, bounds);
    for (const [name, of] of Object.entries({ views: "views", cents: "revenueCents" } as const)) {
      expect(Number(there[name]) + Number(waiting[name])).toBe(expected.reduce((total, row) => total + row[of], 0));
    }
    expect(Number(waiting["rows"])).toBeGreaterThan(0.5 * expected.length);
    const hour = "select ts from ecommerce where ts >= $1::timestamp and ts < $2::timestamp";
    const times = `select array_agg((extract(epoch from ts) * 1000)::float8 order by ts) as times from (${hour} union all ${hour.replace("ecommerce", "demo.waiting")}) t`;
    expect((await one(times, bounds))["times"]).toEqual(expected.map(({ tsMs }) => tsMs).sort((a, b) => a - b));
    expect(await one("select count(distinct id) = count(*) as unique from ecommerce")).toEqual({ unique: true });
  });

  test("is found again by a second run, and not mixed with another seed or anchor", async () => {
    expect(await fillWarehouse(database.url, OPTIONS)).toMatchObject({ isNew: false, intervals: 21_912 });
    await expect(fillWarehouse(database.url, { ...OPTIONS, seed: 8 })).rejects.toThrow(
      "the demo in this folder was made with seed 7, not 8",
    );
    const live = { ...OPTIONS, anchorMs: FIXED_ANCHOR_MS + 5 * HOUR_MS, anchorIsFixed: false };
    await expect(fillWarehouse(database.url, live)).rejects.toThrow(
      "the demo in this folder is of fixed days, up to 2026-06-01T00:00:00.000Z (--once)",
    );
    // A live demo goes on with the anchor of its first run.
    await client.query("update demo.made set anchor_is_fixed = false");
    expect((await fillWarehouse(database.url, live)).plan.period.anchorMs).toBe(FIXED_ANCHOR_MS);
    await expect(fillWarehouse(database.url, OPTIONS)).rejects.toThrow("is a live one, --once is of fixed days");
    await client.query("update demo.made set anchor_is_fixed = true");
    await expect(fillWarehouse(database.url, { ...OPTIONS, seed: 8 })).rejects.toBeInstanceOf(UserError);
  });

  test("lets the reader read the three tables and nothing else", async () => {
    const url = new URL(database.url);
    url.username = READER;
    url.password = encodeURIComponent(OPTIONS.readerPassword);
    const reader = new Client({ connectionString: url.href });
    await reader.connect();
    try {
      await expect(reader.query("select from ecommerce, platform, marketplace limit 1")).resolves.toMatchObject({ rowCount: 1 });
      await expect(reader.query("select * from demo.waiting")).rejects.toThrow("permission denied");
      await expect(reader.query("delete from ecommerce")).rejects.toThrow("permission denied");
    } finally {
      await reader.end();
    }
  });

  test("gets its late rows when their time has come, each once", async () => {
    const { plan } = await fillWarehouse(database.url, OPTIONS);
    const endMs = plan.late.loadHours[0] + HOUR_MS;
    const total = Number((await one("select count(*)::int as n from ecommerce"))["n"]);
    await deliverLateRows(client, endMs);
    const before = Number((await one("select count(*)::int as n from ecommerce"))["n"]);
    const moved = await deliverLateRows(client, endMs + 40 * 60_000);
    expect(moved).toBeGreaterThan(30);
    expect(await deliverLateRows(client, endMs + 40 * 60_000)).toBe(0);
    expect(await one("select count(*)::int as n from ecommerce")).toEqual({ n: before + moved });
    expect(before).toBeGreaterThan(total);
  });
});

describe("copyIn", () => {
  test("rejects with the server's words and leaves the connection usable", async () => {
    await client.query("create temp table t (n integer)");
    await expect(copyIn(client, "copy t from stdin", ["1\n", "two\n"])).rejects.toThrow('invalid input syntax for type integer: "two"');
    await expect(copyIn(client, "copy nowhere from stdin", ["1\n"])).rejects.toThrow('relation "nowhere" does not exist');
    expect(await copyIn(client, "copy t from stdin", ["1\n2", "\n3\n"])).toBe(3);
  });

  test("rejects when the rows can't be made, and copies none of them", async () => {
    const broken = function* () {
      yield "4\n";
      throw new Error("no more rows");
    };
    await expect(copyIn(client, "copy t from stdin", broken())).rejects.toThrow("no more rows");
    expect(await one("select count(*)::int as n from t")).toEqual({ n: 3 });
  });
});
