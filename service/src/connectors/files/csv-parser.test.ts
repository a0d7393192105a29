import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { configOf, measure } from "../../../test/crawl-world.ts";
import { findColumns } from "../../crawl/find-columns.ts";
import { LeafTable } from "../../crawl/leaf-table.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { Cell, DatasetNeeds } from "../connector.ts";
import { CsvParser } from "./csv-parser.ts";
import type { CsvFormat } from "./file-format.ts";
import { JsonLinesParser } from "./json-lines-parser.ts";
import { LINE_BYTES_MAX } from "./row-parser.ts";

const CSV: CsvFormat = { kind: "csv", delimiter: ",", quote: '"', hasHeader: true, columns: null, charset: "utf-8", compression: "none" };
const NEEDS: DatasetNeeds = { frequency: "PT1H", timestamp: { column: "ts", format: "yyyy-MM-dd HH:mm:ss" }, numbers: ["amount"], texts: ["country"] };

function parse(text: string | Buffer, { format = CSV, needs = null, pieceBytes = Infinity }: { format?: CsvFormat; needs?: DatasetNeeds | null; pieceBytes?: number } = {}) {
  const parser = new CsvParser(format, { file: "a.csv", needs });
  const bytes = Buffer.from(text);
  const rows: Cell[][] = [];
  for (let at = 0; at < bytes.length && pieceBytes < bytes.length; at += pieceBytes) rows.push(...parser.push(bytes.subarray(at, at + pieceBytes), false));
  rows.push(...parser.push(pieceBytes < bytes.length ? Buffer.alloc(0) : bytes, true));
  return { rows, columns: parser.columns!.map(({ name, type }) => [name, type]) };
}

function refusal(work: () => unknown): SourceError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof SourceError, String(error));
    return error;
  }
  return assert.fail("accepted");
}

test("a file with everything: quotes, doubled quotes, line breaks within quotes, CRLF, empty and quoted empty, an empty line, a byte order mark", () => {
  const { rows, columns } = parse('\uFEFFts,amount,"country, code"\r\n2026-03-01,1.50,"a ""b"", c"\r\n\r\n2026-03-02,,""\r\n2026-03-03,-7,"two\r\nlines"\r\n2026-03-04,1e3,ä😀');
  assert.deepEqual(columns, [["ts", "text"], ["amount", "number"], ["country, code", "text"]]);
  assert.deepEqual(rows, [["2026-03-01", 1.5, 'a "b", c'], ["2026-03-02", null, ""], ["2026-03-03", -7, "two\r\nlines"], ["2026-03-04", 1000, "ä😀"]]);
});

test("whatever the pieces are in which it comes, the rows are the same", () => {
  const cell = fc.oneof(fc.string({ unit: "grapheme", maxLength: 8 }), fc.constantFrom("", '"', ",", "\n", "\r\n", "ä", "1.5", " "));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom("\n", "\r\n"), (table, pieceBytes, lineEnd) => {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const text = [["a", "b", "c"], ...table].map((row) => row.map(quoted).join(",")).join(lineEnd) + lineEnd;
      const needs: DatasetNeeds = { frequency: "PT1H", timestamp: { column: "a", format: "x" }, numbers: [], texts: ["b", "c"] };
      assert.deepEqual(parse(text, { pieceBytes, needs }).rows, table);
    }),
    { numRuns: 300 },
  );
});

test("with needs, exactly the needed columns leave, typed by what they are needed for, wherever they stand", () => {
  const { rows, columns } = parse("id,country,amount,ts\n1,01,007,2026-03-01 10:00:00\n2,02,x,2026-03-01 10:00:01\n", { needs: NEEDS });
  assert.deepEqual(columns, [["ts", "text"], ["amount", "number"], ["country", "text"]]);
  assert.deepEqual(rows, [["2026-03-01 10:00:00", 7, "01"], ["2026-03-01 10:00:01", "x", "02"]]);
});

test("a needed column that isn't there: all leave, so that whoever asked can tell which there are", () => {
  assert.deepEqual(parse("ts,amount\n1,2\n", { needs: NEEDS }).columns, [["ts", "number"], ["amount", "number"]]);
});

test("a UNIX time is a number, a postal code is not", () => {
  assert.deepEqual(parse("ts,zip\n1772359200,01234\n1772359260,99999\n").columns, [["ts", "number"], ["zip", "text"]]);
});

