/**
 * `foretop explain FILE.csv`: which segments did it, on a file of one's own. One row a combination of dimension values
 * with actual, expected and (best) spread; or, for a ratio, rows of several intervals with numerator and denominator,
 * of which one is explained against those before it. Needs no store and no configuration; the same engine functions
 * explain a stored group.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { CAUSE_LIMITS, findCauses, findRatioCauses, segmentText, type CauseReport, type DimensionColumn } from "@foretop/engine";
import type { Command } from "commander";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { cutText } from "../api/describe-causes.ts";
import type { RunCommand } from "./cli.ts";
import { explainGroup, explainRange, explanationText, isGroupId, type RangeFlags } from "./explain-stored.ts";
import { table, type TableCell } from "./table.ts";

export interface ExplainOptions {
  /** path of a CSV file, also gzipped */
  readonly file: string;
  readonly dimensions: readonly string[];
  /** sums: columns of the file */
  readonly actual?: string;
  readonly expected?: string;
  readonly spread?: string;
  /** averages: the column with the number of rows behind each average */
  readonly count?: string;
  /** ratios */
  readonly numerator?: string;
  readonly denominator?: string;
  readonly time?: string;
  /** the interval to explain, as written in the time column; default the last one */
  readonly at?: string;
}

const BYTES_MAX = 2_000_000_000;
/** Cells of a ratio's history, intervals × combinations; beyond it the oldest intervals are left out. */
const HISTORY_CELLS_MAX = 40_000_000;
const HISTORY_INTERVALS_MAX = 500;

export function explainFile(options: ExplainOptions): CauseReport {
  const isRatio = options.numerator !== undefined || options.denominator !== undefined;
  if (isRatio && (options.actual !== undefined || options.expected !== undefined)) {
    throw new UserError("--numerator and --denominator explain a ratio, --actual and --expected a sum: give one of the two", { where: "--numerator" });
  }
  if (isRatio && (options.numerator === undefined || options.denominator === undefined || options.time === undefined)) {
    throw new UserError("a ratio needs --numerator, --denominator and --time", { where: "--numerator", advice: "Its expected rates come from the rows before --at." });
  }
  if (!isRatio && (options.actual === undefined || options.expected === undefined)) {
    throw new UserError("--actual and --expected name the two columns to compare", { where: "--actual", advice: "For a ratio give --numerator, --denominator, --time and --at." });
  }
  if (new Set(options.dimensions).size !== options.dimensions.length) throw new UserError("--dimensions names a column twice", { where: "--dimensions" });
  const file = readTable(options.file);
  return isRatio ? explainRatio(file, options) : explainSums(file, options);
}

function explainSums(file: CsvTable, options: ExplainOptions): CauseReport {
  const number = (name: string) => numbers(file, name);
  const actual = number(options.actual!);
  const counts = options.count === undefined ? null : number(options.count);
  return findCauses({
    measure: options.actual!,
    kind: counts === null ? "sum" : "average",
    dimensions: options.dimensions.map((name) => dimension(file, name)),
    actual,
    expected: number(options.expected!),
    ...(options.spread === undefined ? {} : { spread: number(options.spread) }),
    ...(counts === null ? {} : { counts: { actual: counts, expected: counts } }),
  });
}

function explainRatio(file: CsvTable, options: ExplainOptions): CauseReport {
  const timeTexts = column(file, options.time!);
  const instants = timeTexts.map((text, row) => instantOf(text, file, row, options.time!));
  const at = options.at === undefined ? Math.max(...new Set(instants)) : instantText(options.at);
  if (Number.isNaN(at)) throw new UserError(`--at ${options.at} is not a time`, { where: "--at", advice: "Write it as in the file, e.g. epoch seconds or ISO 8601." });
  if (!instants.includes(at)) throw new UserError(`no row of ${options.file} has ${options.time} = ${options.at}`, { where: "--at", advice: `The column goes from ${timeTexts[instants.indexOf(Math.min(...new Set(instants)))]} to ${timeTexts[instants.indexOf(Math.max(...new Set(instants)))]}.` });

  // One leaf a combination; a combination without a row in an interval had nothing there.
  const whole = options.dimensions.map((name) => dimension(file, name));
  const leafOf = new Map<string, number>();
  const leafRow: number[] = [];
  const leaves = timeTexts.map((_, row) => {
    const key = whole.map(({ codes }) => codes[row]).join(",");
    let leaf = leafOf.get(key);
    if (leaf === undefined) {
      leafOf.set(key, (leaf = leafRow.length));
      leafRow.push(row);
    }
    return leaf;
  });
  const leafCount = leafRow.length;
  const past = [...new Set(instants)].filter((instant) => instant < at).sort((a, b) => a - b);
  const kept = past.slice(-Math.min(HISTORY_INTERVALS_MAX, Math.max(1, Math.floor(HISTORY_CELLS_MAX / leafCount))));
  const intervalOf = new Map(kept.map((instant, t) => [instant, t]));
  const x = numbers(file, options.numerator!);
  const b = numbers(file, options.denominator!);
  const history = { numerator: new Float64Array(kept.length * leafCount), denominator: new Float64Array(kept.length * leafCount), intervalCount: kept.length };
  const now = { numerator: new Float64Array(leafCount), denominator: new Float64Array(leafCount) };
  for (const [row, instant] of instants.entries()) {
    const t = intervalOf.get(instant);
    const isNow = instant === at;
    if ((t === undefined && !isNow) || !Number.isFinite(x[row]! + b[row]!)) continue;
    const { numerator, denominator } = isNow ? now : history;
    const cell = isNow ? leaves[row]! : t! * leafCount + leaves[row]!;
    numerator[cell] = numerator[cell]! + x[row]!;
    denominator[cell] = denominator[cell]! + b[row]!;
  }
  return findRatioCauses({
    measure: `${options.numerator} / ${options.denominator}`,
    dimensions: whole.map(({ name, values, codes }) => ({ name, values, codes: Int32Array.from(leafRow, (row) => codes[row]!) })),
    ...now,
    history,
  });
}

