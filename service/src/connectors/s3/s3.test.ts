import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { intervalStarts } from "@foretop/engine";
import { startTestKit } from "@foretop/test-kit";
import type { TestKit } from "@foretop/test-kit";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { fillTable } from "../../crawl/fill-table.ts";
import { parseConfigFile } from "../../resources/parse-config.ts";
import { readFileFrom } from "../../resources/read-file.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";
import type { BoundQuery, Cell, Column, DatasetNeeds, ReadOptions } from "../connector.ts";
import { datasetNeeds } from "../dataset-needs.ts";
import { bindQuery } from "../sql/bind-query.ts";
import { s3Connector } from "./s3.ts";
import { s3Settings } from "./s3-settings.ts";
import type { S3Source } from "./s3-source.ts";

let kit: TestKit;
beforeAll(async () => {
  kit = await startTestKit({ s3PageKeysMax: 7 });
});
afterAll(() => kit.stop());
beforeEach(() => {
  kit.faults.clear();
  kit.s3.buckets.clear();
  kit.s3.createBucket("data");
});

const PATH = "s3://data/live/{{yyyyMMdd}}/{{HHmm}}";
const DATASET: DatasetNeeds = { frequency: "PT1H", timestamp: { column: "ts", format: "yyyy-MM-dd HH:mm:ss" }, numbers: ["amount"], texts: ["country"] };
const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 2, 1);

interface OpenOptions {
  readonly settings?: object;
  readonly dataset?: DatasetNeeds | null;
  readonly zone?: string;
  readonly secret?: object;
}

function open({ settings = {}, dataset = DATASET, zone = "UTC", secret = kit.credentials }: OpenOptions = {}): Promise<S3Source> {
  const parsed = s3Settings.parse({ region: kit.region, endpoint: kit.endpoint, credentials: "env:KEYS", path: PATH, requestSecondsMax: 5, ...settings });
  return s3Connector.open(parsed, { secrets: { resolve: () => Promise.resolve(JSON.stringify(secret)) }, zone, ...(dataset !== null && { dataset }) }) as Promise<S3Source>; // what this connector opens
}

const range = (startHour: number, endHour: number): BoundQuery => ({ sql: "the files of $1 up to $2", parameters: [DAY + startHour * HOUR, DAY + endHour * HOUR] });

async function readAll(source: S3Source, query: BoundQuery, options: Partial<ReadOptions> = {}) {
  const rows: (readonly Cell[])[] = [];
  let columns: readonly Column[] | null = null;
  let columnsTold = 0;
  const within: (string | undefined)[] = [];
  for await (const batch of source.read(query, { rowsPerBatch: 1000, timeoutMs: 20_000, onColumns: (told) => { columns = told; columnsTold += 1; }, ...options })) {
    assert.ok(batch.rows.length > 0 && batch.bytes > 0);
    rows.push(...batch.rows);
    const hours = batch.within?.map(({ startMs }) => new Date(startMs).toISOString().slice(11, 16)).join(" ");
    if (within.at(-1) !== hours) within.push(hours); // of a folder, in however many batches it comes
  }
  assert.equal(columnsTold, 1, "columns are told once");
  return { rows, columns: columns!, within };
}

async function read(query: BoundQuery, options: OpenOptions = {}) {
  await using source = await open(options);
  return readAll(source, query);
}

const csv = (...rows: string[]): string => ["ts,country,amount", ...rows].join("\n");
const put = (key: string, body: string | Buffer): void => void kit.s3.put("data", key, body);