test("any delimiter and quote, or none; no header", () => {
  assert.deepEqual(parse("a\tb\n1\t'x\ty'\n", { format: { ...CSV, delimiter: "\t", quote: "'" } }).rows, [[1, "x\ty"]]);
  assert.deepEqual(parse('a|b\n1|"x"y\n', { format: { ...CSV, delimiter: "|", quote: null } }).rows, [[1, '"x"y']]);
  assert.deepEqual(parse("1,x\n2,y", { format: { ...CSV, hasHeader: false, columns: ["a", "b"] } }), { rows: [[1, "x"], [2, "y"]], columns: [["a", "number"], ["b", "text"]] });
});

test("a file without rows has its columns, one of a single column keeps its empty lines", () => {
  assert.deepEqual(parse("a,b\n"), { rows: [], columns: [["a", "text"], ["b", "text"]] });
  assert.deepEqual(parse("a\n1\n\n2\n").rows, [[1], [null], [2]]);
});

test("what is wrong is told with row and file, never with its content", () => {
  const cases: [string | Buffer, RegExp][] = [
    ["a,b\n1,2\nsecret,2,3\n", /^row 3 of a\.csv has 3 cells, but there are 2 columns/],
    ["a,b\n1\n", /^row 2 of a\.csv has 1 cells/],
    ['a,b\n"secret\n1,2\n', /^row 2 of a\.csv has a quote that is never closed/],
    ['a,b\n1,"x"secret\n', /^row 2 of a\.csv has text after a closing quote/],
    [Buffer.concat([Buffer.from("a,b\n1,2\n3,"), Buffer.from([0xe4]), Buffer.from("\n")]), /^row 3 of a\.csv holds bytes that are not UTF-8/],
    [`a,b\n"${"x".repeat(LINE_BYTES_MAX + 10)}`, /LINE_BYTES_MAX|never closed/],
  ];
  for (const [text, message] of cases) {
    const error = refusal(() => parse(text));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret/);
    assert.ok(error.advice !== null);
  }
});

test("a line without an end is refused before it fills the memory", () => {
  const parser = new CsvParser(CSV, { file: "a.csv", needs: null });
  const error = refusal(() => {
    for (let i = 0; i < 100; i++) parser.push(Buffer.alloc(100_000, "x"), false);
  });
  assert.equal(error.code, "LIMIT");
  assert.match(error.message, /row 1 of a\.csv is longer than 2000000 bytes \(LINE_BYTES_MAX\)/);
});

test("a later file may have its columns in another order, but not others", () => {
  const columns = [{ name: "a", type: "number" as const, nativeType: "" }, { name: "b", type: "text" as const, nativeType: "" }];
  const parser = new CsvParser(CSV, { file: "b.csv", needs: null, columns });
  assert.deepEqual(parser.push(Buffer.from("b,x,a\nyes,0,1\n"), true), [[1, "yes"]]);
  assert.match(refusal(() => new CsvParser(CSV, { file: "c.csv", needs: null, columns }).push(Buffer.from("a,x\n1,2\n"), true)).message, /^c\.csv has no column b, which other files of the reading have; its columns are a, x/);
});

test("JSON Lines: types as JSON has them, missing keys null, nested as text, in any pieces", () => {
  const text = '{"ts":"2026-03-01T10:00:00Z","n":1,"o":true,"zip":"01"}\n\n{"n":2.5,"ts":"2026-03-01T10:00:01Z","deep":{"a":[1]}}\r\n{"ts":null,"n":"x"}';
  for (const pieceBytes of [1, 7, 1000]) {
    const parser = new JsonLinesParser({ file: "a.jsonl", needs: null });
    const rows: Cell[][] = [];
    for (let at = 0; at < text.length; at += pieceBytes) rows.push(...parser.push(Buffer.from(text.slice(at, at + pieceBytes)), false));
    rows.push(...parser.push(Buffer.alloc(0), true));
    assert.deepEqual(rows.map((row) => row.slice(0, 2)), [["2026-03-01T10:00:00Z", 1], ["2026-03-01T10:00:01Z", 2.5], [null, "x"]]);
  }
  const needs: DatasetNeeds = { ...NEEDS, numbers: ["n"], texts: ["zip"] };
  const parser = new JsonLinesParser({ file: "a.jsonl", needs });
  assert.deepEqual(parser.push(Buffer.from(text), true), [["2026-03-01T10:00:00Z", 1, "01"], ["2026-03-01T10:00:01Z", 2.5, null], [null, "x", null]]);
});

