import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, test } from "vitest";
import { cuttableProxy } from "../../../test/cuttable-proxy.ts";
import { startMariaDb, whyNoMariaDb } from "../../../test/mariadb.ts";
import type { MariaDb } from "../../../test/mariadb.ts";
import { findColumns } from "../../crawl/find-columns.ts";
import { parseConfigFile } from "../../resources/parse-config.ts";
import { readFileFrom } from "../../resources/read-file.ts";
import { SourceError } from "../../telemetry/errors.ts";
import { testConnector, WRONG_PASSWORD } from "../connector-contract.ts";
import type { ContractColumnType, SourceWorld } from "../connector-contract.ts";
import type { BoundQuery, Cell, Connector, Source } from "../connector.ts";
import { bindQuery } from "../sql/bind-query.ts";
import { mysqlConnector } from "./mysql.ts";
import { sourceErrorFrom } from "./source-error-from.ts";
import { mysqlSettings } from "./mysql-settings.ts";

const TYPES: Readonly<Record<ContractColumnType, string>> = {
  integer: "int", bigint: "bigint", decimal: "decimal(38,10)", double: "double", text: "varchar(1000)", boolean: "boolean", timestamp: "datetime(6)", timestamptz: "timestamp(6) null", date: "date",
};

// Billions of rows counted one by one: minutes, without any function that waits.
const SLOW: BoundQuery = { sql: "select count(*) as n from seq_1_to_100000 a, seq_1_to_100000 b where a.seq % 7 = b.seq % 3", parameters: [] };
const ZONE = "America/New_York";

interface World extends SourceWorld {
  readonly root: Connection;
}

