/**
 * Every call that a reading makes fails – once, three times, always – in each way in which calls fail: an error, a throttle, a cut
 * connection, an answer that gets lost, half an answer, none at all. Three times are survived within the attempt; what lasts
 * fails the attempt, with its reason in words in the ledger, and the interval ends right when the trouble is over.
 */
import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { startTestKit } from "@foretop/test-kit";
import type { FaultKind } from "@foretop/test-kit";
import { redshiftConnector } from "../../src/connectors/redshift/redshift.ts";
import { crawlInterval } from "../../src/crawl/crawl-interval.ts";
import { retryAtMs } from "../../src/crawl/retry-rule.ts";
import type { Detector } from "../../src/resources/detector.ts";
import { SourceError } from "../../src/telemetry/errors.ts";
import { at } from "../crawl-world.ts";
import { shopWorld } from "./shop-world.ts";
import type { ShopWorld } from "./shop-world.ts";

const HOUR = { startMs: at("2026-03-01T10:00Z"), endMs: at("2026-03-01T11:00Z") };
const KINDS: readonly FaultKind[] = ["error", "throttle", "cut", "lost-reply", "half", "hang"];
/** calls of the Data API that each way makes, and those of S3 that the reading of files needs */
const DIRECT = ["ListStatements", "ExecuteStatement", "DescribeStatement", "GetStatementResult"] as const;
const UNLOADED = ["GetObject"] as const;
/** A word of how it is told, by kind. */
const WORDS: Readonly<Record<FaultKind, RegExp>> = {
  error: /internal error/i,
  throttle: /rate exceeded|reduce your request rate|slow/i,
  cut: /socket hang up|ECONNRESET|connection/i,
  "lost-reply": /socket hang up|ECONNRESET|connection/i,
  half: /aborted|ECONNRESET|connection|unexpected end|JSON|terminated/i,
  hang: /timed? ?out|timeout|did not answer/i,
};

let world: ShopWorld;
let expected: string[];
beforeAll(async () => {
  world = await shopWorld();
  const batch = await crawlInterval(await detectorOn({}), HOUR, world.system);
  expected = tableOf(batch);
  assert.equal(expected.length, 8);
});
afterAll(() => world.close());
beforeEach(() => world.kit.faults.clear());

const unload = (): object => ({ to: "s3://example-bucket/f/", iamRole: world.role });
// Rows, so that a fault meets the reading and not the question for its columns, and there are as many lines as rows.
const detectorOn = (more: object): Promise<Detector> => world.detector({ aggregateInDatabase: false, source: { kind: "redshift", settings: { ...world.settings, requestSecondsMax: 0.4, ...more } } });
const tableOf = ({ keys, values }: { keys: readonly unknown[]; values: ArrayLike<number> }) => keys.map((key, i) => `${JSON.stringify(key)} = ${values[i]}`).sort();
const attemptsOf = (detector: Detector) => world.system.store.ledger.list(detector.id, { ...HOUR, limit: 10 });
/** Those that read: before the first of a detector, UNLOAD's query is asked for its columns. */
const statements = (): number => world.kit.redshift.statements.list().filter(({ subs }) => !subs.some(({ sql }) => sql.includes("foretop_described"))).length;

async function survives(settings: object, operation: string, kind: FaultKind, times: number): Promise<void> {
  const detector = await detectorOn(settings);
  const before = statements();
  world.kit.faults.add({ operation, kind, times });
  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
  assert.equal(statements() - before, 1, "one statement, however often it was asked for");
  const [attempt, ...more] = await attemptsOf(detector);
  assert.deepEqual([attempt!.outcome, attempt!.rows, more.length], ["succeeded", 12, 0]);
}

