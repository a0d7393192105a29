import { expect, test } from "vitest";
import { SAMPLE_START, sampleAlert, sampleDetector, sampleGroup, sampleMessage, sampleStored } from "../../test/sample-group.ts";
import type { AlertEvent } from "./message.ts";
import type { Delivery, DeliveryStore } from "../store/store.ts";
import { deliveryKey } from "./delivery-key.ts";
import { HOUR_MS, toldSoFar } from "./told.ts";

type Asked = Pick<DeliveryStore, "newest" | "countSince"> & { asked: (number | string)[] };

/** Only what is asked here; the store's own suite holds these two to their contract. */
function deliveriesOf(rows: readonly { delivery: Delivery; isHeard: boolean }[], counts: Readonly<Record<string, number>> = {}): Asked {
  const asked: (number | string)[] = [];
  return {
    asked,
    newest: (groupIds) => {
      asked.push(...groupIds);
      return Promise.resolve(rows);
    },
    countSince: (alertName, sinceMs) => {
      asked.push(sinceMs);
      return Promise.resolve(counts[alertName] ?? 0);
    },
  };
}

function newest(alertName: string, revision: number, event: AlertEvent, { status = "open", isHeard = true }: { status?: "open" | "closed"; isHeard?: boolean } = {}) {
  const { id } = sampleGroup();
  const delivery: Delivery = {
    key: deliveryKey(alertName, id, revision), detectorId: sampleDetector().id, alertName, channel: { kind: "log", settings: {} }, groupId: id, revision,
    message: sampleMessage({ revision, status }, { event }), status: "sent", attempts: 0, nextTryMs: 0, lastDetail: null, createdMs: 0, sentMs: null,
  };
  return { delivery, isHeard };
}

const alerts = [sampleAlert({ name: "a" }), sampleAlert({ name: "b" })];
const asking = { alerts, groups: [sampleStored()], nowMs: SAMPLE_START };

test("of each alert and group the newest message is remembered: what it said, and whether anybody heard", async () => {
  const told = await toldSoFar(deliveriesOf([newest("a", 4, "revised", { status: "closed" }), newest("b", 2, "opened", { isHeard: false })]), asking);
  expect(told.last("a", sampleGroup().id)).toEqual({ revision: 4, event: "revised", isOver: true, isHeard: true, direction: "down", deviation: -238 });
  expect(told.last("b", sampleGroup().id)).toEqual({ revision: 2, event: "opened", isOver: false, isHeard: false, direction: "down", deviation: -238 });
  expect(told.last("c", sampleGroup().id)).toBeNull();
});

test("the hourly count is asked for the hour before now", async () => {
  const deliveries = deliveriesOf([], { b: 7 });
  const told = await toldSoFar(deliveries, asking);
  expect(deliveries.asked).toEqual([sampleGroup().id, SAMPLE_START - HOUR_MS, SAMPLE_START - HOUR_MS]);
  expect([told.recentCount("a"), told.recentCount("b")]).toEqual([0, 7]);
});

test("without groups nothing is asked", async () => {
  const deliveries = deliveriesOf([]);
  await toldSoFar(deliveries, { ...asking, groups: [] });
  expect(deliveries.asked).toEqual([]);
});
