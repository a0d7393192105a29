/** The official clients against the kit's Data API, on a real PostgreSQL. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListStatementsCommand,
  ListTablesCommand,
  paginateGetStatementResult,
  RedshiftDataClient,
} from "@aws-sdk/client-redshift-data";
import type { DescribeStatementResponse, ExecuteStatementInput, Field, RedshiftDataClientConfig } from "@aws-sdk/client-redshift-data";
import { parquetReadObjects } from "hyparquet";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, inject, test } from "vitest";
import type { PolicyDocument } from "../auth/policy.ts";
import "../provided.ts";
import { startTestKit } from "../start-test-kit.ts";
import type { TestKit } from "../start-test-kit.ts";

let kit: TestKit;
let redshift: RedshiftDataClient;
let secret: string;
const database = `kit_${process.pid}`;
const TARGET = { ClusterIdentifier: "kit-cluster", Database: database };

async function admin(sql: string, name?: string): Promise<void> {
  const url = new URL(inject("postgresUrl"));
  if (name !== undefined) url.pathname = `/${name}`;
  const session = new Client({ connectionString: url.href });
  await session.connect();
  try {
    await session.query(sql);
  } finally {
    await session.end();
  }
}

beforeAll(async () => {
  await admin(`create database ${database}`);
  await admin(
    `create table sales (ts timestamp, tz timestamptz, d date, n integer, big bigint, price numeric(12,4), ratio double precision, ok boolean, note varchar(500));
     insert into sales values ('2026-03-01 10:00:00.25', '2026-03-01 10:00:00+00', '2026-03-01', 7, 9007199254740991, 12345.6789, 1.5, true, 'it''s "so", ü'), ('2026-03-01 11:00:00', null, null, null, null, null, null, null, null);
     create role kit_reader_${process.pid} login password 'reader-pw'; grant select on sales to kit_reader_${process.pid}; create table hidden (n integer);`,
    database,
  );
  kit = await startTestKit({ postgresUrl: inject("postgresUrl"), redshiftPageRows: 3 });
  redshift = client();
  secret = kit.secrets.put("reader", JSON.stringify({ username: `kit_reader_${process.pid}`, password: "reader-pw" }));
});
afterAll(async () => {
  redshift.destroy();
  await kit.stop();
  await admin(`drop database ${database} with (force)`);
  await admin(`drop role kit_reader_${process.pid}`);
});
beforeEach(() => {
  kit.faults.clear();
  kit.calls.clear();
  kit.s3.buckets.clear();
  kit.s3.createBucket("out");
});

function client(config: RedshiftDataClientConfig = {}): RedshiftDataClient {
  return new RedshiftDataClient({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, maxAttempts: 1, ...config });
}
async function ended(id: string, from = redshift): Promise<DescribeStatementResponse> {
  for (;;) {
    const description = await from.send(new DescribeStatementCommand({ Id: id }));
    if (!["SUBMITTED", "PICKED", "STARTED"].includes(description.Status!)) return description;
    await sleep(10);
  }
}
async function run(Sql: string, more: Partial<ExecuteStatementInput> = {}): Promise<DescribeStatementResponse> {
  const { Id } = await redshift.send(new ExecuteStatementCommand({ ...TARGET, Sql, ...more }));
  return ended(Id!);
}
async function rows(Sql: string, more: Partial<ExecuteStatementInput> = {}): Promise<Field[][]> {
  const description = await run(Sql, more);
  assert.equal(description.Status, "FINISHED", description.Error);
  const found: Field[][] = [];
  for await (const page of paginateGetStatementResult({ client: redshift }, { Id: description.Id })) found.push(...page.Records!);
  return found;
}
const rejects = (work: Promise<unknown>, name: string, message = /./) => assert.rejects(work, (error: Error) => error.name === name && message.test(error.message));

test("a statement goes SUBMITTED, PICKED, STARTED, FINISHED; its result comes in pages, typed", async () => {
  const slow = await startTestKit({ postgresUrl: inject("postgresUrl"), redshiftStepMs: 500 });
  try {
    const from = client({ endpoint: slow.endpoint, credentials: slow.credentials });
    const { Id } = await from.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select pg_sleep(0.1)" }));
    const seen = new Set<string>();
    for (let status = ""; status !== "FINISHED"; await sleep(10)) seen.add((status = (await from.send(new DescribeStatementCommand({ Id }))).Status!));
    assert.deepEqual([...seen], ["SUBMITTED", "PICKED", "STARTED", "FINISHED"]);
  } finally {
    await slow.stop();
  }
  const description = await run("select * from sales order by ts");
  const { Records, ColumnMetadata, TotalNumRows } = await redshift.send(new GetStatementResultCommand({ Id: description.Id }));
  assert.deepEqual([TotalNumRows, description.ResultRows, description.HasResultSet], [2, 2, true]);
  assert.deepEqual(ColumnMetadata!.map(({ typeName }) => typeName), ["timestamp", "timestamptz", "date", "int4", "int8", "numeric", "float8", "bool", "varchar"]);
  const [first, second] = Records!;
  assert.deepEqual(first!.map((field) => Object.values(field)[0]), ["2026-03-01 10:00:00.25", "2026-03-01 10:00:00+00", "2026-03-01", 7, 9_007_199_254_740_991, "12345.6789", 1.5, true, `it's "so", ü`]);
  assert.ok(second!.slice(1).every(({ isNull }) => isNull === true));
});

test("pages have the rows in order, once each", async () => {
  const found = await rows("select n from generate_series(1, 10) as n");
  assert.deepEqual(found.map(([field]) => field!.longValue), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(kit.calls.of("GetStatementResult").length, 4);
});

test("parameters are values, whatever they hold; one that isn't used is an error", async () => {
  const Parameters = [{ name: "since", value: "2026-03-01T10:30:00Z" }, { name: "text", value: "'; drop table sales; --" }];
  const [row] = await rows("select n, cast(:text as varchar) from sales where ts >= cast(:since as timestamptz)", { Parameters });
  assert.deepEqual([row![0]!.isNull, row![1]!.stringValue], [true, "'; drop table sales; --"]);
  await rejects(run("select 1", { Parameters }), "ValidationException", /unused parameters: \[since, text\]/i);
});

test("the same ClientToken is the same statement: it runs once", async () => {
  const send = () => redshift.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select 1", ClientToken: "t-1" }));
  const [first, second] = [await send(), await send()];
  assert.equal(first.Id, second.Id);
  const other = await redshift.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select 1", ClientToken: "t-2" }));
  assert.notEqual(other.Id, first.Id);
});

test("statements are found again by the beginning of their name, by their owner only", async () => {
  const { Id } = await redshift.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select pg_sleep(20)", StatementName: "mine-1" }));
  const list = (from: RedshiftDataClient) => from.send(new ListStatementsCommand({ StatementName: "mine", Status: "ALL" }));
  assert.deepEqual((await list(redshift)).Statements!.map((one) => one.Id), [Id]);
  assert.deepEqual((await list(client({ credentials: kit.addUser("somebody") }))).Statements, []);
  await rejects(client({ credentials: kit.addUser("else") }).send(new DescribeStatementCommand({ Id })), "ResourceNotFoundException");
  await redshift.send(new CancelStatementCommand({ Id }));
  assert.equal((await ended(Id!)).Status, "ABORTED");
  await rejects(redshift.send(new CancelStatementCommand({ Id })), "ValidationException", /already in ABORTED state/);
});

test("cancelling ends the statement in the database", async () => {
  const { Id } = await redshift.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select pg_sleep(60), 4711" }));
  while ((await redshift.send(new DescribeStatementCommand({ Id }))).Status !== "STARTED") await sleep(5);
  await redshift.send(new CancelStatementCommand({ Id }));
  for (let i = 0; ; i++) {
    const [row] = await rows("select count(*) from pg_stat_activity where query like '%pg_sleep(60), 4711%' and query not like '%pg_stat_activity%' and state = 'active'");
    if (row![0]!.longValue === 0) break;
    assert.ok(i < 50, "it still runs");
    await sleep(50);
  }
});

test("a batch is one transaction in one session; its results are told apart by their number", async () => {
  const batch = async (...Sqls: string[]) => ended((await redshift.send(new BatchExecuteStatementCommand({ ...TARGET, Sqls }))).Id!);
  const done = await batch("set timezone to 'America/New_York'", "select '2026-07-01 10:00'::timestamp::timestamptz at time zone 'UTC'");
  assert.deepEqual([done.Status, done.SubStatements!.map(({ Status, HasResultSet }) => [Status, HasResultSet])], ["FINISHED", [["FINISHED", false], ["FINISHED", true]]]);
  const { Records } = await redshift.send(new GetStatementResultCommand({ Id: `${done.Id}:2` }));
  assert.equal(Records![0]![0]!.stringValue, "2026-07-01 14:00:00");
  const failed = await batch("insert into sales (n) values (99)", "select no_such_column from sales");
  assert.equal(failed.Status, "FAILED");
  assert.match(failed.SubStatements![1]!.Error!, /column "no_such_column" does not exist/);
  assert.deepEqual(await rows("select n from sales where n = 99"), []);
});

test("Redshift's own functions and words work: getdate, sysdate, dateadd, datediff, nvl, backslashes, table options", async () => {
  const [row] = await rows(
    `select dateadd(hour, -1, timestamp '2026-03-01 10:00'), datediff(day, '2026-03-01', '2026-03-05'), nvl(null, 'x'), 'a\\'b', getdate() <= sysdate + interval '1 minute', 'sysdate -- nvl('`,
  );
  assert.deepEqual(row!.map((field) => Object.values(field)[0]), ["2026-03-01 09:00:00", 4, "x", "a'b", true, "sysdate -- nvl("]);
  const created = await run("create table made (id bigint identity(0,1) encode az64, t varchar(max) encode lzo) diststyle key distkey(id) compound sortkey(id, t)");
  assert.equal(created.Status, "FINISHED", created.Error);
});

test("errors are told as Redshift words them", async () => {
  assert.match((await run("select * from nowhere")).Error!, /^ERROR: relation "nowhere" does not exist/);
  assert.match((await run("select * from hidden", { SecretArn: secret })).Error!, /permission denied for relation hidden/);
  assert.match((await run("select from where")).Error!, /syntax error/);
  const wrong = kit.secrets.put("wrong", JSON.stringify({ username: `kit_reader_${process.pid}`, password: "nope" }));
  assert.match((await run("select 1", { SecretArn: wrong })).Error!, /^FATAL: password authentication failed/);
  assert.match((await run("select 1; select 2")).Error!, /cannot insert multiple commands/);
  await rejects(run("select 1", { ClusterIdentifier: "not-there" }), "ValidationException", /doesn't exist/);
  await rejects(run("select 1", { WorkgroupName: "kit-workgroup" }), "ValidationException", /but not both/);
  await rejects(run(`select '${"x".repeat(100 * 1024)}'`), "ValidationException", /100 KB/);
});

test("a workgroup, a secret, and a database user all work", async () => {
  const who = async (more: Partial<ExecuteStatementInput>, target: ExecuteStatementInput = { ...TARGET, Sql: "" }): Promise<string> => {
    const { Id } = await redshift.send(new ExecuteStatementCommand({ ...target, Sql: "select current_user::varchar", ...more }));
    assert.equal((await ended(Id!)).Status, "FINISHED");
    return (await redshift.send(new GetStatementResultCommand({ Id }))).Records![0]![0]!.stringValue!;
  };
  const reader = `kit_reader_${process.pid}`;
  assert.equal(await who({ SecretArn: secret }), reader);
  assert.equal(await who({ DbUser: reader }), reader);
  assert.notEqual(await who({}, { WorkgroupName: "kit-workgroup", Database: database, Sql: "" }), reader);
});

test("a result over the limit, a result asked for too early, and one of a day ago", async () => {
  let now = Date.now();
  const small = await startTestKit({ postgresUrl: inject("postgresUrl"), redshiftResultBytesMax: 1000, nowMs: () => now });
  try {
    const from = client({ endpoint: small.endpoint, credentials: small.credentials });
    const { Id } = await from.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select repeat('x', 600) from generate_series(1, 2)" }));
    assert.match((await ended(Id!, from)).Error!, /exceeds the maximum size/);
    const running = await from.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select pg_sleep(0.2)" }));
    await rejects(from.send(new GetStatementResultCommand({ Id: running.Id })), "ResourceNotFoundException");
    await ended(running.Id!, from);
    now += 25 * 3_600_000;
    await rejects(client({ endpoint: small.endpoint, credentials: small.credentials, systemClockOffset: 25 * 3_600_000 }).send(new GetStatementResultCommand({ Id: running.Id })), "ResourceNotFoundException");
  } finally {
    await small.stop();
  }
});

test("too many active statements are refused", async () => {
  const tiny = await startTestKit({ postgresUrl: inject("postgresUrl"), redshiftActiveMax: 1 });
  const from = client({ endpoint: tiny.endpoint, credentials: tiny.credentials });
  await from.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select pg_sleep(10)" }));
  await rejects(from.send(new ExecuteStatementCommand({ ...TARGET, Sql: "select 1" })), "ActiveStatementsExceededException");
  await tiny.stop();
});

test("tables and their columns are listed", async () => {
  const { Tables } = await redshift.send(new ListTablesCommand({ ...TARGET, SchemaPattern: "public", TablePattern: "sal%" }));
  assert.deepEqual(Tables, [{ schema: "public", name: "sales", type: "TABLE" }]);
  const { ColumnList } = await redshift.send(new DescribeTableCommand({ ...TARGET, Schema: "public", Table: "sales" }));
  assert.deepEqual(ColumnList!.slice(0, 3).map(({ name, typeName }) => [name, typeName]), [["ts", "timestamp"], ["tz", "timestamptz"], ["d", "date"]]);
});

test("IAM is asked: the action on the cluster, and the secret", async () => {
  const allow = (...statements: [string, string][]): PolicyDocument => ({ Version: "2012-10-17", Statement: statements.map(([Action, Resource]) => ({ Effect: "Allow", Action, Resource })) });
  const cluster = `arn:aws:redshift:${kit.region}:${kit.accountId}:cluster:kit-cluster`;
  const execute = (policy: PolicyDocument, more = {}) => client({ credentials: kit.addUser("u", policy) }).send(new ExecuteStatementCommand({ ...TARGET, SecretArn: secret, Sql: "select 1", ...more }));
  await execute(allow(["redshift-data:ExecuteStatement", cluster], ["secretsmanager:GetSecretValue", secret]));
  await rejects(execute(allow(["redshift-data:ExecuteStatement", cluster])), "AccessDeniedException", /GetSecretValue/);
  await rejects(execute(allow(["redshift-data:ExecuteStatement", "arn:aws:redshift:*:*:cluster:other"], ["secretsmanager:GetSecretValue", secret])), "AccessDeniedException", /ExecuteStatement/);
  await rejects(execute(allow(["redshift-data:ExecuteStatement", cluster]), { SecretArn: undefined, DbUser: "x" }), "AccessDeniedException", /GetClusterCredentials/);
});

const unload = (select: string, to: string, options = "") => run(`unload ('${select.replaceAll("'", "''")}') to 's3://out/${to}' iam_role '${kit.addRole("unload")}' ${options}`);

test("UNLOAD as the original connector wrote it: header CSV, a file for each slice", async () => {
  assert.equal((await unload("select ts as timestamp, n, note from sales order by ts", "live/20260301/1000/", "header CSV")).Status, "FINISHED");
  const keys = kit.s3.keys("out");
  assert.deepEqual(keys, [0, 1, 2, 3].map((slice) => `live/20260301/1000/000${slice}_part_00`));
  assert.equal(kit.s3.get("out", keys[0]!).toString(), 'timestamp,n,note\n2026-03-01 10:00:00.25,7,"it\'s ""so"", ü"\n');
  assert.equal(kit.s3.get("out", keys[3]!).toString(), "timestamp,n,note\n");
  assert.match((await unload("select 1", "live/20260301/1000/", "header CSV")).Error!, /Specified unload destination on S3 is not empty/);
  assert.equal((await unload("select 1", "live/20260301/1000/", "CSV allowoverwrite")).Status, "FINISHED");
});

test("UNLOAD in one file with a manifest that tells rows, bytes and types", async () => {
  assert.equal((await unload("select n, note, tz from sales", "m/", "format as csv null as '~null~' manifest verbose parallel off")).Status, "FINISHED");
  assert.deepEqual(kit.s3.keys("out"), ["m/000", "m/manifest"]);
  const manifest = JSON.parse(kit.s3.get("out", "m/manifest").toString()) as { entries: unknown; schema: { elements: { type: { base: string } }[] }; meta: unknown };
  const bytes = kit.s3.get("out", "m/000").length;
  assert.deepEqual(manifest.entries, [{ url: "s3://out/m/000", meta: { content_length: bytes, record_count: 2 } }]);
  assert.deepEqual(manifest.schema.elements.map(({ type }) => type.base), ["integer", "character varying", "timestamp with time zone"]);
  assert.match(kit.s3.get("out", "m/000").toString(), /~null~,~null~,~null~/);
});

test("UNLOAD to Parquet keeps types and nulls", async () => {
  assert.equal((await unload("select n, big, price, ok, note, ts from sales order by ts", "p/", "parquet parallel off")).Status, "FINISHED");
  assert.deepEqual(kit.s3.keys("out"), ["p/000.parquet"]);
  const bytes = kit.s3.get("out", "p/000.parquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const [first, second] = await parquetReadObjects({ file });
  assert.deepEqual([first!["n"], first!["big"], first!["ok"], first!["note"]], [7, 9007199254740991n, true, `it's "so", ü`]);
  assert.deepEqual(first!["ts"], new Date("2026-03-01T10:00:00.250Z"));
  assert.ok(Math.abs((first!["price"] as number) - 12345.6789) < 1e-9);
  assert.equal(second!["n"], null);
});

test("UNLOAD refuses what Redshift refuses", async () => {
  assert.match((await unload("select n from sales limit 1", "l/")).Error!, /Limit clause is not supported/);
  assert.equal((await unload("select * from (select n from sales limit 1) as t", "l/")).Status, "FINISHED");
  assert.match((await run("unload ('select 'x'') to 's3://out/q/' iam_role 'r'")).Error!, /syntax error/);
  assert.match((await run("unload ('select 1') to 's3://out/q/' iam_role 'arn:aws:iam::111122223333:role/nobody'")).Error!, /not authorized to assume/);
  assert.match((await run(`unload ('select 1') to 's3://no-such-bucket/q/' iam_role '${kit.addRole("unload")}'`)).Error!, /NoSuchBucket/);
  kit.s3.createBucket("far", { region: "us-east-1" });
  assert.match((await run(`unload ('select 1') to 's3://far/q/' iam_role '${kit.addRole("unload")}'`)).Error!, /different region/);
  const narrow = kit.addRole("narrow", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:ListBucket", Resource: "*" }] });
  assert.match((await run(`unload ('select 1') to 's3://out/n/' iam_role '${narrow}'`)).Error!, /not authorized to perform: s3:PutObject/);
});

test("a signature that is wrong, a token that is missing", async () => {
  await rejects(client({ credentials: { ...kit.credentials, secretAccessKey: "x" } }).send(new ListStatementsCommand({})), "InvalidSignatureException");
  await rejects(client({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } }).send(new ListStatementsCommand({})), "UnrecognizedClientException");
});
