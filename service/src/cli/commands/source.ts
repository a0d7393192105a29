/** source: tries a connection, shows what is there, drafts a first configuration, prints the rights that are needed */
import { writeFileSync, existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { datasetNeeds } from "../../connectors/dataset-needs.ts";
import { bindQuery } from "../../connectors/sql/bind-query.ts";
import { tablesIn } from "../../connectors/sql/tables-in.ts";
import type { BoundQuery, Cell, Column, Source, SourceFinding, SourcePolicy } from "../../connectors/connector.ts";
import type { DetectorConfig } from "../../resources/detector.ts";
import { lastWholeInterval } from "../../resources/with-source.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { RunCommand } from "../cli.ts";
import type { CliCommands, CommandContext } from "../commands.ts";
import { readConfigFiles } from "../config-files.ts";
import { EXIT } from "../exit-code.ts";
import { draftConfig, draftYaml, type Draft } from "../source/draft-config.ts";
import { connectorNamed, isPath, openSourceHere } from "../source/open-source.ts";
import { sampledColumns, type SampledColumn } from "../source/sampled-columns.ts";
import { tableQuery } from "../source/table-query.ts";
import { facts, table } from "../table.ts";

const FILE = "a foretop.yaml or params.json, or the folder that holds one";
const SAMPLE_ROWS = 20_000;
const SHOWN_ROWS = 10;
const SECONDS_MAX = 30;
const MARKS = { ok: "✔", warning: "!", error: "✖" } as const;

export function addSourceCommands(program: Command, commands: CliCommands, run: RunCommand): void {
  const source = program.command("source").description("Databases, warehouses and buckets that are read.");

  source
    .command("add")
    .description("Connects, shows the tables, and drafts a foretop.yaml for one of them: query, measures, dimensions, what it would cost.")
    .requiredOption("--kind <kind>", "which connector, e.g. postgres, mysql, duckdb, s3")
    .option("--set <name=value...>", "a setting of the connector; passwords by reference, e.g. password=env:SHOP_PASSWORD")
    .option("--table <name>", "draft for this table; without it, tables are listed")
    .option("--zone <zone>", "time zone in which naive timestamps are read", "UTC")
    .option("--name <name>", "the detector's name; default: the table's")
    .option("--out <file>", "where the draft is written; default: it is printed")
    .addHelpText("after", "\nExample:\n  foretop source add --kind mysql --set host=db.example.com database=shop user=reader password=env:SHOP_PASSWORD --table orders --out foretop.yaml")
    .action((options: AddOptions, command: Command) => run(command, (context) => addSource(options, commands, context)));

  source
    .command("test")
    .argument("<file>", FILE)
    .description("Connects and reads as a detector would: what works, what doesn't, what to do, and which tables there are.")
    .addHelpText("after", "\nExample:\n  foretop source test examples/postgres-orders")
    .action((file: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const { config, query, opened } = await openConfigured(file, commands, context);
        try {
          const findings = await opened.check(query, config.timestamp.column);
          const tables = (await opened.tables?.({ signal: context.signal })) ?? null;
          context.print({ findings, tables }, () => findingsText(findings, tables));
          return findings.some(({ level }) => level === "error") ? EXIT.source : EXIT.ok;
        } finally {
          await opened.close();
        }
      }),
    );

  source
    .command("sample")
    .argument("<file>", FILE)
    .description("Rows of the last whole interval, and what their columns look like.")
    .addHelpText("after", "\nExample:\n  foretop source sample examples/postgres-orders")
    .action((file: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const { query, opened } = await openConfigured(file, commands, context);
        try {
          const { columns, rows } = await readSample(opened, query, context);
          const sampled = sampledColumns(columns, rows);
          context.print({ columns: sampled, rows: rows.slice(0, SHOWN_ROWS) }, () => sampleText(sampled, rows, context.io.stdout.columns));
        } finally {
          await opened.close();
        }
      }),
    );

  source
    .command("policy")
    .argument("<file-or-detector>", `${FILE}; or a detector's name`)
    .description("The least rights that the source needs: SQL grants, IAM policies. Nothing is asked from the source.")
    .addHelpText("after", "\nExample:\n  foretop source policy examples/postgres-orders")
    .action((given: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const policies = await policiesOf(given, commands, context);
        context.print({ policies }, () => policies.map(({ title, text }) => `${title}\n\n${text}\n`).join("\n"));
      }),
    );
}

interface AddOptions {
  readonly kind: string;
  readonly set?: readonly string[];
  readonly table?: string;
  readonly zone: string;
  readonly name?: string;
  readonly out?: string;
}

