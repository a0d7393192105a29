/** What the rows of a sample say of their columns: how many values, how many empty, from when to when. */
import { parseIsoTimestamp } from "../../crawl/parse-iso-timestamp.ts";
import { unixMs } from "../../crawl/compile-timestamp-format.ts";
import type { Cell, Column } from "../../connectors/connector.ts";

export interface SampledColumn {
  readonly name: string;
  readonly type: Column["type"];
  readonly nativeType: string;
  /** different values, up to VALUES_MAX */
  readonly distinct: number;
  readonly empty: number;
  /** whole numbers only */
  readonly isWhole: boolean;
  /** of what reads as a time; null = it doesn't */
  readonly time: { readonly minMs: number; readonly maxMs: number } | null;
}

export const VALUES_MAX = 10_000;

export function sampledColumns(columns: readonly Column[], rows: readonly (readonly Cell[])[]): SampledColumn[] {
  return columns.map(({ name, type, nativeType }, c) => {
    const values = new Set<Cell>();
    let empty = 0;
    let isWhole = true;
    let [minMs, maxMs] = [Infinity, -Infinity];
    let isTime = type !== "boolean" && type !== "other";
    for (const row of rows) {
      const cell = row[c]!;
      if (cell === null || cell === "") {
        empty += 1;
        continue;
      }
      if (values.size < VALUES_MAX) values.add(cell);
      if (typeof cell === "number" && !Number.isInteger(cell)) isWhole = false;
      if (!isTime) continue;
      const ms = timeOf(cell);
      if (Number.isNaN(ms)) isTime = false;
      else [minMs, maxMs] = [Math.min(minMs, ms), Math.max(maxMs, ms)];
    }
    return { name, type, nativeType, distinct: values.size, empty, isWhole, time: isTime && minMs <= maxMs ? { minMs, maxMs } : null };
  });
}

/** A number is a time from 2001 on only: smaller ones are amounts and ids. */
const UNIX_MIN = 1e9;

function timeOf(cell: Cell): number {
  if (typeof cell === "string") return parseIsoTimestamp(cell, (localMs) => localMs);
  return typeof cell === "number" && cell >= UNIX_MIN && Number.isInteger(cell) ? unixMs(cell) : NaN;
}
