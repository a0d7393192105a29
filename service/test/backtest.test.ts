/** `foretop backtest FILE` as a process of its own, on a real table with an incident in the judged days. */
import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, test } from "vitest";
import { Client } from "pg";
import { fillWarehouse, LIVE_FROM_MS, LIVE_UNTIL_MS, warehouseSecret } from "./kill/world.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
let source: TestDatabase;
let home = "";

beforeAll(async () => {
  source = await testDatabase();
  await fillWarehouse(source.url);
  home = await mkdtemp(join(tmpdir(), "foretop-backtest-test-"));
  await mkdir(join(home, "secrets"), { mode: 0o700 });
  await writeFile(join(home, "secrets/orders.json"), warehouseSecret(source.url), { mode: 0o600 });
  await writeFile(
    join(home, "foretop.yaml"),
    [
      "name: orders",
      "frequency: PT1H",
      "source: { kind: postgres, secret: 'secret:orders' }",
      "query: select ts, platform, marketplace, views, revenue from orders where ts >= :start and ts < :end",
      "timestamp: ts",
      "dimensions: [platform, marketplace]",
      "measures: [{ name: views }, { name: revenue }]",
    ].join("\n"),
  );
});
afterAll(async () => {
  await source.drop();
  await rm(home, { recursive: true, force: true });
});

function backtest(...args: string[]) {
  return run(process.execPath, [MAIN, "backtest", join(home, "foretop.yaml"), "--json", "--home", home, ...args], { env: { ...process.env, DATABASE_URL: "", FORETOP_HOME: "" } });
}

test("a backtest judges the last intervals as live would have, and leaves nothing behind", async () => {
  const { stdout } = await backtest("--intervals", "12", "--until", new Date(LIVE_UNTIL_MS + 300_000).toISOString());
  const report = JSON.parse(stdout) as { from: string; until: string; judged: { intervals: number }; learned: { intervals: number }; groups: { measure: string; kind: string; start: string; segments: object[] }[] };
  assert.equal(report.judged.intervals, 12);
  assert.ok(report.learned.intervals >= 390);
  assert.equal(report.from, new Date(LIVE_FROM_MS).toISOString());
  const zero = report.groups.find(({ measure, kind }) => measure === "views" && kind === "drop to zero");
  assert.deepEqual(zero?.segments, [{ platform: "ios" }]);
  assert.deepEqual((await readdir(home)).sort(), ["foretop.yaml", "secrets"]);
});

test("a source that can't be read ends a backtest with its reason", async () => {
  const client = new Client({ connectionString: source.url });
  await client.connect();
  await client.query("alter table orders rename to elsewhere");
  try {
    await assert.rejects(backtest("--intervals", "3"), (error: { stderr: string; code: number }) => /orders/.test(error.stderr) && error.code !== 0);
  } finally {
    await client.query("alter table elsewhere rename to orders");
    await client.end();
  }
});
