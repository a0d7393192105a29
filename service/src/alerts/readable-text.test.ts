import { expect, test } from "vitest";
import { HOUR, SAMPLE_START, sampleDetector, sampleMember, sampleMessage } from "../../test/sample-group.ts";
import { readableText, SERIES_IN_TEXT_MAX } from "./readable-text.ts";

test("the readable text has the known layout, with each series' own number, its figures and the zone", async () => {
  await expect(readableText(sampleMessage({ members: [sampleMember(0), sampleMember(1, { peakMs: SAMPLE_START + HOUR }), sampleMember(3, { actual: NaN })] }))).toMatchFileSnapshot("./golden/readable.txt");
});

test("one series was impacted, several were", () => {
  expect(readableText(sampleMessage({ members: [sampleMember(0)], head: [0] }))).toContain("\n1 time series was impacted.\n");
  expect(readableText(sampleMessage())).toContain("\n2 time series were impacted.\n");
});

test("the time is the dataset's own", () => {
  expect(readableText(sampleMessage({}, { detector: sampleDetector({ zone: "Asia/Kolkata" }) }))).toContain("on November 22 2026 at 19:30 (Asia/Kolkata).");
});

test("the total is named without a list of dimensions", () => {
  expect(readableText(sampleMessage({ members: [sampleMember(6)], head: [6] }))).toContain("TimeSeries: 1 was impacted over all dimensions:");
});

test("many series are counted, not listed", () => {
  const message = sampleMessage();
  const series = Array.from({ length: 80 }, () => message.foretop.series[0]!);
  const text = readableText({ ...message, foretop: { ...message.foretop, series, seriesCount: 80 } });
  expect(text.match(/^TimeSeries:/gm)).toHaveLength(SERIES_IN_TEXT_MAX);
  expect(text).toContain(`… and ${80 - SERIES_IN_TEXT_MAX} more`);
});
