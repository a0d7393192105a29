/**
 * What a file is, from its first bytes: packed or not, charset, CSV or JSON Lines or Parquet, delimiter, quote, header, columns. Each with
 * how sure that is and why, as DetectMetricSetConfig answered it.
 */
import { isUtf8 } from "node:buffer";
import { gunzipSync, constants } from "node:zlib";
import type { Cell } from "../connector.ts";
import { CsvParser } from "./csv-parser.ts";
import type { Compression, CsvFormat, RowFormat } from "./file-format.ts";
import { JsonLinesParser } from "./json-lines-parser.ts";

export type Confidence = "HIGH" | "LOW" | "NONE";

export interface Detected<T> {
  readonly value: T;
  readonly confidence: Confidence;
  /** why it isn't HIGH, else null */
  readonly message: string | null;
}

export interface DetectedFormat {
  readonly kind: Detected<RowFormat["kind"]>;
  readonly compression: Detected<Compression>;
  readonly charset: Detected<string>;
  /** of CSV only */
  readonly delimiter: Detected<string> | null;
  readonly quote: Detected<string | null> | null;
  readonly hasHeader: Detected<boolean> | null;
  readonly columns: Detected<readonly string[]> | null;
  /** all of it, for reading */
  readonly format: RowFormat;
  /** of text files: the first rows, as texts */
  readonly sampleRows: readonly (readonly string[])[];
}

export const DETECT_BYTES = 64 * 1024;
const SAMPLE_ROWS_MAX = 20;

const high = <T>(value: T): Detected<T> => ({ value, confidence: "HIGH", message: null });
const low = <T>(value: T, message: string): Detected<T> => ({ value, confidence: "LOW", message });
const none = <T>(value: T, message: string): Detected<T> => ({ value, confidence: "NONE", message });

/** @param stored  the file's first DETECT_BYTES, or all of it */
export function detectFormat(stored: Buffer): DetectedFormat {
  if (stored.subarray(0, 4).toString("latin1") === "PAR1") {
    return { kind: high("parquet"), compression: high("none"), charset: high("utf-8"), delimiter: null, quote: null, hasHeader: null, columns: null, format: { kind: "parquet" }, sampleRows: [] };
  }
  const isPacked = stored[0] === 0x1f && stored[1] === 0x8b;
  const bytes = isPacked ? unpackStart(stored) : stored;
  const compression: Compression = isPacked ? "gzip" : "none";
  const { charset, text } = decode(bytes);
  // The last line may be cut off, unless the whole file is there.
  const whole = text.lastIndexOf("\n") > 0 && bytes.length >= DETECT_BYTES / 2 ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
  const lines = whole.split(/\r?\n/).filter((line) => line.trim() !== "");
  const found = lines[0]?.trimStart().startsWith("{") === true ? jsonFormat(lines, charset, compression) : csvFormat(whole, lines, charset, compression);
  return { ...found, compression: lines.length === 0 ? none(compression, "the file is empty") : high(compression) };
}

type Found = Omit<DetectedFormat, "compression">;

function jsonFormat(lines: readonly string[], charset: Detected<string>, compression: Compression): Found {
  const objects = lines.slice(0, SAMPLE_ROWS_MAX).flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === "object" && value !== null ? [value] : [];
    } catch {
      return [];
    }
  });
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const isSure = objects.length === Math.min(lines.length, SAMPLE_ROWS_MAX);
  const parser = new JsonLinesParser({ file: "the sample", needs: null });
  const rows = objects.length === 0 ? [] : parser.push(Buffer.from(objects.map((object) => JSON.stringify(object)).join("\n")), true);
  return {
    kind: isSure ? high("json") : low("json", "some of the first lines are not whole objects: JSON Lines has one a line"),
    charset,
    delimiter: null,
    quote: null,
    hasHeader: null,
    columns: high(names),
    format: { kind: "json", charset: charset.value, compression },
    sampleRows: rows.map(texts),
  };
}

const DELIMITERS = [",", "\t", ";", "|", " "] as const;

function csvFormat(text: string, lines: readonly string[], charset: Detected<string>, compression: Compression): Found {
  const quote = quoteOf(lines);
  const scored = DELIMITERS.map((delimiter) => ({ delimiter, ...regularity(lines, delimiter, quote.value) })).sort((a, b) => b.score - a.score);
  const best = scored[0]!;
  const delimiter = best.score === 0
    ? lines.length === 0 ? none(",", "the file is empty") : low(",", "no delimiter gives lines of several cells: taken as one column")
    : best.score < 0.9 * Math.min(lines.length, SAMPLE_ROWS_MAX) || (scored[1]!.score === best.score && scored[1]!.cells === best.cells)
      ? low<string>(best.delimiter, "lines don't all have the same number of cells")
      : high<string>(best.delimiter);
  const base: CsvFormat = { kind: "csv", delimiter: delimiter.value, quote: quote.value, hasHeader: false, columns: null, charset: charset.value, compression };
  const table = tableOf(text, base, best.score === 0 ? 1 : best.cells);
  const header = headerOf(table);
  const names = header.value ? (table[0] ?? []) : (table[0] ?? []).map((_, i) => `column${i + 1}`);
  const format: CsvFormat = { ...base, hasHeader: header.value, columns: header.value ? null : names };
  return {
    kind: delimiter.confidence === "HIGH" ? high("csv") : low("csv", delimiter.message!),
    charset,
    delimiter,
    quote,
    hasHeader: header,
    columns: header.value ? (header.confidence === "HIGH" ? high(names) : low(names, header.message!)) : none(names, "there is no header: the names are made up"),
    format,
    sampleRows: table.slice(header.value ? 1 : 0, SAMPLE_ROWS_MAX + 1),
  };
}

