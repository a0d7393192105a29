/** The outbox against a model: whatever is claimed, sent, failed and sent again in whatever order, both say the same. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { testDatabase, type TestDatabase } from "../../../test/postgres.ts";
import { nextTryAt, RETRY_AFTER_MS_MAX, RETRY_WAIT_SECONDS, TRIES_MAX } from "../../jobs/delivery-schedule.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { aCommit, aDelivery, aLearnedDetector, anId, HEAD_MS, NOW_MS } from "../store-fixtures.ts";
import type { Delivery, Store } from "../store.ts";
import { openPostgresStore } from "./open-store.ts";

let database: TestDatabase;
let store: Store;
const folder = mkdtempSync(join(tmpdir(), "foretop-outbox-"));
beforeAll(async () => {
  database = await testDatabase();
  store = await openPostgresStore({ databaseUrl: database.url, segments: folder, log: silentLogger });
});
afterAll(async () => {
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

type Step =
  | { readonly do: "claim"; readonly leaseMs: number; readonly limit: number }
  | { readonly do: "sent" | "resend"; readonly which: number }
  | { readonly do: "failed"; readonly which: number; readonly afterMs: number | null }
  | { readonly do: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("claim" as const), leaseMs: fc.integer({ min: 1, max: 100 }), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constantFrom("sent" as const, "sent" as const, "resend" as const), which: fc.nat(7) }),
  fc.record({ do: fc.constant("failed" as const), which: fc.nat(7), afterMs: fc.option(fc.integer({ min: 0, max: 100 })) }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 60 }) }),
);
const outbox = fc.array(
  fc.record({ status: fc.constantFrom<Delivery["status"]>("pending", "pending", "pending", "muted"), nextTry: fc.integer({ min: -20, max: 40 }), created: fc.integer({ min: -20, max: 0 }), group: fc.integer({ min: 1, max: 2 }) }),
  { minLength: 1, maxLength: 7 },
);

interface Modelled {
  readonly key: string;
  readonly groupId: string;
  readonly revision: number;
  readonly createdMs: number;
  status: Delivery["status"];
  attempts: number;
  nextTryMs: number;
  leaseMs: number;
  sentMs: number | null;
}

let runs = 0;

test("nothing is claimed before it is due or while another holds it; sent stays sent; each try counts; what is due is found", async () => {
  await fc.assert(
    fc.asyncProperty(outbox, fc.array(step, { maxLength: 25 }), async (given, steps) => {
      const alertName = `alert ${++runs}`;
      const detector = await aLearnedDetector(store, { name: `outbox-${runs}` });
      const deliveries = given.map(({ status, nextTry, created, group }, i) =>
        aDelivery(detector, `${String(i).padStart(2, "0")}-${runs}`, { alertName, status, nextTryMs: NOW_MS + nextTry, createdMs: NOW_MS + created, groupId: anId(runs * 10 + group), revision: i + 1 }),
      );
      await store.commitInterval(aCommit(detector, HEAD_MS, { deliveries }));
      const stored = await store.deliveries.list({ detectorId: detector.id, limit: 100 });
      const model: Modelled[] = deliveries.map(({ key, groupId, revision, status, nextTryMs }) => ({
        key, groupId, revision, status, nextTryMs, createdMs: stored.find((each) => each.key === key)!.createdMs, attempts: 0, leaseMs: 0, sentMs: null,
      }));
      let nowMs = NOW_MS;
      const due = (): Modelled[] =>
        model
          .filter((m) => m.status === "pending" && m.nextTryMs <= nowMs && m.leaseMs <= nowMs)
          .sort((a, b) => a.nextTryMs - b.nextTryMs || a.createdMs - b.createdMs || (a.key < b.key ? -1 : 1));
      for (const each of steps) {
        assert.equal(await store.deliveries.hasDue(nowMs), due().length > 0);
        if (each.do === "wait") {
          nowMs += each.ms;
          continue;
        }
        if (each.do === "claim") {
          const wanted = due().slice(0, each.limit);
          assert.deepEqual((await store.deliveries.claimDue(nowMs, each.leaseMs, each.limit)).map(({ key }) => key), wanted.map(({ key }) => key));
          for (const m of wanted) m.leaseMs = nowMs + each.leaseMs;
          continue;
        }
        const m = model[each.which % model.length]!;
        if (each.do === "sent") {
          await store.deliveries.recordSent(m.key, "ok", nowMs);
          if (m.status !== "sent") Object.assign(m, { status: "sent", sentMs: nowMs, attempts: m.attempts + 1, leaseMs: 0 });
        } else if (each.do === "failed") {
          const nextTryMs = each.afterMs === null ? null : nowMs + each.afterMs;
          await store.deliveries.recordFailed(m.key, "down", nextTryMs, nowMs);
          if (m.status === "pending") Object.assign(m, { attempts: m.attempts + 1, leaseMs: 0 }, nextTryMs === null ? { status: "failed" } : { nextTryMs });
        } else {
          await store.deliveries.resend(m.key, nowMs);
          if (m.status !== "pending") Object.assign(m, { status: "pending", attempts: 0, nextTryMs: nowMs, leaseMs: 0, sentMs: null });
        }
      }
      const shown = (await store.deliveries.list({ detectorId: detector.id, limit: 100 })).map(({ key, status, attempts, nextTryMs, sentMs }) => ({ key, status, attempts, nextTryMs, sentMs }));
      assert.deepEqual(shown.sort((a, b) => (a.key < b.key ? -1 : 1)), model.map(({ key, status, attempts, nextTryMs, sentMs }) => ({ key, status, attempts, nextTryMs, sentMs })));
      for (const status of ["pending", "sent", "failed", "muted"] as const) {
        assert.equal((await store.deliveries.list({ detectorId: detector.id, status, limit: 100 })).length, model.filter((m) => m.status === status).length);
      }
      const sinceMs = NOW_MS + 20;
      assert.equal(await store.deliveries.countSince(alertName, sinceMs), model.filter((m) => m.status === "pending" || (m.status === "sent" && m.sentMs! >= sinceMs)).length);
      const groups = [...new Set(model.map(({ groupId }) => groupId))];
      for (const groupId of groups) {
        const told = model.filter((m) => m.groupId === groupId && (m.status === "pending" || m.status === "sent"));
        assert.equal(await store.deliveries.lastTold(alertName, groupId), told.length === 0 ? null : Math.max(...told.map(({ revision }) => revision)));
      }
      for (const { delivery, isHeard } of await store.deliveries.newest(groups)) {
        const ofGroup = model.filter((m) => m.groupId === delivery.groupId);
        assert.equal(delivery.revision, Math.max(...ofGroup.map(({ revision }) => revision)));
        assert.equal(isHeard, ofGroup.some(({ status }) => status !== "muted"));
      }
      await store.detectors.delete(detector.id);
    }),
    { numRuns: 40, seed: 20261123 },
  );
});

test("tries grow apart, heed what the receiver asks up to a limit, and end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 1e12 }), fc.option(fc.integer({ min: -1000, max: 10 * 3_600_000 }), { nil: undefined }), (tries, nowMs, afterMs) => {
      const atMs = nextTryAt(tries, nowMs, afterMs);
      if (tries >= TRIES_MAX) {
        assert.equal(atMs, null);
        return;
      }
      const waitMs = atMs! - nowMs;
      assert.ok(waitMs >= RETRY_WAIT_SECONDS[tries - 1]! * 1000);
      assert.equal(waitMs, Math.max(RETRY_WAIT_SECONDS[tries - 1]! * 1000, Math.min(afterMs ?? 0, RETRY_AFTER_MS_MAX)));
      if (tries > 1) assert.ok(waitMs >= nextTryAt(tries - 1, nowMs, undefined)! - nowMs);
    }),
    { seed: 20261123 },
  );
});
