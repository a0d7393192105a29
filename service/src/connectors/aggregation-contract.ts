/**
 * Part of a connector's contract where it knows SQL: what the database aggregates for us (sql/aggregate-query.ts) is, to the last bit, what we
 * make of the rows. Random rows on the real engine; the same seed each time.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { intervalStarts } from "@foretop/engine";
import type { Frequency } from "@foretop/engine";
import { test } from "vitest";
import { configOf, measure } from "../../test/crawl-world.ts";
import { NotAggregable } from "../crawl/not-aggregable.ts";
import { fillTable } from "../crawl/fill-table.ts";
import { planAggregation } from "../crawl/plan-aggregation.ts";
import type { Aggregation } from "../crawl/plan-aggregation.ts";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import type { SourceWorld } from "./connector-contract.ts";
import type { BoundQuery, Cell, Column, Source } from "./connector.ts";

const SEED = 20_260_301;
const RUNS_DEFAULT = 5;
const ROWS = 120;
/** Two such may have more digits together than can be added up exactly, and one of more than 15 digits has them alone. */
const isHuge = ([, , , b, x]: readonly Cell[]): boolean => Math.abs(Number(b)) > 4e14 || Math.abs(Number(x)) > 4e10;

const ratio: MeasureConfig = { ...measure("ratio", "AVG", "x"), denominator: "i" };
const MEASURES: readonly MeasureConfig[] = [measure("b"), measure("x"), measure("mean", "AVG", "x"), measure("i", "AVG"), measure("n", "COUNT", "t"), measure("least", "MIN", "x"), measure("most", "MAX", "b"), ratio];
const OF_FLOATS: readonly MeasureConfig[] = [measure("f_least", "MIN", "f"), measure("f_most", "MAX", "f")];

export interface AggregationOptions {
  /** SQL for a double that is NaN and one that is infinite; where the source has none, nothing */
  readonly oddNumbers?: { readonly nan: string; readonly infinite: string };
  /** why smallest and largest of floating point are not asked for */
  readonly lacksFloats?: string;
  /** random tables for each place, where a reading takes long */
  readonly runs?: number;
}

