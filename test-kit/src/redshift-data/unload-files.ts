/**
 * What UNLOAD writes: files and manifest, as bytes.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
 * https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD_command_examples.html ("Unload VENUE with a manifest file")
 */
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Unload } from "./parse-unload.ts";
import type { PgType } from "./pg-types.ts";

export interface ResultColumn {
  readonly name: string;
  readonly type: PgType;
  /** of a numeric whose digits are declared */
  readonly digits?: { readonly precision: number; readonly scale: number };
}

/** A row as PostgreSQL's texts. */
export type TextRow = readonly (string | null)[];

export interface UnloadedFile {
  readonly key: string;
  readonly bytes: Buffer;
  readonly rows: number;
}

/** A cluster of two nodes has four slices; with PARALLEL ON each writes files of its own, empty ones too. */
const SLICES = 4;

/** Redshift makes groups of 32 MB and more; smaller ones show whether a reader takes them one by one. */
const ROWS_PER_GROUP = 20_000;

export function unloadFiles(unload: Unload, columns: readonly ResultColumn[], rows: readonly TextRow[]): UnloadedFile[] {
  const slices = unload.isParallel ? Array.from({ length: SLICES }, (_, slice) => rows.filter((_row, i) => i % SLICES === slice)) : [rows];
  const extension = unload.format === "parquet" ? ".parquet" : unload.isGzip ? ".gz" : "";
  return slices.flatMap((sliceRows, slice) =>
    filesOf(unload, columns, sliceRows).map(({ bytes, rows: count }, part) => ({
      key: unload.prefix + (unload.isParallel ? `${String(slice).padStart(4, "0")}_part_${String(part).padStart(2, "0")}` : String(part).padStart(3, "0")) + extension,
      bytes,
      rows: count,
    })),
  );
}

function filesOf(unload: Unload, columns: readonly ResultColumn[], rows: readonly TextRow[]): { bytes: Buffer; rows: number }[] {
  if (unload.format === "parquet") return rows.length === 0 ? [] : [{ bytes: parquetBytes(columns, rows), rows: rows.length }];
  const header = unload.hasHeader ? `${columns.map(({ name }) => cellText(name, unload)).join(unload.delimiter)}\n` : "";
  const files: { bytes: Buffer; rows: number }[] = [];
  let [lines, bytes]: [string[], number] = [[], header.length];
  const close = (): void => {
    const text = Buffer.from(header + lines.join(""));
    files.push({ bytes: unload.isGzip ? gzipSync(text) : text, rows: lines.length });
    [lines, bytes] = [[], header.length];
  };
  for (const row of rows) {
    const line = `${row.map((cell) => cellText(cell, unload)).join(unload.delimiter)}\n`;
    const lineBytes = Buffer.byteLength(line);
    if (lines.length > 0 && bytes + lineBytes > unload.fileBytesMax) close();
    lines.push(line);
    bytes += lineBytes;
  }
  close();
  return files;
}

function cellText(cell: string | null, { format, delimiter, nullText }: Unload): string {
  if (cell === null) return nullText;
  if (format !== "csv") return cell;
  return cell.includes(delimiter) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function parquetBytes(columns: readonly ResultColumn[], rows: readonly TextRow[]): Buffer {
  const columnData = columns.map(({ name, type }, c) => ({ name, data: rows.map((row) => (row[c] === null ? null : type.parquetValue(row[c]!))) }));
  const schema = [{ name: "root", num_children: columns.length }, ...columns.map(({ name, type }) => ({ name, repetition_type: "OPTIONAL" as const, ...type.parquet }))];
  return Buffer.from(parquetWriteBuffer({ columnData, schema, createdBy: "test kit", rowGroupSize: ROWS_PER_GROUP }));
}

/** With VERBOSE: the columns' types, and how many rows and bytes each file has. */
export function manifestText({ manifest, bucket }: Unload, columns: readonly ResultColumn[], files: readonly UnloadedFile[]): string {
  const isVerbose = manifest === "verbose";
  const sum = (of: (file: UnloadedFile) => number): number => files.reduce((total, file) => total + of(file), 0);
  return JSON.stringify(
    {
      entries: files.map(({ key, bytes, rows }) => ({ url: `s3://${bucket}/${key}`, ...(isVerbose && { meta: { content_length: bytes.length, record_count: rows } }) })),
      ...(isVerbose && {
        schema: { elements: columns.map(({ name, type }) => ({ name, type: { base: type.longName } })) },
        meta: { content_length: sum(({ bytes }) => bytes.length), record_count: sum(({ rows }) => rows) },
        author: { name: "Amazon Redshift", version: "1.0.0" },
      }),
    },
    null,
    2,
  );
}
