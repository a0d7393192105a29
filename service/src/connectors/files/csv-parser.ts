/**
 * CSV as it is found in the wild: any delimiter and quote of one byte, CRLF, line breaks and doubled quotes within quotes, a byte order
 * mark. Works on bytes and fills columns: numbers and timestamps are read where they lie, a text that came before is a number. Empty is
 * null; empty in quotes is the empty text.
 */
import { isUtf8 } from "node:buffer";
import { SourceError } from "../../telemetry/errors.ts";
import type { Cell, Column, DatasetNeeds } from "../connector.ts";
import { ColumnBatch } from "./column-batch.ts";
import { ColumnBuilder } from "./column-builder.ts";
import type { CsvFormat } from "./file-format.ts";
import { neededColumns, sameColumns } from "./needed-columns.ts";
import { LINE_BYTES_MAX, SAMPLE_ROWS } from "./row-parser.ts";
import type { RowParser } from "./row-parser.ts";
import { TimestampBytes } from "./timestamp-bytes.ts";

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
  /** what is read now, filled again with each piece; what is incomplete moves to its front */
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #restBytes = 0;
  #isFirst = true;
  /** empty lines of the piece that is read now */
  #blank = 0;
  /** of the record that is read next, from 1, header included */
  #record = 1;
  #names: readonly string[] | null = null;
  /** [place in the file] where it goes in the row that leaves, −1 = nowhere */
  #targets: Int32Array = new Int32Array(0);
  /** [place in the file] */
  #builders: readonly (ColumnBuilder | null)[] = [];
  /** [column that leaves] */
  #columnsOut: readonly ColumnBuilder[] = [];

  constructor(format: CsvFormat, options: ParserOptions) {
    this.#file = options.file;
    this.#options = options;
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.quote === null ? -1 : format.quote.charCodeAt(0);
    if (!format.hasHeader) this.#names = format.columns;
  }

  push(piece: Buffer, isLast: boolean): Cell[][] {
    return [...this.pushColumns(piece, isLast).rows] as Cell[][]; // made for this caller alone
  }

  /** As `push`, without making rows. */
  pushColumns(piece: Buffer, isLast: boolean): ColumnBatch {
    let bytes = this.#restAnd(piece, isLast);
    if (this.#isFirst && bytes.length >= 3) {
      this.#isFirst = false;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    const complete = bytes.lastIndexOf(LF) + 1;
    if (complete > 0 && !isUtf8(bytes.subarray(0, complete))) throw this.#notUtf8(bytes.subarray(0, complete));
    let at = 0;
    if (this.#names === null) {
      const header: string[] = [];
      const end = this.#record1(bytes, 0, isLast, (start, stop, isQuoted) => header.push(textOf(bytes, start, stop, isQuoted ? this.#quote : -1).trim()));
      if (end < 0) return this.#keep(bytes, 0, 0);
      this.#names = header;
      this.#record += 1;
      at = end;
    }
    if (this.columns === null && (at < bytes.length || isLast)) {
      if (!isLast && complete <= at) return this.#keep(bytes, at, 0);
      this.#decideColumns(bytes, at, isLast);
    }
    const first = this.#record;
    this.#blank = 0;
    at = this.#records(bytes, at, complete, isLast);
    return this.#keep(bytes, at, this.#record - first - this.#blank);
  }

  /** With a line break at the very end of the file, so that no cell ends with the bytes. */
  #restAnd(piece: Buffer, isLast: boolean): Buffer {
    let length = this.#restBytes + piece.length;
    if (length >= this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(length + 1)));
      this.#buffer.copy(larger, 0, 0, this.#restBytes);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#restBytes);
    if (isLast && length > 0 && this.#buffer[length - 1] !== LF) this.#buffer[length++] = LF;
    return this.#buffer.subarray(0, length);
  }

  #keep(bytes: Buffer, at: number, count: number): ColumnBatch {
    this.#restBytes = bytes.length - at;
    bytes.copyWithin(0, at);
    if (bytes.byteOffset > this.#buffer.byteOffset) this.#buffer.set(bytes.subarray(0, this.#restBytes)); // after a byte order mark
    if (this.#restBytes <= LINE_BYTES_MAX) return new ColumnBatch(this.#columnsOut.map((column) => column.take(count)), { count, bytes: at });
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
    const { needs } = this.#options;
    this.#columnsOut = columns.map(({ name, type }) => {
      if (type === "number") return new ColumnBuilder("number");
      const timestamps = name.toLowerCase() === needs?.timestamp.column.toLowerCase() ? TimestampBytes.of(needs.timestamp.format) : null;
      return timestamps === null ? new ColumnBuilder("text") : new ColumnBuilder("clock", timestamps);
    });
    this.#builders = Array.from(this.#targets, (target) => (target < 0 ? null : this.#columnsOut[target]!));
    this.columns = columns;
  }

  /** The hot loop; returns where the first incomplete record begins. @param complete  after the last line break */
  #records(bytes: Buffer, from: number, complete: number, isLast: boolean): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const builders = this.#builders;
    const count = builders.length;
    const first = this.#record;
    let at = from;
    let row = 0;
    record: while (at < complete) {
      const begin = at;
      // Rows that were begun and are not complete leave nothing behind: each cell of a row is set before the row counts.
      if ((row & 1023) === 0) for (const column of this.#columnsOut) column.reserve(row + 1024);
      for (let c = 0; ; c++) {
        const builder = c < count ? builders[c]! : null;
        if (bytes[at] === quote) {
          const start = at + 1;
          let stop = start;
          let isDoubled = false;
          for (;;) {
            stop = bytes.indexOf(quote, stop);
            if (stop < 0 || (stop + 1 === bytes.length && !isLast)) {
              if (stop < 0 && isLast) throw this.#error("has a quote that is never closed", "Close it, or write a quote within quotes twice.");
              return begin;
            }
            if (bytes[stop + 1] !== quote) break;
            isDoubled = true;
            stop += 2;
          }
          at = stop + 1;
          if (bytes[at] === CR && (at + 1 === bytes.length || bytes[at + 1] === LF)) at += 1;
          if (at < bytes.length && bytes[at] !== delimiter && bytes[at] !== LF) throw this.#error("has text after a closing quote", "Write a quote within quotes twice, or set another quote.");
          if (at >= complete) return begin;
          if (builder !== null) {
            if (isDoubled || stop === start) builder.text(row, isDoubled ? textOf(bytes, start, stop, quote) : "");
            else put(builder, row, bytes, start, stop);
          }
        } else {
          const start = at;
          let byte = bytes[at]!;
          while (byte !== delimiter && byte !== LF) byte = bytes[++at]!;
          let stop = at;
          if (byte === LF) {
            if (stop > start && bytes[stop - 1] === CR) stop -= 1;
            if (c === 0 && stop === start && count !== 1) {
              // An empty line.
              at += 1;
              this.#record += 1;
              this.#blank += 1;
              continue record;
            }
          }
          if (builder !== null) {
            if (stop === start) builder.null(row);
            else put(builder, row, bytes, start, stop);
          }
        }
        if (bytes[at] !== LF) {
          at += 1;
          continue;
        }
        at += 1;
        if (c + 1 !== count) throw this.#error(`has ${c + 1} cells, but there are ${count} columns`, "Check delimiter and quote; lines of a file must have as many cells as its header.");
        break;
      }
      row += 1;
      this.#record = first + row + this.#blank;
    }
    return at;
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


const FIRST_BYTES = 128 * 1024;

function put(builder: ColumnBuilder, row: number, bytes: Buffer, start: number, stop: number): void {
  switch (builder.kind) {
    case "number":
      return builder.number(row, bytes, start, stop);
    case "clock":
      return builder.clock(row, bytes, start, stop);
    default:
      return builder.known(row, bytes, start, stop);
  }
}

function textOf(bytes: Buffer, start: number, stop: number, quote: number): string {
  const text = bytes.toString("utf8", start, stop);
  if (quote < 0) return text;
  const mark = String.fromCharCode(quote);
  return text.replaceAll(mark + mark, mark);
}
