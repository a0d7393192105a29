/** Redshift's types in the crawler's terms: as the Data API, a manifest or a text names them. */
import type { Field } from "@aws-sdk/client-redshift-data";
import type { Cell, Column, ColumnType } from "../connector.ts";

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

export function columnOf(name: string, nativeType: string): Column {
  return { name, nativeType, type: TYPES[nativeType.toLowerCase()] ?? "other" };
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
