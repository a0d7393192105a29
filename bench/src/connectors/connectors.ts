/**
 * `npm run bench -- connectors`: rows a second and peak memory of each connector beside its driver's own raw read of the same rows, and how
 * fast CSV from S3 is decoded. Servers are real (the embedded PostgreSQL, Debian's MariaDB, DuckDB) or the test kit's S3, in processes of
 * their own; so is each reading, because the peak of memory is a process's.
 *
 * `--only postgres,mysql,duckdb,s3` runs some; `--rows 100000` tries it with fewer and writes nothing.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { gunzipSync, gzipSync } from "node:zlib";
import { startEmbeddedPostgres, removeEmbeddedPostgres } from "../../../service/src/store/embedded/embedded-postgres.ts";
import { startMariaDb, whyNoMariaDb } from "../../../service/test/mariadb.ts";
import { spawnTestKit } from "../../../test-kit/src/spawn-test-kit.ts";
import { measuredWith } from "../measured-with.ts";
import type { How, Measured, PartInput } from "./run-part.ts";

const RESULTS = fileURLToPath(new URL("../../results/connectors.json", import.meta.url));
const KINDS = ["postgres", "mysql", "duckdb", "s3"] as const;
const ROWS = 1_000_000;
/** For the peak of memory. */
const MANY_ROWS = 10_000_000;
const MEMORY_MB_MAX = 500;
const RAW_SHARE_MIN = 0.5;
const CSV_GB_PER_SECOND_MIN = 0.2;

type Figures = Record<string, number | string | boolean>;

