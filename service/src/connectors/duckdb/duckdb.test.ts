import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, test } from "vitest";
import { findColumns } from "../../crawl/find-columns.ts";
import { parseConfigFile } from "../../resources/parse-config.ts";
import { readFileFrom } from "../../resources/read-file.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";
import { testConnector } from "../connector-contract.ts";
import type { ContractColumnType, SourceWorld } from "../connector-contract.ts";
import type { BoundQuery, Cell, Connector } from "../connector.ts";
import { openEngineCount } from "../files/engine.ts";
import { bindQuery } from "../sql/bind-query.ts";
import { quoteName } from "../sql/quote-name.ts";
import { duckdbConnector } from "./duckdb.ts";
import { duckdbSettings } from "./duckdb-settings.ts";

const TYPES: Readonly<Record<ContractColumnType, string>> = {
  integer: "integer", bigint: "bigint", decimal: "decimal(38,10)", double: "double", text: "varchar", boolean: "boolean", timestamp: "timestamp", timestamptz: "timestamptz", date: "date",
};

async function openWorld(): Promise<SourceWorld & { readonly folder: string; sql(text: string): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "foretop-duckdb-"));
  writeFileSync(join(folder, "something.csv"), "a,b\n1,x\n");
  const writer = await (await DuckDBInstance.create(":memory:")).connect();
  await writer.run("set TimeZone = 'UTC'");
  const literal = (cell: Cell): string => (cell === null ? "null" : typeof cell === "string" ? `'${cell.replaceAll("'", "''")}'` : String(cell));
  return {
    folder,
    settings: { folder },
    secrets: { resolve: () => Promise.resolve("") },
    sql: async (text) => void (await writer.run(text)),
    async createTable(name, columns, rows) {
      await writer.run(`create or replace table w (${Object.entries(columns).map(([column, type]) => `${quoteName(column)} ${TYPES[type]}`).join(", ")})`);
      if (rows.length > 0) await writer.run(`insert into w values ${rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ")}`);
      await writer.run(`copy w to '${join(folder, `${name}.parquet`)}' (format parquet)`);
    },
    async createBigTable(rows) {
      await writer.run(`copy (select timestamp '2026-01-01' + to_seconds(i) as ts, i::integer as n, repeat('x', 100) as filler from range(${rows}) t(i)) to '${join(folder, "big.parquet")}' (format parquet)`);
    },
    async dropTable(name) {
      rmSync(join(folder, `${name}.parquet`));
    },
    select: (columns, table, range) => ({ sql: `select ${columns} from ${table} where ts >= $1::timestamptz and ts < $2::timestamptz`, parameters: [range.startMs, range.endMs] }),
    slowQuery: { sql: "select count(*) as n from range(100000) a(i), range(10000000) b(j) where a.i % 7 = b.j % 3", parameters: [] },
    runningStatements: () => Promise.resolve(openEngineCount()),
    wrongPassword: null,
    mayNotRead: null,
    nobodyThere: null,
    cuttable: { settings: null, cut: () => {} },
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

testConnector(duckdbConnector as Connector, openWorld, {
  oddNumbers: { nan: "'nan'::double", infinite: "'inf'::double" },
  server: "files in a folder have no login, no rights of their own and no connection",
});

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
  await world.createTable("t", { ts: "timestamp", n: "integer" }, [["2026-03-01 10:00:00", 1], ["2026-03-01 10:30:00", 2]]);
});
afterAll(() => world.close());

async function readSql(sql: string, settings: object = {}): Promise<(readonly Cell[])[]> {
  await using source = await duckdbConnector.open(duckdbSettings.parse({ folder: world.folder, ...settings }), { secrets: world.secrets, zone: "UTC" });
  const rows: (readonly Cell[])[] = [];
  for await (const batch of source.read({ sql, parameters: [] }, { rowsPerBatch: 1000, timeoutMs: 20_000 })) rows.push(...batch.rows);
  return rows;
}

