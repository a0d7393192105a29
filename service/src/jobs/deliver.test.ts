import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { testDatabase, type TestDatabase } from "../../test/postgres.ts";
import { sampleGroup, sampleMessage } from "../../test/sample-group.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../test/webhook-receiver.ts";
import type { Channel, OutgoingDelivery, SendResult } from "../channels/channel.ts";
import { failedForGood, failedForNow, sent } from "../channels/send-results.ts";
import { webhookChannel } from "../channels/webhook/webhook.ts";
import type { Detector } from "../resources/detector.ts";
import { openPostgresStore } from "../store/postgres/open-store.ts";
import { aCommit, aLearnedDetector, HEAD_MS, HOUR_MS } from "../store/store-fixtures.ts";
import type { Delivery, Store } from "../store/store.ts";
import { VirtualClock } from "../telemetry/clock.ts";
import { silentLogger, type Logger } from "../telemetry/logger.ts";
import { deliverDue, DELIVERIES_PER_RUN_MAX, LEASE_MS } from "./deliver.ts";
import { RETRY_WAIT_SECONDS, TRIES_MAX } from "./delivery-schedule.ts";

const NOW = HEAD_MS + HOUR_MS;
let database: TestDatabase;
let folder: string;
let store: Store;
let detector: Detector;
let clock: VirtualClock;
let receiver: WebhookReceiver;

beforeEach(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "foretop-deliver-"));
  store = await openPostgresStore({ databaseUrl: database.url, segments: folder, log: silentLogger });
  detector = await aLearnedDetector(store);
  clock = new VirtualClock(NOW);
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await Promise.all([store.close(), receiver.close()]);
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function systemWith(channels: readonly Channel[] = [webhookChannel as Channel], log: Logger = silentLogger) {
  return { store, clock, channels: new Map(channels.map((channel) => [channel.kind, channel])), secrets: { resolve: () => Promise.reject(new Error("no secrets here")) }, homeFolder: folder, log };
}

/** Commits an interval whose outbox holds these messages; numbers are revisions of one group. */
async function commit(revisions: readonly number[], changes: Partial<Delivery> = {}): Promise<string[]> {
  const current = (await store.detectors.get(detector.id))!;
  const deliveries = revisions.map((revision): Delivery => {
    const message = sampleMessage({ revision });
    return {
      key: message.foretop.deliveryKey,
      detectorId: detector.id,
      alertName: "oncall",
      channel: { kind: "webhook", settings: { url: `${receiver.url}/hook`, allowPrivate: true } },
      groupId: sampleGroup().id,
      revision,
      message,
      status: "pending",
      attempts: 0,
      nextTryMs: NOW,
      lastDetail: null,
      createdMs: NOW + revision,
      sentMs: null,
      ...changes,
    };
  });
  await store.commitInterval(aCommit(current, current.headMs!, { deliveries }));
  return deliveries.map(({ key }) => key);
}

const stored = async () => [...(await store.deliveries.list({ detectorId: detector.id, limit: 1000 }))].sort((a, b) => a.revision - b.revision);

/** A channel that does what the test says, in order, and then sends. */
function scripted(...script: (SendResult | ((delivery: OutgoingDelivery, signal: AbortSignal) => Promise<SendResult>))[]): Channel & { seen: OutgoingDelivery[] } {
  const seen: OutgoingDelivery[] = [];
  return {
    kind: "webhook",
    settings: z.unknown(),
    followsUp: true,
    seen,
    async send(delivery, _settings, { signal }) {
      seen.push(delivery);
      const next = script[seen.length - 1] ?? sent("ok");
      return typeof next === "function" ? await next(delivery, signal) : next;
    },
  };
}

test("what is due is sent once, in order, and recorded with what the channel said", async () => {
  const keys = await commit([1, 2, 3, 4, 5, 6]);
  expect(await deliverDue(systemWith())).toEqual({ sent: 6, putOff: 0, undeliverable: 0 });
  expect(receiver.requests.map(({ headers }) => headers["idempotency-key"])).toEqual(keys);
  expect(JSON.parse(receiver.requests[0]!.body)).toEqual(sampleMessage());
  expect((await stored()).map(({ status, attempts, sentMs, lastDetail }) => ({ status, attempts, sentMs, lastDetail }))).toEqual(keys.map(() => ({ status: "sent", attempts: 1, sentMs: NOW, lastDetail: "HTTP 204" })));
  expect(await deliverDue(systemWith())).toEqual({ sent: 0, putOff: 0, undeliverable: 0 });
  expect(receiver.requests).toHaveLength(6);
});

