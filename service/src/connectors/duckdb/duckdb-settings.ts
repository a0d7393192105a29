import { z } from "zod";

export const TABLES_MAX = 200;
export const FILES_MAX = 10_000;

const tableSettings = z.strictObject({
  files: z.string().min(1).max(500).describe("path or pattern inside the folder: * any name, ** any folders, ? one character; e.g. orders/**/*.parquet"),
  format: z.enum(["parquet", "csv", "json"]).optional().describe("default: by the names of the files"),
  delimiter: z.string().length(1).optional().describe("CSV: default is found out"),
  quote: z.string().max(1).optional().describe("CSV: default is found out"),
  header: z.boolean().optional().describe("CSV: whether the first line names the columns; default is found out"),
  columns: z.array(z.string().min(1).max(128)).max(1000).optional().describe("CSV without a header: the columns' names"),
  encoding: z.enum(["utf-8", "utf-16", "latin-1"]).optional().describe("CSV: default utf-8"),
  timestampFormat: z.string().max(63).optional().describe("CSV: as strftime writes it, e.g. %d.%m.%Y %H:%M; default is found out"),
});

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const duckdbSettings = z
  .strictObject({
    folder: z.string().min(1).max(4096).describe("folder of the files, as an absolute path (a relative one is looked for from where Foretop is started); queries see nothing outside of it"),
    tables: z
      .record(z.string().min(1).max(63), tableSettings)
      .refine((tables) => Object.keys(tables).length <= TABLES_MAX, `more than ${TABLES_MAX} tables (TABLES_MAX)`)
      .optional()
      .describe("which files make a table, by its name; default: each file and each folder directly in the folder is a table of its name"),
    memoryMbMax: z.int().min(64).max(65_536).default(1024).describe("memory that one statement may use; what doesn't fit is an error"),
    threads: z.int().min(1).max(64).default(2).describe("threads of one statement"),
  })
  .describe("Files (Parquet, CSV, JSON) in a folder, queried with DuckDB's SQL.");

export type DuckdbSettings = z.infer<typeof duckdbSettings>;
export type TableSettings = z.infer<typeof tableSettings>;
