/**
 * Defects of the original connector that belong to packaging, deployment and operation, by their number in the reference (§7.7):
 * each test is the check that ours can't have it. Those of Redshift itself are in service/test/redshift.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, test } from "vitest";
import type { Connector } from "../../src/connectors/connector.ts";
import { crawlInterval } from "../../src/crawl/crawl-interval.ts";
import { retryAtMs } from "../../src/crawl/retry-rule.ts";
import { DEFAULT_RETENTION } from "../../src/resources/retention.ts";
import { PLAN_ROWS_MAX } from "../../src/resources/plan.ts";
import { at, crawlWorld } from "../crawl-world.ts";
import type { CrawlWorld } from "../crawl-world.ts";
import { shopWorld } from "../redshift/shop-world.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SOURCE = join(ROOT, "service/src");
const HOUR = { startMs: at("2026-03-01T10:00Z"), endMs: at("2026-03-01T11:00Z") };

let world: CrawlWorld;
beforeAll(async () => {
  world = await crawlWorld();
});
afterAll(() => world.close());

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Code that ships: no tests. */
function shippedFiles(): SourceFile[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => ({ path, text: readFileSync(join(SOURCE, path), "utf8") }));
}
const packageJson = (path: string) => JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8")) as { dependencies?: Record<string, string>; scripts?: Record<string, string>; engines?: Record<string, string> };

test("10: nothing of ours makes roles or passes them: no IAM client, and AssumeRole only of a role that the settings name", () => {
  assert.deepEqual(Object.keys(packageJson("service").dependencies!).filter((name) => /client-(?!redshift-data|s3|secrets-manager|sts)/.test(name) && name.startsWith("@aws-sdk/")), []);
  for (const { path, text } of shippedFiles()) assert.doesNotMatch(text, /CreateRole|PutRolePolicy|AttachRolePolicy|iam:PassRole|ModifyCluster|CreateClusterCommand/, path);
});

test("17: whatever a source throws, known or not, is caught, kept with its reason and tried again", async () => {
  const strange: Connector = {
    kind: "strange",
    dialect: "postgres",
    settings: { safeParse: () => ({ success: true, data: {} }), parse: () => ({}) } as unknown as Connector["settings"], // nothing to check
    open: () => Promise.reject(new RangeError("something that nobody thought of")),
  };
  const system = { ...world.system, connectors: new Map([["strange", strange]]) };
  const detector = await world.detector({ source: { kind: "strange", settings: {} } });
  await assert.rejects(crawlInterval(detector, HOUR, system), RangeError);
  const [attempt] = await world.system.store.ledger.list(detector.id, { ...HOUR, limit: 1 });
  assert.deepEqual([attempt!.outcome, attempt!.errorCode, attempt!.transient], ["failed", "INTERNAL", true]);
  assert.match(attempt!.error!, /something that nobody thought of/);
  const again = await retryAtMs(detector, HOUR, system);
  assert.ok(again > attempt!.endedMs! && again <= attempt!.endedMs! + 15_000);
});

test("18: a failure ends as failed, in words of what failed, never as a success", async () => {
  const detector = await world.detector({ query: { kind: "bound", sql: "select ts, platform, views from no_such_table where ts >= :start and ts < :end", file: null } });
  await assert.rejects(crawlInterval(detector, HOUR, world.system));
  const [attempt] = await world.system.store.ledger.list(detector.id, { ...HOUR, limit: 1 });
  assert.equal(attempt!.outcome, "failed");
  assert.match(attempt!.error!, /no_such_table.*Check the table's name/s);
});

test("34: every package is pinned by the lock file with its hash; nothing is fetched by scripts of ours", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, { version?: string; resolved?: string; integrity?: string; link?: boolean }> };
  const fetched = Object.entries(lock.packages).filter(([name, entry]) => name.startsWith("node_modules/") && entry.link !== true);
  assert.ok(fetched.length > 100);
  for (const [name, { version, resolved, integrity }] of fetched) {
    if (resolved === undefined) continue; // comes inside another package
    assert.match(version!, /^\d+\.\d+\.\d+/, name);
    assert.match(integrity ?? "", /^sha512-|^sha1-/, name);
  }
  for (const name of readdirSync(join(ROOT, "scripts"))) assert.doesNotMatch(readFileSync(join(ROOT, "scripts", name), "utf8"), /git clone|pip install|curl |wget |nohup/, name);
});

