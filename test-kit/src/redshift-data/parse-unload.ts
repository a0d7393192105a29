/**
 * The UNLOAD statement.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
 */
import { tokens } from "./tokens.ts";

export interface Unload {
  readonly select: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly iamRole: string;
  readonly format: "text" | "csv" | "parquet";
  readonly delimiter: string;
  readonly hasHeader: boolean;
  readonly nullText: string;
  readonly isGzip: boolean;
  readonly isParallel: boolean;
  readonly manifest: "none" | "plain" | "verbose";
  readonly allowOverwrite: boolean;
  readonly cleanPath: boolean;
  readonly fileBytesMax: number;
  readonly region: string | null;
}

/** What Redshift would say; the statement ends as FAILED with it. */
export class SqlError extends Error {
  override readonly name: string = "SqlError";
}

const FILE_BYTES_MAX = 6.2 * 1024 ** 3;
const FILE_BYTES_MIN = 5 * 1024 ** 2;

/** Null for any other statement. Throws SqlError. */
export function parseUnload(sql: string): Unload | null {
  const list = tokens(sql).filter(({ kind, text }) => kind !== "space" && kind !== "comment" && text !== ";").map(({ text }) => text);
  if (list[0]?.toLowerCase() !== "unload") return null;
  let at = 1;
  const isNext = (...words: string[]): boolean => {
    const found = words.every((word, i) => list[at + i]?.toLowerCase() === word);
    if (found) at += words.length;
    return found;
  };
  const expect = (word: string): void => {
    if (!isNext(word)) throw new SqlError(`syntax error at or near "${list[at] ?? "end of input"}"`);
  };
  const string = (): string => {
    const token = list[at++];
    if (token === undefined || !/^[eE]?['$]/.test(token)) throw new SqlError(`syntax error at or near "${token ?? "end of input"}"`);
    return token.startsWith("$$") ? token.slice(2, -2) : unquote(token);
  };
  expect("(");
  const select = string();
  expect(")");
  expect("to");
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(string()) ?? [];
  if (bucket === undefined) throw new SqlError("S3 path must be of the form s3://bucket/key");
  expect("iam_role");
  const iamRole = isNext("default") ? "default" : string();
  const unload = { format: "text" as Unload["format"], delimiter: null as string | null, hasHeader: false, nullText: null as string | null, isGzip: false, isParallel: true, manifest: "none" as Unload["manifest"], allowOverwrite: false, cleanPath: false, fileBytesMax: FILE_BYTES_MAX, region: null as string | null };
  while (at < list.length) {
    if (isNext("header")) unload.hasHeader = true;
    else if (isNext("gzip")) unload.isGzip = true;
    else if (isNext("allowoverwrite")) unload.allowOverwrite = true;
    else if (isNext("cleanpath")) unload.cleanPath = true;
    else if (isNext("manifest")) unload.manifest = isNext("verbose") ? "verbose" : "plain";
    else if (isNext("parallel")) {
      if (isNext("off") || isNext("false")) unload.isParallel = false;
      else if (!isNext("on")) isNext("true");
    } else if (isNext("format")) {
      isNext("as");
      unload.format = formatOf(list[at++]);
    } else if (isNext("csv")) unload.format = "csv";
    else if (isNext("parquet")) unload.format = "parquet";
    else if (isNext("delimiter")) {
      isNext("as");
      unload.delimiter = string();
    } else if (isNext("null")) {
      isNext("as");
      unload.nullText = string();
    } else if (isNext("region")) {
      isNext("as");
      unload.region = string();
    } else if (isNext("maxfilesize")) {
      isNext("as");
      const size = Number(list[at++]);
      unload.fileBytesMax = size * (isNext("gb") ? 1024 ** 3 : isNext("mb") ? 1024 ** 2 : 1024 ** 2);
      if (!(unload.fileBytesMax >= FILE_BYTES_MIN && unload.fileBytesMax <= FILE_BYTES_MAX)) throw new SqlError("MAXFILESIZE must be between 5 MB and 6.2 GB");
    } else throw new SqlError(`syntax error at or near "${list[at]}"`);
  }
  checkOptions(select, unload);
  return { ...unload, select, bucket, prefix: prefix!, iamRole, delimiter: unload.delimiter ?? (unload.format === "csv" ? "," : "|"), nullText: unload.nullText ?? "" };
}

function formatOf(word = ""): Unload["format"] {
  const format = word.toLowerCase();
  if (format === "csv" || format === "parquet") return format;
  throw new SqlError(`UNLOAD format ${word} is not supported`);
}

/** Rules of the reference page, "Usage notes". */
function checkOptions(select: string, unload: { format: string; hasHeader: boolean; delimiter: string | null; nullText: string | null; isGzip: boolean; allowOverwrite: boolean; cleanPath: boolean }): void {
  if (unload.allowOverwrite && unload.cleanPath) throw new SqlError("You can't specify both CLEANPATH and ALLOWOVERWRITE");
  if (unload.format === "parquet" && (unload.hasHeader || unload.delimiter !== null || unload.nullText !== null || unload.isGzip)) throw new SqlError("UNLOAD PARQUET does not support HEADER, DELIMITER, NULL AS or GZIP");
  if (hasOuterLimit(select)) throw new SqlError("Limit clause is not supported in UNLOAD");
}

/** LIMIT may stand in sub-queries only. */
function hasOuterLimit(select: string): boolean {
  let depth = 0;
  for (const { kind, text } of tokens(select)) {
    if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    else if (kind === "word" && depth === 0 && text.toLowerCase() === "limit") return true;
  }
  return false;
}

/** Quotes are doubled or backslashed. */
function unquote(token: string): string {
  return token.replace(/^[eE]/, "").slice(1, -1).replaceAll(/\\([\s\S])|''/g, (_, escaped: string | undefined) => escaped ?? "'");
}