export async function connectors(args: readonly string[]): Promise<void> {
  const only = args.includes("--only") ? args[args.indexOf("--only") + 1]!.split(",") : KINDS;
  const isTrial = args.includes("--rows");
  const rows = isTrial ? Number(args[args.indexOf("--rows") + 1]) : ROWS;
  const many = isTrial ? rows : MANY_ROWS;
  const folder = mkdtempSync(join(tmpdir(), "foretop-bench-connectors-"));
  try {
    if (only.includes("postgres")) save("postgres", await postgres(folder, rows, many), isTrial);
    if (only.includes("mysql")) save("mysql", await mysql(rows, many), isTrial);
    if (only.includes("duckdb")) save("duckdb", await duckdb(folder, rows, many), isTrial);
    if (only.includes("s3")) save("s3", await s3(rows, many), isTrial);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function postgres(folder: string, rows: number, many: number): Promise<Figures> {
  const server = await startEmbeddedPostgres(folder, { durable: false });
  try {
    await server.createDatabase("bench");
    const url = server.url("bench");
    const sql = (count: number) => `select timestamp '2026-01-01' + make_interval(secs => i) as ts, i as n, ((i % 10007) / 100.0)::numeric(10, 2) as amount, (array['DE','FR','IT'])[1 + i % 3] as country, 'channel ' || i % 50 as channel from generate_series(1, ${count}) i`;
    return await compared({ kind: "postgres", url, sql: sql(rows), rows }, { kind: "postgres", url, sql: sql(many), rows: many });
  } finally {
    await server.stop();
    await removeEmbeddedPostgres(folder);
  }
}

async function mysql(rows: number, many: number): Promise<Figures> {
  const why = whyNoMariaDb();
  if (why !== null) return { skipped: why };
  const server = await startMariaDb();
  try {
    await server.root.query("create database bench");
    const sql = (count: number) => `select timestamp('2026-01-01') + interval seq second as ts, seq as n, cast((seq % 10007) / 100 as decimal(10, 2)) as amount, elt(1 + seq % 3, 'DE', 'FR', 'IT') as country, concat('channel ', seq % 50) as channel from seq_1_to_${count}`;
    return await compared({ kind: "mysql", port: server.port, sql: sql(rows), rows }, { kind: "mysql", port: server.port, sql: sql(many), rows: many });
  } finally {
    await server.stop();
  }
}

const DUCKDB_ROWS = (count: number): string =>
  `select timestamp '2026-01-01' + to_seconds(i) as ts, i::integer as n, ((i % 10007) / 100)::decimal(10, 2) as amount, ['DE', 'FR', 'IT'][1 + i % 3] as country, 'channel ' || i % 50 as channel from range(${count}) t(i)`;

async function duckdb(folder: string, rows: number, many: number): Promise<Figures> {
  const writer = await (await DuckDBInstance.create(":memory:")).connect();
  for (const [name, count] of [["few", rows], ["many", many]] as const) await writer.run(`copy (${DUCKDB_ROWS(count)}) to '${join(folder, `${name}.parquet`)}' (format parquet)`);
  return compared({ kind: "duckdb", folder, sql: "select * from few", rows }, { kind: "duckdb", folder, sql: "select * from many", rows: many });
}

async function s3(rows: number, many: number): Promise<Figures> {
  const kit = await spawnTestKit({ buckets: ["bench"] });
  const client = new S3Client({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, forcePathStyle: true });
  const put = (key: string, body: Buffer) => client.send(new PutObjectCommand({ Bucket: "bench", Key: key, Body: body }));
  try {
    const narrow = csv(rows, "");
    await put("narrow/2026/x.csv", narrow);
    const packed = gzipSync(narrow, { level: 6 });
    await put("packed/2026/x.csv.gz", packed);
    // As exports are: as many columns again that nobody asked for.
    const wide = csv(rows / 2, ",0f6b2c3e-5d1a-4f7e-9b8c,https://shop.example.com/products/4711?ref=newsletter,Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101,192.0.2.17,paid,EUR");
    await put("wide/2026/x.csv", wide);
    const part = csv(Math.ceil(many / 10), "");
    for (let i = 0; i < 10; i++) await put(`many/2026/part-${i}.csv`, part);
    const place = { kind: "s3", endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials } as const;
    const figures: Figures = {};
    for (const [name, bytes, count] of [["narrow", narrow.length, rows], ["wide", wide.length, rows / 2], ["packed", narrow.length, rows]] as const) {
      const input: PartInput = { ...place, path: `s3://bench/${name}/{{yyyy}}/`, rows: count };
      const read = await measured(input, "connector");
      const raw = await measured(input, "raw");
      figures[`${name} GB/s of processor time`] = round(bytes / 1e9 / (read.cpuSeconds - raw.cpuSeconds), 3);
      figures[`${name} GB/s`] = round(bytes / 1e9 / read.seconds, 3);
      figures[`${name} rows/s`] = Math.round(count / read.seconds);
      figures[`${name} bytes a row`] = round(bytes / count, 1);
      figures[`${name} download alone s`] = round(raw.seconds, 2);
    }
    // What no reader of gzip can be faster than.
    const inflateBegun = process.cpuUsage();
    gunzipSync(packed);
    const inflate = process.cpuUsage(inflateBegun);
    figures["packed: inflate alone GB/s of processor time"] = round(narrow.length / 1e9 / ((inflate.user + inflate.system) / 1e6), 3);
    const large = await measured({ ...place, path: "s3://bench/many/{{yyyy}}/", rows: 10 * Math.ceil(many / 10) }, "connector");
    figures["rows of the large reading"] = 10 * Math.ceil(many / 10);
    figures["peak MB of the large reading"] = round(large.peakMb, 0);
    figures["csv bound met"] = (figures["wide GB/s of processor time"] as number) >= CSV_GB_PER_SECOND_MIN;
    figures["memory bound met"] = large.peakMb < MEMORY_MB_MAX;
    return figures;
  } finally {
    client.destroy();
    await kit.stop();
  }
}

function csv(rows: number, more: string): Buffer {
  const lines = [`ts,n,amount,country,channel${more === "" ? "" : ",a,b,c,d,e,f"}`];
  for (let i = 0; i < rows; i++) lines.push(`${new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19).replace("T", " ")},${i},${((i % 10_007) / 100).toFixed(2)},${["DE", "FR", "IT"][i % 3]},channel ${i % 50}${more}`);
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** Three turns of each, alternating; the best counts: the machine does other things, too. */
const TURNS = 3;

async function compared(some: PartInput, many: PartInput): Promise<Figures> {
  const best = { connector: Infinity, raw: Infinity };
  for (let turn = 0; turn < TURNS; turn++) for (const how of ["connector", "raw"] as const) best[how] = Math.min(best[how], (await measured(some, how)).seconds);
  const large = await measured(many, "connector");
  const share = best.raw / best.connector;
  const byDatabase = await measured(many, "lines");
  const byUs = await measured(many, "rows");
  return {
    "rows/s": Math.round(some.rows / best.connector),
    "driver's own rows/s": Math.round(some.rows / best.raw),
    "share of the driver's": round(share, 2),
    "rows of the large reading": many.rows,
    "rows/s of the large reading": Math.round(many.rows / large.seconds),
    "peak MB of the large reading": round(large.peakMb, 0),
    "aggregated by the database: lines that leave it": byDatabase.left,
    "aggregated by the database: s": round(byDatabase.seconds, 2),
    "aggregated by us: rows that leave it": byUs.left,
    "aggregated by us: s": round(byUs.seconds, 2),
    "speed bound met": share >= RAW_SHARE_MIN,
    "memory bound met": large.peakMb < MEMORY_MB_MAX,
  };
}

function measured(input: PartInput, how: How): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("run-part.ts", import.meta.url)), { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
    child.once("message", (message) => {
      resolve(message as Measured); // sent by run-part.ts
    });
    child.once("exit", (code) => {
      if (code !== 0) reject(new Error(`the part ended with ${code}`));
    });
    child.send({ input, how });
  });
}

function save(part: string, figures: Figures, isTrial: boolean): void {
  console.log(part);
  for (const [name, value] of Object.entries(figures)) console.log(`  ${name}: ${typeof value === "number" ? value.toLocaleString("en-US") : value}`);
  if (isTrial) return;
  const before = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as Record<string, unknown>) : {};
  writeFileSync(RESULTS, `${JSON.stringify({ ...before, [part]: { ...figures, load: round(loadavg()[0]!, 1), ...measuredWith() } }, null, 2)}\n`);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
