/** DuckDB's failures in the project's words. Its messages quote lines of files and values of rows: those are taken out. */
import { SourceError, UserError } from "../../telemetry/errors.ts";
import type { SourceErrorCode } from "../../telemetry/errors.ts";

interface Context {
  /** e.g. "reading rows" */
  readonly doing: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function engineError(error: unknown, { doing, timeoutMs, signal }: Context): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof UserError) return new SourceError(error.message, { code: "REFUSED", transient: false, advice: error.advice, cause: error.cause });
  const message = messageOf(error);
  const cause = new Error(message);
  if (signal?.aborted === true) return new SourceError(`${doing} was cancelled`, { code: "CANCELLED", transient: true, cause });
  if (timeoutMs !== undefined) {
    return new SourceError(`${doing} took longer than its time limit of ${timeoutMs / 1000} s (limits.querySecondsMax)`, {
      code: "TIMEOUT",
      transient: true,
      advice: "Fewer or smaller files for an interval help most (a folder per day); else raise limits.querySecondsMax.",
      cause,
    });
  }
  const [, , code, transient, advice] = MEANINGS.find(([kind, pattern]) => (kind === null || message.startsWith(kind)) && pattern.test(message)) ?? [null, null, "QUERY" as const, false, "Correct the query; `foretop plan` shows it as it is sent."];
  return new SourceError(`${doing} failed: ${message}`, { code, transient, advice, cause });
}

/** By the kind that DuckDB's messages begin with, and what they say; the first that fits. */
const MEANINGS: readonly (readonly [kind: string | null, pattern: RegExp, code: SourceErrorCode, transient: boolean, advice: string])[] = [
  ["Permission Error", /./, "REFUSED", false, "Queries see the configured tables only: no other file, no network, no extension."],
  ["Catalog Error", /Table with name .* does not exist/s, "NOT_FOUND", false, "Tables are the files and folders of the source's folder; `foretop source test` lists them."],
  ["Catalog Error", /function/i, "QUERY", false, "DuckDB has no such function."],
  ["Binder Error", /column|not found/i, "NOT_FOUND", false, "Check the column's name; `foretop source test` lists the columns."],
  ["Out of Memory Error", /./, "LIMIT", false, "Let the query read or group less, or raise memoryMbMax in the source's settings."],
  [null, /No files found|No such file|Could not open|cannot open file/i, "NOT_FOUND", true, "A file went while it was read; it is tried again."],
  [null, /magic bytes|too small to be a Parquet|Invalid Parquet|footer|thrift|corrupt/i, "QUERY", true, "The Parquet file is damaged or half written. Write beside the folder and rename when it is whole; it is tried again."],
  [null, /gzip|GZIP|zstd|decompress|unexpected end of (file|stream)|incorrect header/i, "QUERY", true, "The compressed file is damaged, half written, or not compressed at all; it is tried again."],
  [null, /max(imum)?[_ ](line|object)[_ ]size|Maximum line size|maximum_object_size/i, "LIMIT", false, "A line is longer than LINE_BYTES_MAX: is a quote never closed, or is it not a text file?"],
  [null, /utf-?8|unicode|encoding/i, "SHAPE", false, "The file isn't UTF-8: convert it (iconv), or name its encoding in the table's settings."],
  [null, /CSV Error|sniffing|Expected Number of Columns|JSON|schema mismatch|union_by_name/i, "SHAPE", false, "The files of a table must have the same columns and format; the message names the file and line."],
  ["Conversion Error", /./, "QUERY", false, "A value in the data doesn't suit the query; guard it there (try_cast)."],
];

/** "Original Line", quoted values and candidates hold data. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split("\n").filter((line) => !/^\s*(Original Line|LINE \d+:|\^|Candidate bindings|Did you mean)/i.test(line) && line.trim() !== "");
  const text = lines.slice(0, 4).join(" ");
  const masked = /^(Conversion Error|Invalid Input Error|Out of Range Error|CSV Error)/.test(text) ? text.replace(/'[^']*'|"(?![^"]*\.(?:csv|json|parquet|gz|tsv|ndjson|jsonl))[^"]*"/gs, '"…"') : text;
  return masked.slice(0, MESSAGE_CHARACTERS_MAX);
}

const MESSAGE_CHARACTERS_MAX = 500;