const isSourceError = (code: SourceErrorCode, message: RegExp) => (error: unknown): true => {
  assert.ok(error instanceof SourceError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  assert.ok(error.advice !== null && error.advice.length > 0, error.message);
  return true;
};

test("no query reads a file, a folder, the environment or a setting, by whatever way", async () => {
  writeFileSync(join(tmpdir(), "foretop-outside.csv"), "secret\n1\n");
  const outside = join(tmpdir(), "foretop-outside.csv");
  for (const sql of [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    `select * from '${outside}'`,
    `from '${outside}'`,
    `select * from "${outside}"`,
    `with t as (select * from read_csv('${outside}')) select * from t`,
    `select (select count(*) from read_csv('${outside}'))`,
    "select * from read_parquet('https://example.com/x.parquet')",
    "select * from 's3://bucket/x.parquet'",
    "select * from glob('/*')",
    "select * from sniff_csv('/etc/passwd')",
    `select * from query('select * from read_csv(''${outside}'')')`,
    "select * from query_table('t')",
    "select getenv('HOME')",
    "select current_setting('memory_limit')",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "select * from pragma_version()",
    "select * from information_schema.tables",
    "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    `select * from read_parquet('${join(world.folder, "t.parquet")}')`, // a table's own file, too: by its name only
  ]) {
    await assert.rejects(readSql(sql), isSourceError("REFUSED", /refused/), sql);
  }
});

test("nothing but one SELECT is run", async () => {
  for (const sql of [
    "attach '/tmp/x.db'", "install httpfs", "load httpfs", "copy t to '/tmp/x.csv'", "copy (select 1) to '/tmp/x.csv'", "export database '/tmp/x'", "pragma version", "set threads = 4",
    "create table x as select 1", "create secret s (type s3)", "call pragma_version()", "drop view t", "checkpoint", "select 1; select 2", "describe t", "from (describe t)", "summarize t", "explain select 1", "vacuum", "use main",
  ]) {
    await assert.rejects(readSql(sql), (error) => error instanceof SourceError && ["REFUSED", "QUERY"].includes(error.code), sql);
  }
});

test("the engine is locked beneath, for what the parser might let through", async () => {
  const { openEngine } = await import("../files/engine.ts");
  const engine = await openEngine([{ name: "t", format: "parquet", files: [join(world.folder, "t.parquet")] }], { zone: "UTC", threads: 1, memoryMbMax: 128 });
  try {
    for (const sql of ["select * from read_csv('/etc/passwd')", "attach '/tmp/foretop-x.db'", "install httpfs", "load httpfs", "copy t to '/tmp/foretop-x.csv'", "set enable_external_access = true", "set allowed_paths = ['/etc/passwd']", "set lock_configuration = false", "select * from glob('/*')"]) {
      await assert.rejects(engine.connection.run(sql), sql);
    }
    assert.equal((await (await engine.connection.run("select count(*) from t")).getRows())[0]![0], 2n);
  } finally {
    engine.close();
  }
});

test("a link that leads out of the folder is refused", async () => {
  symlinkSync("/etc/passwd", join(world.folder, "passwd.csv"));
  await assert.rejects(readSql("select * from t"), isSourceError("REFUSED", /passwd\.csv is a link that leads out/));
  rmSync(join(world.folder, "passwd.csv"));
});

test("files and folders are tables: CSV, JSON Lines, compressed, partitioned as Hive does", async () => {
  writeFileSync(join(world.folder, "orders.csv"), "ts;amount;country\n2026-03-01 10:00:00;1.5;DE\n2026-03-01 10:05:00;;FR\n");
  writeFileSync(join(world.folder, "lines.jsonl.gz"), gzipSync('{"ts":"2026-03-01T10:00:00Z","n":1}\n{"ts":"2026-03-01T10:00:01Z","n":2}\n'));
  mkdirSync(join(world.folder, "sales/day=2026-03-01"), { recursive: true });
  mkdirSync(join(world.folder, "sales/day=2026-03-02"), { recursive: true });
  writeFileSync(join(world.folder, "sales/day=2026-03-01/a.csv"), "n\n1\n");
  writeFileSync(join(world.folder, "sales/day=2026-03-02/a.csv"), "n\n2\n");
  writeFileSync(join(world.folder, "sales/_SUCCESS"), "");
  assert.deepEqual(await readSql("select * from orders"), [["2026-03-01T10:00:00", 1.5, "DE"], ["2026-03-01T10:05:00", null, "FR"]]);
  assert.deepEqual(await readSql("select sum(n) from lines"), [[3]]);
  assert.deepEqual(await readSql("select day, n from sales order by day"), [["2026-03-01", 1], ["2026-03-02", 2]]);
});

test("tables may be named, with patterns and CSV's settings", async () => {
  mkdirSync(join(world.folder, "odd/2026"), { recursive: true });
  writeFileSync(join(world.folder, "odd/2026/x.txt"), "01.03.2026 10:00|7\n");
  const tables = { odd: { files: "odd/**/*.txt", format: "csv", delimiter: "|", columns: ["ts", "n"], timestampFormat: "%d.%m.%Y %H:%M" } };
  assert.deepEqual(await readSql("select * from odd", { tables }), [["2026-03-01T10:00:00", 7]]);
  await assert.rejects(readSql("select * from t", { tables }), isSourceError("NOT_FOUND", /no table t/));
  await assert.rejects(readSql("select * from odd", { tables: { odd: { files: "odd/*.nope" } } }), isSourceError("NOT_FOUND", /no file/));
  rmSync(join(world.folder, "odd"), { recursive: true });
});

test("a file that was added since is seen by the next reading of the same source", async () => {
  await using source = await duckdbConnector.open(duckdbSettings.parse({ folder: world.folder }), { secrets: world.secrets, zone: "UTC" });
  const count = async (): Promise<Cell> => {
    for await (const batch of source.read({ sql: "select count(*) from sales", parameters: [] }, { rowsPerBatch: 10, timeoutMs: 20_000 })) return batch.rows[0]![0]!;
    return null;
  };
  assert.equal(await count(), 2);
  writeFileSync(join(world.folder, "sales/day=2026-03-02/b.csv"), "n\n3\n");
  assert.equal(await count(), 3);
});

test("bad files are told apart: half written, not gzip, other columns, not UTF-8, a line without end, two formats", async () => {
  const put = (name: string, content: string | Buffer): string => {
    const path = join(world.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const refuses = async (name: string, content: string | Buffer, code: SourceErrorCode, message: RegExp) => {
    const path = put(name, content);
    try {
      await assert.rejects(readSql(`select * from ${name.split(".")[0]}`), isSourceError(code, message), name);
    } finally {
      rmSync(path);
    }
  };
  await world.sql(`copy (select range as n from range(10000)) to '${join(world.folder, "half.parquet")}' (format parquet)`);
  truncateSync(join(world.folder, "half.parquet"), 500);
  await assert.rejects(readSql("select * from half"), isSourceError("QUERY", /magic bytes/));
  rmSync(join(world.folder, "half.parquet"));
  await refuses("nogzip.csv.gz", "a,b\n1,2\n", "QUERY", /gzip/i);
  await refuses("bytes.csv", Buffer.concat([Buffer.from("a,b\n"), Buffer.from([0xff, 0xfe, 0x31]), Buffer.from(",2\n")]), "SHAPE", /utf-?8|encod/i);
  await refuses("long.csv", `a,b\n1,"${"x".repeat(2_500_000)}"\n`, "LIMIT", /line/i);
  mkdirSync(join(world.folder, "mixed"));
  put("mixed/a.csv", "n\n1\n");
  put("mixed/b.jsonl", '{"n":1}\n');
  await assert.rejects(readSql("select * from t"), isSourceError("SHAPE", /several formats: csv, json/));
  rmSync(join(world.folder, "mixed"), { recursive: true });
});

test("a value of a row never gets into an error", async () => {
  await assert.rejects(readSql("select ('secret-' || 'value')::integer"), (error) => {
    assert.ok(error instanceof SourceError);
    let all = "";
    for (let e: unknown = error; e instanceof Error; e = e.cause) all += e.message;
    assert.doesNotMatch(all, /secret-value/);
    return true;
  });
});

test("what doesn't fit in memory is an error with the setting that helps", async () => {
  await assert.rejects(readSql("select list(range) from range(100000000)", { memoryMbMax: 64 }), (error) => error instanceof SourceError && error.code === "LIMIT" && /memoryMbMax/.test(error.advice ?? ""));
});

test("a folder that isn't there, or is empty, is told when connecting", async () => {
  const open = (folder: string) => duckdbConnector.open(duckdbSettings.parse({ folder }), { secrets: world.secrets, zone: "UTC" });
  await assert.rejects(open(join(world.folder, "nowhere")), isSourceError("NOT_FOUND", /can't be read/));
  await assert.rejects(open("no/where"), isSourceError("NOT_FOUND", /the folder no\/where, here \/.*\/no\/where, can't be read/));
  mkdirSync(join(world.folder, "empty"));
  await assert.rejects(open(join(world.folder, "empty")), isSourceError("NOT_FOUND", /no Parquet, CSV or JSON/));
  rmSync(join(world.folder, "empty"), { recursive: true });
});

test("the example runs as it is in the repository", async () => {
  const repository = join(import.meta.dirname, "../../../..");
  const read = (name: string) => readFileSync(join(repository, "examples/duckdb-files", name), "utf8");
  const { config } = parseConfigFile("foretop.yaml", readFileFrom({ "foretop.yaml": read("foretop.yaml"), "orders.sql": read("orders.sql") }));
  const settings = duckdbSettings.parse({ ...config.source.settings, folder: join(repository, String(config.source.settings["folder"])) });
  await using source = await duckdbConnector.open(settings, { secrets: world.secrets, zone: config.zone });
  // The 2nd of March in Berlin.
  const query = bindQuery(config.query, "ts", { startMs: Date.UTC(2026, 2, 1, 23), endMs: Date.UTC(2026, 2, 2, 23) }, source.dialect);
  findColumns(config, await source.describe(query));
  const rows: (readonly Cell[])[] = [];
  for await (const batch of source.read(query, { rowsPerBatch: 100, timeoutMs: 20_000 })) rows.push(...batch.rows);
  assert.equal(rows.length, 18);
  assert.ok(rows.every(([ts]) => String(ts).startsWith("2026-03-02")));
});

test("timestamps of every kind: before 1970, of nanoseconds, without an end", async () => {
  assert.deepEqual(
    await readSql("select timestamp '1969-12-31 23:59:59.999999', timestamp_ns '2026-03-01 10:00:00.123456789', timestamp 'infinity', timestamptz '2026-03-01 12:00:00+02', timestamp_s '0999-01-01 00:00:00', date '2026-03-01'"),
    [["1969-12-31T23:59:59.999999", "2026-03-01T10:00:00.123456", null, "2026-03-01T10:00:00Z", "0999-01-01T00:00:00", "2026-03-01"]],
  );
});

test("a query as a user writes it reads its interval", async () => {
  const query: BoundQuery = bindQuery({ kind: "bound", sql: "from t select n where ts >= :start and ts < :end -- :start", file: null }, "ts", { startMs: Date.UTC(2026, 2, 1, 10), endMs: Date.UTC(2026, 2, 1, 10, 30) }, "duckdb");
  await using source = await duckdbConnector.open(duckdbSettings.parse({ folder: world.folder }), { secrets: world.secrets, zone: "UTC" });
  for await (const batch of source.read(query, { rowsPerBatch: 10, timeoutMs: 20_000 })) assert.deepEqual(batch.rows, [[1]]);
});
