/** A process that dies leaves its statement running in the warehouse: there are never two at once for the same work. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import type { BoundQuery, ReadOptions, ReadWork } from "../../src/connectors/connector.ts";
import { redshiftConnector } from "../../src/connectors/redshift/redshift.ts";
import { shopWorld } from "./shop-world.ts";
import type { ShopWorld } from "./shop-world.ts";

let world: ShopWorld;
beforeAll(async () => {
  world = await shopWorld();
});
afterAll(() => world.close());
beforeEach(() => world.kit.calls.clear());

const slow = (seconds: number, n = 1): BoundQuery => ({ sql: `select pg_sleep(${seconds})::varchar as slept, ${n} as n, $1::timestamptz as at`, parameters: [1_772_359_200_000] });
const workOf = (attempt: number, key = "detector/1-2"): ReadWork => ({ key, attemptId: `${key}:${attempt}`, range: { startMs: 1, endMs: 2 }, isHistory: false });

/** Starts a reading in a process of its own and kills it when its statement runs; the statement's id. */
async function killedReading(settings: unknown, query: BoundQuery, work: ReadWork): Promise<string> {
  const credentials = JSON.stringify(world.kit.credentials);
  const child = fork(fileURLToPath(new URL("read-slowly.ts", import.meta.url)), [JSON.stringify({ settings, credentials, query, work })], { execArgv: [] });
  const [id] = (await once(child, "message")) as [string];
  while (world.kit.redshift.statements.active().every(({ status }) => status !== "STARTED")) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.deepEqual(world.kit.redshift.statements.active().map((statement) => statement.id), [id], "it runs on without us");
  return id;
}

async function read(settings: unknown, query: BoundQuery, work: ReadWork): Promise<{ ids: string[]; rows: unknown[]; activeMax: number }> {
  let activeMax = 0;
  const watching = setInterval(() => (activeMax = Math.max(activeMax, world.kit.redshift.statements.active().length)), 2);
  const source = await redshiftConnector.open(redshiftConnector.settings.parse(settings), { secrets: world.system.secrets, zone: "UTC" });
  const [ids, rows]: [string[], unknown[]] = [[], []];
  const options: ReadOptions = { rowsPerBatch: 10, timeoutMs: 60_000, work, onStatement: (id) => ids.push(id) };
  try {
    for await (const batch of source.read(query, options)) rows.push(...batch.rows);
  } finally {
    clearInterval(watching);
    await source.close();
  }
  return { ids, rows, activeMax };
}
const ways = () => [world.settings, { ...world.settings, unload: { to: "s3://example-bucket/k/", iamRole: world.role } }];

test("the next attempt adopts the statement that a killed process left, when it is the same", async () => {
  for (const settings of ways()) {
    world.kit.calls.clear();
    const id = await killedReading(settings, slow(3), workOf(1));
    const { ids, rows, activeMax } = await read(settings, slow(3), workOf(2));
    assert.deepEqual(ids, [id]);
    assert.equal(rows.length, 1);
    assert.equal(activeMax, 1);
    assert.equal(world.kit.calls.of("ExecuteStatement").length, 1);
    assert.deepEqual(world.kit.s3.keys("example-bucket", "k/"), []);
  }
});

test("a statement that is another one by now is cancelled before its successor starts", async () => {
  for (const settings of ways()) {
    const id = await killedReading(settings, slow(60, 1), workOf(1));
    const { ids, rows, activeMax } = await read(settings, slow(0, 2), workOf(2));
    assert.notDeepEqual(ids, [id]);
    assert.equal((rows[0] as unknown[])[1], 2);
    assert.equal(activeMax, 1, "never two at once");
    const { statement } = world.kit.redshift.statements.get(id, `arn:aws:iam::${world.kit.accountId}:user/kit`);
    assert.equal(statement.status, "ABORTED");
  }
});

test("a statement of other work is left alone", async () => {
  const id = await killedReading(world.settings, slow(60), workOf(1, "other/1-2"));
  await read(world.settings, slow(0), workOf(1));
  const { statement } = world.kit.redshift.statements.get(id, `arn:aws:iam::${world.kit.accountId}:user/kit`);
  assert.equal(statement.status, "STARTED");
  await world.kit.redshift.statements.cancel(statement);
});

test("the files of an attempt that died are cleared up by the next one at the same work", async () => {
  const settings = ways()[1];
  const id = await killedReading(settings, slow(1), workOf(1));
  const owner = `arn:aws:iam::${world.kit.accountId}:user/kit`;
  while (world.kit.redshift.statements.get(id, owner).statement.status !== "FINISHED") await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(world.kit.s3.keys("example-bucket", "k/").length, 2);
  const { ids } = await read(settings, slow(0), workOf(2));
  assert.notDeepEqual(ids, [id], "what ended is not taken for new: it may be hours old");
  assert.deepEqual(world.kit.s3.keys("example-bucket", "k/"), []);
});

test("the call that starts a statement, answered but not heard, starts one statement", async () => {
  world.kit.faults.add({ operation: "ExecuteStatement", kind: "lost-reply", times: 2 });
  const before = world.kit.redshift.statements.list().length;
  await read(world.settings, slow(0), workOf(3));
  assert.equal(world.kit.redshift.statements.list().length, before + 1);
  assert.equal(world.kit.calls.of("ExecuteStatement").length, 3);
});

test("a reading that is given up ends its statement, even when the first requests to cancel it get lost", async () => {
  world.kit.faults.add({ operation: "CancelStatement", kind: "cut", times: 6 });
  const source = await redshiftConnector.open(redshiftConnector.settings.parse(world.settings), { secrets: world.system.secrets, zone: "UTC" });
  const abort = new AbortController();
  const reading = (async () => {
    for await (const _ of source.read(slow(60), { rowsPerBatch: 1, timeoutMs: 60_000, work: workOf(4), signal: abort.signal, onStatement: () => setTimeout(() => abort.abort(), 300) }));
  })();
  await assert.rejects(reading, { code: "CANCELLED" });
  assert.deepEqual(world.kit.redshift.statements.active(), []);
  await source.close();
});
