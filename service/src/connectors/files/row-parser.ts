import type { Cell, Column } from "../connector.ts";

/** Bytes of one file, in whatever pieces they come → rows of cells. */
export interface RowParser {
  /** known with the first rows, or at the end of a file without rows */
  readonly columns: readonly Column[] | null;
  /**
   * The rows that are complete. What isn't is kept for the next piece, up to LINE_BYTES_MAX.
   * Throws SourceError "SHAPE" naming file and row, never quoting it.
   */
  push(bytes: Buffer, isLast: boolean): Cell[][];
}

/** A line of a text file, line breaks within quotes included. */
export const LINE_BYTES_MAX = 2_000_000;
/** Rows that decide a column's type where the dataset doesn't. */
export const SAMPLE_ROWS = 100;
