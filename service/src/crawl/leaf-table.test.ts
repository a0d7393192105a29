import assert from "node:assert/strict";
import { seriesKeyText } from "@foretop/engine";
import { test } from "vitest";
import { configOf, measure } from "../../test/crawl-world.ts";
import type { Cell, Column } from "../connectors/connector.ts";
import type { DetectorConfig } from "../resources/detector.ts";
import { DEFAULT_LIMITS } from "../resources/detector.ts";
import { SourceError } from "../telemetry/errors.ts";
import { findColumns } from "./find-columns.ts";
import { LeafTable } from "./leaf-table.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 1);

function tableOf(config: DetectorConfig, types: Record<string, Column["type"]>, hours = 1): LeafTable {
  const columns = Object.entries(types).map(([name, type]): Column => ({ name, type, nativeType: type }));
  const startMs = Float64Array.from({ length: hours }, (_, t) => START + t * HOUR);
  return new LeafTable(config, findColumns(config, columns), { startMs, endMs: START + hours * HOUR, columnCount: columns.length });
}

const TYPES = { ts: "timestamp", platform: "text", views: "number" } as const;
const row = (time: string, platform: Cell, views: Cell): Cell[] => [`2026-03-01 ${time}`, platform, views];
const filled = (config: DetectorConfig, rows: Cell[][], hours = 1): LeafTable => {
  const table = tableOf(config, TYPES, hours);
  table.addRows(rows);
  return table;
};

test("SUM, AVG, COUNT, MIN and MAX of one column, per combination", () => {
  const config = configOf({ measures: [measure("sum", "SUM", "views"), measure("avg", "AVG", "views"), measure("count", "COUNT", "views"), measure("min", "MIN", "views"), measure("max", "MAX", "views")] });
  const { keys, values, counts } = filled(config, [row("00:00:00", "web", 4), row("00:10:00", "web", -2), row("00:20:00", "web", null), row("00:59:59", "ios", 5)]).take();
  const found = Object.fromEntries(keys.map((key, i) => [`${key.measure} ${key.dimensions[0]!.value}`, [values[i], counts[i]]]));
  assert.deepEqual(found, {
    "sum web": [2, 2], "avg web": [1, 2], "count web": [2, 2], "min web": [-2, 2], "max web": [4, 2],
    "sum ios": [5, 1], "avg ios": [5, 1], "count ios": [1, 1], "min ios": [5, 1], "max ios": [5, 1],
  });
});

test("COUNT_DISTINCT counts different values per combination and interval, of any type; a null is none and nothing is wrong with it", () => {
  const config = configOf({ measures: [measure("users", "COUNT_DISTINCT", "user"), measure("rows", "COUNT", "user")] });
  const table = tableOf(config, { ts: "timestamp", platform: "text", user: "text" }, 2);
  const at = (time: string, platform: Cell, user: Cell): Cell[] => [`2026-03-01 ${time}`, platform, user];
  table.addRows([at("00:00:00", "web", "ann"), at("00:10:00", "web", "ann"), at("00:20:00", "web", "bob"), at("00:30:00", "web", null)]);
  table.addRows([at("00:40:00", "web", "ann"), at("01:00:00", "web", "ann"), at("00:05:00", "ios", "ann"), at("00:06:00", "ios", ""), at("01:06:00", "tv", null)]);
  const { keys, values, counts } = table.take();
  const found = Object.fromEntries(keys.map((key, i) => [`${key.measure} ${key.dimensions[0]!.value}`, [Array.from(values.slice(2 * i, 2 * i + 2)), Array.from(counts.slice(2 * i, 2 * i + 2))]]));
  assert.deepEqual(found["users web"], [[2, 1], [4, 1]]);
  assert.deepEqual(found["users ios"], [[2, NaN], [2, 0]]);
  assert.deepEqual(found["users tv"], [[NaN, NaN], [0, 0]]);
  assert.deepEqual(found["rows web"], [[4, 1], [4, 1]]);
  const { invalid, partial, reasons } = table.counts();
  assert.deepEqual({ invalid, partial, reasons }, { invalid: 0, partial: 0, reasons: {} });
});

