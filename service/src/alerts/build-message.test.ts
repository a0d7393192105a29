import { seriesKey } from "@foretop/engine";
import { expect, test } from "vitest";
import { HOUR, SAMPLE_KEYS, SAMPLE_START, sampleDetector, sampleMember, sampleMessage, sampleStored } from "../../test/sample-group.ts";
import { timeSeriesId } from "../resources/time-series-id.ts";
import { buildMessage, SERIES_PER_MESSAGE_MAX } from "./build-message.ts";

const detector = sampleDetector();

test("the message has exactly the keys of the retired service's payload, and ours under foretop", async () => {
  const message = sampleMessage();
  expect(Object.keys(message).sort()).toEqual([
    "alertArn", "alertDescription", "alertEventId", "alertName", "anomalyDetectorArn", "anomalyGroupId", "anomalyScore", "consoleUrl", "foretop", "impactedMetric", "timestamp",
  ]);
  expect(Object.keys(message.impactedMetric).sort()).toEqual(["dimensionContribution", "metricName", "relevantTimeSeries"]);
  await expect(`${JSON.stringify(message, null, 2)}\n`).toMatchFileSnapshot("./golden/message.json");
});

test("the same revision gives the same bytes, and the group is not changed by it", () => {
  const stored = sampleStored();
  const before = structuredClone(stored);
  expect(JSON.stringify(sampleMessage())).toBe(JSON.stringify(sampleMessage()));
  expect(stored).toEqual(before);
});

test("contributions are whole numbers and still sum to 100", () => {
  for (const { dimensionValueContributions } of sampleMessage().impactedMetric.dimensionContribution) {
    const whole = dimensionValueContributions.map(({ valueContribution }) => valueContribution);
    expect(whole.every(Number.isInteger)).toBe(true);
    expect(whole.reduce((sum, one) => sum + one, 0)).toBe(100);
  }
});

test("relevant series are the anomalous leaves, most severe first", () => {
  const { impactedMetric, foretop } = sampleMessage();
  expect(impactedMetric.relevantTimeSeries.map(({ timeSeriesId: id }) => id)).toEqual([0, 1].map((s) => timeSeriesId(detector.id, SAMPLE_KEYS[s]!)));
  expect(foretop.series).toHaveLength(2);
  expect(foretop.seriesCount).toBe(2);
});

test("where only roll-ups are anomalous, they are listed with the dimensions they have", () => {
  const { impactedMetric } = sampleMessage({ members: [sampleMember(4), sampleMember(6)], head: [4] });
  expect(impactedMetric.relevantTimeSeries.map(({ dimensions }) => dimensions)).toEqual([[{ dimensionName: "platform", dimensionValue: "ios" }]]);
});

test("a null in the data has a text on the wire and stays null in ours", () => {
  const { impactedMetric, foretop } = sampleMessage({ members: [sampleMember(3)], head: [3] });
  expect(impactedMetric.relevantTimeSeries[0]!.dimensions).toContainEqual({ dimensionName: "platform", dimensionValue: "(null)" });
  expect(foretop.series[0]!.dimensions).toEqual({ marketplace: "us", platform: null });
});

test("a missing value and an infinite bound are null, never NaN", () => {
  const message = sampleMessage({ actual: NaN, upper: Infinity, members: [sampleMember(0, { actual: NaN, lower: -Infinity })], head: [0] });
  const parsed = JSON.parse(JSON.stringify(message)) as typeof message;
  expect(parsed).toEqual(message);
  expect(message.foretop).toMatchObject({ actual: null, upper: null });
  expect(message.impactedMetric.relevantTimeSeries[0]!.metricValue).toBeNull();
});

test("the figures are those of the interval that the timestamp names, in the dataset's zone", () => {
  const message = sampleMessage({ peakMs: SAMPLE_START + HOUR, lastMs: SAMPLE_START + 2 * HOUR }, { detector: sampleDetector({ zone: "Europe/Berlin" }) });
  expect(message.timestamp).toBe("2026-11-22T16:00+01:00[Europe/Berlin]");
  expect(message.foretop.interval).toEqual({ start: "2026-11-22T15:00:00.000Z", end: "2026-11-22T16:00:00.000Z" });
  expect(message.foretop).toMatchObject({ start: "2026-11-22T14:00:00.000Z", last: "2026-11-22T16:00:00.000Z" });
});

test("a series whose worst interval is past tells its value in the current one as well", () => {
  const current = SAMPLE_START + 2 * HOUR;
  const values = Float64Array.of(640, NaN, 0, 0, 0, 0, 0);
  const stored = sampleStored({ lastMs: current, members: [sampleMember(0, { lastMs: current }), sampleMember(1, { lastMs: current }), sampleMember(2)], head: [0] });
  const { series } = buildMessage({ alert: detector.config.alerts[0]!, detector, stored, event: "continued", deliveryKey: "k", keys: SAMPLE_KEYS, current: { startMs: current, values }, consoleUrl: "" }).foretop;
  expect(series.map(({ last }) => last)).toEqual([{ at: "2026-11-22T16:00:00.000Z", actual: 640 }, { at: "2026-11-22T16:00:00.000Z", actual: null }, null]);
});

test("the headline stands alone: since when, and whether it is over", () => {
  expect(sampleMessage().foretop.headline).toBe("views 238 below expected (−17 %): platform=ios, since 2026-11-22 14:00");
  expect(sampleMessage({ status: "closed", lastMs: SAMPLE_START + 3 * HOUR }, { event: "closed" }).foretop.headline).toBe(
    "Over: views 238 below expected (−17 %): platform=ios, from 2026-11-22 14:00 to 2026-11-22 17:00",
  );
  expect(sampleMessage({ status: "closed" }, { event: "closed" }).foretop.headline).toMatch(/, at 2026-11-22 14:00$/);
  expect(sampleMessage({}, { detector: sampleDetector({ frequency: "P1D" }) }).foretop.headline).toMatch(/, since 2026-11-22$/);
});

test("a group of more series than a message holds lists the most severe and says how many there are", () => {
  const count = SERIES_PER_MESSAGE_MAX + 5;
  const keys = Array.from({ length: count }, (_, s) => seriesKey("views", [{ name: "platform", value: `p${s}` }, { name: "marketplace", value: "us" }]));
  const members = keys.map((_, s) => sampleMember(s, { severity: 70 + (30 * s) / count }));
  const { foretop, impactedMetric } = sampleMessage({ members, head: [0] }, { keys });
  expect(foretop.series).toHaveLength(SERIES_PER_MESSAGE_MAX);
  expect(impactedMetric.relevantTimeSeries).toHaveLength(SERIES_PER_MESSAGE_MAX);
  expect(foretop.seriesCount).toBe(count);
  expect(foretop.series[0]!.dimensions["platform"]).toBe(`p${count - 1}`);
});

test("a dimension value with quotes, emoji and 500 characters survives", () => {
  const nasty = `"a",'b'\n🦉${"x".repeat(500)}`;
  const keys = [seriesKey("views", [{ name: "platform", value: nasty }, { name: "marketplace", value: "" }])];
  const message = sampleMessage({ members: [sampleMember(0)], head: [0] }, { keys });
  expect((JSON.parse(JSON.stringify(message)) as typeof message).foretop.series[0]!.dimensions).toEqual({ platform: nasty, marketplace: "" });
});
