/** Redshift's types in the crawler's terms: as the Data API, a manifest or a text names them. */
import type { Field } from "@aws-sdk/client-redshift-data";
import { SCALE_MAX } from "../connector.ts";
import type { Cell, Column, ColumnType, ExactType } from "../connector.ts";

/** https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html */
const TYPES: Readonly<Record<string, ColumnType>> = {
  int2: "number",
  int4: "number",
  int8: "number",
  smallint: "number",
  integer: "number",
  bigint: "number",
  numeric: "number",
  decimal: "number",
  float4: "number",
  float8: "number",
  real: "number",
  "double precision": "number",
  oid: "number",
  bool: "boolean",
  boolean: "boolean",
  char: "text",
  character: "text",
  bpchar: "text",
  nchar: "text",
  varchar: "text",
  nvarchar: "text",
  text: "text",
  name: "text",
  "character varying": "text",
  unknown: "text",
  date: "date",
  timestamp: "timestamp",
  "timestamp without time zone": "timestamp",
  timestamptz: "timestamptz",
  "timestamp with time zone": "timestamptz",
};

/** Digits of the integer types. */
const PRECISIONS: Readonly<Record<string, number>> = { int2: 5, smallint: 5, int4: 10, integer: 10, int8: 19, bigint: 19 };

/** @param decimal  of a numeric: what the Data API tells of it; a manifest tells nothing */
export function columnOf(name: string, nativeType: string, decimal?: { readonly precision: number; readonly scale: number }): Column {
  const known = nativeType.toLowerCase();
  const exact = exactType(known, decimal);
  return { name, nativeType, type: TYPES[known] ?? "other", ...(exact !== null && { exact }) };
}

function exactType(nativeType: string, decimal: { readonly precision: number; readonly scale: number } | undefined): ExactType | null {
  const precision = PRECISIONS[nativeType];
  if (precision !== undefined) return { precision, scale: 0 };
  const isDecimal = (nativeType === "numeric" || nativeType === "decimal") && decimal !== undefined && decimal.precision > 0;
  return isDecimal && decimal.scale >= 0 && decimal.scale <= SCALE_MAX ? { precision: decimal.precision, scale: decimal.scale } : null;
}

/** Numbers become numbers here, once: a bigint or decimal of more than 15 digits loses its last ones, on purpose. */
export function cellOfField(field: Field, type: ColumnType): Cell {
  if (field.isNull === true) return null;
  if (field.stringValue !== undefined) return type === "number" ? Number(field.stringValue) : type === "boolean" ? field.stringValue === "t" || field.stringValue === "true" : field.stringValue;
  if (field.longValue !== undefined) return field.longValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.booleanValue !== undefined) return field.booleanValue;
  return field.blobValue === undefined ? null : Buffer.from(field.blobValue).toString("base64");
}

/** A cell of a CSV file that UNLOAD wrote. */
export function cellOfText(text: string, type: ColumnType): Cell {
  if (type === "number") return Number(text);
  if (type === "boolean") return text === "t" || text === "true";
  return text;
}
