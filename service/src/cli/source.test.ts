import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { commandsOn, runForetop } from "../../test/cli-world.ts";
import type { Connector } from "../connectors/connector.ts";
import { duckdbConnector } from "../connectors/duckdb/duckdb.ts";
import { mysqlConnector } from "../connectors/mysql/mysql.ts";
import { postgresConnector } from "../connectors/postgres/postgres.ts";
import { s3Connector } from "../connectors/s3/s3.ts";
import type { CliCommands } from "./commands.ts";
import { EXIT } from "./exit-code.ts";

const CONNECTORS = [postgresConnector, mysqlConnector, duckdbConnector, s3Connector] as readonly Connector[];
const commands: Partial<CliCommands> = { registries: { ...commandsOn(null).registries, connectors: new Map(CONNECTORS.map((connector) => [connector.kind, connector])) } };

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "foretop-source-"));
  mkdirSync(join(cwd, "data"));
  const rows = ["order_id,created_at,country,channel,amount,updated_at,note"];
  for (let i = 0; i < 3000; i++) {
    const at = new Date(Date.UTC(2026, 2, 1) + i * 60_000).toISOString().slice(0, 19).replace("T", " ");
    rows.push(`${1000 + i},${at},${["DE", "FR", "IT"][i % 3]},${i % 5 === 0 ? "app" : "web"},${(20 + (i % 17) * 1.25).toFixed(2)},${i % 2 === 0 ? at : ""},note ${i}`);
  }
  writeFileSync(join(cwd, "data/orders.csv"), `${rows.join("\n")}\n`);
  writeFileSync(join(cwd, "data/country.jsonl"), '{"name":"DE"}\n{"name":"FR"}\n');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const source = (...argv: string[]) => runForetop(["--home", join(cwd, "home"), "source", ...argv], null, { cwd, commands });

test("add without a table connects and lists the tables", async () => {
  const { code, stdout, stderr } = await source("add", "--kind", "duckdb", "--set", `folder=${join(cwd, "data")}`);
  assert.deepEqual([code, stderr], [EXIT.ok, ""]);
  assert.match(stdout, /✔ +connects +2 files in 2 tables/);
  assert.match(stdout, /2 tables: country, orders/);
});

test("add drafts query, measures and dimensions from the rows, with an estimate, and what it wrote can be planned and read", async () => {
  const { code, stdout, stderr } = await source("add", "--kind", "duckdb", "--set", `folder=${join(cwd, "data")}`, "--table", "orders", "--out", "draft.yaml");
  assert.deepEqual([code, stderr], [EXIT.ok, ""]);
  assert.match(stdout, /created_at +TIMESTAMP +3,000 +0/);
  assert.match(stdout, /rows an interval +60/);
  assert.match(stdout, /series \(leaves\) +6/);
  const draft = readFileSync(join(cwd, "draft.yaml"), "utf8");
  assert.match(draft, /timestamp: created_at\nmeasures:\n  - amount\ndimensions:\n  - channel\n  - country\n/);
  assert.match(draft, /query: \|\n  select created_at, amount, channel, country\n  from orders\n  where created_at >= :start and created_at < :end\n/);
  assert.match(draft, /frequency: PT1H/);
  const again = await source("add", "--kind", "duckdb", "--set", `folder=${join(cwd, "data")}`, "--table", "orders", "--out", "draft.yaml");
  assert.match(again.stderr, /draft\.yaml is there already.*nothing is overwritten/s);
  const tested = await source("test", "draft.yaml");
  assert.deepEqual([tested.code, tested.stderr], [EXIT.ok, ""]);
  assert.match(tested.stdout, /reads +the query runs and gives created_at, amount, channel, country/);
});

