import { expect, test } from "vitest";
import { SAMPLE_START, sampleAlert, sampleDetector, sampleGroup, sampleMessage, sampleStored } from "../../test/sample-group.ts";
import type { AlertEvent } from "./message.ts";
import type { Delivery, DeliveryStore } from "../store/store.ts";
import { deliveryKey } from "./delivery-key.ts";
import { HOUR_MS, toldSoFar } from "./told.ts";

/** Only what is asked here; the store's own suite holds these two to their contract. */
function deliveriesOf(rows: readonly Delivery[], counts: Readonly<Record<string, number>> = {}): Pick<DeliveryStore, "list" | "countSince"> & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    list: ({ groupId }) => Promise.resolve(rows.filter((row) => row.groupId === groupId)),
    countSince: (alertName, sinceMs) => {
      asked.push(sinceMs);
      return Promise.resolve(counts[alertName] ?? 0);
    },
  };
}

function delivery(alertName: string, revision: number, event: AlertEvent, status: Delivery["status"] = "sent"): Delivery {
  const { id } = sampleGroup();
  return {
    key: deliveryKey(alertName, id, revision), detectorId: sampleDetector().id, alertName, channel: { kind: "log", settings: {} }, groupId: id, revision,
    message: sampleMessage({ revision }, { event }), status, attempts: 0, nextTryMs: 0, lastDetail: null, createdMs: 0, sentMs: null,
  };
}

const alerts = [sampleAlert({ name: "a" }), sampleAlert({ name: "b" })];
const asking = { alerts, groups: [sampleStored()], nowMs: SAMPLE_START };

test("the last message of each alert counts, whatever order the store lists them in", async () => {
  const told = await toldSoFar(deliveriesOf([delivery("a", 4, "revised"), delivery("a", 1, "opened"), delivery("a", 3, "closed"), delivery("b", 2, "opened")]), asking);
  expect(told.last("a", sampleGroup().id)).toEqual({ revision: 4, event: "revised", isOver: true, direction: "down", deviation: -238 });
  expect(told.last("b", sampleGroup().id)).toMatchObject({ revision: 2, event: "opened", isOver: false });
  expect(told.last("c", sampleGroup().id)).toBeNull();
});

test("what was muted, waits or could not be delivered counts as told: no flood when a detector speaks again", async () => {
  for (const status of ["muted", "pending", "failed"] as const) {
    const told = await toldSoFar(deliveriesOf([delivery("a", 1, "opened", status)]), asking);
    expect(told.last("a", sampleGroup().id)?.revision).toBe(1);
  }
});

test("the hourly count is asked for the hour before now", async () => {
  const deliveries = deliveriesOf([], { b: 7 });
  const told = await toldSoFar(deliveries, asking);
  expect(deliveries.asked).toEqual([SAMPLE_START - HOUR_MS, SAMPLE_START - HOUR_MS]);
  expect([told.recentCount("a"), told.recentCount("b")]).toEqual([0, 7]);
});

test("without groups nothing is asked", async () => {
  const deliveries = deliveriesOf([]);
  await toldSoFar(deliveries, { ...asking, groups: [] });
  expect(deliveries.asked).toEqual([]);
});
