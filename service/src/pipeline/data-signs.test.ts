import assert from "node:assert/strict";
import { test } from "vitest";
import { seriesKey, type AnomalyGroup } from "@foretop/engine";
import { aConfig, HEAD_MS, HOUR_MS } from "../store/store-fixtures.ts";
import type { Detector, DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import { groupVerdict, intervalSigns, type DataSignsInput } from "./data-signs.ts";
import { SeriesTable } from "./series-table.ts";

const measure = (name: string): MeasureConfig => ({ ...aConfig().measures[0]!, name, column: name });
const config: DetectorConfig = { ...aConfig(), measures: [measure("orders"), measure("revenue"), measure("visits")], dimensions: ["country", "platform"] };
const detector = { id: "d", generation: 1, config } as Detector; // nothing else of it is looked at
const COUNTRIES = ["DE", "FR", "US"];
const PLATFORMS = ["ios", "web"];

interface Story {
  /** actual / expected of a leaf */
  readonly factor?: (measure: string, country: string) => number;
  /** countries that sent no row */
  readonly gone?: readonly string[];
  readonly rows?: number;
  readonly reached?: number;
  readonly rowsEach?: number;
  readonly nullShare?: number;
}

/** What is said of a fall of orders, when 18 rows that reach to the end are usual. */
async function verdictOf({ factor = () => 1, gone = [], rows = 18, reached = 0.98, rowsEach = 1, nullShare = 0 }: Story) {
  const table = new SeriesTable(config);
  table.extend(config.measures.flatMap(({ name }) => COUNTRIES.flatMap((country) => PLATFORMS.map((platform) => seriesKey(name, [{ name: "country", value: country }, { name: "platform", value: platform }])))), HEAD_MS);
  const isLeaf = (s: number) => table.stored[s]!.isLeaf;
  const countryOf = (s: number) => table.keys[s]!.dimensions.find(({ name }) => name === "country")?.value ?? "";
  const column = (of: (s: number) => number) => Float64Array.from({ length: table.count }, (_, s) => (isLeaf(s) ? of(s) : NaN));
  const expected = column(() => 100);
  const values = column((s) => (gone.includes(countryOf(s)) ? 0 : 100 * factor(table.keys[s]!.measure, countryOf(s))));
  const counts = column((s) => (gone.includes(countryOf(s)) ? 0 : 1));
  table.levels.rollUp(expected, counts.slice());
  table.levels.rollUp(values, counts.slice());
  for (let s = 0; s < table.count; s++) if (!isLeaf(s)) counts[s] = table.levels.leaves(s).reduce((sum, leaf) => sum + counts[leaf]!, 0);
  const interval = { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS };
  const quality = (share: number, each: number) => [
    { type: "COLUMN_COMPLETENESS" as const, column: "orders", description: "", value: 1 - share },
    { type: "ROWS_PROCESSED" as const, column: null, description: "", value: 6 * each },
    { type: "TIME_SERIES_COUNT" as const, column: null, description: "", value: 18 },
  ];
  const earlier = Array.from({ length: 48 }, (_, k) => ({ startMs: HEAD_MS - (k + 1) * HOUR_MS, endMs: HEAD_MS - k * HOUR_MS, rows: 18, maxTimestampMs: HEAD_MS - k * HOUR_MS - 72_000 }));
  const store = {
    ledger: { get: async () => ({ rows, maxTimestampMs: HEAD_MS + reached * HOUR_MS, interval }), recentRowCounts: async () => earlier },
    intervals: { quality: async () => quality(0, 1) },
  } as unknown as DataSignsInput["store"]; // the two tables that are read, with the fields that are
  const figures = { values, counts, expected, lower: expected.map((f) => f * 0.8), upper: expected.map((f) => f * 1.2) };
  const input = { detector, table, interval, figures, attemptId: "a", quality: quality(nullShare, rowsEach), store };
  const total = table.numberOf({ measure: "orders", dimensions: [] })!;
  return groupVerdict({ measure: "orders", actual: values[total]!, expected: expected[total]! } as AnomalyGroup, await intervalSigns(input), input);
}

test("a fall with all rows in place is probably the business, and says what was looked at", async () => {
  const { verdict, reasons } = await verdictOf({ factor: (name, country) => (name === "orders" && country === "DE" ? 0.3 : 1) });
  assert.deepEqual([verdict, reasons], ["probably the business", ["18 rows arrived, about as usual and the interval is complete: nothing speaks for a fault of the data"]]);
});

test("values that usually deliver and sent no row are missing partitions", async () => {
  const { verdict, reasons } = await verdictOf({ gone: ["FR"], rows: 12 });
  assert.equal(verdict, "probably the pipeline");
  assert.equal(reasons[0], "1 of 3 partitions is missing (country=FR)");
});

test("data that ends early", async () => {
  const { verdict, reasons } = await verdictOf({ factor: () => 0.5, reached: 0.45, rows: 9 });
  assert.equal(verdict, "probably the pipeline");
  assert.match(reasons[0]!, /the data ends after 46 % of the interval/);
});

test("all measures fell by about the same share: possible, not more", async () => {
  assert.deepEqual(await verdictOf({ factor: () => 0.6 }), { verdict: "possibly the pipeline", reasons: ["all 3 measures fell by about the same share"] });
  assert.equal((await verdictOf({ factor: (name) => (name === "visits" ? 1 : 0.6) })).verdict, "probably the business");
});

test("rows that came twice, where a combination has one row as a rule", async () => {
  const { verdict, reasons } = await verdictOf({ factor: () => 2, rows: 36, rowsEach: 2 });
  assert.equal(verdict, "probably the pipeline");
  assert.match(reasons.join("; "), /50 % of the rows are duplicates, usually 0 %/);
  assert.match(reasons.join("; "), /rows rose 100 %, in step with the measure/);
});

test("cells that are null", async () => {
  const { verdict, reasons } = await verdictOf({ factor: () => 0.7, nullShare: 0.3 });
  assert.equal(verdict, "probably the pipeline");
  assert.match(reasons[0]!, /30 % of the values are null, usually 0 %/);
});
