import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "vitest";
import type { ConfigFiles } from "../api/app.ts";
import type { AppliedShape } from "../api/shapes/plan.ts";
import type { Detector, DetectorStatus } from "../resources/detector.ts";
import { VirtualClock } from "../telemetry/clock.ts";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { configurationsIn, FolderWatcher, RETRY_MS, watchFolder, type WatchResult } from "./watch-folder.ts";

const PARAMS = JSON.stringify({
  database_type: "postgres",
  detector_name: "orders",
  detector_frequency: "PT1H",
  timestamp_column: { ColumnName: "ts" },
  metrics_set: [{ MetricName: "views", AggregationFunction: "SUM" }],
  secret_name: "orders",
});
const SQL = "select ts, views from orders where ts < getdate()\n";
const YAML = "name: shop\nfrequency: PT1H\nsource: { kind: postgres }\nquery: select 1 where :start < :end\ntimestamp: ts\nmeasures: [views]\n";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function world(answer: (files: ConfigFiles) => Promise<AppliedShape> = (files) => Promise.resolve(applied(files))) {
  const folder = mkdtempSync(join(tmpdir(), "foretop-watch-"));
  folders.push(folder);
  const calls: ConfigFiles[] = [];
  const logged: string[] = [];
  const clock = new VirtualClock(Date.UTC(2026, 2, 1));
  let status: DetectorStatus = "ACTIVATING";
  const open = () =>
    new FolderWatcher(
      folder,
      {
        apply: (files) => {
          calls.push(files);
          return answer(files);
        },
      },
      {
        clock,
        log: { ...silentLogger, warn: (_fields, message) => logged.push(message), error: (_fields, message) => logged.push(message) },
        store: { detectors: { get: () => Promise.resolve({ status, failureReason: null } as Detector) } }, // as much of a detector as is looked at
      },
      RETRY_MS,
    );
  return {
    folder,
    calls,
    logged,
    clock,
    open,
    watcher: open(),
    put: (name: string, text: string) => writeFileSync(join(folder, name), text),
    result: (name: string) => JSON.parse(readFileSync(join(folder, `${name}.result.json`), "utf8")) as WatchResult,
    setStatus: (next: DetectorStatus) => (status = next),
  };
}

const applied = (files: ConfigFiles): AppliedShape => ({ detectorId: "id-1", detector: files.entry, action: "created", relearns: false, status: "ACTIVATING", warnings: [] });

test("a params.json with its query is applied once it has settled, and the result stands beside it", async () => {
  const { put, watcher, calls, result, setStatus } = world();
  put("historical.sql", SQL);
  put("params.json", PARAMS);
  await watcher.look();
  assert.equal(calls.length, 0); // seen for the first time: perhaps still being copied
  await watcher.look();
  assert.deepEqual(calls, [{ entry: "params.json", files: { "historical.sql": SQL, "params.json": PARAMS } }]);
  assert.equal(result("params.json").outcome, "applied");
  assert.equal(result("params.json").status, "ACTIVATING");

  setStatus("ACTIVE");
  await watcher.look();
  assert.equal(result("params.json").status, "ACTIVE");
  assert.equal(calls.length, 1);
});

test("the same content is never applied twice: not at the next look, not when touched, not after a restart", async () => {
  const { put, watcher, open, calls, folder, setStatus } = world();
  setStatus("ACTIVE");
  put("shop.yaml", YAML);
  for (let i = 0; i < 5; i++) await watcher.look();
  utimesSync(join(folder, "shop.yaml"), new Date(), new Date(Date.now() + 60_000));
  for (let i = 0; i < 3; i++) await watcher.look();
  const restarted = open();
  for (let i = 0; i < 3; i++) await restarted.look();
  assert.equal(calls.length, 1);
});

test("new content is applied again, also when only a query file changed", async () => {
  const { put, watcher, calls } = world();
  put("historical.sql", SQL);
  put("params.json", PARAMS);
  await watcher.look();
  await watcher.look();
  put("historical.sql", `${SQL}-- changed\n`);
  await watcher.look();
  await watcher.look();
  assert.equal(calls.length, 2);
  assert.match(calls[1]!.files["historical.sql"]!, /changed/);
});

test("a file that grows between two looks is left alone until it has settled", async () => {
  const { put, watcher, calls } = world();
  for (const length of [20, 60, YAML.length]) {
    put("shop.yaml", YAML.slice(0, length));
    await watcher.look();
  }
  assert.equal(calls.length, 0);
  await watcher.look();
  assert.equal(calls.length, 1);
});