test("sample shows columns and rows of the last whole interval, as JSON too", async () => {
  const at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 1_800_000).toISOString().slice(0, 19);
  writeFileSync(join(cwd, "data/now.csv"), `ts,n\n${at},7\n`);
  writeFileSync(join(cwd, "now.yaml"), `name: now\nfrequency: PT1H\nsource: { kind: duckdb, folder: ${join(cwd, "data")} }\nquery: select * from now where ts >= :start and ts < :end\ntimestamp: ts\nmeasures: [n]\n`);
  const { code, stdout } = await source("sample", "now.yaml");
  assert.equal(code, EXIT.ok);
  assert.match(stdout, new RegExp(`${at}  7`));
  const json = JSON.parse((await runForetop(["--json", "source", "sample", "now.yaml"], null, { cwd, commands })).stdout) as { columns: { name: string }[]; rows: unknown[][] };
  assert.deepEqual([json.columns.map(({ name }) => name), json.rows], [["ts", "n"], [[at, 7]]]);
});

test("policy prints the least rights of each kind, for the tables that the query names", async () => {
  const write = (name: string, sourceLines: string, query: string): string => {
    writeFileSync(join(cwd, name), `name: x\nfrequency: PT1H\nsource:\n${sourceLines}\n${query}timestamp: ts\nmeasures: [n]\n`);
    return name;
  };
  const query = "query: select * from shop.orders o join country c on c.id = o.id where ts >= :start and ts < :end\n";
  const login = "  host: h\n  database: d\n  user: reader\n  password: env:P";
  const postgres = await source("policy", write("p.yaml", `  kind: postgres\n${login}`, query));
  assert.deepEqual([postgres.code, postgres.stderr], [EXIT.ok, ""]);
  assert.match(postgres.stdout, /grant usage on schema shop to "reader";\ngrant usage on schema public to "reader";\ngrant select on shop\.orders, country to "reader";/);
  assert.match((await source("policy", write("m.yaml", `  kind: mysql\n${login}`, query))).stdout, /grant select on shop\.orders to 'reader'@'%';\ngrant select on `d`\.country to 'reader'@'%';/);
  const s3 = await source("policy", write("s.yaml", "  kind: s3\n  path: s3://my-bucket/live/{{yyyyMMdd}}/\n  historicalPath: s3://other/past/", ""));
  const [, document] = /^[^\n]*\n\n(\{.*?\n\})\n/s.exec(s3.stdout)!;
  const statements = (JSON.parse(document!) as { Statement: { Action: string[]; Resource: string }[] }).Statement;
  assert.deepEqual(statements.map(({ Action, Resource }) => `${Action.join()} ${Resource}`), ["s3:ListBucket arn:aws:s3:::my-bucket", "s3:GetObject arn:aws:s3:::my-bucket/live/*", "s3:ListBucket arn:aws:s3:::other", "s3:GetObject arn:aws:s3:::other/past/*"]);
  assert.match((await source("policy", "draft.yaml")).stdout, /May read the files in .*data and/);
});

test("mistakes are told with what would be right", async () => {
  const refused = async (argv: string[], pattern: RegExp) => {
    const { code, stderr, stdout } = await source(...argv);
    assert.notEqual(code, EXIT.ok, stdout);
    assert.match(stderr, pattern);
  };
  await refused(["add", "--kind", "mysqll", "--set", "host=x"], /no connector "mysqll".*Did you mean "mysql"/s);
  await refused(["add", "--kind", "duckdb", "--set", "folder"], /not name=value/);
  await refused(["add", "--kind", "duckdb", "--set", "foldr=data"], /foldr/);
  await refused(["add", "--kind", "duckdb", "--set", `folder=${join(cwd, "nowhere")}`], /nowhere can't be read/);
  await refused(["add", "--kind", "duckdb", "--set", `folder=${join(cwd, "data")}`, "--table", "ordrs"], /no table ordrs.*orders/s);
  await refused(["add", "--kind", "duckdb", "--set", `folder=${join(cwd, "data")}`, "--table", "country"], /no column of country tells when/);
  await refused(["add", "--kind", "postgres", "--set", "host=h", "database=d", "user=u", "password=hunter2"], /never the secret itself/);
  const literal = await source("add", "--kind", "postgres", "--set", "host=h", "database=d", "user=u", "password=hunter2");
  assert.doesNotMatch(literal.stderr + literal.stdout, /hunter2/);
});