async function openWorld(server: MariaDb): Promise<World> {
  const { root, port } = server;
  const database = `shop_${Date.now().toString(36)}`;
  await root.query(`create database ${database} character set utf8mb4`);
  await root.query(`use ${database}`);
  await root.query("create or replace user reader identified by 'reads'");
  await root.query(`grant select on ${database}.* to reader`);
  await root.query("create table nothing (n int)");
  await root.query("create or replace user stranger identified by 'stranger'");
  await root.query(`grant select on ${database}.nothing to stranger`);
  const proxy = await cuttableProxy("127.0.0.1", port);
  const settings = { host: "127.0.0.1", port, database, user: "reader", password: "env:READER" };
  const known: Record<string, string> = { "env:READER": "reads", "env:WRONG": WRONG_PASSWORD, "env:STRANGER": "stranger" };
  return {
    root,
    settings,
    secrets: { resolve: (reference) => Promise.resolve(known[reference] ?? "") },
    async createTable(name, columns, rows) {
      await root.query(`create table ${name} (${Object.entries(columns).map(([column, type]) => `\`${column}\` ${TYPES[type]}`).join(", ")})`);
      await root.query("set time_zone = '+00:00'");
      const kinds = Object.values(columns);
      for (const row of rows) {
        await root.query(`insert into ${name} values (${row.map(() => "?").join(", ")})`, row.map((cell, i) => (kinds[i] === "timestamptz" && typeof cell === "string" ? cell.replace(/Z$/, "") : cell)));
      }
    },
    async createBigTable(rows) {
      await root.query("create table big (ts datetime(6), n int, filler varchar(200))");
      await root.query(`insert into big select timestampadd(second, seq, '2026-01-01'), seq, repeat('x', 100) from seq_0_to_${rows - 1}`);
    },
    async dropTable(name) {
      await root.query(`drop table ${name}`);
    },
    select: (columns, table, range) => ({ sql: `select ${columns} from ${table} where ts >= from_unixtime(?) and ts < from_unixtime(?)`, parameters: [range.startMs, range.endMs] }),
    slowQuery: SLOW,
    async runningStatements() {
      const [rows] = await root.query("select count(*) as count from information_schema.processlist where user in ('reader', 'stranger') and command in ('Query', 'Execute') and info like 'select%'");
      return Number((rows as { count: number }[])[0]!.count);
    },
    wrongPassword: { ...settings, password: "env:WRONG" },
    mayNotRead: { ...settings, user: "stranger", password: "env:STRANGER" },
    nobodyThere: { ...settings, port: 1 },
    cuttable: { settings: { ...settings, port: proxy.port }, cut: proxy.cut },
    async close() {
      await proxy.close();
      await root.query(`drop database ${database}`);
    },
  };
}

const whyNot = whyNoMariaDb();

if (whyNot !== null) {
  test("the connector mysql on a MariaDB", (context) => context.skip(whyNot));
} else {
  describe("on a MariaDB", () => {
    let server: MariaDb;
    beforeAll(async () => {
      server = await startMariaDb({ zones: [ZONE, "Europe/Berlin", "Asia/Kolkata"] });
    });
    afterAll(() => server.stop());

    testConnector(mysqlConnector as Connector, () => openWorld(server), { booleans: "BOOLEAN is another name for TINYINT" });

    describe("and besides", () => {
      let world: World;
      beforeAll(async () => {
        world = await openWorld(server);
      });
      afterAll(() => world.close());

      const connect = (more: object = {}, zone = "UTC"): Promise<Source> => mysqlConnector.open(mysqlSettings.parse({ ...(world.settings as object), ...more }), { secrets: world.secrets, zone });
      const rowsOf = async (source: Source, query: BoundQuery): Promise<(readonly Cell[])[]> => {
        const rows: (readonly Cell[])[] = [];
        for await (const batch of source.read(query, { rowsPerBatch: 100, timeoutMs: 30_000 })) rows.push(...batch.rows);
        return rows;
      };
      const readSql = async (sql: string, more: object = {}, zone = "UTC") => {
        await using source = await connect(more, zone);
        return await rowsOf(source, { sql, parameters: [] });
      };

      test("a query as a user writes it reads its interval", async () => {
        await world.createTable("purchases", { ts: "timestamp", amount: "decimal" }, [["2026-03-01 09:59:59.999999", "1"], ["2026-03-01 10:00:00", "2.5"], ["2026-03-01 11:00:00", "4"]]);
        const sql = "select ts, amount /* :start */ from purchases where ts >= :start and ts < :end and ts <= now() -- to :end";
        const range = { startMs: Date.UTC(2026, 2, 1, 10), endMs: Date.UTC(2026, 2, 1, 11) };
        const bound = bindQuery({ kind: "bound", sql, file: null }, "ts", range, "mysql");
        await using source = await connect();
        assert.deepEqual(await rowsOf(source, bound), [["2026-03-01 10:00:00", 2.5]]);
      });

      test("the example runs as it is in the repository", async () => {
        const folder = join(import.meta.dirname, "../../../../examples/mysql-orders");
        const [database] = (await world.root.query("select database() as name"))[0] as { name: string }[];
        const schema = await createConnection({ host: "127.0.0.1", port: server.port, user: "root", database: database!.name, multipleStatements: true });
        await schema.query(readFileSync(join(folder, "schema.sql"), "utf8"));
        await schema.end();
        const { config } = parseConfigFile("foretop.yaml", readFileFrom({ "foretop.yaml": readFileSync(join(folder, "foretop.yaml"), "utf8"), "orders.sql": readFileSync(join(folder, "orders.sql"), "utf8") }));
        const secret = JSON.stringify({ username: "foretop_reader", password: "choose-another", host: "127.0.0.1", port: server.port, db: database!.name });
        await using source = await mysqlConnector.open(mysqlSettings.parse(config.source.settings), { secrets: { resolve: () => Promise.resolve(secret) }, zone: config.zone });
        const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
        const query = bindQuery(config.query, config.timestamp.column, { startMs: endMs - 3_600_000, endMs }, source.dialect);
        const found = findColumns(config, await source.describe(query));
        const rows = await rowsOf(source, query);
        assert.ok(rows.length >= 28 && rows.length <= 30, `${rows.length} paid orders, one every two minutes`);
        assert.deepEqual(new Set(rows.map((row) => row[found.dimensions[0]!])), new Set(["Côte d'Ivoire", "DE", "FR"]));
        assert.ok((await source.check(query, "ts")).every(({ level }) => level === "ok"));
      });

      test("the session can't write, by whatever way", async () => {
        await world.root.query("create table written (n int)");
        await world.root.query("create function sneak() returns int deterministic modifies sql data begin insert into written values (1); return 1; end");
        await world.root.query("grant execute, insert on *.* to reader");
        await assert.rejects(readSql("select sneak()"), (error) => error instanceof SourceError && error.code === "REFUSED" && /READ ONLY/i.test(error.message));
        await assert.rejects(readSql("insert into written values (1)"), (error) => error instanceof SourceError && error.code === "REFUSED");
        assert.deepEqual((await world.root.query("select * from written"))[0], []);
        await world.root.query("revoke execute, insert on *.* from reader");
      });

      test("modes that change what a quote means are taken out of the session", async () => {
        await world.root.query("set global sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'");
        assert.deepEqual(await readSql("select \"it's\", 'a\\'b', @@session.sql_mode"), [["it's", "a'b", "IGNORE_SPACE,STRICT_ALL_TABLES"]]); // the driver asks for IGNORE_SPACE
        await world.root.query("set global sql_mode = default");
      });

      test("a session that the server ends is told as an interruption", async () => {
        await using source = await connect();
        let session = 0;
        const reading = (async () => {
          for await (const _ of source.read(SLOW, { rowsPerBatch: 1, timeoutMs: 60_000, onStatement: (id) => (session = Number(id.split(" ")[1])) }));
        })();
        const ending = (async () => {
          while (session === 0) await new Promise((resolve) => setTimeout(resolve, 20));
          await new Promise((resolve) => setTimeout(resolve, 200));
          await world.root.query(`kill ${session}`);
        })();
        await assert.rejects(reading, (error) => error instanceof SourceError && error.code === "INTERRUPTED" && error.transient);
        await ending;
      });

      test("types of its own: unsigned, year, bit, json, time, bytes, zero dates", async () => {
        await world.root.query("create table own (u bigint unsigned, y year, b bit(4), j json, t time(3), x varbinary(10), e enum('a','b'))");
        await world.root.query("insert into own values (18446744073709551615, 2026, b'1010', '{\"a\": 1}', '-01:02:03.5', x'00ff', 'b')");
        await using source = await connect();
        assert.deepEqual(await rowsOf(source, { sql: "select * from own", parameters: [] }), [[2 ** 64, 2026, "0a", '{"a": 1}', "-01:02:03.5", "00ff", "b"]]);
        assert.deepEqual((await source.describe({ sql: "select * from own", parameters: [] })).map(({ type }) => type), ["number", "number", "other", "text", "other", "other", "text"]);
      });

      test("in the hour that clocks repeat, timestampType: timestamp tells the two apart", async () => {
        await world.root.query("create table clocks (ts timestamp(6) null, n int)");
        await world.root.query("set time_zone = '+00:00'");
        // New York, 1 November 2026: 01:30 happens at 05:30 and at 06:30 UTC.
        await world.root.query("insert into clocks values ('2026-11-01 05:30:00', 1), ('2026-11-01 06:30:00', 2)");
        const hour = (startHour: number): BoundQuery => world.select("ts, n", "clocks", { startMs: Date.UTC(2026, 10, 1, startHour), endMs: Date.UTC(2026, 10, 1, startHour + 1) });
        await using source = await connect({ timestampType: "timestamp" }, ZONE);
        assert.deepEqual(await rowsOf(source, hour(5)), [["2026-11-01 05:30:00Z", 1]]);
        assert.deepEqual(await rowsOf(source, hour(6)), [["2026-11-01 06:30:00Z", 2]]);
      });

      test("a zone that the server doesn't know is told with what to do", async () => {
        await assert.rejects(connect({}, "Asia/Kathmandu"), (error) => error instanceof SourceError && /time zone/.test(error.message) && /tzinfo_to_sql/.test(error.advice ?? ""));
        await using source = await connect({ timestampType: "timestamp" }, "Asia/Kathmandu");
        assert.equal((await source.check(null, null))[0]!.level, "ok");
      });

      test("check warns of a user who may write, and is content with one who only reads", async () => {
        const roleFinding = async () => {
          await using source = await connect();
          return (await source.check(null, null)).find((finding) => finding.check === "role")!;
        };
        assert.equal((await roleFinding()).level, "ok");
        await world.root.query("grant insert on *.* to reader");
        const finding = await roleFinding();
        assert.equal(finding.level, "warning");
        assert.match(finding.message, /INSERT ON/);
        assert.doesNotMatch(finding.message, /IDENTIFIED|\*[0-9A-F]{20}/);
        await world.root.query("revoke insert on *.* from reader");
      });

      test("check tells whether each interval means reading a big table from end to end", async () => {
        await world.root.query("create table clicks as select timestamp('2026-01-01') + interval seq second as ts, seq as n from seq_1_to_150000");
        await world.root.query("analyze table clicks");
        const query = world.select("ts, n", "clicks", { startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2026, 0, 1, 1) });
        const indexFinding = async () => {
          await using source = await connect();
          return (await source.check(query, "ts")).find((finding) => finding.check === "index")!;
        };
        const without = await indexFinding();
        assert.match(without.message, /reads all of clicks/);
        await world.root.query("create index by_ts on clicks (ts)");
        const withIndex = await indexFinding();
        assert.equal(withIndex.level, "ok", withIndex.message);
      });
    });
  });
}

test("settings say what is missing, refuse what nobody knows and literal passwords", () => {
  const messages = (settings: unknown) => (mysqlSettings.safeParse(settings).error?.issues ?? []).map((issue) => issue.message).join("; ");
  assert.match(messages({ host: "h" }), /database is missing.*user is missing/);
  assert.match(messages({ secret: "secret:x", hots: "h" }), /hots/);
  assert.match(messages({ host: "h", database: "d", user: "u", password: "hunter2" }), /never the secret itself/);
});

test("a value of a row never gets into an error", () => {
  const error = Object.assign(new Error("Incorrect datetime value: 'secret-value' for column `a`.`b`.`c` at row 1"), { errno: 1292, sqlState: "22007", sql: "select 'secret-value'" });
  const told = sourceErrorFrom(error, { doing: "reading rows" });
  let all = "";
  for (let e: unknown = told; e instanceof Error; e = e.cause) all += e.message + JSON.stringify(e);
  assert.doesNotMatch(all, /secret-value/);
  assert.match(all, /Incorrect datetime value: '…'/);
});