/** What programs get: segments as objects, everything else as in the report. */
export function explainDocument(report: CauseReport): unknown {
  const { causes, ...rest } = report;
  return {
    ...rest,
    causes: causes.map(({ segment, ...cause }) => ({ segment: Object.fromEntries(segment.map(({ name, value }) => [name, value])), ...cause })),
  };
}

/** The sentence, the causes, and the contribution of each dimension's values. */
export function explainText(report: CauseReport, { columns }: { columns: number | null }): string {
  const parts = [`${report.sentence}\n`];
  if (report.causes.length > 0) {
    const rows: TableCell[][] = [["SEGMENT", "EXPECTED", "ACTUAL", "CHANGE", "SHARE", "STRENGTH"]];
    for (const cause of report.causes) {
      const change = Number.isFinite(cause.change) ? `${cause.change >= 0 ? "+" : "−"}${(100 * Math.abs(cause.change)).toFixed(1)} %` : "new";
      rows.push([segmentText({ dimensions: cause.segment }), cause.expected, cause.actual, change, `${(100 * cause.share).toFixed(0)} %`, cause.strength]);
    }
    parts.push(table(rows, { columns }));
  }
  const rows: TableCell[][] = [["DIMENSION", "VALUE", "CONTRIBUTION", "EXPECTED", "ACTUAL"]];
  for (const { dimension: name, values } of report.contribution) {
    const shown = [...values].sort((a, b) => b.score - a.score).slice(0, 5).filter(({ score }) => score > 0);
    for (const { value, score, expected, actual } of shown) rows.push([name, value ?? "null", score, expected, actual]);
  }
  if (rows.length > 1) parts.push(table(rows, { columns }));
  for (const { name, value } of report.constant) parts.push(`${name} is ${value ?? "null"} everywhere: it tells nothing apart.\n`);
  if (report.missingCount > 0) parts.push(`${report.missingCount} rows without a usable value were left out.\n`);
  for (const cut of report.cuts) parts.push(`${cutText(cut)}\n`);
  return parts.join("\n");
}