async function isToldAndEndsRight(settings: object, operation: string, kind: FaultKind): Promise<void> {
  const detector = await detectorOn(settings);
  world.kit.faults.add({ operation, kind, times: Infinity });
  await assert.rejects(crawlInterval(detector, HOUR, world.system), (error) => error instanceof SourceError && error.transient);
  world.kit.faults.clear();
  const [failed] = await attemptsOf(detector);
  assert.equal(failed!.outcome, "failed");
  assert.equal(failed!.transient, true);
  assert.match(failed!.error!, WORDS[kind]);
  assert.match(failed!.error!, / – .*tried again|requestSecondsMax/, "and what happens next");
  assert.ok((await retryAtMs(detector, HOUR, world.system)) > failed!.endedMs!, "later, not at once");

  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
  assert.deepEqual((await attemptsOf(detector)).map(({ outcome }) => outcome), ["succeeded", "failed"]);
  assert.deepEqual(world.kit.redshift.statements.active(), [], "nothing runs on");
  assert.deepEqual(world.kit.s3.keys("example-bucket"), [], "no file stays");
}

for (const [way, operations] of [["direct", DIRECT], ["unload", UNLOADED]] as const) {
  const settings = (): object => (way === "direct" ? {} : { unload: unload() });
  for (const operation of operations) {
    describe(`${way}: ${operation}`, () => {
      test.each(KINDS)("%s, once and three times, is survived within the attempt", async (kind) => {
        await survives(settings(), operation, kind, 1);
        await survives(settings(), operation, kind, 3);
      });
      test.each(KINDS)("%s, always, fails the attempt with its reason, and the interval ends right afterwards", (kind) => isToldAndEndsRight(settings(), operation, kind));
    });
  }
}

test("files that can't be cleared away don't spoil a reading; the next one at the same work clears them", async () => {
  const detector = await detectorOn({ unload: unload() });
  world.kit.faults.add({ operation: "DeleteObjects", kind: "error", times: Infinity });
  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
  assert.equal(world.kit.s3.keys("example-bucket", "f/").length, 2);
  world.kit.faults.clear();
  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
  assert.deepEqual(world.kit.s3.keys("example-bucket"), []);
});

/** Lets the files of the next UNLOAD pass through `change` on their way into the bucket. */
function changing(change: (key: string, bytes: Buffer) => Buffer): () => void {
  const put = world.kit.s3.put.bind(world.kit.s3);
  world.kit.s3.put = (bucket, key, body, options) => put(bucket, key, change(key, Buffer.from(body)), options);
  return () => (world.kit.s3.put = put);
}

