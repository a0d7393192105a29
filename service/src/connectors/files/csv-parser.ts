/**
 * CSV as it is found in the wild: any delimiter and quote of one byte, CRLF, line breaks and doubled quotes within quotes, a byte order
 * mark. Works on bytes: numbers are read where they lie, a text that came before is the same string again. Empty is null; empty in
 * quotes is the empty text.
 */
import { isUtf8 } from "node:buffer";
import { SourceError } from "../../telemetry/errors.ts";
import { readNumber, textReader, timestampTextReader } from "../cell-readers.ts";
import type { CellReader } from "../cell-readers.ts";
import type { Cell, Column, DatasetNeeds } from "../connector.ts";
import type { CsvFormat } from "./file-format.ts";
import { neededColumns, sameColumns } from "./needed-columns.ts";
import { LINE_BYTES_MAX, SAMPLE_ROWS } from "./row-parser.ts";
import type { RowParser } from "./row-parser.ts";

export interface ParserOptions {
  /** for messages */
  readonly file: string;
  readonly needs: DatasetNeeds | null;
  /** of the files before it in the same reading */
  readonly columns?: readonly Column[];
}

const LF = 10;
const CR = 13;

export class CsvParser implements RowParser {
  columns: readonly Column[] | null = null;
  readonly #file: string;
  readonly #options: ParserOptions;
  readonly #delimiter: number;
  /** −1: nothing is quoted */
  readonly #quote: number;
  #rest: Buffer = EMPTY;
  #isFirst = true;
  /** of the record that is read next, from 1, header included */
  #record = 1;
  #names: readonly string[] | null = null;
  /** [place in the file] where it goes in the row that leaves, −1 = nowhere */
  #targets: Int32Array = new Int32Array(0);
  #readers: readonly (CellReader | null)[] = [];
  #width = 0;

  constructor(format: CsvFormat, options: ParserOptions) {
    this.#file = options.file;
    this.#options = options;
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.quote === null ? -1 : format.quote.charCodeAt(0);
    if (!format.hasHeader) this.#names = format.columns;
  }

