/**
 * Bytes of cells → one column of a ColumnBatch. Its arrays are used again and again, and what leaves is a view of them: arrays made anew for every
 * piece of a file cost more in collections of garbage than reading it.
 */
import { readNumber } from "../cell-readers.ts";
import { CELL_NULL, CELL_OWN, CELL_TEXT } from "../connector.ts";
import type { CellColumn } from "../connector.ts";
import type { TimestampBytes } from "./timestamp-bytes.ts";

/** Longer texts rarely come twice. */
const KEPT_BYTES_MAX = 64;
/** Places by hash, a power of two; the last text that came there stays. */
const SLOTS = 8192;
/** More different texts of a column than this, and the list begins anew with the next batch. */
const TEXTS_MAX = 65_536;

export class ColumnBuilder {
  readonly kind: CellColumn["kind"];
  readonly #timestamps: TimestampBytes | null;
  #values = new Float64Array(4096);
  #states = new Uint8Array(4096);
  #odd = new Map<number, string>();
  #texts: string[] = [];
  readonly #hashes: Int32Array;
  readonly #places: Int32Array;
  readonly #lengths: Uint8Array;
  readonly #kept: Uint8Array;

  constructor(kind: CellColumn["kind"], timestamps: TimestampBytes | null = null) {
    this.kind = kind;
    this.#timestamps = timestamps;
    const slots = kind === "text" ? SLOTS : 0;
    this.#hashes = new Int32Array(slots);
    this.#places = new Int32Array(slots).fill(-1);
    this.#lengths = new Uint8Array(slots);
    this.#kept = new Uint8Array(slots * KEPT_BYTES_MAX);
  }

  /** Room for so many rows more than now. */
  reserve(rows: number): void {
    if (rows <= this.#values.length) return;
    const length = 2 ** Math.ceil(Math.log2(rows));
    const values = new Float64Array(length);
    values.set(this.#values);
    this.#values = values;
    const states = new Uint8Array(length);
    states.set(this.#states);
    this.#states = states;
  }

  null(row: number): void {
    this.#states[row] = CELL_NULL;
  }

  /** A text that isn't among the bytes as it is: quotes within quotes; and an empty one. */
  text(row: number, text: string): void {
    this.#states[row] = CELL_TEXT;
    this.#odd.set(row, text);
  }

  number(row: number, bytes: Buffer, start: number, end: number): void {
    const value = readNumber(bytes, start, end);
    if (value !== value) return this.text(row, bytes.toString("utf8", start, end)); // whoever adds up counts it as what it is
    this.#values[row] = value;
    this.#states[row] = CELL_OWN;
  }

  clock(row: number, bytes: Buffer, start: number, end: number): void {
    const ms = this.#timestamps!.read(bytes, start, end);
    if (ms !== ms) return this.text(row, bytes.toString("utf8", start, end)); // another form, or none: the crawler reads the text
    this.#values[row] = ms;
    this.#states[row] = CELL_OWN;
  }

  known(row: number, bytes: Buffer, start: number, end: number): void {
    this.#states[row] = CELL_OWN;
    this.#values[row] = this.#placeOf(bytes, start, end);
  }

  #placeOf(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length > KEPT_BYTES_MAX) return this.#texts.push(bytes.toString("utf8", start, end)) - 1;
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    // The low bits of such a hash are those of the last few bytes.
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const at = slot * KEPT_BYTES_MAX;
    const kept = this.#kept;
    const place = this.#places[slot]!;
    if (place >= 0 && this.#hashes[slot] === hash && this.#lengths[slot] === length) {
      let i = 0;
      while (i < length && kept[at + i] === bytes[start + i]) i++;
      if (i === length) return place;
    }
    for (let i = 0; i < length; i++) kept[at + i] = bytes[start + i]!;
    this.#hashes[slot] = hash;
    this.#lengths[slot] = length;
    return (this.#places[slot] = this.#texts.push(bytes.toString("utf8", start, end)) - 1);
  }

  /** The first `count` rows, valid until the next cell is put; the next one is row 0 again. */
  take(count: number): CellColumn {
    const column: CellColumn = { kind: this.kind, values: this.#values.subarray(0, count), states: this.#states.subarray(0, count), texts: this.#texts, odd: this.#odd, separator: this.#timestamps?.separator ?? "", isUtc: this.#timestamps?.isUtc ?? false };
    if (this.#odd.size > 0) this.#odd = new Map();
    if (this.#texts.length > TEXTS_MAX) {
      this.#texts = [];
      this.#places.fill(-1);
    }
    return column;
  }
}
