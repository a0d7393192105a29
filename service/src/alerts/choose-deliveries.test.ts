import { expect, test } from "vitest";
import { HOUR, SAMPLE_KEYS, SAMPLE_START, sampleAlert, sampleDetector, sampleStored } from "../../test/sample-group.ts";
import type { Channel } from "../channels/channel.ts";
import { DEFAULT_LIMITS, type AlertConfig, type Detector } from "../resources/detector.ts";
import type { Delivery, StoredGroup } from "../store/store.ts";
import { chooseDeliveries, type ChooseInput } from "./choose-deliveries.ts";
import { toldKey, toldOf, type ToldMessage } from "./told.ts";

const NOW = SAMPLE_START + HOUR;
const GROUP = sampleStored().group.id;
const channels: ChooseInput["channels"] = new Map<string, Pick<Channel, "followsUp" | "everyRevision">>([
  ["webhook", { followsUp: true }],
  ["silent", { followsUp: false }],
  ["lookout", { followsUp: (settings) => settings["template"] !== "lookout" }],
  ["export", { followsUp: true, everyRevision: true }],
]);

function choose(groups: readonly StoredGroup[], options: { detector?: Detector; told?: ChooseInput["told"] } = {}): Delivery[] {
  const detector = options.detector ?? sampleDetector();
  return chooseDeliveries({ detector, groups, keys: SAMPLE_KEYS, told: options.told ?? toldOf(), channels, current: null, nowMs: NOW, consoleUrl: "http://localhost:7311" });
}
function detectorWith(alert: Partial<AlertConfig>): Detector {
  return sampleDetector({ alerts: [sampleAlert(alert)] });
}
function toldBefore(last: Partial<ToldMessage> = {}, alertName = "oncall"): ChooseInput["told"] {
  return toldOf(new Map([[toldKey(alertName, GROUP), { revision: 1, event: "opened", isOver: false, isHeard: true, direction: "down", deviation: -238, ...last }]]));
}
const events = (deliveries: readonly Delivery[]) => deliveries.map(({ message }) => message.foretop.event);

test("a group that opens is told once: the row of the outbox, whole", () => {
  const [delivery, ...more] = choose([sampleStored()]);
  expect(more).toEqual([]);
  const { message, ...row } = delivery!;
  expect(row).toEqual({
    key: `oncall:${GROUP}:1`,
    detectorId: sampleDetector().id,
    alertName: "oncall",
    channel: { kind: "webhook", settings: {} },
    groupId: GROUP,
    revision: 1,
    status: "pending",
    attempts: 0,
    nextTryMs: NOW,
    lastDetail: null,
    createdMs: NOW,
    sentMs: null,
  });
  expect(message.foretop).toMatchObject({ deliveryKey: row.key, event: "opened", revision: 1 });
});

test("a group that goes on is not told again, whatever its revision", () => {
  for (const revision of [1, 2, 30]) expect(choose([sampleStored({ revision })], { told: toldBefore() })).toEqual([]);
});

test("a group below the threshold is told when its severity first reaches it, as opened, with that revision", () => {
  const detector = detectorWith({ severityMin: 95 });
  expect(choose([sampleStored({ severity: 94.9 })], { detector })).toEqual([]);
  const [delivery] = choose([sampleStored({ severity: 95, revision: 4 })], { detector });
  expect(delivery!.key).toBe(`oncall:${GROUP}:4`);
  expect(delivery!.message.foretop.event).toBe("opened");
});

test("a group that was told is told when it is over, once, though it is no longer what the filters ask for", () => {
  const over = sampleStored({ status: "closed", revision: 5, severity: 10 });
  expect(events(choose([over], { told: toldBefore() }))).toEqual(["closed"]);
  expect(choose([over], { told: toldBefore({ revision: 5, event: "closed", isOver: true }) })).toEqual([]);
  expect(choose([sampleStored({ status: "closed", revision: 6 })], { told: toldBefore({ revision: 5, event: "closed", isOver: true }) })).toEqual([]);
});

test("a group that was never told is not told when it is over", () => {
  for (const status of ["closed", "merged", "retracted"] as const) expect(choose([sampleStored({ status, revision: 2 })])).toEqual([]);
});

test("a group that was taken back says so; one that was merged into another is over", () => {
  expect(events(choose([sampleStored({ status: "retracted", revision: 2 })], { told: toldBefore() }))).toEqual(["retracted"]);
  expect(events(choose([sampleStored({ status: "merged", revision: 2 })], { told: toldBefore() }))).toEqual(["closed"]);
});

test("late rows that change what was told are told; small changes are not", () => {
  const late = (changes: Parameters<typeof sampleStored>[0]) => [{ ...sampleStored({ revision: 3, ...changes }), reason: "142 rows arrived 50 minutes late" }];
  const [delivery] = choose(late({ actual: 1300 }), { told: toldBefore() });
  expect(delivery!.message.foretop).toMatchObject({ event: "revised", reason: "142 rows arrived 50 minutes late" });
  expect(delivery!.message.foretop.headline).toMatch(/^Corrected: .* \(142 rows arrived 50 minutes late\)$/);
  expect(choose(late({ actual: 1180 }), { told: toldBefore() })).toEqual([]); // 220 below instead of 238
  expect(events(choose(late({ actual: 1180, direction: "mixed" }), { told: toldBefore() }))).toEqual(["revised"]);
  expect(events(choose(late({ actual: NaN }), { told: toldBefore() }))).toEqual(["revised"]);
  expect(choose(late({ actual: NaN }), { told: toldBefore({ deviation: NaN }) })).toEqual([]);
});

