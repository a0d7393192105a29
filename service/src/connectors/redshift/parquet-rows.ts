/** Rows of a Parquet file on S3, one row group at a time. */
import type { S3Client } from "@aws-sdk/client-s3";
import { parquetMetadataAsync, parquetRead } from "hyparquet";
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import type { Cell, Column } from "../connector.ts";
import { readRange } from "./s3-folder.ts";
import type { S3Location } from "./s3-location.ts";

/** Texts instead of dates: those have no microseconds, and a zone of their own. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => timestampText(millis * 1000n),
  timestampFromMicroseconds: timestampText,
  timestampFromNanoseconds: (nanos: bigint) => timestampText(nanos / 1000n),
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
};

export async function* parquetRows(s3: S3Client, at: S3Location, byteLength: number, columns: readonly Column[], signal?: AbortSignal): AsyncGenerator<Cell[][], void, undefined> {
  const file: AsyncBuffer = { byteLength, slice: (start, end = byteLength) => readRange(s3, at, start, end, signal) };
  const written: FileMetaData = await parquetMetadataAsync(file);
  const elements = new Map(written.schema.map((element) => [element.name, element]));
  // The library multiplies decimals by 0.1ⁿ, which is never exact: it is to take them for plain integers and bytes.
  const metadata: FileMetaData = { ...written, schema: written.schema.map(withoutDecimal) };
  const readers = columns.map((column) => cellReader(column, elements.get(column.name)));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    let rows: unknown[][] = [];
    await parquetRead({ file, metadata, rowStart, rowEnd, rowFormat: "array", parsers: PARSERS, columns: columns.map(({ name }) => name), onComplete: (found) => (rows = found as unknown[][]) }); // "array": rows are lists
    yield rows.map((row) => row.map((value, c) => readers[c]!(value)));
    rowStart = rowEnd;
  }
}

function withoutDecimal(element: SchemaElement): SchemaElement {
  if (element.converted_type !== "DECIMAL") return element;
  const { converted_type: _, logical_type: __, ...plain } = element;
  return plain;
}

function cellReader({ type }: Column, element: SchemaElement | undefined): (value: unknown) => Cell {
  const scale = element?.converted_type === "DECIMAL" ? (element.scale ?? 0) : null;
  return (value) => {
    if (value === null || value === undefined) return null;
    if (scale !== null) return decimal(value as number | bigint | Uint8Array, scale); // the three forms in which Parquet has them
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number" || typeof value === "boolean") return value;
    if (typeof value === "string") return type === "number" ? Number(value) : type === "timestamptz" ? `${value}Z` : value;
    return JSON.stringify(value);
  };
}

/** Up to here an integer, and a power of ten, are exact: their quotient is rounded once. */
const POWER_MAX = 22;

function decimal(value: number | bigint | Uint8Array, scale: number): number {
  const unscaled = value instanceof Uint8Array ? signedInteger(value) : BigInt(value);
  const whole = Number(unscaled);
  if (Number.isSafeInteger(whole) && scale <= POWER_MAX) return whole / 10 ** scale;
  return Number(`${unscaled}e-${scale}`);
}

/** Two's complement, the most significant byte first. */
function signedInteger(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

function timestampText(micros: bigint): string {
  const [seconds, fraction] = [micros / 1_000_000n, micros % 1_000_000n];
  const whole = fraction < 0n ? seconds - 1n : seconds; // before 1970
  const rest = fraction < 0n ? fraction + 1_000_000n : fraction;
  const text = new Date(Number(whole) * 1000).toISOString().slice(0, 19);
  return rest === 0n ? text : `${text}.${rest.toString().padStart(6, "0")}`;
}