test("35, 40, 42: what is deployed is built from what is checked: every script parses, every file is a module with a name that can be imported", () => {
  for (const name of readdirSync(join(ROOT, "scripts"))) if (name.endsWith(".mjs")) execFileSync(process.execPath, ["--check", join(ROOT, "scripts", name)]);
  execFileSync("sh", ["-n", join(ROOT, ".ci/run")]);
  for (const { path } of shippedFiles()) assert.match(path, /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/, "kebab-case");
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.base.json"), "utf8")) as { compilerOptions: Record<string, unknown> };
  assert.deepEqual([compilerOptions["strict"], compilerOptions["noUnusedLocals"], compilerOptions["noUnusedParameters"]], [true, true, true]);
});

test("37: what is kept has an end by default, for every kind and frequency", () => {
  for (const [frequency, retention] of Object.entries(DEFAULT_RETENTION)) {
    for (const [kind, days] of Object.entries(retention)) assert.ok(typeof days === "number" && days > 0 && Number.isFinite(days), `${kind} of ${frequency}`);
  }
});

test("43: nothing waits a fixed long time for something to have happened", () => {
  for (const { path, text } of shippedFiles()) assert.doesNotMatch(text, /sleep\(\s*\d{2,}_?\d{3}|setTimeout\(resolve,\s*\d{2,}_?\d{3}/, path);
});

test("45: types, lint and every suite are one command, which is all that CI runs", () => {
  const { scripts } = packageJson(".");
  assert.match(readFileSync(join(ROOT, ".ci/run"), "utf8"), /^npm test$/m);
  assert.match(scripts!["test"]!, /scripts\/test\.mjs/);
  const runner = readFileSync(join(ROOT, "scripts/test.mjs"), "utf8");
  for (const part of ["tsc", "oxlint", "vitest"]) assert.ok(runner.includes(part), part);
});

test("46: the demo brings its own data and its own database, which listens to this machine only; no values are pasted into SQL", () => {
  for (const { path, text } of shippedFiles().filter((file) => file.path.startsWith("demo/"))) assert.doesNotMatch(text, /insert into [^;`]*values[^;`]*\$\{/i, path);
  const embedded = shippedFiles().filter((file) => file.path.startsWith("store/embedded/")).map((file) => file.text).join("\n");
  assert.match(embedded, /HOST = "127\.0\.0\.1"/);
  assert.match(embedded, /listen_addresses: HOST/);
});

test("47: a query with a LIMIT can be tried, planned and read, by UNLOAD too", async () => {
  assert.ok(PLAN_ROWS_MAX <= 1_000_000, "plan reads a sample, with a named limit");
  const shop = await shopWorld();
  try {
    const settings = { ...shop.settings, unload: { to: "s3://example-bucket/l/", iamRole: shop.role } };
    const detector = await shop.detector({ source: { kind: "redshift", settings }, query: { kind: "bound", sql: "select ts as timestamp, views, revenue, 'p' as platform, 'm' as marketplace from ecommerce where ts >= :start and ts < :end order by ts limit 5", file: null } });
    assert.equal((await crawlInterval(detector, HOUR, shop.system)).rows.processed, 5);
  } finally {
    await shop.close();
  }
});

test("48: other databases are other connectors behind one contract, each with its page and the contract's tests", () => {
  const main = readFileSync(join(SOURCE, "main.ts"), "utf8");
  const names = [...(/const CONNECTORS = \[([^\]]*)\]/.exec(main)?.[1] ?? "").matchAll(/(\w+)Connector/g)].map(([, name]) => name!);
  assert.ok(names.length >= 4, names.join());
  for (const name of names) {
    const folder = join(SOURCE, "connectors", name);
    const tests = readdirSync(folder).filter((file) => file.endsWith(".test.ts")).map((file) => readFileSync(join(folder, file), "utf8"));
    // A source of files has no statements: its own suite takes the contract's place.
    assert.ok(tests.some((text) => (name === "s3" ? /\btest\(/ : /testConnector\(/).test(text)), `${name} runs the contract`);
    assert.ok(existsSync(join(ROOT, "docs/connectors", `${name}.md`)), `${name} has its page`);
  }
});