test("what is not due yet, or muted, stays", async () => {
  await commit([1], { nextTryMs: NOW + 1 });
  await commit([2], { status: "muted" });
  expect((await deliverDue(systemWith())).sent).toBe(0);
  clock.advanceTo(NOW + 1);
  expect((await deliverDue(systemWith())).sent).toBe(1);
  clock.advanceTo(NOW + 100 * HOUR_MS);
  expect((await deliverDue(systemWith())).sent).toBe(0);
});

test("a receiver that is down is tried again on the schedule, with the same bytes and key, and then given up", async () => {
  await commit([1]);
  receiver.answer = (_request, response) => response.writeHead(503).end("down");
  const warned: unknown[] = [];
  const system = systemWith([webhookChannel as Channel], { ...silentLogger, warn: (fields) => warned.push(fields) });
  for (let tries = 1; tries < TRIES_MAX; tries++) {
    expect(await deliverDue(system), `try ${tries}`).toEqual({ sent: 0, putOff: 1, undeliverable: 0 });
    const dueMs = clock.nowMs() + RETRY_WAIT_SECONDS[tries - 1]! * 1000;
    expect((await stored())[0]).toMatchObject({ status: "pending", attempts: tries, nextTryMs: dueMs, lastDetail: "HTTP 503: down" });
    clock.advanceTo(dueMs - 1);
    expect(await deliverDue(system)).toEqual({ sent: 0, putOff: 0, undeliverable: 0 });
    clock.advanceTo(dueMs);
  }
  expect(warned).toEqual([]);
  expect(await deliverDue(system)).toEqual({ sent: 0, putOff: 0, undeliverable: 1 });
  expect(await store.deliveries.list({ status: "failed", limit: 10 })).toMatchObject([{ attempts: TRIES_MAX, lastDetail: "HTTP 503: down" }]);
  expect(warned).toMatchObject([{ delivery: sampleMessage().foretop.deliveryKey, tries: TRIES_MAX, detail: "HTTP 503: down" }]);
  expect(new Set(receiver.requests.map(({ body, headers }) => `${headers["idempotency-key"] as string} ${body}`)).size).toBe(1);
  expect(receiver.requests).toHaveLength(TRIES_MAX);
});

test("a refusal is given up at once, and the others go on", async () => {
  await commit([1, 2]);
  receiver.answer = ({ headers }, response) => response.writeHead((headers["idempotency-key"] as string).endsWith(":1") ? 400 : 200).end();
  expect(await deliverDue(systemWith())).toEqual({ sent: 1, putOff: 0, undeliverable: 1 });
  expect((await stored()).map(({ status }) => status)).toEqual(["failed", "sent"]);
});

test("what could not be delivered can be sent again, under the same key, with all its tries", async () => {
  const [key] = await commit([1]);
  const channel = scripted(failedForGood("HTTP 401"), failedForNow("HTTP 503"));
  await deliverDue(systemWith([channel]));
  await store.deliveries.resend(key!, clock.nowMs());
  expect(await deliverDue(systemWith([channel]))).toEqual({ sent: 0, putOff: 1, undeliverable: 0 });
  clock.advanceTo(clock.nowMs() + RETRY_WAIT_SECONDS[0]! * 1000);
  expect(await deliverDue(systemWith([channel]))).toEqual({ sent: 1, putOff: 0, undeliverable: 0 });
  expect(channel.seen.map(({ key: one, attempt }) => [one, attempt])).toEqual([[key, 1], [key, 1], [key, 2]]);
});

test("a receiver's wish to wait is granted", async () => {
  await commit([1]);
  await deliverDue(systemWith([scripted(failedForNow("HTTP 429", 600_000))]));
  expect((await stored())[0]!.nextTryMs).toBe(NOW + 600_000);
});

test("an unknown channel and settings that are not valid are given up, with what is wrong", async () => {
  await commit([1], { channel: { kind: "pager", settings: {} } });
  await commit([2], { channel: { kind: "webhook", settings: { url: 5, noSuch: true } } });
  expect(await deliverDue(systemWith())).toEqual({ sent: 0, putOff: 0, undeliverable: 2 });
  const [first, second] = await stored();
  expect(first!.lastDetail).toBe('there is no channel "pager"; there are webhook');
  expect(second!.lastDetail).toMatch(/^settings of channel "webhook" are not valid: url: /);
});

test("a channel that throws is our bug: told without its text, tried again, and the others go on", async () => {
  await commit([1, 2]);
  const channel = scripted(() => Promise.reject(new TypeError("cannot read https://hooks.example.com/s3cret")));
  expect(await deliverDue(systemWith([channel]))).toEqual({ sent: 1, putOff: 1, undeliverable: 0 });
  const { lastDetail } = (await stored())[0]!;
  expect(lastDetail).toMatch(/^the channel broke: TypeError at /);
  expect(lastDetail).not.toContain("s3cret");
});

