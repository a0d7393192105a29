import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "vitest";
import { detectFormat } from "./detect-format.ts";

const detect = (text: string | Buffer) => detectFormat(Buffer.from(text));

test("a regular CSV is known for sure: delimiter, header, columns, sample", () => {
  for (const delimiter of [",", "\t", ";", "|"]) {
    const found = detect(["ts,country,amount", "2026-03-01 10:00:00,\"D,E\",1.5", "2026-03-01 11:00:00,FR,"].join("\n").replaceAll(/,(?=[^"]*(?:"[^"]*"[^"]*)*$)/gm, delimiter));
    assert.deepEqual([found.kind.value, found.delimiter?.value, found.delimiter?.confidence, found.hasHeader?.value, found.hasHeader?.confidence], ["csv", delimiter, "HIGH", true, "HIGH"], delimiter);
    assert.deepEqual(found.columns?.value, ["ts", "country", "amount"]);
    assert.deepEqual(found.sampleRows[0]?.at(-1), "1.5");
    assert.equal(found.compression.value, "none");
  }
});

test("without a header the columns' names are made up, and that is said", () => {
  const found = detect("2026-03-01,DE,1\n2026-03-02,FR,2\n");
  assert.deepEqual([found.hasHeader?.value, found.columns?.value, found.columns?.confidence], [false, ["column1", "column2", "column3"], "NONE"]);
  assert.equal(found.sampleRows.length, 2);
});

test("texts only, one line, uneven lines, an empty file: less sure, with the reason", () => {
  assert.match(detect("a,b\nx,y\n").hasHeader!.message!, /all cells are texts/);
  assert.match(detect("a,b\n").hasHeader!.message!, /one line only/);
  assert.deepEqual([detect("a,b,c\n1,2\n1,2,3,4\n1,2\n").delimiter?.confidence], ["LOW"]);
  assert.match(detect("").compression.message!, /empty/);
  assert.match(detect("just words\nand more words here\n").delimiter!.message!, /one column/);
});

test("JSON Lines, Parquet, gzip, charsets", () => {
  const lines = '{"ts":1,"n":2}\n{"ts":2,"x":{}}\n';
  assert.deepEqual([detect(lines).kind, detect(lines).columns?.value], [{ value: "json", confidence: "HIGH", message: null }, ["ts", "n", "x"]]);
  assert.equal(detect('{"a":1}\nnot json\n').kind.confidence, "LOW");
  assert.equal(detect("PAR1....").kind.value, "parquet");
  const packed = detect(gzipSync("a,b\n1,2\n".repeat(100_000)).subarray(0, 300));
  assert.deepEqual([packed.compression.value, packed.columns?.value], ["gzip", ["a", "b"]]);
  assert.deepEqual(detect(Buffer.from("a,b\nä,1\n", "latin1")).charset.value, "windows-1252");
  assert.equal(detect(Buffer.from("\uFEFFa,b\nä,1\n", "utf16le")).charset.value, "utf-16le");
  assert.equal(detect(Buffer.from("a,b\nä,1\nö").subarray(0, -1)).charset.value, "utf-8");
});

test("quotes are found", () => {
  assert.equal(detect('a,b\n"x",1\n').quote?.confidence, "HIGH");
  assert.equal(detect("a,b\n'x',1\n").quote?.value, "'");
  assert.equal(detect("a,b\nx,1\n").quote?.confidence, "LOW");
});