test.each([
  ["a file that lost its end", (key: string, bytes: Buffer) => (key.endsWith("manifest") ? bytes : bytes.subarray(0, bytes.length - 20)), /has \d+ bytes, the manifest says \d+/],
  ["a file that lost a row but not its length", (key: string, bytes: Buffer) => (key.endsWith("manifest") ? bytes : Buffer.from(bytes.toString("latin1").replace(/\n/, "x"), "latin1")), /fields, the query has|rows, the manifest says/],
  ["a manifest that is cut off", (key: string, bytes: Buffer) => (key.endsWith("manifest") ? bytes.subarray(0, 50) : bytes), /is not JSON/],
  ["a manifest that doesn't add up", (key: string, bytes: Buffer) => (key.endsWith("manifest") ? Buffer.from(bytes.toString().replace(/"record_count": 12/, '"record_count": 13')) : bytes), /counts 12 rows, its files 13|counts 13 rows, its files 12/],
  ["a manifest that names a file elsewhere", (key: string, bytes: Buffer) => (key.endsWith("manifest") ? Buffer.from(bytes.toString().replace(/"url": "s3:\/\/example-bucket/, '"url": "s3://other-bucket')) : bytes), /which is elsewhere/],
])("%s is an error, never a smaller result", async (_name, change, message) => {
  const detector = await detectorOn({ unload: { ...unload(), format: "csv" } });
  const restore = changing(change);
  try {
    await assert.rejects(crawlInterval(detector, HOUR, world.system), (error) => error instanceof SourceError && error.transient && message.test(error.message));
  } finally {
    restore();
  }
  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
});

test("a publication that fails leaves the earlier object as it was", async () => {
  const publish = { live: "s3://example-bucket/live/" };
  const detector = await detectorOn({ publish });
  await crawlInterval(detector, HOUR, world.system);
  const key = "live/20260301/1000/data.csv";
  const before = world.kit.s3.object("example-bucket", key);
  world.kit.faults.add({ operation: "PutObject", kind: "error", times: Infinity });
  await assert.rejects(crawlInterval(detector, HOUR, world.system), /writing s3:\/\/example-bucket\/live/);
  assert.equal(world.kit.s3.object("example-bucket", key), before);
  world.kit.s3.delete("example-bucket", key);
});

test("mistakes of the configuration are told as that, with what to do, and are not tried at once", async () => {
  const mistakes: [object, RegExp, string][] = [
    [{ clusterIdentifier: "no-such-cluster" }, /endpoint doesn't exist/, "QUERY"],
    [{ database: "no_such_database" }, /database "no_such_database" does not exist/, "NOT_FOUND"],
    [{ dbUser: `kit_nobody_${process.pid}` }, /permission denied for relation/, "PERMISSION"],
    [{ unload: { to: "s3://no-such-bucket/f/", iamRole: world.role } }, /NoSuchBucket/, "NOT_FOUND"],
    [{ unload: { to: "s3://example-bucket/f/", iamRole: "arn:aws:iam::111122223333:role/nobody" } }, /not authorized to assume/, "PERMISSION"],
    [{ secretArn: "no-such-secret", clusterIdentifier: undefined }, /can't find the specified secret/, "NOT_FOUND"],
    [{ secretArn: world.kit.secrets.put("no-db", JSON.stringify({ username: "u", password: "p", dbClusterIdentifier: "kit-cluster" })), database: undefined }, /secret .*no-db.* has no field "db"/, "REFUSED"],
    [{ secretArn: world.kit.secrets.put("no-json", "not json"), database: undefined }, /does not hold a JSON object/, "AUTHENTICATE"],
    [{ secretArn: world.kit.secrets.put("wrong-password", JSON.stringify({ username: "postgres", password: "not it" })) }, /password authentication failed|role .* does not exist/, "AUTHENTICATE"],
    [{ region: "us-west-2" }, /doesn't exist in this region/, "QUERY"],
    [{ assumeRole: "arn:aws:iam::111122223333:role/no-such-role" }, /not authorized to perform: sts:AssumeRole/, "PERMISSION"],
  ];
  for (const [settings, message, code] of mistakes) {
    const detector = await detectorOn(settings);
    await assert.rejects(crawlInterval(detector, HOUR, world.system), (error) => error instanceof SourceError && error.code === code && message.test(error.message) && error.advice !== null, String(message));
    const [attempt] = await attemptsOf(detector);
    assert.deepEqual([attempt!.outcome, attempt!.errorCode, attempt!.transient], ["failed", code, false]);
  }
});

test("a host that resolves to nowhere may be a passing trouble, and is told by its name", async () => {
  const detector = await detectorOn({ endpoint: "http://redshift-data.nowhere.invalid" });
  await assert.rejects(crawlInterval(detector, HOUR, world.system), (error) => error instanceof SourceError && error.code === "CONNECT" && error.transient && /nowhere\.invalid/.test(error.message));
});

test("a clock that is off against AWS's is corrected by the client, and told by doctor", async () => {
  const ahead = await startTestKit({ postgresUrl: world.databaseUrl, nowMs: () => Date.now() + 3_600_000 });
  try {
    const settings = { ...world.settings, endpoint: ahead.endpoint };
    const source = await redshiftConnector.open(redshiftConnector.settings.parse(settings), { secrets: { resolve: () => Promise.resolve(JSON.stringify(ahead.credentials)) }, zone: "UTC" });
    const clock = (await source.check(null, null)).find(({ check }) => check === "clock");
    assert.equal(clock!.level, "warning");
    assert.match(clock!.message, /3\d\d\d\.\d s ahead of this machine's/);
    await source.close();
  } finally {
    await ahead.stop();
  }
});

test("a role that is taken on reads as that role, with its external id", async () => {
  const role = world.kit.addRole("reads", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["redshift-data:*", "redshift:GetClusterCredentialsWithIAM"], Resource: "*" }] }, { externalId: "e-4711" });
  const detector = await detectorOn({ assumeRole: role, externalId: "e-4711" });
  assert.deepEqual(tableOf(await crawlInterval(detector, HOUR, world.system)), expected);
  const [newest] = world.kit.redshift.statements.list();
  assert.match(newest!.owner, /assumed-role\/reads\/foretop$/);
});
