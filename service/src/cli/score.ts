/**
 * `foretop score FILE.csv`: judges every point of a file in time order, exactly as a live detector would, and writes
 * one CSV line for each line of the input, in the input's order. Needs no store and no configuration: anyone can try
 * the engine on their own numbers. The accuracy bench calls the same engine function.
 *
 * Rows of a series are put on its regular grid; intervals without a row are missing. Of two rows in one interval the
 * later line counts for both.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Judgement } from "@foretop/engine";
import { KINDS, isZone, pointsToLearn, positionsOf, rhythmOfSeconds, scoreSeries } from "@foretop/engine";
import { SourceError, UserError } from "../telemetry/errors.ts";

export interface ScoreOptions {
  /** path, or "-" for stdin */
  readonly file: string;
  readonly seriesColumn?: string;
  readonly timestampColumn?: string;
  readonly valueColumn?: string;
  readonly intervalColumn?: string;
  /** rows before this instant are history (epoch seconds, milliseconds or ISO 8601) */
  readonly learnUntil?: string;
  /** this share of each series' rows is history, 0 … 1 */
  readonly learnShare?: number;
  /** IANA zone whose days and weeks the data follow; default UTC */
  readonly zone?: string;
  /** print a summary as JSON instead of the CSV */
  readonly json?: boolean;
}

export interface ScoreStreams {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: { write(text: string): unknown };
}

export interface ScoreSummary {
  readonly rows: number;
  readonly series: number;
  readonly judged: number;
  readonly learning: number;
  readonly missing: number;
  readonly anomalies: number;
  readonly anomaliesByKind: Readonly<Record<string, number>>;
  /** the most severe points, at most 10 */
  readonly top: readonly { series: string; timestamp: string; value: number; expected: number; severity: number; kind: string }[];
}

export const SCORE_HEADER =
  "series,timestamp,value,expected,lower,upper,score,shift_score,incident_score,severity,direction,kind";

const BYTES_MAX = 2_000_000_000;
const GAP_DAYS_MAX = 100; // a longer gap is cut to this: what it would teach is forgotten by then
const CHUNK_CHARACTERS = 1 << 20;

/** Runs the command. @returns the summary, also when the CSV was printed */
export async function scoreCommand(options: ScoreOptions, streams: ScoreStreams): Promise<ScoreSummary> {
  const zone = options.zone ?? "UTC";
  if (!isZone(zone)) throw new UserError(`there is no time zone "${zone}"`, { where: "--zone", advice: "Use an IANA name such as Europe/Berlin." });
  const share = options.learnShare;
  if (share !== undefined && !(share >= 0 && share <= 1)) throw new UserError(`--learn-share should be from 0 to 1, not ${share}`, { where: "--learn-share" });
  if (share !== undefined && options.learnUntil !== undefined) throw new UserError("--learn-share and --learn-until exclude each other", { where: "--learn-share" });
  const learnUntilMs = options.learnUntil === undefined ? undefined : timestampMs(options.learnUntil);
  if (Number.isNaN(learnUntilMs)) throw new UserError(`"${options.learnUntil}" is not a time`, { where: "--learn-until", advice: "Use epoch seconds, or ISO 8601 such as 2026-03-01T00:00:00Z." });

  const table = parseTable(await readBytes(options.file, streams.stdin), options);
  const judged = judgeTable(table, { zone, share, learnUntilMs });
  if (options.json !== true) writeCsv(table, judged, streams.stdout);
  const summary = summarise(table, judged);
  if (options.json === true) streams.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/** Columns of the file, in line order. */
interface Table {
  readonly seriesNames: readonly string[];
  /** [row] index into seriesNames */
  readonly seriesOf: Int32Array;
  /** [row] as written in the file */
  readonly timestampText: readonly string[];
  readonly timeMs: Float64Array;
  readonly values: Float64Array;
  /** [row] seconds; 0 = not given */
  readonly intervalSeconds: Float64Array;
}

/** [row] where a row's judgement is: its series' judgement, and the interval in it. */
interface Judged {
  readonly judgements: readonly Judgement[];
  readonly cellOf: Int32Array;
}

async function readBytes(file: string, stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  let bytes: Buffer;
  if (file === "-") {
    const parts: Uint8Array[] = [];
    for await (const part of stdin) parts.push(part);
    bytes = Buffer.concat(parts);
  } else {
    try {
      bytes = readFileSync(file);
    } catch (cause) {
      throw new UserError(`cannot read ${file}`, { code: "NOT_FOUND", where: "FILE", advice: "Give the path of a CSV file, or - for stdin.", cause });
    }
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: BYTES_MAX });
  } catch (cause) {
    throw new SourceError(`${file} is not a whole gzip file of at most ${BYTES_MAX} bytes`, { code: "SHAPE", transient: false, cause });
  }
}