/** One line in cli.ts: addExplainCommand(program, run). */
export function addExplainCommand(program: Command, run: RunCommand): void {
  program
    .command("explain")
    .argument("[what]", "a group's id, or a CSV file (also gzipped) with a header: one row a combination of dimension values")
    .description("Says which segments did it: the smallest set of dimension values that explains a deviation. Of a group, of any range of a detector, or of a file.")
    .option("--detector <name>", "a range of this detector; with --measure, --from and --to")
    .option("--measure <name>", "the measure to explain")
    .option("--from <instant>", "intervals from here …, e.g. 2026-03-01T00:00:00Z")
    .option("--to <instant>", "… to here, added up")
    .option("--dimensions <names>", "of a file: columns that split the data, separated by commas")
    .option("--actual <name>", "column with what came")
    .option("--expected <name>", "column with what was expected")
    .option("--spread <name>", "column with the standard deviation of actual around expected; without it small causes are lost")
    .option("--count <name>", "column with the rows behind each value: the values are averages")
    .option("--numerator <name>", "a ratio's numerator; with --denominator, --time and --at, and rows of earlier intervals")
    .option("--denominator <name>", "a ratio's denominator")
    .option("--time <name>", "column with the interval's start")
    .option("--at <instant>", "the interval to explain, as in the time column; default the last one")
    .addHelpText(
      "after",
      "\nExample:\n  foretop explain 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a\n  foretop explain --detector orders --measure revenue --from 2026-03-01T10:00:00Z --to 2026-03-01T14:00:00Z\n  foretop explain orders.csv --dimensions platform,country --actual orders --expected forecast --spread spread",
    )
    .action((what: string | undefined, { dimensions, detector, measure, from, to, ...flags }: Omit<ExplainOptions, "file" | "dimensions"> & { dimensions?: string } & RangeFlags, command: Command) =>
      run(command, async (context) => {
        const isStored = what === undefined || isGroupId(what);
        if (isStored) {
          const range = { ...(detector !== undefined && { detector }), ...(measure !== undefined && { measure }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
          if (what !== undefined && Object.keys(range).length > 0) throw new UserError("a group's id and a range were given", { where: Object.keys(range).map((name) => `--${name}`).join(", "), advice: "Give one of the two." });
          const found = what === undefined ? await explainRange(range, context) : await explainGroup(what, context);
          context.print(found, () => explanationText(found, context));
          return;
        }
        const names = (dimensions ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
        if (names.length === 0) throw new UserError("--dimensions names no column", { where: "--dimensions", advice: "A file needs the columns that split it, e.g. --dimensions platform,country; a group is explained by its id." });
        const report = explainFile({ ...flags, file: resolve(context.io.cwd, what), dimensions: names });
        context.print(explainDocument(report), () => explainText(report, { columns: context.io.stdout.columns }));
      }),
    );
}

interface CsvTable {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function readTable(file: string): CsvTable {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new UserError(`cannot read ${file}`, { code: "NOT_FOUND", where: "FILE", advice: "Give the path of a CSV file.", cause });
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: BYTES_MAX });
    } catch (cause) {
      throw new SourceError(`${file} is not a whole gzip file of at most ${BYTES_MAX} bytes`, { code: "SHAPE", transient: false, cause });
    }
  }
  const [header, ...rows] = csvRecords(bytes.toString("utf8").replace(/^\ufeff/, ""));
  if (header === undefined) throw shapeError(`${file} is empty`, "The first line names the columns.");
  const names = header.map((name) => name.trim());
  const wrong = rows.findIndex((row) => row.length !== names.length);
  if (wrong >= 0) throw shapeError(`row ${wrong + 2} of ${file} has ${rows[wrong]!.length} columns, the header ${names.length}`, "Quote values that hold a comma.");
  if (rows.length > CAUSE_LIMITS.leavesMax * 10) throw shapeError(`${file} has ${rows.length} rows, at most ${CAUSE_LIMITS.leavesMax * 10} are read`, "Add up rows of one combination first.");
  return { file, header: names, rows };
}

/** RFC 4180: quoted cells may hold commas, quotes and line breaks. Empty lines are skipped. */
function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell: string;
    if (text[at] === '"') {
      let end = at + 1;
      while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "\n") end++;
      cell = text.slice(at, end);
      at = end;
      if (cell.endsWith("\r")) cell = cell.slice(0, -1);
    }
    record.push(cell);
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    if (text[at] === ",") {
      at++;
      if (at < text.length && text[at] !== "\n") continue;
      record.push("");
    }
    at++;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  }
  return records;
}

function column({ header, rows, file }: CsvTable, name: string): string[] {
  const index = header.indexOf(name);
  if (index < 0) throw shapeError(`${file} has no column "${name}"; it has ${header.join(", ")}`, "Names are compared exactly.");
  return rows.map((row) => row[index]!);
}

/** An empty cell, NaN or null is a missing value; any other text that is no number is an error with its line. */
function numbers(file: CsvTable, name: string): Float64Array {
  const texts = column(file, name);
  return Float64Array.from(texts, (text, row) => {
    const trimmed = text.trim();
    if (trimmed === "" || /^(nan|null|na)$/i.test(trimmed)) return NaN;
    const value = Number(trimmed);
    if (Number.isNaN(value)) throw shapeError(`row ${row + 2} of ${file.file}: ${name} is "${trimmed.slice(0, 40)}", not a number`, "Leave a missing value empty.");
    return value;
  });
}

/** An empty cell is a null value. */
function dimension(file: CsvTable, name: string): DimensionColumn {
  const texts = column(file, name);
  const sorted = [...new Set(texts)].sort();
  const codeOf = new Map(sorted.map((text, code) => [text, code]));
  return { name, values: sorted.map((text) => (text === "" ? null : text)), codes: Int32Array.from(texts, (text) => codeOf.get(text)!) };
}

function instantOf(text: string, { file }: CsvTable, row: number, name: string): number {
  const instant = instantText(text);
  if (Number.isNaN(instant)) throw shapeError(`row ${row + 2} of ${file}: ${name} is "${text.slice(0, 40)}", not a time`, "Use epoch seconds, milliseconds or ISO 8601.");
  return instant;
}

function instantText(text: string): number {
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : Date.parse(trimmed);
}

function shapeError(message: string, advice: string): SourceError {
  return new SourceError(message, { code: "SHAPE", transient: false, advice });
}