const isError = (code: SourceErrorCode, { message = /./, transient, advice = /./ }: { message?: RegExp; transient?: boolean; advice?: RegExp } = {}) => (error: unknown): true => {
  assert.ok(error instanceof SourceError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  assert.match(error.advice ?? "", advice, error.message);
  if (transient !== undefined) assert.equal(error.transient, transient, error.message);
  return true;
};

test("an interval is the files directly in the folder of its start; all else there is left alone", async () => {
  put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,1.5"));
  put("live/20260301/1000/b.anything", csv("2026-03-01 10:59:59,FR,2"));
  put("live/20260301/1000/", "");
  put("live/20260301/1000/deeper/c.csv", csv("2026-03-01 10:00:00,XX,9"));
  put("live/20260301/1100/a.csv", csv("2026-03-01 11:00:00,XX,9"));
  put("live/20260301/0900/a.csv", csv("2026-03-01 09:00:00,XX,9"));
  const { rows, columns, within } = await read(range(10, 11));
  assert.deepEqual(rows, [["2026-03-01 10:00:00", 1.5, "DE"], ["2026-03-01 10:59:59", 2, "FR"]]);
  assert.deepEqual(columns.map(({ name, type }) => [name, type]), [["ts", "text"], ["amount", "number"], ["country", "text"]]);
  assert.deepEqual(within, ["10:00"]);
});

test("an interval without files gives its columns and no row", async () => {
  const { rows, columns } = await read(range(10, 11));
  assert.deepEqual(rows, []);
  assert.deepEqual(columns.map(({ name }) => name), ["ts", "amount", "country"]);
});

test("history looks back through the interval folders, a few listings for all of them", async () => {
  for (let hour = 0; hour < 72; hour++) {
    const at = new Date(DAY + hour * HOUR).toISOString();
    put(`live/${at.slice(0, 10).replaceAll("-", "")}/${at.slice(11, 13)}00/part-0`, csv(`${at.slice(0, 10)} ${at.slice(11, 19)},DE,${hour}`));
  }
  const { rows, within } = await read(range(10, 60));
  assert.deepEqual(rows.map(([, amount]) => amount), Array.from({ length: 50 }, (_, i) => i + 10));
  assert.equal(new Set(within).size, 24, "each row is held to its folder's interval");
  const source = await open();
  const before = kit.calls.of("ListObjectsV2").length;
  await readAll(source, range(0, 24));
  const listings = kit.calls.of("ListObjectsV2").length - before;
  assert.ok(listings <= 5, `${listings} pages of 7 keys for 24 folders`);
  await source.close();
});

test("the folder is the interval's start in the dataset's zone; Hive's style is a template like others", async () => {
  put("h/intvl_date=2026-03-01/intvl_hhmm=0500/x.csv", csv("2026-03-01 05:30:00,DE,1"));
  const { rows } = await read(range(10, 11), { settings: { path: "s3://data/h/intvl_date={{yyyy-MM-dd}}/intvl_hhmm={{HHmm}}/" }, zone: "America/New_York" });
  assert.equal(rows.length, 1);
});

test("several intervals may share a folder: it is read once, for all of them", async () => {
  put("daily/2026/03/01/x.csv", csv("2026-03-01 10:30:00,DE,1", "2026-03-01 11:30:00,DE,2", "2026-03-01 15:30:00,DE,3"));
  const { rows, within } = await read(range(10, 12), { settings: { path: "s3://data/daily/{{yyyy}}/{{MM}}/{{dd}}" } });
  assert.equal(rows.length, 3);
  assert.deepEqual(within, ["10:00 11:00"]);
});

test("the historical folder serves the intervals that have no folder, without its sub-folders", async () => {
  put("past/all.csv", csv("2026-03-01 08:00:00,DE,8", "2026-03-01 09:00:00,DE,9", "2026-03-01 10:00:00,DE,-10"));
  put("past/deeper/x.csv", csv("2026-03-01 08:00:00,XX,1"));
  put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,10"));
  const { rows, within } = await read(range(8, 11), { settings: { historicalPath: "s3://data/past" } });
  assert.deepEqual(rows.map(([, amount]) => amount), [8, 9, -10, 10]);
  assert.deepEqual(within, ["08:00 09:00", "10:00"], "the historical row of 10:00 is held not to count");
});

test("a historical file that is older than an interval is not read for it", async () => {
  put("past/all.csv", csv("2026-03-01 08:00:00,DE,8"));
  kit.calls.clear();
  const future = { sql: "", parameters: [Date.UTC(2099, 0, 1), Date.UTC(2099, 0, 1, 1)] };
  assert.deepEqual((await read(future, { settings: { historicalPath: "s3://data/past/" } })).rows, []);
  assert.deepEqual(kit.calls.of("GetObject"), []);
});

test("a file that comes after the reading is there when the interval is read again", async () => {
  await using source = await open();
  put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,1"));
  assert.equal((await readAll(source, range(10, 11))).rows.length, 1);
  put("live/20260301/1000/late.csv", csv("2026-03-01 10:01:00,DE,2"));
  assert.equal((await readAll(source, range(10, 11))).rows.length, 2);
});

describe("formats", () => {
  const one = async (body: string | Buffer, options: OpenOptions = {}) => {
    put("live/20260301/1000/x", body);
    return (await read(range(10, 11), options)).rows;
  };
  const ROW = ["2026-03-01 10:00:00", 1.5, "DE"];

  test("CSV, JSON Lines and Parquet, packed or not, are found out", async () => {
    const text = csv("2026-03-01 10:00:00,DE,1.5", "2026-03-01 10:00:01,FR,2");
    assert.deepEqual((await one(text))[0], ROW);
    assert.deepEqual((await one(gzipSync(text)))[0], ROW);
    assert.deepEqual((await one(text.replaceAll(",", ";")))[0], ROW);
    const lines = '{"ts":"2026-03-01 10:00:00","country":"DE","amount":1.5}\n';
    assert.deepEqual(await one(lines), [ROW]);
    assert.deepEqual(await one(gzipSync(lines)), [ROW]);
    const path = join(tmpdir(), `foretop-s3-test-${process.pid}.parquet`);
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    await duckdb.run(`copy (select 1 as other, timestamp '2026-03-01 10:00:00' as ts, 1.5::decimal(10,2) as amount, 'DE' as country) to '${path}' (format parquet, compression zstd)`);
    assert.deepEqual(await one(readFileSync(path)), [["2026-03-01T10:00:00", 1.5, "DE"]]);
    rmSync(path);
    assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith("foretop-s3-") && !name.includes("test")), [], "nothing stays on disk");
  });

  test("delimiter, quote, header list and charset as configured", async () => {
    const format = { kind: "csv", delimiter: "|", quote: "'", header: false, columns: ["ts", "country", "amount"], charset: "windows-1252" };
    const body = Buffer.concat([Buffer.from("2026-03-01 10:00:00|'C"), Buffer.from([0xf4]), Buffer.from("te|d''Ivoire'|7\r\n")]);
    assert.deepEqual(await one(body, { settings: { format } }), [["2026-03-01 10:00:00", 7, "Côte|d'Ivoire"]]);
    const utf16 = Buffer.from(`\uFEFF${csv("2026-03-01 10:00:00,DE,1.5")}`, "utf16le");
    assert.deepEqual(await one(utf16, { settings: { format: { kind: "csv", charset: "utf-16le" } } }), [ROW]);
  });

  test("UNIX times are numbers, in seconds or milliseconds", async () => {
    const dataset: DatasetNeeds = { ...DATASET, timestamp: { column: "ts", format: "UNIX" } };
    assert.deepEqual(await one("ts,country,amount\n1772359200,DE,1.5\n1772359200000,DE,2\n", { dataset }), [[1_772_359_200, 1.5, "DE"], [1_772_359_200_000, 2, "DE"]]);
  });

  test("what is wrong with a file is told with its place and row", async () => {
    const csvSettings = { settings: { format: { kind: "csv" } } };
    await assert.rejects(one(csv("2026-03-01 10:00:00,DE,1,2"), csvSettings), isError("SHAPE", { message: /row 2 of s3:\/\/data\/live\/20260301\/1000\/x has 4 cells, but there are 3 columns/, transient: false }));
    await assert.rejects(one(Buffer.concat([Buffer.from(csv("2026-03-01 10:00:00,DE,1\n")), Buffer.from([0xe4, 0x2c, 0x2c])]), csvSettings), isError("SHAPE", { message: /row 3 .* not UTF-8/, advice: /charset/ }));
    await assert.rejects(one(csv("x"), { settings: { format: { kind: "csv", compression: "gzip" } } }), isError("SHAPE", { message: /is not gzip/, advice: /compression: none/ }));
    await assert.rejects(one(gzipSync("x".repeat(10_000)).subarray(0, 30), { settings: { format: { kind: "csv" } } }), isError("SHAPE", { message: /ends in the middle/, transient: true }));
    await assert.rejects(one(`a\n"${"x".repeat(2_100_000)}`, csvSettings), isError("LIMIT", { message: /LINE_BYTES_MAX/ }));
    await assert.rejects(one("PAR1 and then nothing that is Parquet"), isError("QUERY", { message: /s3:\/\/data\/live/, advice: /half written/ }));
    await assert.rejects(one("x".repeat(2_000_000), { settings: { objectMbMax: 1 } }), isError("LIMIT", { message: /has 2 MB, more than 1 \(objectMbMax\)/ }));
    await assert.rejects(one('{"ts":1}\n{"ts":', { settings: { format: { kind: "json" } } }), isError("SHAPE", { message: /line 2 .* is not JSON/ }));
  });

  test("a CSV whose columns change between files: another order is fine, a missing column is an error that names both", async () => {
    put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,1.5"));
    put("live/20260301/1000/b.csv", "amount,new,ts,country\n2,x,2026-03-01 10:00:01,FR\n");
    assert.deepEqual((await read(range(10, 11))).rows, [ROW, ["2026-03-01 10:00:01", 2, "FR"]]);
    put("live/20260301/1000/c.csv", "ts,amount\n2026-03-01 10:00:02,3\n");
    await assert.rejects(read(range(10, 11)), isError("SHAPE", { message: /c\.csv has no column country, which other files of the reading have; its columns are ts, amount/ }));
  });

  test("a needed column that isn't there: the columns that are there are told", async () => {
    put("live/20260301/1000/a.csv", "ts,region,amount\n2026-03-01 10:00:00,DE,1\n");
    await using source = await open();
    assert.deepEqual((await source.describe(range(10, 11))).map(({ name }) => name), ["ts", "region", "amount"]);
  });
});

