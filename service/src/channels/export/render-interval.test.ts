import { expect, test } from "vitest";
import type { ExportPart } from "./export-part.ts";
import { renderInterval } from "./render-interval.ts";

const STAMP = "2021-02-17_11:00:00";
const INSTANT = "2021-02-17T11:00Z[UTC]";

function part(changes: Partial<ExportPart> = {}): ExportPart {
  return {
    version: 1,
    groupId: "g1",
    revision: 1,
    measure: "views",
    measures: ["views", "revenue"],
    dimensions: ["platform", "marketplace"],
    score: 90.25,
    rows: [{ instant: INSTANT, values: ["ios", "us"], actual: 12.5 }],
    contributions: [{ dimension: "platform", value: "ios", contribution: 100 }],
    ...changes,
  };
}
const metricValues = (...parts: ExportPart[]) => renderInterval(STAMP, parts).metricValues.split("\n").slice(0, -1);
const HEADER = "key,Timestamp,platform,marketplace,viewsAnomalyMetricValue,revenueAnomalyMetricValue,viewsGroupScore,revenueGroupScore";

test("the two layouts, column by column (reference §8.4)", () => {
  const files = renderInterval(STAMP, [part()]);
  expect(files.metricValues).toBe(`${HEADER}\n${INSTANT}|ios|us,2021-02-17 11:00:00,ios,us,12.5,,90.25,\n`);
  expect(files.contributions).toBe("Timestamp,metricName,dimensionName,dimensionValue,valueContribution\n2021-02-17 11:00:00,views,platform,ios,100\n");
});

// The original padded lists of unequal length at their end: a value of revenue slid under views.
test("two measures of one interval share a row where their series is the same, and each stays in its column", () => {
  const revenue = part({ groupId: "g2", measure: "revenue", score: 80, rows: [{ instant: INSTANT, values: ["ios", "us"], actual: 3 }, { instant: INSTANT, values: ["web", "de"], actual: 4 }] });
  const expected = [HEADER, `${INSTANT}|ios|us,2021-02-17 11:00:00,ios,us,12.5,3,90.25,80`, `${INSTANT}|web|de,2021-02-17 11:00:00,web,de,,4,,80`];
  expect(metricValues(part(), revenue)).toEqual(expected);
  expect(metricValues(revenue, part())).toEqual(expected);
});

test("a repeated part changes nothing, a later revision holds, in whatever order they come", () => {
  const second = part({ revision: 2, score: 95, rows: [{ instant: INSTANT, values: ["ios", "us"], actual: 11 }] });
  const expected = [HEADER, `${INSTANT}|ios|us,2021-02-17 11:00:00,ios,us,11,,95,`];
  for (const parts of [[part(), second], [second, part()], [part(), second, part(), second]]) expect(metricValues(...parts)).toEqual(expected);
});

test("contributions of a group are those of its latest revision, once", () => {
  const second = part({ revision: 2, contributions: [{ dimension: "platform", value: "ios", contribution: 60 }, { dimension: "platform", value: "web", contribution: 40 }] });
  const third = part({ revision: 3, contributions: null }); // tells of this interval, is about another
  const { contributions } = renderInterval(STAMP, [part(), second, third, part()]);
  expect(contributions.split("\n").slice(1, -1)).toEqual(["2021-02-17 11:00:00,views,platform,ios,60", "2021-02-17 11:00:00,views,platform,web,40"]);
});

test("values that run together to the same text have different keys", () => {
  const values = [["ab", "c"], ["a", "bc"], ["a|b", "c"], ["a", "b|c"], ["a\\", "|c"], ["a\\|", "c"], [null, "x"], ["\\N", "x"], ["", "x"]] as const;
  const rows = values.map((one, i) => ({ instant: INSTANT, values: one, actual: i }));
  const lines = metricValues(part({ rows })).slice(1);
  expect(lines).toHaveLength(values.length);
  expect(new Set(lines.map((line) => line.split(",2021-")[0])).size).toBe(values.length);
});

test("the hour that a zone repeats in autumn shares a file, its rows stay apart", () => {
  const rows = ["2021-10-31T02:00+02:00[Europe/Berlin]", "2021-10-31T02:00+01:00[Europe/Berlin]"].map((instant, i) => ({ instant, values: ["ios", "us"], actual: i }));
  expect(metricValues(part({ rows })).slice(1)).toHaveLength(2);
});

test("a rolled-up dimension and a missing value are empty cells", () => {
  expect(metricValues(part({ rows: [{ instant: INSTANT, values: ["ios", null], actual: null }] }))[1]).toBe(`${INSTANT}|ios|\\N,2021-02-17 11:00:00,ios,,,,90.25,`);
});

test("of a group that was taken back nothing is left but the columns", () => {
  const { metricValues: text, contributions } = renderInterval(STAMP, [part(), part({ revision: 2 })], new Set(["g1"]));
  expect(text).toBe(`${HEADER}\n`);
  expect(contributions.split("\n")).toHaveLength(2);
});

test("columns of a configuration that changed are united in order", () => {
  const later = part({ groupId: "g2", measures: ["views", "orders"], dimensions: ["platform", "device"], rows: [{ instant: INSTANT, values: ["ios", "tablet"], actual: 1 }] });
  expect(metricValues(part(), later)).toEqual([
    "key,Timestamp,platform,marketplace,device,viewsAnomalyMetricValue,revenueAnomalyMetricValue,ordersAnomalyMetricValue,viewsGroupScore,revenueGroupScore,ordersGroupScore",
    `${INSTANT}|ios|\\N|tablet,2021-02-17 11:00:00,ios,,tablet,1,,,90.25,,`,
    `${INSTANT}|ios|us|\\N,2021-02-17 11:00:00,ios,us,,12.5,,,90.25,,`,
  ]);
});