test("only params.json and *.yaml are configurations: no backups, no results, no hidden files (defect 29)", async () => {
  const { put, folder, watcher, calls } = world();
  for (const name of ["params.json.bak", "params.json.result.json", "my-params.json", "params.json~", ".hidden.yaml", "notes.txt", "x.yaml.swp", "PARAMS.JSON"]) put(name, PARAMS);
  mkdirSync(join(folder, "orders/deeper"), { recursive: true });
  put("orders/params.json", PARAMS);
  put("orders/deeper/params.json", PARAMS);
  put("b.yml", YAML);
  assert.deepEqual(configurationsIn(folder), [join(folder, "b.yml"), join(folder, "orders/params.json")]);
  await watcher.look();
  await watcher.look();
  assert.deepEqual(calls.map(({ entry }) => entry), ["b.yml"]); // orders/params.json has no query: refused before
});

test("a mistake in the file is told in the result with its place, and the next version is applied", async () => {
  const { put, watcher, calls, result, logged } = world();
  put("shop.yaml", YAML.replace("PT1H", "PT2H"));
  await watcher.look();
  await watcher.look();
  const refused = result("shop.yaml");
  assert.equal(refused.outcome, "refused");
  assert.equal(refused.error!.where, "shop.yaml:2:12");
  assert.match(refused.error!.message, /frequency should be one of/);
  assert.equal(calls.length, 0);
  assert.equal(logged.length, 1);

  put("shop.yaml", YAML);
  await watcher.look();
  await watcher.look();
  assert.equal(result("shop.yaml").outcome, "applied");
});

test("params.json before its query: refused, then applied when the query has come", async () => {
  const { put, watcher, calls, result } = world();
  put("params.json", PARAMS);
  await watcher.look();
  await watcher.look();
  assert.match(result("params.json").error!.message, /historical\.sql is missing/);
  put("historical.sql", SQL);
  await watcher.look();
  await watcher.look();
  assert.equal(calls.length, 1);
  assert.equal(result("params.json").outcome, "applied");
});

test("a source that is down is tried again later with the same content; a refusal is not", async () => {
  let isDown = true;
  const { put, watcher, calls, result, clock } = world((files) => (isDown ? Promise.reject(new SourceError("no answer", { code: "CONNECT", transient: true })) : Promise.resolve(applied(files))));
  put("shop.yaml", YAML);
  await watcher.look();
  await watcher.look();
  assert.deepEqual([result("shop.yaml").outcome, result("shop.yaml").transient, calls.length], ["failed", true, 1]);
  await watcher.look();
  assert.equal(calls.length, 1);
  isDown = false;
  clock.advanceTo(clock.nowMs() + RETRY_MS);
  await watcher.look();
  assert.deepEqual([result("shop.yaml").outcome, calls.length], ["applied", 2]);

  const other = world(() => Promise.reject(new UserError("there is no connector", { where: "shop.yaml:3:1" })));
  other.put("shop.yaml", YAML);
  for (let i = 0; i < 3; i++) {
    await other.watcher.look();
    other.clock.advanceTo(other.clock.nowMs() + RETRY_MS);
  }
  assert.equal(other.calls.length, 1);
});

test("one file's trouble is not another's, and a result leaves no scraps", async () => {
  const { put, watcher, calls, folder } = world((files) => (files.entry === "a.yaml" ? Promise.reject(new Error("boom")) : Promise.resolve(applied(files))));
  put("a.yaml", YAML);
  put("b.yaml", YAML);
  await watcher.look();
  await watcher.look();
  assert.deepEqual(calls.map(({ entry }) => entry), ["a.yaml", "b.yaml"]);
  assert.deepEqual(readdirSync(folder).sort(), ["a.yaml", "a.yaml.result.json", "b.yaml", "b.yaml.result.json"]);
});

test("a folder that isn't there is complained about once, and watched when it comes", async () => {
  const { folder, watcher, logged, calls } = world();
  rmSync(folder, { recursive: true });
  await watcher.look();
  await watcher.look();
  assert.equal(logged.length, 1);
  mkdirSync(folder);
  writeFileSync(join(folder, "shop.yaml"), YAML);
  await watcher.look();
  await watcher.look();
  assert.equal(calls.length, 1);
});

test("watching ends when it is told to, at once", async () => {
  const { folder, put } = world();
  put("shop.yaml", YAML);
  const controller = new AbortController();
  const system = { clock: new VirtualClock(0), log: silentLogger, store: { detectors: { get: () => Promise.resolve(null) } } };
  const done = watchFolder(folder, { apply: (files) => Promise.resolve(applied(files)) }, system, controller.signal, { lookMs: 5 });
  while (!existsSync(join(folder, "shop.yaml.result.json"))) await new Promise((resolve) => setTimeout(resolve, 5));
  const abortedMs = performance.now();
  controller.abort();
  await done;
  assert.ok(performance.now() - abortedMs < 1000);
});
