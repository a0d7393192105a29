/** The simulated source's rows, each with the time from which and until which a statement sees it. */
import type { Interval } from "../../src/crawl/batch.ts";

export interface SourceRow {
  /** epoch ms */
  readonly ts: number;
  readonly region: string;
  readonly product: string;
  readonly amount: number;
  readonly price: number;
}

interface Shown {
  readonly row: SourceRow;
  fromMs: number;
  untilMs: number;
}

export class SourceTable {
  readonly #shown: Shown[] = [];
  /** what happened to rows after they could first be read */
  readonly changes: { readonly ts: number; readonly atMs: number }[] = [];

  insert(row: SourceRow, fromMs: number): void {
    this.#shown.push({ row, fromMs, untilMs: Infinity });
  }

  /** Rows of a range that were there when it ended: what changes are planted on. */
  within({ startMs, endMs }: Interval): readonly SourceRow[] {
    return this.#shown.filter(({ row, untilMs }) => row.ts >= startMs && row.ts < endMs && untilMs === Infinity).map(({ row }) => row);
  }

  /** The row is not seen before `atMs`. */
  delay(row: SourceRow, atMs: number): void {
    this.#of(row).fromMs = atMs;
    this.changes.push({ ts: row.ts, atMs });
  }

  delete(row: SourceRow, atMs: number): void {
    const shown = this.#of(row);
    shown.untilMs = Math.max(shown.fromMs, atMs);
    this.changes.push({ ts: row.ts, atMs: shown.untilMs });
  }

  correct(row: SourceRow, next: SourceRow, atMs: number): void {
    const at = Math.max(this.#of(row).fromMs, atMs);
    this.delete(row, at);
    this.insert(next, at);
  }

  add(row: SourceRow, atMs: number): void {
    this.insert(row, atMs);
    this.changes.push({ ts: row.ts, atMs });
  }

  /** What a statement over `[startMs, endMs)` sees at `nowMs`, in the order of insertion. */
  visible({ startMs, endMs }: Interval, nowMs: number): SourceRow[] {
    return this.#shown.filter(({ row, fromMs, untilMs }) => row.ts >= startMs && row.ts < endMs && fromMs <= nowMs && nowMs < untilMs).map(({ row }) => row);
  }

  #of(row: SourceRow): Shown {
    const shown = this.#shown.find((each) => each.row === row && each.untilMs === Infinity);
    if (shown === undefined) throw new Error("no such row in the simulated source");
    return shown;
  }
}
