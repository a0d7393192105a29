import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, beforeAll, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "../../test/postgres.ts";
import type { Channel } from "../channels/channel.ts";
import { exportChannel } from "../channels/export/export.ts";
import { logChannel } from "../channels/log/log.ts";
import { webhookChannel } from "../channels/webhook/webhook.ts";
import type { Detector } from "../resources/detector.ts";
import { openPostgresStore } from "../store/postgres/open-store.ts";
import { aCommit, aConfig, aLearnedDetector, aRecord, HEAD_MS, HOUR_MS } from "../store/store-fixtures.ts";
import type { Store } from "../store/store.ts";
import { VirtualClock } from "../telemetry/clock.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { watchHealth, type WatchSystem } from "./watch-health.ts";

const alert = (name: string, kind: string, settings: object = {}) => ({ name, description: null, severityMin: 70, measures: [], dimensionFilters: [], channel: { kind, settings: { ...settings } } });
const ALERTS = [alert("people", "log"), alert("table", "export"), alert("retired", "webhook", { template: "lookout" }), alert("hook", "webhook", { template: "foretop" })];
const CHANNELS = new Map([logChannel, exportChannel, webhookChannel].map((channel) => [channel.kind, channel as Channel]));

let database: TestDatabase;
let folder: string;
let store: Store;
let name = 0;
beforeAll(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "foretop-health-"));
  store = await openPostgresStore({ databaseUrl: database.url, segments: folder, log: silentLogger });
});
afterAll(async () => {
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  for (const { id } of await store.detectors.list()) await store.detectors.delete(id);
});

async function aWatched(changes: Partial<Detector["config"]> = {}): Promise<Detector> {
  const { id } = await aLearnedDetector(store, { name: `orders-${++name}` });
  return store.detectors.update(id, { ...aConfig(`orders-${name}`), completeness: { rowShareMin: 0, waitIntervalsMax: 0 }, alerts: ALERTS, ...changes }, "h", { relearn: false }, 0);
}
const at = (ms: number): WatchSystem => ({ store, clock: new VirtualClock(ms), channels: CHANNELS, consoleUrl: "http://127.0.0.1:7311", log: silentLogger });
const hours = (count: number): number => HEAD_MS + count * HOUR_MS;
async function judge(detector: Detector, hour: number, processed: number): Promise<void> {
  await store.commitInterval(aCommit(detector, hours(hour), { record: aRecord(detector, hours(hour), { rows: { processed, invalid: 0, partial: 0, outside: 0, reasons: {} } }) }));
}
const told = async () => (await store.deliveries.list({ limit: 99 })).map(({ alertName, message, status, revision }) => `${alertName} ${revision} ${message.foretop.event} ${status}`).sort();

test("a detector that fell behind is told once, to its alerts for people, with why; in order again it is told once more", async () => {
  const detector = await aWatched();
  expect(await watchHealth(at(hours(3)))).toEqual({ raised: 0, recovered: 0 });
  await store.intervals.recordFailure(aRecord(detector, HEAD_MS, { status: "FAILED", message: "connection refused" }));
  expect(await watchHealth(at(hours(4)))).toEqual({ raised: 1, recovered: 0 });
  expect(await watchHealth(at(hours(5)))).toEqual({ raised: 0, recovered: 0 });
  expect(await told()).toEqual(["hook 1 health pending", "people 1 health pending"]);
  const [{ message, key }] = await store.deliveries.list({ limit: 1 });
  expect(message.foretop.headline).toBe(`The detector ${detector.config.name} is behind: the interval that was due at 2026-03-01T01:05:00.000Z has not been judged; connection refused`);
  expect(message.consoleUrl).toContain(`/detectors/${detector.config.name}`);
  expect(key.split(":")).toHaveLength(3);
  for (let hour = 0; hour < 5; hour++) await judge(detector, hour, 10);
  expect(await watchHealth(at(hours(5)))).toEqual({ raised: 0, recovered: 1 });
  expect(await told()).toEqual(["hook 1 health pending", "hook 2 recovered pending", "people 1 health pending", "people 2 recovered pending"]);
});

test("a detector that failed is a finding with its reason; one that was stopped on purpose is none", async () => {
  const detector = await aWatched();
  await store.detectors.setStatus(detector.id, "FAILED", "the query has no column ts", hours(1));
  expect(await watchHealth(at(hours(1)))).toEqual({ raised: 1, recovered: 0 });
  expect((await store.health.open())[0]!.message).toBe("has failed and reads nothing: the query has no column ts");
  await store.detectors.setStatus(detector.id, "INACTIVE", null, hours(2));
  expect(await watchHealth(at(hours(9)))).toEqual({ raised: 0, recovered: 1 });
});

test("a detector that reads nothing for longer than ever before is told; the silence of every night is not", async () => {
  const detector = await aWatched();
  const rows = [5, 0, 0, 0, 0, 7, 0, 0, 0, 0];
  for (const [hour, count] of rows.entries()) await judge(detector, hour, count);
  expect((await watchHealth(at(hours(rows.length)))).raised).toBe(0);
  await judge(detector, rows.length, 0);
  expect((await watchHealth(at(hours(rows.length + 1)))).raised).toBe(1);
  expect((await store.health.open())[0]!).toMatchObject({ kind: "silent", sinceMs: hours(6) });
  await judge(detector, rows.length + 1, 3);
  expect(await watchHealth(at(hours(rows.length + 2)))).toEqual({ raised: 0, recovered: 1 });
});

test("0 switches a check off; a muted detector's messages are stored, not sent", async () => {
  await aWatched({ health: { behindIntervals: 0 } });
  expect((await watchHealth(at(hours(999)))).raised).toBe(0);
  const muted = await aWatched({});
  await store.detectors.setMuted(muted.id, true, 0);
  expect((await watchHealth(at(hours(999)))).raised).toBe(1);
  expect(await told()).toEqual(["hook 1 health muted", "people 1 health muted"]);
});