function parseTable(bytes: Buffer, options: ScoreOptions): Table {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const headerEnd = endOfRecord(bytes, at);
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
    const end = endOfRecord(bytes, at);
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
    const ms = timestampMs(time);
    if (Number.isNaN(ms)) throw badCell(line, "timestamp", time);
    const valueText = (cells[valueAt] ?? "").trim();
    const value = valueText === "" ? NaN : Number(valueText);
    if (Number.isNaN(value) && !/^(|nan|null|none|na)$/i.test(valueText)) throw badCell(line, "value", valueText);
    const seconds = intervalAt < 0 ? 0 : Number(cells[intervalAt]);
    if (!(seconds >= 0)) throw badCell(line, "interval", cells[intervalAt] ?? "");
    seriesOf.push(series);
    timestampText.push(time);
    timeMs.push(ms);
    values.push(value);
    intervalSeconds.push(seconds);
  }
  return {
    seriesNames,
    seriesOf: Int32Array.from(seriesOf),
    timestampText,
    timeMs: Float64Array.from(timeMs),
    values: Float64Array.from(values),
    intervalSeconds: Float64Array.from(intervalSeconds),
  };
}

function badCell(line: number, what: string, text: string): SourceError {
  return new SourceError(`line ${line}: ${JSON.stringify(text.slice(0, 40))} is not a ${what}`, { code: "SHAPE", transient: false });
}

/** Index of the newline that ends the record at `at`; a newline inside quotes does not. */
function endOfRecord(bytes: Buffer, at: number): number {
  let end = bytes.indexOf(10, at);
  if (end < 0) end = bytes.length;
  // Looked for within the line only: a search to the end of the file, once a line, would be quadratic.
  if (bytes.subarray(at, end).indexOf(34) < 0) return end;
  let inside = false;
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] === 34) inside = !inside;
    else if (bytes[i] === 10 && !inside) return i;
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

/** Epoch seconds (below 10¹¹), epoch milliseconds, or ISO 8601; without an offset it is UTC. NaN = none of these. */
function timestampMs(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "") return NaN;
  const number = Number(trimmed);
  if (!Number.isNaN(number)) return Math.abs(number) < 1e11 ? number * 1000 : number;
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.test(trimmed)) return NaN;
  const iso = trimmed.replace(" ", "T");
  return Date.parse(iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso);
}

function judgeTable(table: Table, how: { zone: string; share: number | undefined; learnUntilMs: number | undefined }): Judged {
  const { seriesNames, seriesOf, timeMs, values } = table;
  const rowsOf: number[][] = seriesNames.map(() => []);
  for (let row = 0; row < seriesOf.length; row++) rowsOf[seriesOf[row]].push(row);
  const cellOf = new Int32Array(seriesOf.length);
  const judgements = rowsOf.map((rows) => {
    let sorted = true;
    for (let i = 1; i < rows.length; i++) sorted &&= timeMs[rows[i]] >= timeMs[rows[i - 1]];
    if (!sorted) rows.sort((a, b) => timeMs[a] - timeMs[b] || a - b);
    const seconds = intervalOf(table, rows);
    const rhythm = rhythmOfSeconds(seconds);
    const gapMax = Math.max(1, Math.round((GAP_DAYS_MAX * 86_400) / seconds));

    const startMs: number[] = [];
    const cells: number[] = [];
    let historyCount = 0;
    const historyRows = how.share === undefined ? 0 : Math.floor(rows.length * how.share);
    rows.forEach((row, i) => {
      // Cells since the row before; rounding forgives clocks that are off by less than half an interval.
      const before = startMs.length - 1;
      let step = before < 0 ? 1 : Math.round((timeMs[row] - startMs[before]) / (seconds * 1000));
      if (step > gapMax) step = gapMax;
      for (let k = 1; k < step; k++) {
        startMs.push(startMs[before] + k * seconds * 1000);
        cells.push(NaN);
      }
      if (step > 0) {
        // The first row sets the grid; where the source jumps (a gap that was cut, a moved clock) the grid follows.
        startMs.push(timeMs[row]);
        cells.push(values[row]);
      } else if (!Number.isNaN(values[row])) cells[cells.length - 1] = values[row];
      cellOf[row] = cells.length - 1;
      const isHistory = how.learnUntilMs === undefined ? i < historyRows : timeMs[row] < how.learnUntilMs;
      if (isHistory) historyCount = cells.length;
    });

    const learns = how.share !== undefined || how.learnUntilMs !== undefined;
    const enough = pointsToLearn(rhythm);
    return scoreSeries(
      rhythm,
      { values: Float64Array.from(cells), ...positionsOf(startMs, rhythm, how.zone) },
      // A short file is judged from its middle on, but never on less than a day's worth of points.
      { historyCount, pointsToLearn: learns ? 0 : Math.min(enough, Math.max(24, Math.floor(rows.length / 2))) },
    );
  });
  return { judgements, cellOf };
}

