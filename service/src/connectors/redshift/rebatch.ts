import type { Cell, RowBatch } from "../connector.ts";

type Row = readonly Cell[];

/** Rows as they come, in batches of just the size that was asked for; the last may be smaller. */
export async function* rebatch(source: AsyncIterable<readonly Row[]>, rowsPerBatch: number): AsyncGenerator<RowBatch, void, undefined> {
  let pending: Row[] = [];
  for await (const rows of source) {
    for (const row of rows) {
      pending.push(row);
      if (pending.length < rowsPerBatch) continue;
      yield { rows: pending, bytes: bytesOf(pending) };
      pending = [];
    }
  }
  if (pending.length > 0) yield { rows: pending, bytes: bytesOf(pending) };
}

/** An estimate: what came over the wire has names and brackets around it, or is packed. */
function bytesOf(rows: readonly Row[]): number {
  let bytes = 0;
  for (const row of rows) for (const cell of row) bytes += typeof cell === "string" ? cell.length : 8;
  return bytes;
}