test("a ratio is sum over sum, weighted by its denominator; a row adds to both or to neither", () => {
  const config = configOf({ measures: [{ ...measure("per_view", "AVG", "revenue"), denominator: "views" }] });
  const table = tableOf(config, { ts: "timestamp", platform: "text", revenue: "number", views: "number" });
  const at = (platform: Cell, revenue: Cell, views: Cell): Cell[] => ["2026-03-01 00:00:00", platform, revenue, views];
  table.addRows([at("a", 3, 10), at("a", 9, 30), at("a", 100, null), at("a", null, 100), at("b", 5, 0), at("c", 0, 4), at("d", 1, "2.5")]);
  const { keys, values, counts } = table.take();
  assert.deepEqual(keys.map(({ dimensions }) => dimensions[0]!.value), ["a", "b", "c", "d"]);
  assert.deepEqual(values, Float64Array.of(0.3, NaN, 0, 0.4)); // 5 / 0 is no value
  assert.deepEqual(counts, Float64Array.of(40, 0, 4, 2.5));
  assert.deepEqual(table.counts().reasons, { "null measure": 2 });
});

test("a ratio does not depend on the order of rows, to the last bit", () => {
  const config = configOf({ measures: [{ ...measure("r", "AVG", "x"), denominator: "y" }] });
  const rows = Array.from({ length: 300 }, (_, i): Cell[] => ["2026-03-01 00:00:00", "a", 0.1 * i + 1e-7, 1e9 / (i + 1)]);
  const ratioOf = (some: Cell[][]) => {
    const table = tableOf(config, { ts: "timestamp", platform: "text", x: "number", y: "number" });
    table.addRows(some);
    return table.take();
  };
  assert.deepEqual(ratioOf(rows).values, ratioOf(rows.toReversed()).values);
  assert.deepEqual(ratioOf(rows).counts, ratioOf(rows.toReversed()).counts);
});

test("leaves come in order of their key text, whatever the order of rows", () => {
  const names = ["web", "ios", "Ä", "a b", "", "null", null, '"', "😀"];
  const texts = (rows: Cell[][]) => filled(configOf(), rows).take().keys.map(seriesKeyText);
  const forward = texts(names.map((name) => row("00:00:00", name, 1)));
  assert.deepEqual(forward, texts(names.toReversed().map((name) => row("00:00:00", name, 1))));
  assert.deepEqual(forward, [...forward].sort());
  assert.equal(new Set(forward).size, names.length);
});

test("a null dimension is a value of its own, apart from the text null and the empty text, and is counted", () => {
  const table = filled(configOf(), [row("00:00:00", null, 1), row("00:00:00", "null", 2), row("00:00:00", "", 4)]);
  const counts = table.counts();
  assert.deepEqual(counts, { processed: 3, invalid: 0, partial: 1, outside: 0, reasons: { "null dimension": 1 } });
  assert.deepEqual(table.take().values, Float64Array.of(4, 2, 1)); // "", "null", null
});

test("each unusable measure is counted by its reason, and a row with another usable one is used in part", () => {
  const config = configOf({ measures: [measure("views"), measure("revenue")] });
  const table = tableOf(config, { ts: "timestamp", platform: "text", views: "text", revenue: "number" });
  table.addRows([
    ["2026-03-01 00:00:00", "web", "12.5", 1],
    ["2026-03-01 00:00:00", "web", null, 2],
    ["2026-03-01 00:00:00", "web", "NaN", 4],
    ["2026-03-01 00:00:00", "web", "n/a", 8],
    ["2026-03-01 00:00:00", "web", "Infinity", 16],
    ["2026-03-01 00:00:00", "web", "1", -Infinity],
    ["2026-03-01 00:00:00", "web", " ", NaN],
  ]);
  assert.deepEqual(table.counts(), {
    processed: 7, invalid: 1, partial: 5, outside: 0,
    reasons: { "null measure": 1, "NaN in a measure": 2, "infinite measure": 2, "text in a measure": 2 },
  });
  assert.deepEqual(table.take().values, Float64Array.of(31, 13.5)); // revenue, views
});

