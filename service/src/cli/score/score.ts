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
import { isZone } from "@foretop/engine";
import { SourceError, UserError } from "../../telemetry/errors.ts";
import { instantOf } from "./instant-of.ts";
import { judgeTable } from "./judge-table.ts";
import { summarise, type ScoreSummary } from "./score-summary.ts";
import { parseTable } from "./score-table.ts";
import { writeScores } from "./write-scores.ts";

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
  /** remarks */
  readonly stderr: { write(text: string): unknown };
}

const BYTES_MAX = 2_000_000_000;

/** Runs the command. @returns the summary, also when the CSV was printed */
export async function scoreCommand(options: ScoreOptions, streams: ScoreStreams): Promise<ScoreSummary> {
  const zone = options.zone ?? "UTC";
  if (!isZone(zone)) throw new UserError(`there is no time zone "${zone}"`, { where: "--zone", advice: "Use an IANA name such as Europe/Berlin." });
  const share = options.learnShare;
  if (share !== undefined && !(share >= 0 && share <= 1)) throw new UserError(`--learn-share should be from 0 to 1, not ${share}`, { where: "--learn-share" });
  if (share !== undefined && options.learnUntil !== undefined) throw new UserError("--learn-share and --learn-until exclude each other", { where: "--learn-share" });
  const learnUntilMs = options.learnUntil === undefined ? undefined : instantOf(options.learnUntil);
  if (Number.isNaN(learnUntilMs)) throw new UserError(`"${options.learnUntil}" is not a time`, { where: "--learn-until", advice: "Use epoch seconds, or ISO 8601 such as 2026-03-01T00:00:00Z." });

  const table = parseTable(await readBytes(options.file, streams.stdin), options);
  const judged = judgeTable(table, { zone, share, learnUntilMs });
  if (options.json !== true) writeScores(table, judged, streams.stdout);
  const summary = summarise(table, judged);
  if (summary.rows === 0) streams.stderr.write("foretop: the file has a header and no row\n");
  if (summary.replaced > 0) {
    streams.stderr.write(
      `foretop: ${summary.replaced} of ${summary.rows} rows did not count: a later row of their series lies in the same interval. ` +
        (table.hasSeriesColumn ? "Add them up first, or give --interval-column.\n" : "The file has no series column: name it with --series-column.\n"),
    );
  }
  if (options.json === true) streams.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  return summary;
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