function quoteOf(lines: readonly string[]): Detected<string | null> {
  const text = lines.slice(0, SAMPLE_ROWS_MAX).join("\n");
  const doubles = (text.match(/(^|[,;|\t ])"/gm) ?? []).length;
  const singles = (text.match(/(^|[,;|\t])'/gm) ?? []).length;
  if (doubles === 0 && singles === 0) return low('"', "nothing in the sample is quoted");
  return doubles >= singles ? high<string | null>('"') : low<string | null>("'", "cells begin with an apostrophe");
}

/** How many of the first lines have the most common number of cells, if that is more than one. */
function regularity(lines: readonly string[], delimiter: string, quote: string | null): { score: number; cells: number } {
  const counts = new Map<number, number>();
  for (const line of lines.slice(0, SAMPLE_ROWS_MAX)) {
    let cells = 1;
    let isInside = false;
    for (const character of line) {
      if (character === quote) isInside = !isInside;
      else if (character === delimiter && !isInside) cells += 1;
    }
    counts.set(cells, (counts.get(cells) ?? 0) + 1);
  }
  let best = { score: 0, cells: 1 };
  for (const [cells, count] of counts) if (cells > 1 && (count > best.score || (count === best.score && cells > best.cells))) best = { score: count, cells };
  // A space is in many texts: it has to be sure.
  return delimiter === " " && best.score < Math.min(lines.length, SAMPLE_ROWS_MAX) ? { score: 0, cells: 1 } : best;
}

/** The first rows as texts; where the file isn't regular, as many as are. */
function tableOf(text: string, format: CsvFormat, cells: number): string[][] {
  const columns = Array.from({ length: cells }, (_, i) => `column${i + 1}`);
  const rows: string[][] = [];
  const parser = new CsvParser({ ...format, columns }, { file: "the sample", needs: { frequency: "P1D", timestamp: { column: columns[0]!, format: "text" }, numbers: [], texts: columns.slice(1) } });
  try {
    for (const line of text.split(/(?<=\n)/).slice(0, 4 * SAMPLE_ROWS_MAX)) rows.push(...parser.push(Buffer.from(line), false).map(texts));
    rows.push(...parser.push(Buffer.alloc(0), true).map(texts));
  } catch {
    // What was read until there is the sample.
  }
  return rows.slice(0, SAMPLE_ROWS_MAX + 1);
}

/** Names above, values below: a header has no number, no date and no empty cell where the lines below have. */
function headerOf(table: readonly (readonly string[])[]): Detected<boolean> {
  const [first, ...rest] = table;
  if (first === undefined) return none(true, "the file is empty");
  const isValue = (cell: string): boolean => cell !== "" && (!Number.isNaN(Number(cell)) || /^\d{4}-\d\d-\d\d|^\d\d?[./]\d\d?[./]\d{2,4}/.test(cell));
  if (first.some((cell) => isValue(cell) || cell.trim() === "")) return high(false);
  if (new Set(first).size < first.length) return low(false, "two cells of the first line are the same");
  if (rest.length === 0) return low(true, "there is one line only");
  return rest.some((row) => row.some(isValue)) ? high(true) : low(true, "all cells are texts: the first line may be values, too");
}

function decode(bytes: Buffer): { charset: Detected<string>; text: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { charset: high("utf-16le"), text: new TextDecoder("utf-16le").decode(bytes) };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { charset: high("utf-16be"), text: new TextDecoder("utf-16be").decode(bytes) };
  // The last character may be cut off in the middle.
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut++) {
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) return { charset: high("utf-8"), text: new TextDecoder().decode(bytes.subarray(0, bytes.length - cut)) };
  }
  return { charset: low("windows-1252", "it is not UTF-8, and which of the other charsets can't be told"), text: new TextDecoder("windows-1252").decode(bytes) };
}

/** The beginning of a gzip that goes on. */
function unpackStart(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 * DETECT_BYTES }).subarray(0, DETECT_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
}

function texts(row: readonly Cell[]): string[] {
  return row.map((cell) => (cell === null ? "" : String(cell)));
}