describe("streams", () => {
  test("a big file comes in batches of the size asked for, in bounded memory", async () => {
    const line = `2026-03-01 10:00:00,DE,1.25,${"x".repeat(80)}\n`;
    const lines = 300_000;
    put("live/20260301/1000/big.csv", `ts,country,amount,filler\n${line.repeat(lines)}`);
    await using source = await open();
    global.gc?.();
    let peak = 0;
    let count = 0;
    const before = process.memoryUsage().heapUsed;
    for await (const batch of source.read(range(10, 11), { rowsPerBatch: 4000, timeoutMs: 60_000 })) {
      assert.ok(batch.rows.length <= 4000);
      count += batch.rows.length;
      peak = Math.max(peak, process.memoryUsage().heapUsed - before);
    }
    assert.equal(count, lines);
    assert.ok(peak < 150e6, `${Math.round(peak / 1e6)} MB, the whole as rows is more than 60`);
  });

  test("leaving in the middle, an abort and the time limit end the reading and leave the source usable", async () => {
    put("live/20260301/1000/a.csv", csv(...Array.from({ length: 10_000 }, () => "2026-03-01 10:00:00,DE,1")));
    await using source = await open();
    for await (const _ of source.read(range(10, 11), { rowsPerBatch: 10, timeoutMs: 10_000 })) break;
    await assert.rejects(readAll(source, range(10, 11), { signal: AbortSignal.abort() }), isError("CANCELLED", { advice: /^$/ }));
    kit.faults.add({ operation: "GetObject", kind: "hang", times: 2 });
    await assert.rejects(readAll(source, range(10, 11), { timeoutMs: 300 }), isError("TIMEOUT", { message: /0\.3 s.*querySecondsMax/, transient: true }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    await assert.rejects(readAll(source, range(10, 11), { signal: abort.signal }), isError("CANCELLED", { advice: /^$/ }));
    kit.faults.clear();
    assert.equal((await readAll(source, range(10, 11))).rows.length, 10_000);
  });
});

describe("faults", () => {
  beforeEach(() => put("live/20260301/1000/a.csv", csv(...Array.from({ length: 60_000 }, (_, i) => `2026-03-01 10:00:00,DE,${i}`))));

  for (const operation of ["ListObjectsV2", "GetObject"] as const) {
    for (const kind of ["error", "throttle", "cut", "half"] as const) {
      test(`${operation}: ${kind} once is made good, always is an error that may pass, never a shorter result`, async () => {
        kit.faults.add({ operation, kind, times: 1 });
        assert.equal((await read(range(10, 11))).rows.length, 60_000);
        kit.faults.add({ operation, kind, times: Infinity });
        await assert.rejects(read(range(10, 11)), (error) => error instanceof SourceError && error.transient && ["CONNECT", "INTERRUPTED", "TIMEOUT", "QUERY"].includes(error.code) ? true : assert.fail(`${(error as SourceError).code} ${String(error)}`));
      });
    }
  }

  test("an object that is replaced while it is read is an error that passes, never a mixture", async () => {
    await using source = await open();
    const reading = (async () => {
      let isFirst = true;
      for await (const _ of source.read(range(10, 11), { rowsPerBatch: 10, timeoutMs: 10_000 })) {
        if (isFirst) put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,-1"));
        isFirst = false;
      }
    })();
    kit.faults.add({ operation: "GetObject", kind: "half", times: 1 });
    await reading.catch(isError("INTERRUPTED", { message: /replaced or deleted/, transient: true }));
  });
});

describe("access", () => {
  beforeEach(() => put("live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,1")));

  test("a wrong key, a key that isn't known: told as such, without the key", async () => {
    for (const secret of [{ ...kit.credentials, secretAccessKey: "wrong-4711" }, { accessKeyId: "AKIANOTKNOWN", secretAccessKey: "wrong-4711" }]) {
      await assert.rejects(read(range(10, 11), { secret }), (error) => {
        isError("AUTHENTICATE", { transient: false })(error);
        assert.ok(!JSON.stringify(error).includes("4711") && !String((error as Error).message).includes("4711"));
        return true;
      });
    }
    await assert.rejects(read(range(10, 11), { secret: { accessKeyId: "x" } }), /has no field "secretAccessKey"/);
  });

  test("a user who may not list, or not read, is told so; the policy that is printed is enough", async () => {
    const secret = kit.addUser("stranger", { Statement: [{ Effect: "Allow", Action: ["s3:ListBucket"], Resource: "arn:aws:s3:::data" }] } as never);
    await assert.rejects(read(range(10, 11), { secret }), isError("PERMISSION", { message: /reading s3:\/\/data\/live/, advice: /foretop source policy/, transient: false }));
    const settings = s3Settings.parse({ path: PATH, historicalPath: "s3://data/past/" });
    const printed = JSON.parse(s3Connector.policyFor!(settings, { tables: [] })[0]!.text) as never;
    const reader = kit.addUser("reader", printed);
    assert.equal((await read(range(10, 11), { secret: reader, settings: { historicalPath: "s3://data/past/" } })).rows.length, 1);
    put("elsewhere/x.csv", csv("2026-03-01 10:00:00,DE,1"));
    await assert.rejects(read(range(10, 11), { secret: reader, settings: { path: "s3://data/elsewhere/{{yyyy}}/" } }), isError("PERMISSION", { message: /listing/ }));
  });

  test("a role is taken on", async () => {
    const role = kit.addRole("reader");
    assert.equal((await read(range(10, 11), { settings: { assumeRole: role } })).rows.length, 1);
  });

  test("a bucket that isn't there, one of another region, a host that leads nowhere", async () => {
    await assert.rejects(read(range(10, 11), { settings: { path: "s3://nobucket/{{yyyy}}/" } }), isError("NOT_FOUND", { transient: false }));
    kit.s3.createBucket("far", { region: "ap-southeast-2" });
    await assert.rejects(read(range(10, 11), { settings: { path: "s3://far/{{yyyy}}/" } }), isError("NOT_FOUND", { advice: /another region/, transient: false }));
    await assert.rejects(read(range(10, 11), { settings: { endpoint: "http://127.0.0.1:1" } }), isError("CONNECT", { transient: true }));
    await assert.rejects(read(range(10, 11), { settings: { endpoint: "http://no-such-host.invalid" } }), isError("CONNECT", { message: /no-such-host/, transient: true }));
  });

  test("a clock that is off by more than AWS allows is made good by the SDK, which asks again with AWS's", async () => {
    const skewed = await startTestKit({ nowMs: () => Date.now() + 20 * 60_000, credentials: kit.credentials });
    try {
      skewed.s3.createBucket("data");
      skewed.s3.put("data", "live/20260301/1000/a.csv", csv("2026-03-01 10:00:00,DE,1"));
      assert.equal((await read(range(10, 11), { settings: { endpoint: skewed.endpoint } })).rows.length, 1);
    } finally {
      await skewed.stop();
    }
  });

  test("check: lists, reads, or says what is missing", async () => {
    await using source = await open();
    assert.deepEqual((await source.check(range(10, 11), "ts")).map(({ check, level }) => [check, level]), [["connects", "ok"], ["reads", "ok"]]);
    assert.match((await source.check(range(10, 11), "when")).at(-1)!.message, /has no column when; it has ts, amount, country/);
    kit.s3.delete("data", "live/20260301/1000/a.csv");
    const [, reads] = await source.check(range(10, 11), "ts");
    assert.deepEqual([reads!.level, /there is no file yet/.test(reads!.message)], ["warning", true]);
  });

  test("more files than filesMax are refused", async () => {
    for (let i = 0; i < 20; i++) put(`live/20260301/1000/f${i}`, csv());
    await assert.rejects(read(range(10, 11), { settings: { filesMax: 10 } }), isError("LIMIT", { message: /more than 10 files \(filesMax\)/ }));
  });
});

test("the example runs as it is in the repository", async () => {
  const folder = join(import.meta.dirname, "../../../../examples/s3-orders");
  for (const file of ["live/20260301/1000/part-0.csv", "history/2026-02.csv"]) put(`orders/${file}`, readFileSync(join(folder, file)));
  const { config } = parseConfigFile("foretop.yaml", readFileFrom({ "foretop.yaml": readFileSync(join(folder, "foretop.yaml"), "utf8").replaceAll("my-bucket", "data") }));
  assert.deepEqual(config.query, { kind: "files" });
  const settings = s3Settings.parse({ ...config.source.settings, endpoint: kit.endpoint, credentials: "env:KEYS" });
  await using source = await s3Connector.open(settings, { secrets: { resolve: () => Promise.resolve(JSON.stringify(kit.credentials)) }, zone: config.zone, dataset: datasetNeeds(config) });
  const fill = async (startMs: number, endMs: number) => {
    const query = bindQuery(config.query, config.timestamp.column, { startMs, endMs }, source.dialect);
    const intervals = { startMs: intervalStarts(startMs, endMs, config.frequency, config.zone), endMs };
    const attempt = { id: "a", aggregation: null, described: null, read: (onColumns: (columns: readonly Column[]) => void) => source.read(query, { rowsPerBatch: 100, timeoutMs: 10_000, onColumns }) };
    const { table } = await fillTable(config, attempt, intervals);
    return { rows: [...table.rowsPerInterval], counts: table.counts(), leaves: table.take().keys.length };
  };
  const hour = await fill(DAY + 10 * HOUR, DAY + 11 * HOUR);
  assert.deepEqual(hour, { rows: [12], counts: { processed: 12, invalid: 0, partial: 0, outside: 0, reasons: {} }, leaves: 6 });
  const history = await fill(DAY - 24 * HOUR, DAY + 11 * HOUR);
  assert.deepEqual(history.rows, [...Array.from({ length: 24 }, () => 1), ...Array.from({ length: 10 }, () => 0), 12]);
});

test("settings: a path without a date, a header that is missing, an unknown charset, a literal key", () => {
  const messages = (settings: object): string => (s3Settings.safeParse({ path: PATH, ...settings }).error?.issues ?? []).map((issue) => issue.message).join("; ");
  assert.match(messages({ path: "s3://bucket/live/" }), /no date in it.*For example/);
  assert.match(messages({ path: "s3://bucket/{{yyyyTMM}}/" }), /T is not a part of a time/);
  assert.match(messages({ historicalPath: "bucket/past" }), /doesn't begin with s3/);
  assert.match(messages({ format: { kind: "csv", header: false } }), /columns is missing/);
  assert.match(messages({ format: { kind: "csv", charset: "klingon" } }), /not a known charset/);
  assert.match(messages({ format: { kind: "csv", delimiter: "\n" } }), /line break/);
  assert.match(messages({ credentials: "AKIA…" }), /reference/);
  assert.equal(messages({ format: { kind: "csv", delimiter: "\t" } }), "");
});