export function testAggregation(world: () => SourceWorld, using: <T>(work: (source: Source) => Promise<T>, zone?: string) => Promise<T>, { oddNumbers, lacksFloats, runs = RUNS_DEFAULT }: AggregationOptions = {}): void {
  const columns = { ts: "timestamp", tz: "timestamptz", i: "integer", b: "bigint", x: "decimal", f: "double", t: "text", o: "boolean" } as const;
  const f = oddNumbers === undefined ? "f" : `case i when 7 then ${oddNumbers.nan} when 8 then ${oddNumbers.infinite} when 9 then -(${oddNumbers.infinite}) else f end as f`;
  const selected = `ts, tz, i, b, cast(x as decimal(20,4)) as x, ${f}, t, o`;
  const everything = { startMs: Date.UTC(2025, 0, 1), endMs: Date.UTC(2028, 0, 1) };
  const measures = lacksFloats === undefined ? [...MEASURES, ...OF_FLOATS] : MEASURES;
  let count = 0;

  test("aggregated by the database is aggregated by us, to the last bit: borders, clock changes, nulls, texts that are nearly the same, huge and tiny numbers", async () => {
    let aggregated = 0;
    for (const { zone, frequency, days, hoursOfBorder } of PLACES) {
      await fc.assert(
        fc.asyncProperty(fc.array(rowArbitrary(hoursOfBorder), { minLength: ROWS, maxLength: ROWS }), fc.constantFrom("ts", "tz"), fc.constantFrom<string[]>(["t"], ["t", "o"], ["o"], ["i"], []), fc.boolean(), async (random, stamp, dimensions, hasHuge) => {
          const table = `agg_${++count}`;
          const rows = hasHuge ? random : random.filter((row) => !isHuge(row));
          await world().createTable(table, columns, rows);
          const range = { startMs: days[0], endMs: days[1] };
          const query = world().select(selected, table, everything);
          const config = configOf({ zone, frequency, timestamp: { column: stamp, format: null }, dimensions, measures });
          await using(async (source) => {
            const described = await source.describe(query);
            const plan = planAggregation(config, source, query, described, range);
            if (plan.aggregation === null) {
              assert.match(plan.why, /clocks change within what is read/);
              return;
            }
            const wanted = await read(config, source, query, range, null, described);
            try {
              assert.deepEqual(await read(config, source, query, range, plan.aggregation, described), wanted);
              aggregated += 1;
            } catch (error) {
              if (!(error instanceof NotAggregable)) throw error;
              assert.ok(rows.some(isHuge), error.message);
            }
          }, zone);
          await world().dropTable(table);
        }),
        { seed: SEED, numRuns: runs, endOnFailure: true },
      );
    }
    assert.ok(aggregated > runs, `${aggregated} of ${PLACES.length * runs} were aggregated`);
  });

  test("one line leaves the database for each interval and combination", async () => {
    const table = `agg_${++count}`;
    const rows: Cell[][] = Array.from({ length: 600 }, (_, n) => [`2026-05-04 ${String(n % 3).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}:00`, null, n, n, "0.1", 0.5, n % 2 === 0 ? "even" : "odd", true]);
    await world().createTable(table, columns, rows);
    const range = { startMs: Date.UTC(2026, 4, 4), endMs: Date.UTC(2026, 4, 5) };
    await using(async (source) => {
      const query = world().select(selected, table, range);
      const config = configOf({ dimensions: ["t"], measures: MEASURES });
      const { aggregation } = planAggregation(config, source, query, await source.describe(query), range);
      let lines = 0;
      for await (const batch of source.read(aggregation!.query, { rowsPerBatch: 1000, timeoutMs: 30_000 })) lines += batch.rows.length;
      assert.equal(lines, 6);
    });
  });

  test("what is not the same to the last bit is not aggregated there: floating point, texts as numbers, a switch", async () => {
    const table = `agg_${++count}`;
    await world().createTable(table, columns, []);
    await using(async (source) => {
      const query = world().select(selected, table, everything);
      const described = await source.describe(query);
      const why = (config: Partial<DetectorConfig>): string => planAggregation(configOf({ dimensions: [], ...config }), source, query, described, { startMs: Date.UTC(2026, 4, 4), endMs: Date.UTC(2026, 4, 5) }).why;
      assert.match(why({ measures: [measure("f")] }), /depends on the order of the rows.*Cast it/);
      assert.match(why({ measures: [measure("t")] }), /the measure t is of type .*looked at one by one/);
      assert.match(why({ measures: [measure("b")], timestamp: { column: "t", format: null } }), /looked at row by row/);
      assert.match(why({ measures: [measure("b")], aggregateInDatabase: false }), /aggregateInDatabase is false/);
      assert.match(why({ measures: [measure("b")] }), /exact type/);
    });
  });
}