test("a leaf whose cells all are null is there, and missing", () => {
  const { values, counts } = filled(configOf(), [row("00:00:00", "web", null)]).take();
  assert.deepEqual(values, Float64Array.of(NaN));
  assert.deepEqual(counts, Float64Array.of(0));
});

test("rows outside the range, without a time or with one that can't be read, are counted and not used", () => {
  const table = filled(configOf(), [row("00:00:00", "web", 1), ["2026-02-28 23:59:59.999", "web", 2], ["2026-03-01 01:00:00", "web", 4], [null, "web", 8], ["infinity", "web", 16], ["", "web", 32]]);
  assert.deepEqual(table.counts(), { processed: 6, invalid: 3, partial: 0, outside: 2, reasons: { "no timestamp": 2, "unreadable timestamp": 1 } });
  assert.deepEqual(table.take().values, Float64Array.of(1));
  assert.equal(table.maxTimestampMs, START);
});

test("the order of rows changes no bit of a sum", () => {
  const cells = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) / 7 + 1e9 * (i % 3) - 1e9);
  const sumOf = (values: number[]) => filled(configOf(), values.map((value) => row("00:00:00", "web", value))).take().values[0];
  const sum = sumOf(cells);
  assert.equal(sumOf(cells.toReversed()), sum);
  assert.equal(sumOf(cells.toSorted((a, b) => a - b)), sum);
  assert.equal(sumOf([1e16, 1, -1e16]), 1);
});

test("a sum beyond all numbers is missing and counted", () => {
  const table = filled(configOf(), [row("00:00:00", "web", 1.7e308), row("00:00:00", "web", 1.7e308)]);
  assert.deepEqual(table.take().values, Float64Array.of(NaN));
  assert.deepEqual(table.counts().reasons, { "sum out of range": 1 });
});

test("many intervals equal the obvious version, on random rows in random order", () => {
  const hours = 50;
  let state = 7;
  const random = (n: number): number => Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * n);
  const config = configOf({ measures: [measure("sum", "SUM", "views"), measure("max", "MAX", "views")] });
  const rows: Cell[][] = [];
  const sums = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const [t, platform, views] = [random(hours), `p${random(400)}`, random(100)];
    rows.push([new Date(START + t * HOUR + random(HOUR)).toISOString(), platform, views]);
    sums.set(`${platform} ${t}`, (sums.get(`${platform} ${t}`) ?? 0) + views);
  }
  const table = filled(config, rows, hours);
  assert.equal(table.intervalsSeen, hours);
  const { keys, values, counts } = table.take(10);
  assert.equal(values.length, keys.length * 40);
  let cells = 0;
  keys.forEach((key, leaf) => {
    if (key.measure !== "sum") return;
    for (let t = 10; t < hours; t++) {
      const expected = sums.get(`${key.dimensions[0]!.value} ${t}`) ?? NaN;
      assert.equal(values[leaf * 40 + t - 10], expected);
      cells += counts[leaf * 40 + t - 10]!;
    }
  });
  assert.equal(cells, table.rowsPerInterval.slice(10).reduce((a, b) => a + b, 0));
});

