import { expect, test } from "vitest";
import { aCommit, aDelivery, aLearnedDetector, anId, HEAD_MS, HOUR_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Delivery } from "../store.ts";

const LEASE_MS = 60_000;

export function testDeliveries(context: StoreContext): void {
  const put = async (...changes: readonly (Partial<Delivery> & { key: string })[]) => {
    const { store } = context;
    const detector = (await store.detectors.getByName("orders")) ?? (await aLearnedDetector(store));
    const deliveries = changes.map(({ key, ...rest }) => aDelivery(detector, key, rest));
    await store.commitInterval(aCommit(detector, detector.headMs!, { deliveries }));
    return deliveries;
  };
  const keys = (deliveries: readonly Delivery[]) => deliveries.map(({ key }) => key);
  const one = async (key: string) => (await context.store.deliveries.list({ limit: 100 })).find((delivery) => delivery.key === key)!;

  test("a delivery comes back as it was committed; a second one with its key changes nothing", async () => {
    const { store } = context;
    const [delivery] = await put({ key: "on call 🦊:'1':1" });
    await put({ key: "on call 🦊:'1':1", alertName: "another", revision: 9 });
    expect(await store.deliveries.list({ limit: 10 })).toEqual([delivery]);
    expect(JSON.stringify((await one(delivery.key)).message)).toBe(JSON.stringify(delivery.message));
  });

  test("due ones are claimed oldest first, at most the limit; those of later and those not pending are left", async () => {
    const { store } = context;
    await put(
      { key: "c", nextTryMs: NOW_MS - 1 },
      { key: "a", nextTryMs: NOW_MS - 3 },
      { key: "b", nextTryMs: NOW_MS - 2 },
      { key: "later", nextTryMs: NOW_MS + 1 },
      { key: "sent", status: "sent", sentMs: NOW_MS, nextTryMs: 0 },
      { key: "muted", status: "muted", nextTryMs: 0 },
      { key: "failed", status: "failed", nextTryMs: 0 },
    );
    expect(keys(await store.deliveries.claimDue(NOW_MS, LEASE_MS, 2))).toEqual(["a", "b"]);
    expect(await store.deliveries.hasDue(NOW_MS)).toBe(true);
    expect(keys(await store.deliveries.claimDue(NOW_MS, LEASE_MS, 2))).toEqual(["c"]);
    expect(await store.deliveries.hasDue(NOW_MS)).toBe(false);
    expect(await store.deliveries.hasDue(NOW_MS + 1)).toBe(true);
  });

  test("two processes never claim the same delivery", async () => {
    const { store, other } = context;
    await put(...Array.from({ length: 60 }, (_, i) => ({ key: `delivery ${i}` })));
    const claims = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? store : other).deliveries.claimDue(NOW_MS, LEASE_MS, 7)));
    const claimed = claims.flatMap(keys);
    expect(new Set(claimed).size).toBe(claimed.length);
    // Those who came at the same moment skip what the others hold: another look finds the rest.
    let rest: string[];
    while ((rest = keys(await store.deliveries.claimDue(NOW_MS, LEASE_MS, 7))).length > 0) claimed.push(...rest);
    expect(new Set(claimed).size).toBe(60);
    expect(claimed).toHaveLength(60);
  });

  test("a claim runs out: the delivery of a killed process is claimed again, and says nothing of a try", async () => {
    const { store, other } = context;
    await put({ key: "a" });
    await store.deliveries.claimDue(NOW_MS, LEASE_MS, 1);
    expect(await other.deliveries.claimDue(NOW_MS + LEASE_MS - 1, LEASE_MS, 1)).toEqual([]);
    expect(await other.deliveries.claimDue(NOW_MS + LEASE_MS, LEASE_MS, 1)).toMatchObject([{ key: "a", attempts: 0 }]);
  });

  test("a sent delivery is done; a failure that is told afterwards does not undo it", async () => {
    const { store } = context;
    await put({ key: "a" });
    await store.deliveries.claimDue(NOW_MS, LEASE_MS, 1);
    await store.deliveries.recordSent("a", "200 OK", NOW_MS + 5);
    await store.deliveries.recordFailed("a", "timeout", NOW_MS + 9, NOW_MS);
    await store.deliveries.recordSent("a", "200 again", NOW_MS + 6);
    expect(await one("a")).toMatchObject({ status: "sent", attempts: 1, lastDetail: "200 OK", sentMs: NOW_MS + 5 });
    expect(await store.deliveries.hasDue(NOW_MS + 10 * LEASE_MS)).toBe(false);
  });

  test("a failed try is due again at its time, at once for whoever asks then; giving up puts it on the list of failures", async () => {
    const { store } = context;
    await put({ key: "a" });
    await store.deliveries.claimDue(NOW_MS, LEASE_MS, 1);
    await store.deliveries.recordFailed("a", `500 ${"x".repeat(5000)}`, NOW_MS + 10, NOW_MS);
    expect(await one("a")).toMatchObject({ status: "pending", attempts: 1, nextTryMs: NOW_MS + 10, lastDetail: `500 ${"x".repeat(1996)}` });
    expect(await store.deliveries.claimDue(NOW_MS + 9, LEASE_MS, 1)).toEqual([]);
    expect(keys(await store.deliveries.claimDue(NOW_MS + 10, LEASE_MS, 1))).toEqual(["a"]);
    await store.deliveries.recordFailed("a", "410 Gone", null, NOW_MS);
    expect(keys(await store.deliveries.list({ status: "failed", limit: 5 }))).toEqual(["a"]);
    expect(await one("a")).toMatchObject({ status: "failed", attempts: 2 });
  });

  test("a failed or sent delivery can be sent again, under the same key and with the same message", async () => {
    const { store } = context;
    const [delivery] = await put({ key: "a" });
    await store.deliveries.recordFailed("a", "410 Gone", null, NOW_MS);
    await store.deliveries.resend("a", NOW_MS + 20);
    expect(await store.deliveries.claimDue(NOW_MS + 20, LEASE_MS, 1)).toMatchObject([{ key: "a", status: "pending", attempts: 0, message: delivery.message }]);
    await store.deliveries.recordSent("a", "200", NOW_MS + 21);
    await store.deliveries.resend("a", NOW_MS + 22);
    expect(await one("a")).toMatchObject({ status: "pending", sentMs: null });
    await expect(store.deliveries.resend("no such key", NOW_MS)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("re-sending what is pending leaves its tries alone", async () => {
    const { store } = context;
    await put({ key: "a" });
    await store.deliveries.recordFailed("a", "500", NOW_MS + 10, NOW_MS);
    await store.deliveries.resend("a", NOW_MS);
    expect(await one("a")).toMatchObject({ status: "pending", attempts: 1, nextTryMs: NOW_MS + 10 });
  });

  test("list filters by detector, status and group, newest first", async () => {
    const { store } = context;
    await put({ key: "old", createdMs: NOW_MS + 5 }, { key: "new", createdMs: NOW_MS + 9, groupId: anId(2) }, { key: "muted", status: "muted", createdMs: NOW_MS });
    expect(keys(await store.deliveries.list({ limit: 10 }))).toEqual(["new", "old", "muted"]);
    expect(keys(await store.deliveries.list({ limit: 1 }))).toEqual(["new"]);
    expect(keys(await store.deliveries.list({ groupId: anId(2), limit: 10 }))).toEqual(["new"]);
    expect(keys(await store.deliveries.list({ status: "muted", limit: 10 }))).toEqual(["muted"]);
    expect(await store.deliveries.list({ detectorId: "no id", limit: 10 })).toEqual([]);
    const [{ detectorId }] = await put({ key: "again" });
    expect(await store.deliveries.list({ detectorId, limit: 10 })).toHaveLength(4);
    expect(await store.deliveries.list({ detectorId: anId(99), limit: 10 })).toEqual([]);
  });

  test("list as of an instant filters by detector, status and group, newest first, at most the limit", async () => {
    const { store } = context;
    const [{ detectorId }] = await put({ key: "b" }, { key: "a" }, { key: "revised", revision: 2 }, { key: "other", groupId: anId(2), status: "muted" });
    const [{ createdMs: asOfMs }] = await store.deliveries.list({ limit: 1 });
    expect(keys(await store.deliveries.list({ asOfMs, limit: 10 }))).toEqual(["revised", "a", "b", "other"]);
    expect(keys(await store.deliveries.list({ asOfMs, limit: 2 }))).toEqual(["revised", "a"]);
    expect(keys(await store.deliveries.list({ asOfMs, detectorId, groupId: anId(2), limit: 10 }))).toEqual(["other"]);
    expect(keys(await store.deliveries.list({ asOfMs, status: "muted", limit: 10 }))).toEqual(["other"]);
    expect(await store.deliveries.list({ asOfMs, detectorId: anId(99), limit: 10 })).toEqual([]);
    expect(await store.deliveries.list({ asOfMs: asOfMs - 1, limit: 10 })).toEqual([]);
  });

  test("claimed ones come by the time of their next try, then of their creation, then by key", async () => {
    const { store } = context;
    await put(
      { key: "d", nextTryMs: NOW_MS - 1, createdMs: NOW_MS + 60_000 },
      { key: "c", nextTryMs: NOW_MS - 1, createdMs: NOW_MS + 120_000 },
      { key: "b", nextTryMs: NOW_MS - 1, createdMs: NOW_MS + 60_000 },
      { key: "e", nextTryMs: NOW_MS - 9, createdMs: NOW_MS + 180_000 },
      { key: "a", nextTryMs: NOW_MS - 1, createdMs: NOW_MS + 60_000 },
    );
    expect(keys(await store.deliveries.claimDue(NOW_MS, LEASE_MS, 10))).toEqual(["e", "a", "b", "d", "c"]);
  });

  test("the newest of each alert and group, and whether any revision was heard; of no group nothing", async () => {
    const { store } = context;
    await put(
      { key: "1", revision: 1 },
      { key: "2", revision: 2, status: "muted" },
      { key: "3", groupId: anId(2), status: "muted" },
      { key: "4", alertName: "another", revision: 3 },
    );
    const newest = await store.deliveries.newest([anId(1), anId(2)]);
    expect(newest.map(({ delivery, isHeard }) => [delivery.alertName, delivery.key, isHeard])).toEqual([["another", "4", true], ["on call", "2", true], ["on call", "3", false]]);
    expect(await store.deliveries.newest([])).toEqual([]);
  });

  test("what a receiver says is cut to 2,000 characters, also what is known at the start; nothing said stays nothing", async () => {
    const { store } = context;
    await put({ key: "a" }, { key: "muted", status: "muted", lastDetail: "m".repeat(3000) });
    expect((await one("a")).lastDetail).toBeNull();
    expect((await one("muted")).lastDetail).toBe("m".repeat(2000));
    await store.deliveries.recordFailed("a", `${"x".repeat(1999)}yz`, NOW_MS + 1, NOW_MS);
    expect((await one("a")).lastDetail).toBe(`${"x".repeat(1999)}y`);
  });

  test("telling of a delivery that there is not, or sending it again, changes nothing and names the key", async () => {
    const { store } = context;
    await put({ key: "a" });
    await store.deliveries.recordSent("b", "200", NOW_MS);
    await store.deliveries.recordFailed("b", "500", null, NOW_MS);
    expect(keys(await store.deliveries.list({ limit: 10 }))).toEqual(["a"]);
    await expect(store.deliveries.resend("b", NOW_MS)).rejects.toMatchObject({ message: "there is no delivery b", advice: "List the deliveries to see their keys." });
  });

  test("a group was told with the newest revision that was sent or is on its way", async () => {
    const { store } = context;
    await put(
      { key: "1", revision: 1, status: "sent", sentMs: NOW_MS },
      { key: "2", revision: 2 },
      { key: "3", revision: 3, status: "muted" },
      { key: "4", revision: 4, status: "failed" },
      { key: "5", revision: 5, alertName: "another" },
    );
    expect(await store.deliveries.lastTold("on call", anId(1))).toBe(2);
    expect(await store.deliveries.lastTold("on call", anId(2))).toBeNull();
    expect(await store.deliveries.lastTold("nobody", anId(1))).toBeNull();
  });

  test("the hourly limit counts what was sent since and all that is still to be sent", async () => {
    const { store } = context;
    await put(
      { key: "sent before", status: "sent", sentMs: NOW_MS - 2 * HOUR_MS },
      { key: "sent since", status: "sent", sentMs: NOW_MS - 1, createdMs: NOW_MS - 9 * HOUR_MS },
      { key: "pending", createdMs: HEAD_MS - 99 * HOUR_MS },
      { key: "muted", status: "muted" },
      { key: "failed", status: "failed" },
      { key: "of another", alertName: "another" },
    );
    expect(await store.deliveries.countSince("on call", NOW_MS - HOUR_MS)).toBe(2);
    expect(await store.deliveries.countSince("nobody", 0)).toBe(0);
  });
}
