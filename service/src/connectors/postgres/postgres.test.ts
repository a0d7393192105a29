import assert from "node:assert/strict";
import { Client } from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { settingsOf } from "../../../test/crawl-world.ts";
import { cuttableProxy } from "../../../test/cuttable-proxy.ts";
import { testDatabase } from "../../../test/postgres.ts";
import { SourceError, UserError } from "../../telemetry/errors.ts";
import { testConnector, WRONG_PASSWORD } from "../connector-contract.ts";
import type { SourceWorld } from "../connector-contract.ts";
import type { BoundQuery, Connector } from "../connector.ts";
import { quoteName } from "../sql/quote-name.ts";
import { postgresConnector } from "./postgres.ts";
import { postgresSettings } from "./postgres-settings.ts";
import { parseSecret } from "../resolve-address.ts";
import { resolveSettings } from "./resolve-settings.ts";

// Five billion pairs counted one by one: minutes, without any function that waits.
const SLOW: BoundQuery = { sql: "select count(*) as n from generate_series(1, 100000) a, generate_series(1, 50000) b where a % 7 = b % 3", parameters: [] };

async function openWorld(): Promise<SourceWorld & { readonly owner: Client; readonly role: string }> {
  const database = await testDatabase();
  const owner = new Client({ connectionString: database.url });
  owner.on("error", () => {});
  await owner.connect();
  const { settings, password } = settingsOf(database.url);
  const role = `stranger_${process.pid}_${Date.now()}`;
  await owner.query(`create role ${role} login password 'stranger'`);
  const proxy = await cuttableProxy(String(settings["host"]), Number(settings["port"]));
  const known: Record<string, string> = { "env:SOURCE_PASSWORD": password, "env:WRONG": WRONG_PASSWORD, "env:STRANGER": "stranger" };
  return {
    owner,
    role,
    settings,
    secrets: { resolve: (reference) => Promise.resolve(known[reference] ?? "") },
    async createTable(name, columns, rows) {
      const types = { integer: "integer", bigint: "bigint", decimal: "numeric(38,10)", double: "double precision", text: "text", boolean: "boolean", timestamp: "timestamp", timestamptz: "timestamptz", date: "date" };
      await owner.query(`create table ${name} (${Object.entries(columns).map(([column, type]) => `${quoteName(column)} ${types[type]}`).join(", ")})`);
      for (const row of rows) await owner.query(`insert into ${name} values (${row.map((_, i) => `$${i + 1}`).join(", ")})`, [...row]);
    },
    async createBigTable(rows) {
      await owner.query("create table big (ts timestamp, n integer, filler text)");
      await owner.query("insert into big select timestamp '2026-01-01' + make_interval(secs => i), i, repeat('x', 100) from generate_series(0, $1::int - 1) i", [rows]);
    },
    async dropTable(name) {
      await owner.query(`drop table ${name}`);
    },
    select: (columns, table, range) => ({ sql: `select ${columns} from ${table} where ts >= $1::timestamptz and ts < $2::timestamptz`, parameters: [range.startMs, range.endMs] }),
    slowQuery: SLOW,
    async runningStatements() {
      const { rows } = await owner.query<{ count: number }>("select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'foretop' and state = 'active'");
      return rows[0]!.count;
    },
    wrongPassword: { ...settings, password: "env:WRONG" },
    mayNotRead: { ...settings, user: role, password: "env:STRANGER" },
    nobodyThere: { ...settings, port: 1 },
    cuttable: { settings: { ...settings, host: "127.0.0.1", port: proxy.port }, cut: proxy.cut },
    async close() {
      await proxy.close();
      await owner.query(`drop role ${role}`);
      await owner.end();
      await database.drop();
    },
  };
}

testConnector(postgresConnector as Connector, openWorld, { oddNumbers: { nan: "'NaN'::double precision", infinite: "'Infinity'::double precision" } });

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const connect = (settings: unknown = world.settings, zone = "UTC") => postgresConnector.open(postgresSettings.parse(settings), { secrets: world.secrets, zone });

async function readFirst(sql: string): Promise<readonly unknown[]> {
  await using source = await connect();
  for await (const batch of source.read({ sql, parameters: [] }, { rowsPerBatch: 10, timeoutMs: 10_000 })) return batch.rows[0]!;
  return [];
}

test("NaN and the infinities of numeric and double precision are numbers", async () => {
  assert.deepEqual(await readFirst("select 'NaN'::numeric, 'Infinity'::numeric, '-Infinity'::float8, 'NaN'::float4"), [NaN, Infinity, -Infinity, NaN]);
});

test("the session can't write, by whatever way", async () => {
  await world.owner.query("create table written (n int); create function sneak() returns int language plpgsql as $$ begin insert into written values (1); return 1; end $$");
  await assert.rejects(readFirst("select sneak()"), (error) => error instanceof SourceError && error.code === "REFUSED" && /read-only/.test(error.message));
  assert.equal((await world.owner.query("select * from written")).rowCount, 0);
});

test("a value of a row never gets into an error", async () => {
  await assert.rejects(readFirst("select ('secret-' || 'value')::int"), (error) => {
    assert.ok(error instanceof SourceError);
    let all = "";
    for (let e: unknown = error; e instanceof Error; e = e.cause) all += e.message + JSON.stringify(e);
    assert.doesNotMatch(all, /secret-value/);
    assert.match(all, /invalid input syntax for type integer/);
    return true;
  });
});

