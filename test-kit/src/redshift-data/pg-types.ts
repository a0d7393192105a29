/** PostgreSQL's types by their numbers, as the Data API, a manifest and Parquet name them. */
import type { SchemaElement } from "hyparquet";

export interface PgType {
  /** as ColumnMetadata.typeName has it */
  readonly name: string;
  /** as a manifest has it */
  readonly longName: string;
  /** which member of the Data API's Field holds it */
  readonly field: "longValue" | "doubleValue" | "booleanValue" | "stringValue";
  readonly parquet: Omit<SchemaElement, "name">;
  parquetValue(text: string): unknown;
}

const TEXT_PARQUET = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
const own = (text: string): unknown => text;
const integer = (name: string, longName: string, type: "INT32" | "INT64"): PgType => ({ name, longName, field: "longValue", parquet: { type }, parquetValue: type === "INT64" ? BigInt : Number });
const floating = (name: string, longName: string): PgType => ({ name, longName, field: "doubleValue", parquet: { type: "DOUBLE" }, parquetValue: Number });
const text = (name: string, longName: string): PgType => ({ name, longName, field: "stringValue", parquet: TEXT_PARQUET, parquetValue: own });

/** Redshift takes the column's own precision and scale, here all are the widest. */
const DECIMAL_SCALE = 10;

const TYPES: ReadonlyMap<number, PgType> = new Map<number, PgType>([
  [16, { name: "bool", longName: "boolean", field: "booleanValue", parquet: { type: "BOOLEAN" }, parquetValue: (value) => value === "t" }],
  [21, integer("int2", "smallint", "INT32")],
  [23, integer("int4", "integer", "INT32")],
  [20, integer("int8", "bigint", "INT64")],
  [700, floating("float4", "real")],
  [701, floating("float8", "double precision")],
  [1700, { name: "numeric", longName: "numeric", field: "stringValue", parquet: { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, converted_type: "DECIMAL", precision: 38, scale: DECIMAL_SCALE }, parquetValue: scaled }],
  [1042, text("bpchar", "character")],
  [1043, text("varchar", "character varying")],
  [25, text("varchar", "character varying")],
  [1082, { name: "date", longName: "date", field: "stringValue", parquet: { type: "INT32", converted_type: "DATE" }, parquetValue: (value) => Math.round(Date.parse(`${value}T00:00:00Z`) / 86_400_000) }],
  [1114, { name: "timestamp", longName: "timestamp without time zone", field: "stringValue", parquet: { type: "INT64", converted_type: "TIMESTAMP_MICROS" }, parquetValue: microseconds }],
  [1184, { name: "timestamptz", longName: "timestamp with time zone", field: "stringValue", parquet: { type: "INT64", converted_type: "TIMESTAMP_MICROS" }, parquetValue: microseconds }],
]);

const OTHER = text("varchar", "character varying");

export function pgType(id: number): PgType {
  return TYPES.get(id) ?? OTHER;
}

function scaled(value: string): bigint {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  if (whole === undefined) throw new Error("a decimal that is not a number can't be written to Parquet");
  const digits = BigInt(whole + fraction.slice(0, DECIMAL_SCALE).padEnd(DECIMAL_SCALE, "0"));
  return sign === "-" ? -digits : digits;
}

/** 2026-07-01 10:00:00.123456[+02]; without zone as if UTC. */
function microseconds(value: string): bigint {
  const [, day, time, fraction = "", zone] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d(?::\d\d)?)?$/.exec(value) ?? [];
  const seconds = Date.parse(`${day}T${time}${zone === undefined ? "Z" : zone.length === 3 ? `${zone}:00` : zone}`) / 1000;
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}
