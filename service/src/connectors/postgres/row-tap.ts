/**
 * Takes the rows of a result out of the connection's bytes before the driver sees them. The driver makes a string of
 * every cell, most of which are numbers or one of a few texts; here digits become numbers where they lie, and a text that
 * came before is the same string again (whose hash the crawler's maps then have, too). Measured for the whole of a crawl,
 * 1.25 M rows of five cells: 1.1 µs of processor time a row instead of 2.2.
 *
 * Everything that is not a row (errors, descriptions, the end) goes on to the driver, in order, whole messages at a time.
 */
import type { Socket } from "node:net";
import { readNumber, textReader } from "../cell-readers.ts";
import type { CellReader } from "../cell-readers.ts";
import type { Cell } from "../connector.ts";
import { columnOf } from "./cell-types.ts";

export interface RowTap {
  /** what the cells are, before the first row; `fields` as the driver describes them */
  describe(fields: readonly { readonly name: string; readonly dataTypeID: number }[]): void;
  /** the rows since the last call */
  take(): Cell[][];
  /** gives the bytes back to the driver */
  close(): void;
}

/** Between two statements only. Null when the driver doesn't listen as expected: then it reads the rows itself. */
export function openRowTap(stream: Socket): RowTap | null {
  const listeners = stream.listeners("data");
  if (listeners.length !== 1) return null;
  const driver = listeners[0] as (chunk: Buffer) => void; // what listens to a socket's data takes a buffer
  let readers: readonly CellReader[] = [];
  let rows: Cell[][] = [];
  let rest: Buffer | null = null;

  function onData(chunk: Buffer): void {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    rest = null;
    let forwardFrom = 0; // what the driver has not got yet begins here
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      if (bytes[at] === DATA_ROW) {
        if (forwardFrom < at) driver.call(stream, bytes.subarray(forwardFrom, at));
        rows.push(readRow(bytes, at + HEADER_BYTES, readers));
        forwardFrom = end;
      }
      at = end;
    }
    if (forwardFrom < at) driver.call(stream, bytes.subarray(forwardFrom, at));
    if (at < bytes.length) rest = bytes.subarray(at);
  }

  stream.removeListener("data", driver);
  stream.on("data", onData);
  return {
    describe: (fields) => {
      readers = fields.map(readerOf);
    },
    take: () => {
      const taken = rows;
      rows = [];
      return taken;
    },
    close: () => {
      stream.removeListener("data", onData);
      stream.on("data", driver);
    },
  };
}

/** A message's kind and its length, which counts itself. */
const HEADER_BYTES = 5;
const DATA_ROW = 0x44; // "D"

function readRow(bytes: Buffer, start: number, readers: readonly CellReader[]): Cell[] {
  const row: Cell[] = [];
  let at = start + 2; // the number of cells; it is that of the description
  for (let c = 0; c < readers.length; c++) {
    // As readInt32BE, which checks what holds anyway: 4 ns for each cell.
    const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    at += 4;
    if (length === -1) {
      row.push(null);
      continue;
    }
    row.push(readers[c]!(bytes, at, at + length));
    at += length;
  }
  return row;
}

function readerOf(field: { readonly name: string; readonly dataTypeID: number }): CellReader {
  const { type } = columnOf(field);
  if (type === "number") return readNumber;
  if (type === "boolean") return (bytes, start) => bytes[start] === LETTER_T;
  return textReader();
}

const LETTER_T = 0x74;