test("JSON Lines that are none are told with the line", () => {
  const message = (text: string): string => refusal(() => new JsonLinesParser({ file: "a.jsonl", needs: null }).push(Buffer.from(text), true)).message;
  assert.match(message('{"a":1}\n{"a":secret}\n'), /^line 2 of a\.jsonl is not JSON/);
  assert.match(message("[1,2]\n"), /^line 1 of a\.jsonl is not a JSON object/);
  assert.doesNotMatch(message('{"a":secret}'), /secret/);
});

test("as columns and as rows, a file is the same: numbers that are none, timestamps of every form, texts of any length", () => {
  const stamp = fc.oneof(
    fc.constantFrom("2026-03-01 10:00:00", "2026-03-01T10:00:00Z", "2026-02-29 10:00:00", "2024-02-29 23:59:59", "2026-03-01 24:00:00", "2026-03-01 10:00:60", "2026-03-01", "2026-03-01 1a:00:00", "", "0000-01-01 00:00:00", "x".repeat(19)),
    fc.date({ min: new Date("1900-01-01T00:00:00Z"), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 19).replace("T", " ")),
  );
  const amount = fc.oneof(fc.constantFrom("", "-0", "1e5", "NaN", "abc", "0.1", ".5", "5.", "-", "123456789012345678", "00012"), fc.double({ noNaN: true }).map(String));
  const country = fc.oneof(fc.constantFrom("DE", "FR", "", "ä😀", "y".repeat(65), "y".repeat(64)), fc.string({ unit: "grapheme", maxLength: 5 }).filter((text) => !/[",\r\n]/.test(text)));
  const config = (zone: string, format: string | null) => configOf({ frequency: "P1D", zone, timestamp: { column: "ts", format }, measures: [measure("amount"), measure("n", "COUNT", "country")], dimensions: ["country"] });
  const startMs = Float64Array.from({ length: 60 }, (_, i) => Date.UTC(2026, 1, 1) + i * 86_400_000);
  fc.assert(
    fc.property(fc.array(fc.tuple(stamp, amount, country), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 200 }), fc.constantFrom("UTC", "Europe/Berlin"), fc.constantFrom("yyyy-MM-dd HH:mm:ss", null), (table, pieceBytes, zone, format) => {
      const bytes = Buffer.from(["ts,amount,country", ...table.map((row) => row.join(","))].join("\n"));
      const needs: DatasetNeeds = { frequency: "P1D", timestamp: { column: "ts", format }, numbers: ["amount"], texts: ["country"] };
      const parser = new CsvParser(CSV, { file: "a.csv", needs });
      const cells: Cell[][] = [];
      const tables: LeafTable[] = [];
      const take = (piece: Buffer, isLast: boolean): void => {
        const batch = parser.pushColumns(piece, isLast);
        if (parser.columns === null) return;
        if (tables.length === 0) for (let i = 0; i < 2; i++) tables.push(new LeafTable(config(zone, format), findColumns(config(zone, format), parser.columns), { startMs, endMs: startMs.at(-1)! + 86_400_000, columnCount: 3 }));
        tables[0]!.addColumns(batch.columns, batch.count);
        for (const row of batch.rows) cells.push([...row]);
      };
      for (let at = 0; at < bytes.length; at += pieceBytes) take(bytes.subarray(at, at + pieceBytes), false);
      take(Buffer.alloc(0), true);
      const text = (cell: string): Cell => (cell === "" ? null : cell);
      const number = (cell: string): Cell => (cell === "" ? null : Number.isNaN(Number(cell)) ? cell : Number(cell));
      const wanted = table.filter((row) => row.some((cell) => cell !== "")).map(([ts, n, c]) => [text(ts), number(n), text(c)]);
      // As it stands in the file; a timestamp column without a declared format may be read as numbers.
      if (parser.columns![0]!.type === "text") assert.deepEqual(cells, wanted);
      tables[1]!.addRows(cells);
      const all = (leaf: LeafTable) => ({ counts: leaf.counts(), max: leaf.maxTimestampMs, rows: [...leaf.rowsPerInterval], empty: [...leaf.emptyCells], leaves: leaf.take() });
      assert.deepEqual(all(tables[0]!), all(tables[1]!));
    }),
    { numRuns: 150, seed: 5 },
  );
});
