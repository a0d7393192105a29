import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestKit } from "@foretop/test-kit";
import type { TestKit } from "@foretop/test-kit";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import type { ConfigFiles } from "../api/app.ts";
import type { AppliedShape } from "../api/shapes/plan.ts";
import { Bucket } from "../aws/bucket.ts";
import type { Detector } from "../resources/detector.ts";
import { VirtualClock } from "../telemetry/clock.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { BucketWatcher } from "./watch-bucket.ts";
import type { WatchResult } from "./watch-folder.ts";

const PARAMS = JSON.stringify({ database_type: "postgres", detector_name: "orders", detector_frequency: "PT1H", timestamp_column: { ColumnName: "ts" }, metrics_set: [{ MetricName: "views", AggregationFunction: "SUM" }], secret_name: "orders" });
const SQL = "select ts, views from orders where ts < getdate()\n";

let kit: TestKit;
const folder = mkdtempSync(join(tmpdir(), "foretop-bucket-"));
beforeAll(async () => {
  kit = await startTestKit();
});
afterAll(async () => {
  await kit.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  kit.faults.clear();
  kit.s3.buckets.clear();
  kit.s3.createBucket("config");
  rmSync(join(folder, "mirror"), { recursive: true, force: true });
});

function open(credentials = kit.credentials) {
  const calls: ConfigFiles[] = [];
  const logged: string[] = [];
  const bucket = new Bucket("config", { region: kit.region, endpoint: kit.endpoint, credentials: () => Promise.resolve(credentials), maxAttempts: 1, requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, socketTimeout: 5000, throwOnRequestTimeout: true } });
  const watcher = new BucketWatcher(
    { bucket, prefix: "detectors/", mirrorFolder: join(folder, "mirror") },
    {
      apply: (files) => {
        calls.push(files);
        return Promise.resolve({ detector: "orders-postgres", detectorId: "d1", action: "created", relearns: false, status: "ACTIVATING", warnings: [] } as unknown as AppliedShape); // as much as is looked at
      },
    },
    { clock: new VirtualClock(Date.UTC(2026, 2, 1)), log: { ...silentLogger, warn: (_fields, message) => logged.push(message) }, store: { detectors: { get: () => Promise.resolve({ status: "ACTIVE", failureReason: null } as Detector) } } },
  );
  return { watcher, calls, logged };
}

const put = (key: string, body: string): void => void kit.s3.put("config", key, body);

test("an uploaded params.json is applied with its query files, and only that file; the result lies beside it", async () => {
  put("detectors/orders/params.json", PARAMS);
  put("detectors/orders/historical.sql", SQL);
  put("detectors/orders/params.json.bak", PARAMS);
  put("detectors/orders/other.yaml", "name: other");
  put("elsewhere/params.json", PARAMS);
  const { watcher, calls } = open();
  await watcher.look();
  assert.deepEqual(calls, [{ entry: "params.json", files: { "params.json": PARAMS, "historical.sql": SQL } }]);
  const result = JSON.parse(kit.s3.get("config", "detectors/orders/params.json.result.json").toString()) as WatchResult;
  assert.deepEqual([result.outcome, result.detector, result.error], ["applied", "orders-postgres", null]);
});

test("the original's layout, its folder deep below the prefix, is understood", async () => {
  put("detectors/a/b/ai_ops/params.json", PARAMS.replace('"postgres"', '"redshift"'));
  put("detectors/a/b/ai_ops/lambdas/redshift/redshift-historical-crawl/query.sql", SQL);
  const { watcher, calls } = open();
  await watcher.look();
  assert.deepEqual(Object.keys(calls[0]!.files).sort(), ["lambdas/redshift/redshift-historical-crawl/query.sql", "params.json"]);
});

test("the same content is applied once, over restarts too; a changed one again", async () => {
  put("detectors/params.json", PARAMS);
  put("detectors/historical.sql", SQL);
  const first = open();
  await first.watcher.look();
  await first.watcher.look();
  put("detectors/params.json", PARAMS); // uploaded again, the same bytes
  await first.watcher.look();
  assert.equal(first.calls.length, 1);
  const second = open();
  await second.watcher.look();
  assert.equal(second.calls.length, 0);
  put("detectors/params.json", PARAMS.replace("PT1H", "P1D"));
  await second.watcher.look();
  assert.equal(second.calls.length, 1);
});

test("a mistake is in the result, a bucket that can't be read is complained of once and read when it can", async () => {
  put("detectors/params.json", "{ not json");
  const { watcher, calls, logged } = open();
  kit.faults.add({ operation: "ListObjectsV2", kind: "error", times: 2 });
  await watcher.look();
  await watcher.look();
  assert.deepEqual([calls.length, logged.filter((message) => /can't be read/.test(message)).length], [0, 1]);
  await watcher.look();
  const result = JSON.parse(kit.s3.get("config", "detectors/params.json.result.json").toString()) as WatchResult;
  assert.equal(result.outcome, "refused");
  assert.match(result.error!.message, /not valid JSON/);
});

test("without the right to write results it applies all the same, and says what is missing once", async () => {
  put("detectors/params.json", PARAMS);
  put("detectors/historical.sql", SQL);
  const reader = kit.addUser("reader", { Statement: [{ Effect: "Allow", Action: ["s3:ListBucket", "s3:GetObject"], Resource: ["arn:aws:s3:::config", "arn:aws:s3:::config/*"] }] } as never);
  const { watcher, calls, logged } = open(reader);
  await watcher.look();
  await watcher.look();
  assert.equal(calls.length, 1);
  assert.equal(logged.filter((message) => /s3:PutObject/.test(message)).length, 1);
});

test("a key that would lead out of the mirror is left alone", async () => {
  put("detectors/params.json", PARAMS);
  put("detectors/historical.sql", SQL);
  put("detectors/../../evil.sql", "x");
  const { watcher, calls } = open();
  await watcher.look();
  assert.deepEqual(Object.keys(calls[0]!.files).sort(), ["historical.sql", "params.json"]);
});
