/** The original connector's configuration, unchanged, on each way to Redshift; and its defects of reading and writing, by number. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { crawlHistory } from "../../src/crawl/crawl-history.ts";
import { crawlInterval } from "../../src/crawl/crawl-interval.ts";
import { parseConfigFile } from "../../src/resources/parse-config.ts";
import { readFileFrom } from "../../src/resources/read-file.ts";
import { SourceError } from "../../src/telemetry/errors.ts";
import { at } from "../crawl-world.ts";
import { runOn } from "../postgres.ts";
import { shopWorld } from "./shop-world.ts";
import type { ShopWorld } from "./shop-world.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));
const HOUR = { startMs: at("2026-03-01T10:00Z"), endMs: at("2026-03-01T11:00Z") };
const ORIGINAL_FILES = ["params.json", "historical.sql", "continuous.sql"];
const SECRET = "redshift-l4mintegration";

let world: ShopWorld;
const before = { ...process.env };
beforeAll(async () => {
  world = await shopWorld();
  const { kit, databaseUrl, database } = world;
  const { username, password } = new URL(databaseUrl);
  kit.secrets.put(SECRET, JSON.stringify({ username: decodeURIComponent(username), password: decodeURIComponent(password), dbClusterIdentifier: "kit-cluster", db: database, host: "h", port: 5439 }));
  // As for any program that uses the SDK: address and keys from the environment.
  Object.assign(process.env, { AWS_ENDPOINT_URL: kit.endpoint, AWS_ACCESS_KEY_ID: kit.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: kit.credentials.secretAccessKey });
});
afterAll(async () => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await world.close();
});
beforeEach(() => {
  world.kit.calls.clear();
  world.kit.faults.clear();
});

const example = (folder: string, file: string) => readFileSync(join(EXAMPLES, folder, file), "utf8");
const executed = () => [...world.kit.calls.of("ExecuteStatement"), ...world.kit.calls.of("BatchExecuteStatement")];

/** The original's files with this source.yaml; null: PostgreSQL's protocol. */
async function originalDetector(name: string, sourceYaml: string | null) {
  const files = Object.fromEntries(ORIGINAL_FILES.map((file) => [file, example("redshift-unload", file)]));
  const { config } = parseConfigFile("params.json", readFileFrom({ ...files, ...(sourceYaml !== null && { "source.yaml": sourceYaml }) }));
  return world.detector({ ...config, name, alerts: [], completeness: { rowShareMin: 0, waitIntervalsMax: 1 }, ...(sourceYaml === null && { source: { kind: "postgres", settings: world.postgresSettings } }) });
}
const tableOf = ({ keys, values }: { keys: readonly unknown[]; values: ArrayLike<number> }) => keys.map((key, i) => `${JSON.stringify(key)} = ${values[i]}`).sort();

test("the examples' params.json and queries are the original sample's, to the byte", () => {
  for (const file of ORIGINAL_FILES) assert.equal(example("redshift-unload", file), example("redshift-ecommerce", file));
});

test("params.json and both queries, unchanged, give the same rows on every way: PostgreSQL's protocol, Data API, UNLOAD to Parquet and to CSV", async () => {
  const ways = { postgres: null, "data api": "kind: redshift\nregion: eu-central-1\n", parquet: example("redshift-unload", "source.yaml"), csv: "kind: redshift\nregion: eu-central-1\nunload: { format: csv }\n" };
  const expected = await crawlInterval(await originalDetector("original-postgres", null), HOUR, world.system);
  assert.equal(expected.rows.processed, 12, "three readings an hour of two platforms and two marketplaces");
  for (const [way, yaml] of Object.entries(ways)) {
    world.kit.calls.clear();
    const detector = await originalDetector(`original-${way.replace(" ", "-")}-2`, yaml);
    const batch = await crawlInterval(detector, HOUR, world.system);
    assert.deepEqual(tableOf(batch), tableOf(expected), way);
    assert.equal(batch.maxTimestampMs, at("2026-03-01T10:40Z"), way);
    const history = await crawlHistory(detector, world.system, { endMs: at("2026-03-01T12:00Z") });
    assert.equal(history.startMs.length, 60, way);
    // 1: one statement for each window, and the ledger knows its id. Once before, the query's columns are asked for (no row is read).
    if (yaml !== null) assert.equal(executed().length, 3, way);
    const [attempt] = await world.system.store.ledger.list(detector.id, { ...HOUR, limit: 1 });
    assert.match(attempt!.statementId!, yaml === null ? /^session \d+$/ : /^[0-9a-f-]{36}$/);
  }
});

test("the example of the Data API reads its rows from a workgroup", async () => {
  const { config } = parseConfigFile("foretop.yaml", readFileFrom({ "foretop.yaml": example("redshift-data-api", "foretop.yaml"), "ecommerce.sql": example("redshift-data-api", "ecommerce.sql") }));
  const { kit, database, databaseUrl } = world;
  kit.redshift.addWorkgroup("shop", { postgresUrl: databaseUrl, databases: { shop: database } });
  const { username, password } = new URL(databaseUrl);
  const secretArn = kit.secrets.put("shop-reader", JSON.stringify({ username: decodeURIComponent(username), password: decodeURIComponent(password) }));
  const detector = await world.detector({ ...config, alerts: [], source: { kind: "redshift", settings: { ...config.source.settings, secretArn } } });
  assert.equal((await crawlInterval(detector, HOUR, world.system)).rows.processed, 12);
});

