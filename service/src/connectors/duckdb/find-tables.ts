/** The files of a folder as tables. Looked up for each reading, so that a file that was added since is seen. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { SourceError } from "../../telemetry/errors.ts";
import { literal } from "../files/engine.ts";
import type { FileFormat, FileTable } from "../files/engine.ts";
import { FILES_MAX, TABLES_MAX } from "./duckdb-settings.ts";
import type { DuckdbSettings, TableSettings } from "./duckdb-settings.ts";

const DEPTH_MAX = 10;

/** Throws SourceError: the folder isn't there, a table without files, files of two formats, too many, one that lies elsewhere. */
export function findTables({ folder, tables }: Pick<DuckdbSettings, "folder" | "tables">): FileTable[] {
  const root = rootOf(folder);
  const files = filesIn(root);
  if (tables !== undefined) return Object.entries(tables).map(([name, settings]) => configuredTable(name, settings, root, files));
  const byName = new Map<string, { path: string; isFolder: boolean }[]>();
  for (const path of files) {
    const first = path.split(sep)[0]!;
    const isFolder = path.includes(sep);
    const name = isFolder ? first : first.replace(ENDING, "");
    if (!isFolder && formatOf(path) === null) continue;
    const entry = { path, isFolder };
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [entry]);
    else known.push(entry);
  }
  if (byName.size > TABLES_MAX) throw new SourceError(`${folder} holds ${byName.size} tables, more than ${TABLES_MAX} (TABLES_MAX)`, { code: "LIMIT", transient: false, advice: "Name the ones that the query reads under tables." });
  const found = [...byName].flatMap(([name, entries]) => {
    const readable = entries.filter(({ path }) => formatOf(path) !== null);
    return readable.length === 0 ? [] : [tableOf(name, readable.map(({ path }) => join(root, path)), { hive: readable.some(({ isFolder }) => isFolder) })];
  });
  if (found.length > 0) return found;
  throw new SourceError(`there is no Parquet, CSV or JSON file in ${folder}`, { code: "NOT_FOUND", transient: true, advice: "Files end in .parquet, .csv, .tsv, .json, .jsonl or .ndjson, the texts also in .gz or .zst." });
}

const ENDING = /\.(parquet|csv|tsv|json|jsonl|ndjson)(\.gz|\.zst)?$/i;

function formatOf(path: string): FileFormat | null {
  const ending = ENDING.exec(path)?.[1]?.toLowerCase();
  if (ending === undefined) return null;
  return ending === "parquet" ? "parquet" : ending === "csv" || ending === "tsv" ? "csv" : "json";
}

function rootOf(folder: string): string {
  try {
    const root = realpathSync(folder);
    if (statSync(root).isDirectory()) return root;
    throw new Error("it is not a folder");
  } catch (cause) {
    const place = isAbsolute(folder) ? folder : `${folder}, here ${resolve(folder)},`;
    const advice = isAbsolute(folder) ? "Check folder in the source's settings; it is on the machine where Foretop runs." : "Give its absolute path: a relative one is looked for from where Foretop is started.";
    throw new SourceError(`the folder ${place} can't be read`, { code: "NOT_FOUND", transient: true, advice, cause });
  }
}

/** Relative paths, sorted, without hidden files and what is being written (names that begin with . or _). */
function filesIn(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    if (depth > DEPTH_MAX) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (/^[._]/.test(entry.name)) continue;
      const path = join(folder, entry.name);
      // A symbolic link may lead anywhere: what counts is where it ends.
      const real = entry.isSymbolicLink() ? realOf(path) : path;
      if (real === null) continue;
      if (real !== root && !real.startsWith(root + sep)) {
        throw new SourceError(`${relative(root, path)} is a link that leads out of the folder`, { code: "REFUSED", transient: false, advice: "Put the file itself into the folder." });
      }
      const stats = statSync(real);
      // A folder that is linked to is read where it is.
      if (stats.isDirectory()) {
        if (!entry.isSymbolicLink()) walk(path, depth + 1);
      } else if (stats.isFile()) found.push(relative(root, path));
      if (found.length > FILES_MAX) throw new SourceError(`there are more than ${FILES_MAX} files in the folder (FILES_MAX)`, { code: "LIMIT", transient: false, advice: "Fewer, larger files are faster, too." });
    }
  };
  walk(root, 0);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null; // a link to nowhere is no file
  }
}

function configuredTable(name: string, settings: TableSettings, root: string, files: readonly string[]): FileTable {
  const pattern = patternOf(settings.files);
  const matching = files.filter((path) => pattern.test(path.split(sep).join("/")));
  if (matching.length === 0) throw new SourceError(`the table ${name} has no file: nothing in the folder fits ${settings.files}`, { code: "NOT_FOUND", transient: true, advice: "Patterns are relative to the folder: * is any name, ** any folders." });
  const { format, delimiter, quote, header, columns, encoding, timestampFormat } = settings;
  return tableOf(name, matching.map((path) => join(root, path)), {
    hive: matching.some((path) => path.includes(sep)),
    ...(format !== undefined && { format }),
    options: {
      ...(delimiter !== undefined && { delim: literal(delimiter) }),
      ...(quote !== undefined && { quote: literal(quote) }),
      ...(header !== undefined && { header: String(header) }),
      ...(columns !== undefined && { header: "false", names: `[${columns.map(literal).join(", ")}]` }),
      ...(encoding !== undefined && { encoding: literal(encoding) }),
      ...(timestampFormat !== undefined && { timestampformat: literal(timestampFormat) }),
    },
  });
}

function tableOf(name: string, files: readonly string[], { hive, format, options = {} }: { hive: boolean; format?: FileFormat; options?: Readonly<Record<string, string>> }): FileTable {
  const formats = new Set(files.map(formatOf));
  if (format === undefined && formats.size !== 1) {
    throw new SourceError(`the table ${name} has files of several formats: ${[...formats].map(String).join(", ")}`, { code: "SHAPE", transient: false, advice: "Keep one format in a folder, or name the files under tables." });
  }
  const known = format ?? [...formats][0];
  if (known === null || known === undefined) throw new SourceError(`the format of the table ${name} is not known by the names of its files`, { code: "SHAPE", transient: false, advice: "Name it: format: parquet, csv or json." });
  const isTsv = known === "csv" && files.every((file) => /\.tsv(\.|$)/i.test(file));
  return { name, format: known, files, readerOptions: { ...(hive && { hive_partitioning: "true" }), ...(isTsv && { delim: "'\t'" }), ...options } };
}

/** `**` any folders, `*` any name, `?` one character, all else itself. */
function patternOf(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    switch (part) {
      case "**/":
        return "(?:[^/]+/)*";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      default:
        return `\\${part}`;
    }
  });
  return new RegExp(`^${source}$`);
}