/** Ordinary days, the night in which clocks go forward, the one in which they go back, days as intervals. */
const PLACES: readonly { readonly zone: string; readonly frequency: Frequency; readonly days: readonly [number, number]; readonly hoursOfBorder: readonly string[] }[] = [
  { zone: "UTC", frequency: "PT1H", days: [Date.UTC(2026, 4, 4), Date.UTC(2026, 4, 5)], hoursOfBorder: ["2026-05-03 23", "2026-05-04 00", "2026-05-04 01", "2026-05-04 23", "2026-05-05 00"] },
  { zone: "Europe/Berlin", frequency: "PT1H", days: [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)], hoursOfBorder: ["2026-03-29 00", "2026-03-29 01", "2026-03-29 02", "2026-03-29 03", "2026-03-28 23"] },
  { zone: "America/New_York", frequency: "PT10M", days: [Date.UTC(2026, 10, 1, 4), Date.UTC(2026, 10, 1, 8)], hoursOfBorder: ["2026-11-01 00", "2026-11-01 01", "2026-11-01 02", "2026-11-01 05", "2026-11-01 06"] },
  { zone: "Asia/Kolkata", frequency: "P1D", days: [Date.UTC(2026, 4, 3, 18, 30), Date.UTC(2026, 4, 6, 18, 30)], hoursOfBorder: ["2026-05-03 18", "2026-05-04 00", "2026-05-04 18", "2026-05-05 23", "2026-05-07 00"] },
  { zone: "Europe/Berlin", frequency: "P1D", days: [Date.UTC(2026, 9, 23, 22), Date.UTC(2026, 9, 26, 23)], hoursOfBorder: ["2026-10-24 00", "2026-10-25 01", "2026-10-25 02", "2026-10-25 03", "2026-10-26 00", "2026-10-27 00"] },
];

/** Nearly the same: by case, blanks, accents, composition, and only in the last of 900 characters. */
const TEXTS = ["a", "A", "a ", "a", "A", "a ", "a  ", " a", "á", "a\u0301", "ä", "ss", "ß", "😀", "", " ", "null", "'; --", `${"x".repeat(899)}y`, `${"x".repeat(899)}z`];

function rowArbitrary(hours: readonly string[]): fc.Arbitrary<Cell[]> {
  const clock = fc.tuple(fc.constantFrom(...hours), fc.constantFrom("00:00", "00:00.000001", "10:00", "29:59.999999", "30:00", "59:59", "59:59.999999")).map(([hour, rest]) => `${hour}:${rest}`);
  const decimal = fc.oneof({ weight: 2, arbitrary: fc.constantFrom("0.1", "0.2", "0.3", "-0.1", "0.0001", "-0.0001", "0", "99999999999.9999", "-99999999999.9999", "100000000000", "12345678901.2345") }, { weight: 1, arbitrary: fc.integer({ min: -1e9, max: 1e9 }).map((n) => (n / 1e4).toFixed(4)) });
  const big = fc.oneof({ weight: 3000, arbitrary: fc.constantFrom("0", "1", "-1", "999999999999999", "-999999999999999", "1000000000000000", "123456789") }, { weight: 4, arbitrary: fc.constantFrom("9223372036854775807", "-9223372036854775808", "9007199254740993") });
  const nullable = <T extends Cell>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 6 });
  return fc
    .tuple(clock, nullable(clock.map((text) => `${text}Z`)), nullable(fc.integer({ min: -20, max: 20 })), nullable(big), nullable(decimal), nullable(fc.constantFrom(0, 1.5, -2.25, 1e-300, 1e300)), nullable(fc.constantFrom(...TEXTS)), nullable(fc.boolean()))
    .map((row) => [...row] satisfies Cell[]);
}

async function read(config: DetectorConfig, source: Source, query: BoundQuery, { startMs, endMs }: { startMs: number; endMs: number }, aggregation: Aggregation | null, described: readonly Column[]): Promise<unknown> {
  const { table, maxTimestampMs } = await fillTable(
    config,
    { id: "", aggregation, described, read: (onColumns) => source.read(aggregation?.query ?? query, { rowsPerBatch: 7, timeoutMs: 30_000, onColumns }) },
    { startMs: intervalStarts(startMs, endMs, config.frequency, config.zone), endMs },
  );
  const found = { emptyCells: [...table.emptyCells], rowsPerInterval: [...table.rowsPerInterval], uniqueValues: config.dimensions.map((_, d) => table.uniqueValues(d)), seriesCount: table.seriesCount, maxTimestampMs };
  const { keys, values, counts } = table.take();
  return { ...found, keys, values: bits(values), counts: bits(counts), rows: table.counts() };
}

/** So that 0 and −0 are two. */
function bits(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");
}