test("2: the original's live folder is named by the interval's start and holds its rows; history goes to its own folder; nothing else stays", async () => {
  const detector = await originalDetector("published", example("redshift-unload", "source.yaml"));
  for (const key of world.kit.s3.keys("example-bucket")) world.kit.s3.delete("example-bucket", key);
  await crawlInterval(detector, HOUR, world.system);
  await crawlHistory(detector, world.system, { endMs: at("2026-03-01T00:00Z") });
  assert.deepEqual(world.kit.s3.keys("example-bucket"), ["ecommerce/backtest/data.csv", "ecommerce/live/20260301/1000/data.csv"]);
  const lines = world.kit.s3.get("example-bucket", "ecommerce/live/20260301/1000/data.csv").toString().trimEnd().split("\n");
  assert.equal(lines[0], "timestamp,views,revenue,platform,marketplace");
  assert.equal(lines.length, 13, "one header (36), twelve rows");
  assert.ok(lines.slice(1).every((line) => line.startsWith("2026-03-01T10:")));
  assert.ok(lines.some((line) => line.endsWith(',"mobile ""app"", new",us')));
});

test("7: reading again replaces what an earlier reading published, and meets no destination that isn't empty", async () => {
  const detector = await originalDetector("again", "kind: redshift\nregion: eu-central-1\nunload: {}\npublish: {}\n");
  await crawlInterval(detector, HOUR, world.system);
  const first = world.kit.s3.get("example-bucket", "ecommerce/live/20260301/1000/data.csv").toString();
  await runOn(world.databaseUrl, "update ecommerce set views = 7 where ts = '2026-03-01 10:20' and platform = 1 and marketplace = 1");
  await crawlInterval(detector, HOUR, world.system);
  const second = world.kit.s3.get("example-bucket", "ecommerce/live/20260301/1000/data.csv").toString();
  assert.notEqual(second, first);
  assert.match(second, /,7,/);
  assert.deepEqual(world.kit.s3.keys("example-bucket", "ecommerce/unloaded/"), []);
});

test("8: literals, quotes, backslashes and comments of a query survive being quoted in UNLOAD", async () => {
  for (const format of ["parquet", "csv"]) {
    const detector = await world.detector({ source: { kind: "redshift", settings: { ...world.settings, unload: { to: "s3://example-bucket/u/", iamRole: world.role, format } } } });
    assert.equal((await crawlInterval(detector, HOUR, world.system)).rows.processed, 12);
  }
});

test("11, 36: one file without a header, whatever the cluster's slices; with parallel on, its empty files are read, too", async () => {
  for (const parallel of [false, true]) {
    const written = new Set<string>();
    const put = world.kit.s3.put.bind(world.kit.s3);
    world.kit.s3.put = (bucket, key, ...rest) => {
      written.add(key.replace(/^.*\//, ""));
      return put(bucket, key, ...rest);
    };
    const detector = await world.detector({ source: { kind: "redshift", settings: { ...world.settings, unload: { to: "s3://example-bucket/u/", iamRole: world.role, format: "csv", parallel } } }, query: { kind: "bound", sql: "select ts as timestamp, views, revenue, 'x' as platform, null::varchar as marketplace from ecommerce where ts >= :start and ts < :end and id % 12 = 0", file: null } });
    const { rows } = await crawlInterval(detector, HOUR, world.system);
    world.kit.s3.put = put;
    assert.equal(rows.processed, 1);
    assert.deepEqual([...written], parallel ? ["0000_part_00", "0001_part_00", "0002_part_00", "0003_part_00", "manifest"] : ["000", "manifest"]);
  }
});

test("16: an interval without rows is an empty reading, not an export that looks well", async () => {
  for (const unload of [undefined, { to: "s3://example-bucket/u/", iamRole: world.role }, { to: "s3://example-bucket/u/", iamRole: world.role, format: "csv" }]) {
    const detector = await world.detector({ source: { kind: "redshift", settings: { ...world.settings, ...(unload !== undefined && { unload }) } } });
    const batch = await crawlInterval(detector, { startMs: at("2026-03-05T10:00Z"), endMs: at("2026-03-05T11:00Z") }, world.system);
    assert.deepEqual([batch.rows.processed, batch.keys.length], [0, 0]);
  }
});

test("15: a statement that somebody aborts is told as that, and tried again", async () => {
  // In a view: a query that waits is refused in the configuration.
  await runOn(world.databaseUrl, "create view slowly as select e.*, pg_sleep(30)::varchar as slept from ecommerce e");
  const detector = await world.detector({ query: { kind: "bound", sql: "select ts as timestamp, views, revenue, slept as platform, 'm' as marketplace from slowly where ts >= :start and ts < :end", file: null } });
  const reading = crawlInterval(detector, HOUR, world.system);
  const failed = assert.rejects(reading, (error) => error instanceof SourceError && error.code === "INTERRUPTED" && error.transient && /ABORTED/.test(error.message));
  for (;;) {
    const [active] = world.kit.redshift.statements.active();
    if (active?.status === "STARTED") {
      await world.kit.redshift.statements.cancel(active);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await failed;
});

test("28: a cluster, a workgroup by name and by ARN; a secret, IAM alone, a database user", async () => {
  const { kit, database, settings } = world;
  const { arn } = kit.redshift.find("workgroup", "kit-workgroup", kit.region)!;
  const { clusterIdentifier: _, ...rest } = settings;
  const owner = decodeURIComponent(new URL(world.databaseUrl).username);
  const logins = [{ ...rest, workgroupName: "kit-workgroup" }, { ...rest, workgroupName: arn }, { ...rest, secretArn: SECRET }, { ...settings, dbUser: owner }, { ...rest, secretArn: SECRET, workgroupName: "kit-workgroup", database }];
  for (const login of logins) {
    const detector = await world.detector({ source: { kind: "redshift", settings: login } });
    assert.equal((await crawlInterval(detector, HOUR, world.system)).rows.processed, 12, JSON.stringify(login));
  }
});