/** A series' interval: as given, else the most frequent step between its rows. */
function intervalOf({ intervalSeconds, timeMs }: Table, rows: readonly number[]): number {
  const given = intervalSeconds[rows[0]];
  if (given > 0) return given;
  const counts = new Map<number, number>();
  for (let i = 1; i < rows.length; i++) {
    const step = Math.round((timeMs[rows[i]] - timeMs[rows[i - 1]]) / 1000);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let best = 3600;
  let most = 0;
  for (const [step, count] of counts) {
    if (count > most || (count === most && step < best)) {
      best = step;
      most = count;
    }
  }
  return best;
}

function writeCsv(table: Table, { judgements, cellOf }: Judged, stdout: ScoreStreams["stdout"]): void {
  const { seriesNames, seriesOf, timestampText, values } = table;
  const quoted = seriesNames.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  let text = `${SCORE_HEADER}\n`;
  for (let row = 0; row < seriesOf.length; row++) {
    const judgement = judgements[seriesOf[row]];
    const t = cellOf[row];
    const found = judgement.kind[t] > 0 && judgement.heldBack[t] === 0;
    const direction = judgement.direction[t];
    text +=
      `${quoted[seriesOf[row]]},${timestampText[row]},${cell(values[row])},${cell(judgement.expected[t])},${cell(judgement.lower[t])},` +
      `${cell(judgement.upper[t])},${cell(judgement.score[t])},${cell(judgement.shiftScore[t])},${cell(judgement.incidentScore[t])},` +
      `${cell(judgement.severity[t])},${found ? (direction > 0 ? "up" : direction < 0 ? "down" : "") : ""},${found ? KINDS[judgement.kind[t]] : ""}\n`;
    if (text.length > CHUNK_CHARACTERS) {
      stdout.write(text);
      text = "";
    }
  }
  stdout.write(text);
}

function cell(x: number): string {
  return Number.isFinite(x) ? String(x) : "";
}

function summarise(table: Table, { judgements, cellOf }: Judged): ScoreSummary {
  const { seriesNames, seriesOf, timestampText, values } = table;
  let judged = 0;
  let learning = 0;
  let missing = 0;
  const byKind: Record<string, number> = {};
  const found: number[] = [];
  for (let row = 0; row < seriesOf.length; row++) {
    const judgement = judgements[seriesOf[row]];
    const t = cellOf[row];
    if (Number.isNaN(values[row])) missing++;
    else if (judgement.status[t] === 0) judged++;
    else learning++;
    if (judgement.kind[t] === 0 || judgement.heldBack[t] !== 0) continue;
    found.push(row);
    const kind = KINDS[judgement.kind[t]];
    byKind[kind] = (byKind[kind] ?? 0) + 1;
  }
  const severityOf = (row: number) => judgements[seriesOf[row]].severity[cellOf[row]];
  const top = found
    .sort((a, b) => severityOf(b) - severityOf(a) || a - b)
    .slice(0, 10)
    .map((row) => ({
      series: seriesNames[seriesOf[row]],
      timestamp: timestampText[row],
      value: values[row],
      expected: judgements[seriesOf[row]].expected[cellOf[row]],
      severity: severityOf(row),
      kind: KINDS[judgements[seriesOf[row]].kind[cellOf[row]]],
    }));
  return { rows: seriesOf.length, series: seriesNames.length, judged, learning, missing, anomalies: found.length, anomaliesByKind: byKind, top };
}