  push(piece: Buffer, isLast: boolean): Cell[][] {
    let bytes: Buffer = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    if (this.#isFirst && bytes.length >= 3) {
      this.#isFirst = false;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    const complete = isLast ? bytes.length : bytes.lastIndexOf(LF) + 1;
    if (complete > 0 && !isUtf8(bytes.subarray(0, complete))) throw this.#notUtf8(bytes.subarray(0, complete));
    const rows: Cell[][] = [];
    let at = 0;
    if (this.#names === null) {
      const header: string[] = [];
      const end = this.#record1(bytes, 0, isLast, (start, stop, isQuoted) => header.push(textOf(bytes, start, stop, isQuoted ? this.#quote : -1).trim()));
      if (end < 0) return this.#keep(bytes, 0, rows);
      this.#names = header;
      this.#record += 1;
      at = end;
    }
    if (this.columns === null && (at < bytes.length || isLast)) {
      if (!isLast && bytes.lastIndexOf(LF) < at) return this.#keep(bytes, at, rows);
      this.#decideColumns(bytes, at, isLast);
    }
    at = this.#rows(bytes, at, isLast, rows);
    return this.#keep(bytes, at, rows);
  }

  #keep(bytes: Buffer, at: number, rows: Cell[][]): Cell[][] {
    this.#rest = at === bytes.length ? EMPTY : bytes.subarray(at);
    if (this.#rest.length <= LINE_BYTES_MAX) return rows;
    throw this.#error(`is longer than ${LINE_BYTES_MAX} bytes (LINE_BYTES_MAX)`, "Is a quote never closed, or is it not a CSV file at all?", "LIMIT");
  }

  #decideColumns(bytes: Buffer, from: number, isLast: boolean): void {
    const names = this.#names!;
    const sample: string[][] = [];
    const before = this.#record;
    for (let at = from; at < bytes.length && sample.length < SAMPLE_ROWS; ) {
      const row: string[] = [];
      const end = this.#record1(bytes, at, isLast, (start, stop, isQuoted) => row.push(textOf(bytes, start, stop, isQuoted ? this.#quote : -1)));
      if (end < 0) break;
      if (!(row.length === 1 && row[0] === "")) sample.push(row);
      at = end;
    }
    this.#record = before;
    const { columns, places } = this.#options.columns === undefined ? neededColumns(names, sample, this.#options.needs) : sameColumns(this.#options.columns, names, this.#file);
    this.#targets = new Int32Array(names.length).fill(-1);
    places.forEach((place, target) => (this.#targets[place] = target));
    const timestamp = this.#options.needs?.timestamp.column.toLowerCase();
    const readers = columns.map(({ name, type }) => (type === "number" ? numberReader() : name.toLowerCase() === timestamp ? timestampTextReader : textReader()));
    this.#readers = Array.from(this.#targets, (target) => (target < 0 ? null : readers[target]!));
    this.#width = columns.length;
    this.columns = columns;
  }

  /** The hot loop; returns where the first incomplete record begins. */
  #rows(bytes: Buffer, from: number, isLast: boolean, rows: Cell[][]): number {
    const { length } = bytes;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const targets = this.#targets;
    const readers = this.#readers;
    const count = targets.length;
    const empty: Cell[] = Array.from({ length: this.#width }, () => null);
    let at = from;
    record: while (at < length) {
      const begin = at;
      const row = empty.slice();
      for (let c = 0; ; c++) {
        let start = at;
        let stop: number;
        let isDoubled = false;
        const isQuoted = quote >= 0 && bytes[at] === quote;
        if (isQuoted) {
          start = at + 1;
          stop = start;
          for (;;) {
            stop = bytes.indexOf(quote, stop);
            if (stop < 0 || (stop + 1 === length && !isLast)) {
              if (stop < 0 && isLast) throw this.#error("has a quote that is never closed", "Close it, or write a quote within quotes twice.");
              return begin;
            }
            if (bytes[stop + 1] !== quote) break;
            isDoubled = true;
            stop += 2;
          }
          at = stop + 1;
          if (bytes[at] === CR && (at + 1 === length || bytes[at + 1] === LF)) at += 1;
          if (at < length && bytes[at] !== delimiter && bytes[at] !== LF) throw this.#error("has text after a closing quote", "Write a quote within quotes twice, or set another quote.");
        } else {
          while (at < length && bytes[at] !== delimiter && bytes[at] !== LF) at += 1;
          stop = at;
        }
        if (at === length && !isLast) return begin;
        const isEnd = at === length || bytes[at] === LF;
        if (isEnd && !isQuoted && stop > start && bytes[stop - 1] === CR) stop -= 1;
        if (isEnd && c === 0 && stop === start && !isQuoted && count !== 1) {
          // An empty line.
          at += 1;
          this.#record += 1;
          continue record;
        }
        if (c < count) {
          const target = targets[c]!;
          if (target >= 0 && (stop > start || isQuoted)) row[target] = isDoubled ? textOf(bytes, start, stop, quote) : stop === start ? "" : readers[c]!(bytes, start, stop);
        }
        if (!isEnd) {
          at += 1;
          continue;
        }
        if (c + 1 !== count) throw this.#error(`has ${c + 1} cells, but there are ${count} columns`, "Check delimiter and quote; lines of a file must have as many cells as its header.");
        at += 1;
        break;
      }
      rows.push(row);
      this.#record += 1;
    }
    return Math.min(at, length);
  }

  /** One record, cell by cell, for header and sample; returns where the next begins, −1 when this one isn't complete. */
  #record1(bytes: Buffer, from: number, isLast: boolean, cell: (start: number, stop: number, isQuoted: boolean) => void): number {
    const cells: [number, number, boolean][] = [];
    for (let at = from; ; ) {
      let start = at;
      let stop: number;
      const isQuoted = this.#quote >= 0 && bytes[at] === this.#quote;
      if (isQuoted) {
        start = at + 1;
        for (stop = start; ; stop += 2) {
          stop = bytes.indexOf(this.#quote, stop);
          if (stop < 0 || (stop + 1 >= bytes.length && !isLast)) return -1;
          if (bytes[stop + 1] !== this.#quote) break;
        }
        at = stop + 1;
        while (at < bytes.length && bytes[at] !== this.#delimiter && bytes[at] !== LF) at += 1;
      } else {
        while (at < bytes.length && bytes[at] !== this.#delimiter && bytes[at] !== LF) at += 1;
        stop = at;
      }
      if (at >= bytes.length && !isLast) return -1;
      const isEnd = at >= bytes.length || bytes[at] === LF;
      if (isEnd && !isQuoted && stop > start && bytes[stop - 1] === CR) stop -= 1;
      cells.push([start, stop, isQuoted]);
      at += 1;
      if (!isEnd) continue;
      for (const [begin, end, quoted] of cells) cell(begin, end, quoted);
      return Math.min(at, bytes.length);
    }
  }

  #notUtf8(bytes: Buffer): SourceError {
    let record = this.#record;
    for (let at = 0; at < bytes.length; record++) {
      const end = bytes.indexOf(LF, at);
      const stop = end < 0 ? bytes.length : end + 1;
      if (!isUtf8(bytes.subarray(at, stop))) break;
      at = stop;
    }
    this.#record = record;
    return this.#error("holds bytes that are not UTF-8", "Set the format's charset, e.g. windows-1252, or write the file as UTF-8.");
  }

  #error(what: string, advice: string, code: "SHAPE" | "LIMIT" = "SHAPE"): SourceError {
    return new SourceError(`row ${this.#record} of ${this.#file} ${what}`, { code, transient: false, advice });
  }
}

const EMPTY = Buffer.alloc(0);

/** What isn't a number stays text: whoever adds up counts it as such. */
function numberReader(): CellReader {
  return (bytes, start, end) => {
    const value = readNumber(bytes, start, end);
    return value === value ? value : bytes.toString("utf8", start, end);
  };
}

function textOf(bytes: Buffer, start: number, stop: number, quote: number): string {
  const text = bytes.toString("utf8", start, stop);
  if (quote < 0) return text;
  const mark = String.fromCharCode(quote);
  return text.replaceAll(mark + mark, mark);
}
