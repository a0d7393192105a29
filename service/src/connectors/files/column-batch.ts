/** A batch of rows that is made of columns; see CellColumn. */
import { CELL_NULL, CELL_TEXT } from "../connector.ts";
import type { Cell, CellColumn, RowBatch } from "../connector.ts";
import type { Interval } from "../../crawl/batch.ts";

export class ColumnBatch implements RowBatch {
  readonly columns: readonly CellColumn[];
  readonly count: number;
  readonly bytes: number;
  readonly within?: readonly Interval[];
  #rows: readonly (readonly Cell[])[] | null = null;

  constructor(columns: readonly CellColumn[], { count, bytes, within }: { count: number; bytes: number; within?: readonly Interval[] | undefined }) {
    this.columns = columns;
    this.count = count;
    this.bytes = bytes;
    if (within !== undefined) this.within = within;
  }

  /** For whoever wants rows: made when they are asked for. */
  get rows(): readonly (readonly Cell[])[] {
    this.#rows ??= Array.from({ length: this.count }, (_, row) => this.columns.map((column) => cellAt(column, row)));
    return this.#rows;
  }

  /** Rows [from, to). */
  slice(from: number, to: number, bytes: number): ColumnBatch {
    const columns = this.columns.map((column) => {
      const odd = new Map<number, string>();
      for (const [row, text] of column.odd) if (row >= from && row < to) odd.set(row - from, text);
      return { ...column, values: column.values.subarray(from, to), states: column.states.subarray(from, to), odd };
    });
    return new ColumnBatch(columns, { count: to - from, bytes });
  }

  standingFor(within: readonly Interval[] | undefined): ColumnBatch {
    return new ColumnBatch(this.columns, { count: this.count, bytes: this.bytes, within });
  }
}

/** The cell of a row, as it stands in the file. */
export function cellAt({ kind, values, states, texts, odd, separator, isUtc }: CellColumn, row: number): Cell {
  const state = states[row];
  if (state === CELL_NULL) return null;
  if (state === CELL_TEXT) return odd.get(row)!;
  const value = values[row]!;
  if (kind === "number") return value;
  if (kind === "text") return texts[value]!;
  const iso = new Date(value).toISOString();
  return `${iso.slice(0, 10)}${separator}${iso.slice(11, 19)}${isUtc ? "Z" : ""}`;
}