test("naive times are read in the dataset's zone, also where the column is a date or a text with a format", () => {
  const at = (type: Column["type"], cell: Cell, format: string | null, zone = "America/New_York"): number => {
    const config = configOf({ zone, timestamp: { column: "ts", format }, frequency: "P1D" });
    const table = tableOf(config, { ...TYPES, ts: type }, 2500);
    table.addRows([[cell, "web", 1]]);
    return table.maxTimestampMs;
  };
  assert.equal(at("timestamp", "2026-03-01 12:00:00", null), Date.UTC(2026, 2, 1, 17));
  assert.equal(at("timestamptz", "2026-03-01 12:00:00-05", null), Date.UTC(2026, 2, 1, 17));
  assert.equal(at("date", "2026-03-02", null), Date.UTC(2026, 2, 2, 5));
  assert.equal(at("text", "02.03.2026 1:30 PM".replace("1:30", "01:30"), "dd.MM.yyyy hh:mm a"), Date.UTC(2026, 2, 2, 18, 30));
  assert.equal(at("number", 1_772_359_200, null), 1_772_359_200_000);
  assert.equal(at("text", "1772359200000", "UNIX"), 1_772_359_200_000);
  // A format is for texts: a timestamp with fractions is read as what it is.
  assert.equal(at("timestamp", "2026-03-01 12:00:00.123456", "yyyy-MM-dd HH:mm:ss", "UTC"), Date.UTC(2026, 2, 1, 12, 0, 0, 123));
});

test("more series than the limit are refused by the limit's name, at the row that is one too many", () => {
  const config = configOf({ measures: [measure("views"), measure("n", "COUNT", "views")], limits: { ...DEFAULT_LIMITS, seriesMax: 6 } });
  const table = filled(config, ["a", "b", "c", "a"].map((name) => row("00:00:00", name, 1)));
  assert.equal(table.seriesCount, 6);
  assert.throws(() => table.addRows([row("00:00:00", "d", 1)]), (error) => error instanceof SourceError && error.code === "LIMIT" && !error.transient && /more than 6 series \(limits\.seriesMax\)/.test(error.message));
});

test("without dimensions there is one leaf per measure; without rows there is none", () => {
  const config = configOf({ dimensions: [] });
  assert.deepEqual(filled(config, [row("00:00:00", "a", 1), row("00:00:00", "b", 2)]).take().values, Float64Array.of(3));
  assert.deepEqual(filled(config, []).take(), { keys: [], values: new Float64Array(0), counts: new Float64Array(0) });
});

test("a dimension of many columns tells combinations apart that read alike when joined", () => {
  const config = configOf({ dimensions: ["a", "b", "c"] });
  const table = tableOf(config, { ts: "timestamp", a: "text", b: "text", c: "number", views: "number" });
  for (const [a, b, c] of [["x", "yz", 1], ["xy", "z", 1], ["x", "yz", 11], ["x", null, 1], [null, "x", 1], ["x", "yz", 1]]) table.addRows([["2026-03-01 00:00:00", a!, b!, c!, 1]] as Cell[][]);
  const { keys, values } = table.take();
  assert.equal(keys.length, 5);
  assert.equal(values[keys.findIndex((key) => key.dimensions.map((d) => d.value).join() === "x,yz,1")], 2);
});

test("rows of a folder count for the folder's intervals only, even if the reading asks for more", () => {
  const table = tableOf(configOf(), TYPES, 3);
  const within = [{ startMs: START + HOUR, endMs: START + 2 * HOUR }];
  table.addRows([row("00:30:00", "web", 1), row("01:30:00", "web", 2), row("02:30:00", "web", 4)], within);
  table.addRows([row("01:45:00", "web", 8)], within);
  assert.deepEqual([table.processed, table.outside], [4, 2]);
  assert.deepEqual(table.take().values, Float64Array.of(NaN, 10, NaN));
});

test("a number by a pattern of digits is a date, by any other a UNIX time", () => {
  const read = (format: string | null, stamp: number): number => {
    const table = tableOf(configOf({ timestamp: { column: "ts", format } }), { ts: "number", platform: "text", views: "number" });
    table.addRows([[stamp, "web", 1]]);
    return table.maxTimestampMs;
  };
  assert.equal(read("yyyyMMddHHmm", 202603010030), START + HOUR / 2);
  for (const format of [null, "UNIX", "yyyy-MM-dd HH:mm:ss"]) assert.equal(read(format, START / 1000), START, String(format));
});
