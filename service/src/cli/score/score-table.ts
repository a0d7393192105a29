import { SourceError, UserError } from "../../telemetry/errors.ts";
import { instantOf } from "./instant-of.ts";
import type { ScoreOptions } from "./score.ts";

/** Columns of the file, in line order. */
export interface ScoreTable {
  /** false: all rows are of one series */
  readonly hasSeriesColumn: boolean;
  readonly seriesNames: readonly string[];
  /** [row] index into seriesNames */
  readonly seriesOf: Int32Array;
  /** [row] as written in the file */
  readonly timestampText: readonly string[];
  readonly timeMs: Float64Array;
  /** [row] NaN = missing */
  readonly values: Float64Array;
  /** [row] seconds; 0 = not given */
  readonly intervalSeconds: Float64Array;
}

const NEWLINE = 10;
const QUOTE = 34;
const CELL_SHOWN_MAX = 40;

/** Reads a CSV file with a header. A cell that does not parse is an error that names its line. */
export function parseTable(bytes: Buffer, options: ScoreOptions): ScoreTable {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const hasQuotes = bytes.includes(QUOTE);
  const headerEnd = endOfRecord(bytes, at, hasQuotes);
  const header = cellsOf(bytes.toString("utf8", at, headerEnd)).map((name) => name.trim());
  at = headerEnd + 1;
  const column = (wanted: string | undefined, name: string, needed: boolean): number => {
    const index = header.indexOf(wanted ?? name);
    if (index < 0 && (needed || wanted !== undefined)) {
      throw new SourceError(`the file has no column "${wanted ?? name}"; it has ${header.join(", ") || "no header"}`, {
        code: "SHAPE",
        transient: false,
        advice: `Name the column with --${name.replace("_seconds", "")}-column.`,
      });
    }
    return index;
  };
  const seriesAt = column(options.seriesColumn, "series", false);
  const timeAt = column(options.timestampColumn, "timestamp", true);
  const valueAt = column(options.valueColumn, "value", true);
  const intervalAt = column(options.intervalColumn, "interval_seconds", false);

  const numberOf = new Map<string, number>();
  const seriesNames: string[] = [];
  const seriesOf: number[] = [];
  const timestampText: string[] = [];
  const timeMs: number[] = [];
  const values: number[] = [];
  const intervalSeconds: number[] = [];
  let line = 1;
  while (at < bytes.length) {
    const end = endOfRecord(bytes, at, hasQuotes);
    const text = bytes.toString("utf8", at, end);
    at = end + 1;
    line++;
    if (text.length === 0 || text === "\r") continue;
    const cells = cellsOf(text);
    const name = seriesAt < 0 ? "" : (cells[seriesAt] ?? "");
    let series = numberOf.get(name);
    if (series === undefined) {
      series = seriesNames.length;
      numberOf.set(name, series);
      seriesNames.push(name);
    }
    const time = cells[timeAt] ?? "";
    const ms = instantOf(time);
    if (Number.isNaN(ms)) throw badCell(options, line, options.timestampColumn ?? "timestamp", time);
    const valueText = (cells[valueAt] ?? "").trim();
    const value = valueText === "" ? NaN : Number(valueText);
    if (Number.isNaN(value) && !/^(|nan|null|none|na)$/i.test(valueText)) throw badCell(options, line, options.valueColumn ?? "value", valueText);
    const seconds = intervalAt < 0 ? 0 : Number(cells[intervalAt]);
    if (!(seconds >= 0)) throw badCell(options, line, options.intervalColumn ?? "interval_seconds", cells[intervalAt] ?? "");
    seriesOf.push(series);
    timestampText.push(time);
    timeMs.push(ms);
    values.push(value);
    intervalSeconds.push(seconds);
  }
  return {
    hasSeriesColumn: seriesAt >= 0,
    seriesNames,
    seriesOf: Int32Array.from(seriesOf),
    timestampText,
    timeMs: Float64Array.from(timeMs),
    values: Float64Array.from(values),
    intervalSeconds: Float64Array.from(intervalSeconds),
  };
}

function badCell({ file }: ScoreOptions, line: number, column: string, text: string): UserError {
  return new UserError(`${file === "-" ? "stdin" : file}, line ${line}, column ${column}: ${JSON.stringify(text.slice(0, CELL_SHOWN_MAX))} can't be read`, {
    where: "FILE",
    advice: "Times are epoch seconds, milliseconds or ISO 8601; values are numbers, or empty where there is none. Mend or leave out the line; nothing was written.",
  });
}

/** Index of the newline that ends the record at `at`; a newline inside quotes does not. */
function endOfRecord(bytes: Buffer, at: number, hasQuotes: boolean): number {
  let end = bytes.indexOf(NEWLINE, at);
  if (end < 0) end = bytes.length;
  // Looked for within the line only: a search to the end of the file, once a line, would be quadratic.
  if (!hasQuotes || !bytes.subarray(at, end).includes(QUOTE)) return end;
  let inside = false;
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) inside = !inside;
    else if (bytes[i] === NEWLINE && !inside) return i;
  }
  return bytes.length;
}

function cellsOf(record: string): string[] {
  const text = record.endsWith("\r") ? record.slice(0, -1) : record;
  if (!text.includes('"')) return text.split(",");
  const cells: string[] = [];
  let current = "";
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inside && c === '"' && text[i + 1] === '"') {
      current += '"';
      i++;
    } else if (c === '"') inside = !inside;
    else if (c === "," && !inside) {
      cells.push(current);
      current = "";
    } else current += c;
  }
  cells.push(current);
  return cells;
}