async function addSource(options: AddOptions, commands: CliCommands, context: CommandContext): Promise<number> {
  const settings = settingsOf(options.set ?? []);
  // Where it is meant from is known here only; the configuration is read wherever serve was started.
  if (typeof settings["folder"] === "string") settings["folder"] = resolve(context.io.cwd, settings["folder"]);
  if (options.out !== undefined && existsSync(resolve(context.io.cwd, options.out))) {
    throw new UserError(`${options.out} is there already`, { code: "CONFLICT", where: "--out", advice: "Give another name; nothing is overwritten." });
  }
  const opened = await openSourceHere({ kind: options.kind, settings, zone: options.zone }, commands, context);
  try {
    const findings = await opened.check(null, null);
    const tables = (await opened.tables?.({ signal: context.signal })) ?? null;
    if (options.table === undefined && tables !== null) {
      context.print({ findings, tables }, () => `${findingsText(findings, tables)}\nDraft a configuration for one of them with --table NAME.\n`);
      return EXIT.ok;
    }
    const chosen = options.table === undefined ? null : tableNamed(options.table, tables);
    const query: BoundQuery = chosen === null ? lastInterval(options.zone) : { sql: `select * from ${chosen} limit ${SAMPLE_ROWS}`, parameters: [] };
    const { columns, rows } = chosen === null ? { columns: await opened.describe(query, { signal: context.signal }), rows: [] } : await readSample(opened, query, context);
    const sampled = sampledColumns(columns, rows);
    const draft = draftConfig(sampled, rows.length, (names) => combinationCount(columns, rows, names)) ?? (chosen === null ? emptyDraft(columns) : null);
    if (draft === null) {
      throw new UserError(`no column of ${chosen} tells when: a timestamp, a date, ISO 8601 or a UNIX time, in every row`, { code: "SHAPE", where: "--table", advice: `Its columns are ${columns.map(({ name, nativeType }) => `${name} (${nativeType})`).join(", ")}.` });
    }
    const name = options.name ?? (chosen ?? options.kind).replace(/[^a-zA-Z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
    const used = [draft.timestamp, ...draft.measures, ...draft.dimensions.map((dimension) => dimension.name)];
    const text = draftYaml(name, { kind: options.kind, ...settings }, chosen === null ? null : tableQuery(chosen, draft.timestamp, used, opened.dialect), draft);
    if (options.out !== undefined) writeFileSync(resolve(context.io.cwd, options.out), text, { flag: "wx" });
    context.print({ findings, columns: sampled, draft, yaml: text }, () => `${columnsText(sampled)}\n${estimateText(draft)}\n${options.out === undefined ? text : `${options.out} is written. Next: foretop plan ${options.out}\n`}`);
    return EXIT.ok;
  } finally {
    await opened.close();
  }
}

/** "port=3306" → a number, "format.kind=csv" → a field of a field. */
function settingsOf(pairs: readonly string[]): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UserError(`--set ${pair} is not name=value`, { code: "INVALID", where: "--set", advice: "For example --set host=db.example.com port=5432." });
    const path = pair.slice(0, at).split(".");
    let parent = settings;
    for (const step of path.slice(0, -1)) {
      if (typeof parent[step] !== "object" || parent[step] === null) Object.defineProperty(parent, step, { value: {}, enumerable: true, configurable: true, writable: true });
      parent = parent[step] as Record<string, unknown>; // just made, or made by an earlier pair
    }
    const text = pair.slice(at + 1);
    const value: unknown = /^\d+$/.test(text) ? Number(text) : text === "true" || text === "false" ? text === "true" : text;
    // Not parent[…] = …: a setting named __proto__ is a field like any other, and refused as unknown.
    Object.defineProperty(parent, path.at(-1)!, { value, enumerable: true, configurable: true, writable: true });
  }
  return settings;
}