test("what is over can still be corrected and taken back, once", () => {
  const over = toldBefore({ event: "closed", isOver: true });
  const late = { ...sampleStored({ revision: 3, status: "closed", actual: 1300 }), reason: "late rows" };
  expect(events(choose([late], { told: over }))).toEqual(["revised"]);
  expect(events(choose([sampleStored({ revision: 3, status: "retracted" })], { told: over }))).toEqual(["retracted"]);
  expect(choose([sampleStored({ revision: 4, status: "retracted" })], { told: toldBefore({ revision: 3, event: "retracted" }) })).toEqual([]);
});

test("a channel that does not follow up is told the opening only; the alert's own followUps comes first", () => {
  const over = sampleStored({ status: "closed", revision: 2 });
  const settings = (kind: string, own: Record<string, unknown>) => ({ detector: detectorWith({ channel: { kind, settings: own } }), told: toldBefore() });
  expect(choose([over], settings("silent", {}))).toEqual([]);
  expect(events(choose([over], settings("silent", { followUps: true })))).toEqual(["closed"]);
  expect(choose([over], settings("webhook", { followUps: false }))).toEqual([]);
  expect(choose([over], settings("lookout", { template: "lookout" }))).toEqual([]);
  expect(events(choose([over], settings("lookout", { template: "foretop" })))).toEqual(["closed"]);
});

test("a channel that writes tables gets each revision of a told group, and none twice", () => {
  const detector = detectorWith({ channel: { kind: "export", settings: {} } });
  expect(events(choose([sampleStored({ revision: 2 })], { detector, told: toldBefore() }))).toEqual(["continued"]);
  expect(choose([sampleStored({ revision: 2 })], { detector, told: toldBefore({ revision: 2, event: "continued" }) })).toEqual([]);
  expect(events(choose([sampleStored({ revision: 3, status: "closed" })], { detector, told: toldBefore({ revision: 2, event: "continued" }) }))).toEqual(["closed"]);
});

test("each alert is told by its own rule, and has its own key", () => {
  const detector = sampleDetector({ alerts: [sampleAlert({ name: "a" }), sampleAlert({ name: "b", measures: ["revenue"] }), sampleAlert({ name: "c" })] });
  expect(choose([sampleStored()], { detector }).map(({ key }) => key)).toEqual([`a:${GROUP}:1`, `c:${GROUP}:1`]);
});

test("a muted detector's messages are kept as muted, visible and never due", () => {
  const [delivery] = choose([sampleStored()], { detector: sampleDetector({}, { muted: true }) });
  expect(delivery).toMatchObject({ status: "muted", lastDetail: "not sent: the detector is muted" });
});

test("a group that was told while muted is not told again, nor its end to those who heard nothing", () => {
  const muted = toldBefore({ isHeard: false });
  expect(choose([sampleStored({ revision: 2 })], { told: muted })).toEqual([]);
  expect(choose([sampleStored({ revision: 2, status: "closed" })], { told: muted })).toEqual([]);
  const stillMuted = { detector: sampleDetector({}, { muted: true }), told: muted };
  expect(choose([sampleStored({ revision: 2, status: "closed" })], stillMuted).map(({ status }) => status)).toEqual(["muted"]);
});

test("more than the hourly limit is put off, the most severe first, and none is lost", () => {
  const detector = sampleDetector({ limits: { ...DEFAULT_LIMITS, deliveriesPerHourMax: 2 } });
  const groups = [71, 99, 80, 75, 90].map((severity, g) => sampleStored({ id: `group-${g}`, severity }));
  const deliveries = choose(groups, { detector });
  expect(deliveries.map(({ message, nextTryMs }) => [message.anomalyScore, (nextTryMs - NOW) / HOUR])).toEqual([[99, 0], [90, 0], [80, 1], [75, 1], [71, 2]]);
  expect(deliveries[2]!.lastDetail).toBe("put off by 1 h: more than 2 deliveries an hour (limits.deliveriesPerHourMax)");
  expect(deliveries.every(({ status }) => status === "pending")).toBe(true);
});

test("the hourly limit counts what the last hour sent and what still waits", () => {
  const detector = sampleDetector({ limits: { ...DEFAULT_LIMITS, deliveriesPerHourMax: 2 } });
  const [delivery] = choose([sampleStored()], { detector, told: toldOf(new Map(), new Map([["oncall", 5]])) });
  expect(delivery!.nextTryMs).toBe(NOW + 2 * HOUR);
});

test("tables have no hourly limit", () => {
  const detector = sampleDetector({ alerts: [sampleAlert({ channel: { kind: "export", settings: {} } })], limits: { ...DEFAULT_LIMITS, deliveriesPerHourMax: 1 } });
  const groups = ["a", "b", "c"].map((id) => sampleStored({ id }));
  expect(choose(groups, { detector }).map(({ nextTryMs }) => nextTryMs)).toEqual([NOW, NOW, NOW]);
});

test("the order in which groups come does not matter", () => {
  const groups = [71, 99, 80, 99].map((severity, g) => sampleStored({ id: `group-${g}`, severity }));
  expect(choose(groups)).toEqual(choose([...groups].reverse()));
});

test("no alerts or no groups: nothing", () => {
  expect(choose([])).toEqual([]);
  expect(choose([sampleStored()], { detector: sampleDetector({ alerts: [] }) })).toEqual([]);
});