test("a session that the server ends is told as an interruption", async () => {
  await using source = await connect();
  const reading = (async () => {
    for await (const _ of source.read(SLOW, { rowsPerBatch: 1, timeoutMs: 60_000 }));
  })();
  const ending = (async () => {
    for (;;) {
      const { rowCount } = await world.owner.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'foretop' and state = 'active'");
      if (rowCount! > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await assert.rejects(reading, (error) => error instanceof SourceError && error.code === "INTERRUPTED" && error.transient);
  await ending;
});

test("check warns of a superuser, of a role that may write, and is content with one that only reads", async () => {
  const roleFinding = async (settings: unknown) => {
    await using source = await connect(settings);
    return (await source.check(null, null)).find((finding) => finding.check === "role")!;
  };
  const owner = await roleFinding(world.settings);
  assert.equal(owner.level, "warning");
  assert.match(owner.message, /is a superuser/);
  assert.match(owner.advice ?? "", /CREATE ROLE/);
  const stranger = { ...(world.settings as object), user: world.role, password: "env:STRANGER" };
  assert.equal((await roleFinding(stranger)).level, "ok");
  await world.owner.query(`create table if not exists target (n int); grant insert on target to ${world.role}`);
  const writer = await roleFinding(stranger);
  assert.match(writer.message, /may change tables \(public\.target\)/);
  await world.owner.query(`revoke insert on target from ${world.role}; grant pg_read_server_files to ${world.role}`);
  assert.match((await roleFinding(stranger)).message, /member of pg_read_server_files/);
  await world.owner.query(`revoke pg_read_server_files from ${world.role}`);
});

test("check tells whether each interval means reading a big table from end to end", async () => {
  await world.owner.query("create table clicks as select timestamp '2026-01-01' + make_interval(secs => i) as ts, i as n from generate_series(1, 150000) i; analyze clicks");
  const query = world.select("ts, n", "clicks", { startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2026, 0, 1, 1) });
  const indexFinding = async () => {
    await using source = await connect();
    return (await source.check(query, "ts")).find((finding) => finding.check === "index")!;
  };
  const without = await indexFinding();
  assert.equal(without.level, "warning");
  assert.match(without.message, /reads all of clicks \(about 150000 rows\)/);
  assert.match(without.advice ?? "", /CREATE INDEX/);
  await world.owner.query("create index on clicks (ts); analyze clicks");
  assert.equal((await indexFinding()).level, "ok");
});

test("check compares clocks and names the version", async () => {
  await using source = await connect();
  const findings = await source.check(null, null);
  assert.match(findings.find((finding) => finding.check === "clock")!.message, /the source's clock is 0\.\d s (ahead of|behind)/);
  assert.match(findings.find((finding) => finding.check === "version")!.message, /^PostgreSQL 1\d/);
});

test("a PostgreSQL is told apart from a Redshift", async () => {
  await using source = await connect();
  assert.equal(source.dialect, "postgres");
});

test("a literal password is refused before anything is done with it", () => {
  const result = postgresSettings.safeParse({ host: "h", database: "d", user: "u", password: "hunter2" });
  assert.equal(result.success, false);
  assert.match(result.error!.issues[0]!.message, /never the secret itself/);
  assert.doesNotMatch(JSON.stringify(result.error!.issues), /hunter2/);
});

test("settings say what is missing, and refuse what nobody knows", () => {
  const messages = (settings: unknown) => (postgresSettings.safeParse(settings).error?.issues ?? []).map((issue) => issue.message).join("; ");
  assert.match(messages({ host: "h" }), /database is missing.*user is missing/);
  assert.match(messages({ secret: "secret:x", hots: "h" }), /hots/);
  assert.match(messages({ secret: "secret:x", port: 70_000 }), /65535/);
});

test("the original connector's secret gives all that is needed; settings win over it", async () => {
  const text = JSON.stringify({ username: "reader", password: "p", host: "warehouse.example.com", port: "5439", db: "shop", dbClusterIdentifier: "shop" });
  const secrets = { resolve: () => Promise.resolve(text) };
  assert.deepEqual(await resolveSettings(postgresSettings.parse({ secret: "secret:redshift" }), secrets), {
    host: "warehouse.example.com", port: 5439, database: "shop", user: "reader", password: "p", ssl: { rejectUnauthorized: false }, connectMs: 10_000,
  });
  const local = await resolveSettings(postgresSettings.parse({ secret: "secret:redshift", host: "127.0.0.1", port: 5432, ssl: "disable" }), secrets);
  assert.deepEqual([local.host, local.port, local.ssl], ["127.0.0.1", 5432, false]);
});

test("a secret that isn't one is told without its text", () => {
  for (const text of ["{not json hunter2", '"hunter2"', "[]", '{"password": {"x": "hunter2"}}', '{"port": "hunter2"}']) {
    assert.throws(() => parseSecret("secret:x", text), (error) => error instanceof UserError && /secret:x/.test(error.message) && !error.message.includes("hunter2"), text);
  }
});

test("a secret without a host is told by the field that is missing", async () => {
  await assert.rejects(
    resolveSettings(postgresSettings.parse({ secret: "secret:x" }), { resolve: () => Promise.resolve('{"username": "u", "password": "p", "db": "d"}') }),
    (error) => error instanceof UserError && /host/.test(error.message) && error.where === "source.host",
  );
});