/** Only what the source lists itself goes into a query's text. */
function tableNamed(name: string, tables: readonly string[] | null): string {
  const bare = (text: string): string => text.replaceAll(/["`]/g, "").toLowerCase();
  const found = tables?.find((each) => each === name) ?? tables?.find((each) => bare(each) === bare(name));
  if (found !== undefined) return found;
  throw new UserError(`there is no table ${name}`, { code: "NOT_FOUND", where: "--table", advice: tables === null ? "This kind of source has no tables: leave --table out." : `There are: ${tables.slice(0, 50).join(", ")}.` });
}

function lastInterval(zone: string): BoundQuery {
  const { startMs, endMs } = lastWholeInterval({ frequency: "PT1H", zone, offsetSeconds: 0 }, Date.now());
  return { sql: "the files of $1 up to $2", parameters: [startMs, endMs] };
}

/** Files are described by one of them only: what is a number is a measure until somebody says otherwise. */
function emptyDraft(columns: readonly Column[]): Draft {
  const timestamp = columns.find(({ name, type }) => type.startsWith("timestamp") || /^(ts|time|timestamp|date|datetime|created_at)$/i.test(name)) ?? columns[0];
  const others = columns.filter((column) => column !== timestamp);
  return {
    timestamp: timestamp?.name ?? "ts",
    frequency: "PT1H",
    measures: others.filter(({ type, name }) => type === "number" && !/(^|_)id$/i.test(name)).map(({ name }) => name),
    dimensions: others.filter(({ type }) => type === "text" || type === "boolean").map(({ name }) => ({ name, values: 0 })),
    estimate: { sampledRows: 0, leafCount: 0, rowsPerInterval: 0, historyRows: 0 },
  };
}

interface Configured {
  readonly config: DetectorConfig;
  readonly query: BoundQuery;
  readonly opened: Source;
}

async function openConfigured(file: string, commands: CliCommands, context: CommandContext): Promise<Configured> {
  const { parsed } = readConfigFiles(file, context.io.cwd, { strict: false });
  const { config } = parsed;
  const opened = await openSourceHere({ ...config.source, zone: config.zone, dataset: datasetNeeds(config) }, commands, context);
  try {
    return { config, query: bindQuery(config.query, config.timestamp.column, lastWholeInterval(config, Date.now()), opened.dialect), opened };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function readSample(source: Source, query: BoundQuery, { signal }: CommandContext): Promise<{ columns: readonly Column[]; rows: (readonly Cell[])[] }> {
  let columns: readonly Column[] = [];
  const rows: (readonly Cell[])[] = [];
  for await (const batch of source.read(query, { rowsPerBatch: 1000, timeoutMs: SECONDS_MAX * 1000, signal, onColumns: (told) => (columns = told) })) {
    rows.push(...batch.rows);
    if (rows.length >= SAMPLE_ROWS) break;
  }
  return { columns, rows };
}

function combinationCount(columns: readonly Column[], rows: readonly (readonly Cell[])[], names: readonly string[]): number {
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  return new Set(rows.map((row) => JSON.stringify(places.map((place) => row[place])))).size;
}

async function policiesOf(given: string, commands: CliCommands, context: CommandContext): Promise<readonly SourcePolicy[]> {
  const { kind, settings, tables } = isPath(given, context.io.cwd) ? policyOfFile(given, commands, context) : await policyOfDetector(given, commands, context);
  const connector = connectorNamed(kind, commands);
  const checked = connector.settings.safeParse(settings);
  if (!checked.success) throw new UserError(`the settings of the source don't fit: ${checked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`, { code: "INVALID", where: given, advice: "Correct the configuration." });
  return connector.policyFor?.(checked.data, { tables }) ?? [];
}

interface PolicyAsked {
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly tables: readonly string[];
}

function policyOfFile(file: string, commands: CliCommands, context: CommandContext): PolicyAsked {
  const { config } = readConfigFiles(file, context.io.cwd, { strict: false }).parsed;
  return { ...config.source, tables: tablesIn(config.query, connectorNamed(config.source.kind, commands).dialect) };
}

async function policyOfDetector(name: string, commands: CliCommands, context: CommandContext): Promise<PolicyAsked> {
  const { source, statements } = await (await context.client()).call("getDetector", { detector: name });
  const { dialect } = connectorNamed(source.kind, commands);
  const sql = statements[0]?.sql;
  return { kind: source.kind, settings: source.settings as Readonly<Record<string, unknown>>, tables: sql === undefined ? [] : tablesIn({ kind: "bound", sql, file: null }, dialect) }; // as stored, references and all
}

function findingsText(findings: readonly SourceFinding[], tables: readonly string[] | null): string {
  const lines = findings.map(({ check, level, message, advice }) => [MARKS[level], check, advice === null || level === "ok" ? message : `${message}. ${advice}`]);
  return table(lines, { columns: null }) + (tables === null ? "" : `\n${tables.length} tables: ${tables.join(", ")}\n`);
}

function columnsText(columns: readonly SampledColumn[]): string {
  return table([["COLUMN", "TYPE", "VALUES", "EMPTY"], ...columns.map(({ name, nativeType, distinct, empty }) => [name, nativeType, distinct, empty])], { columns: null });
}

function sampleText(columns: readonly SampledColumn[], rows: readonly (readonly Cell[])[], width: number | null): string {
  if (rows.length === 0) return `${columnsText(columns)}\nno row in the last whole interval\n`;
  const shown = rows.slice(0, SHOWN_ROWS).map((row) => row.map((cell) => (cell === null ? null : String(cell).slice(0, 40))));
  return `${columnsText(columns)}\n${table([columns.map(({ name }) => name), ...shown], { columns: width })}`;
}

function estimateText({ frequency, dimensions, estimate }: Draft): string {
  if (estimate.sampledRows === 0) return "No rows were looked at: choose measures and dimensions in the draft.\n";
  return facts([
    ["rows looked at", estimate.sampledRows],
    ["frequency", frequency],
    ["rows an interval", estimate.rowsPerInterval],
    ["rows of history", estimate.historyRows],
    ["dimensions", dimensions.map(({ name, values }) => `${name} (${values})`).join(", ") || "none"],
    ["series (leaves)", estimate.leafCount],
  ]);
}
