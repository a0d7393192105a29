/**
 * A DuckDB in memory that may read exactly the files it is given, for one statement. Once its views stand, it can reach no other
 * file, no network, no extension, and none of that can be changed back: what a query says doesn't matter any more.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import { quoteName } from "../sql/quote-name.ts";

export type FileFormat = "parquet" | "csv" | "json";

/** Files of one format that are one table. */
export interface FileTable {
  readonly name: string;
  readonly format: FileFormat;
  /** absolute paths without symbolic links */
  readonly files: readonly string[];
  /** more options of DuckDB's reader, as SQL literals, e.g. { delim: "';'" }; made by us, never a user's text */
  readonly readerOptions?: Readonly<Record<string, string>>;
}

export interface EngineOptions {
  /** IANA zone of the session */
  readonly zone: string;
  readonly threads: number;
  readonly memoryMbMax: number;
}

export interface Engine {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** How many are open in this process; each has threads and memory of its own. */
export function openEngineCount(): number {
  return openEngines;
}
let openEngines = 0;

export async function openEngine(tables: readonly FileTable[], { zone, threads, memoryMbMax }: EngineOptions): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${memoryMbMax}MB`,
    // What doesn't fit in memory is an error, not a file.
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "false",
  });
  openEngines += 1;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    openEngines -= 1;
    instance.closeSync();
  };
  try {
    const connection = await instance.connect();
    const files = tables.flatMap((table) => table.files);
    await connection.run(`set TimeZone = ${literal(zone)}`);
    await connection.run(`set allowed_paths = [${files.map(literal).join(", ")}]`);
    await connection.run("set allow_community_extensions = false");
    await connection.run("set enable_external_access = false");
    for (const table of tables) await connection.run(viewOf(table));
    await connection.run("set lock_configuration = true");
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

function viewOf({ name, format, files, readerOptions = {} }: FileTable): string {
  const options = Object.entries({ union_by_name: "true", ...(format === "json" ? { maximum_object_size: String(LINE_BYTES_MAX) } : {}), ...(format === "csv" ? { max_line_size: String(LINE_BYTES_MAX) } : {}), ...readerOptions });
  const list = files.map(literal).join(", ");
  return `create view ${quoteName(name)} as select * from read_${format}([${list}]${options.map(([option, value]) => `, ${option} = ${value}`).join("")})`;
}

/** A line of a CSV or JSON file; a longer one is an error of that file. */
export const LINE_BYTES_MAX = 2_000_000;

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