test("two processes at once: each delivery is sent by one of them, once", async () => {
  await commit(Array.from({ length: 40 }, (_, i) => i + 1));
  const channel = scripted();
  const reports = await Promise.all([deliverDue(systemWith([channel])), deliverDue(systemWith([channel])), deliverDue(systemWith([channel]))]);
  expect(reports.reduce((sum, { sent: count }) => sum + count, 0)).toBe(40);
  expect(new Set(channel.seen.map(({ key }) => key)).size).toBe(40);
  expect(channel.seen).toHaveLength(40);
});

test("a process that died while sending holds its claim until the lease runs out; then another sends it", async () => {
  const [key] = await commit([1]);
  expect(await store.deliveries.claimDue(NOW, LEASE_MS, 1)).toHaveLength(1); // and was never heard of again
  expect((await deliverDue(systemWith())).sent).toBe(0);
  clock.advanceTo(NOW + LEASE_MS - 1);
  expect((await deliverDue(systemWith())).sent).toBe(0);
  clock.advanceTo(NOW + LEASE_MS);
  expect((await deliverDue(systemWith())).sent).toBe(1);
  expect(receiver.requests.map(({ headers }) => headers["idempotency-key"])).toEqual([key]);
});

test("a stop in the middle of a send counts no try and sends no more", async () => {
  await commit([1, 2]);
  const stop = new AbortController();
  const channel = scripted((_delivery, signal) => {
    stop.abort(new Error("stop"));
    return Promise.resolve(signal.aborted ? failedForNow("stopped") : sent("ok"));
  });
  expect(await deliverDue(systemWith([channel]), stop.signal)).toEqual({ sent: 0, putOff: 0, undeliverable: 0 });
  expect(channel.seen).toHaveLength(1);
  expect((await stored()).map(({ status, attempts }) => [status, attempts])).toEqual([["pending", 0], ["pending", 0]]);
});

test("a channel that does not heed a stop does not hold it up", async () => {
  await commit([1]);
  const stop = new AbortController();
  const channel = scripted(() => {
    setTimeout(() => stop.abort(new Error("stop")), 50);
    return new Promise(() => {});
  });
  const startedMs = performance.now();
  await deliverDue(systemWith([channel]), stop.signal);
  expect(performance.now() - startedMs).toBeLessThan(3000);
});

test("already stopped: nothing is claimed", async () => {
  await commit([1]);
  await deliverDue(systemWith(), AbortSignal.abort(new Error("stop")));
  expect(await store.deliveries.claimDue(NOW, LEASE_MS, 10)).toHaveLength(1);
});

test("a slow receiver of one alert does not hold up another alert", async () => {
  await commit([1], { alertName: "slow", key: "slow:1" });
  await commit([2], { alertName: "quick", key: "quick:2" });
  const order: string[] = [];
  let quickIsDone = () => {};
  const quickDone = new Promise<void>((resolve) => (quickIsDone = resolve));
  const by = async ({ key }: OutgoingDelivery) => {
    if (key === "slow:1") await quickDone;
    order.push(key);
    if (key === "quick:2") quickIsDone();
    return sent("ok");
  };
  expect((await deliverDue(systemWith([scripted(by, by)]))).sent).toBe(2);
  expect(order).toEqual(["quick:2", "slow:1"]);
});

test("a flood is left to the next run after a limit", async () => {
  await commit(Array.from({ length: DELIVERIES_PER_RUN_MAX + 3 }, (_, i) => i + 1));
  const channel = scripted();
  expect((await deliverDue(systemWith([channel]))).sent).toBe(DELIVERIES_PER_RUN_MAX);
  expect((await deliverDue(systemWith([channel]))).sent).toBe(3);
});

test("the store tells what each alert told last about a group, and whether anybody heard", async () => {
  await commit([1], { alertName: "a", key: "a:1" });
  await commit([2], { alertName: "a", key: "a:2", status: "muted" });
  await commit([1], { alertName: "b", key: "b:1", status: "muted" });
  await commit([9], { alertName: "c", key: "c:9", groupId: "another" });
  const newest = await store.deliveries.newest([sampleGroup().id]);
  expect(newest.map(({ delivery, isHeard }) => [delivery.key, isHeard])).toEqual([["a:2", true], ["b:1", false]]);
  expect(await store.deliveries.newest([])).toEqual([]);
});
