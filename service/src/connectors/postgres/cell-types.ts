/** PostgreSQL's types in the crawler's terms. */
import type { CustomTypesConfig } from "pg";
import { SCALE_MAX } from "../connector.ts";
import type { Cell, Column, ColumnType, ExactType } from "../connector.ts";

interface TypeFacts {
  readonly name: string;
  readonly type: ColumnType;
}

/** By type id (pg_type.oid); the ids of built-in types never change. Redshift's are the same. */
const TYPES: ReadonlyMap<number, TypeFacts> = new Map([
  [16, { name: "boolean", type: "boolean" }],
  [20, { name: "bigint", type: "number" }],
  [21, { name: "smallint", type: "number" }],
  [23, { name: "integer", type: "number" }],
  [26, { name: "oid", type: "number" }],
  [700, { name: "real", type: "number" }],
  [701, { name: "double precision", type: "number" }],
  [1700, { name: "numeric", type: "number" }],
  [18, { name: "\"char\"", type: "text" }],
  [19, { name: "name", type: "text" }],
  [25, { name: "text", type: "text" }],
  [1042, { name: "character", type: "text" }],
  [1043, { name: "character varying", type: "text" }],
  [2950, { name: "uuid", type: "text" }],
  [705, { name: "unknown", type: "text" }],
  [1082, { name: "date", type: "date" }],
  [1114, { name: "timestamp without time zone", type: "timestamp" }],
  [1184, { name: "timestamp with time zone", type: "timestamptz" }],
  [114, { name: "json", type: "other" }],
  [3802, { name: "jsonb", type: "other" }],
  [790, { name: "money", type: "other" }],
  [17, { name: "bytea", type: "other" }],
  [1083, { name: "time without time zone", type: "other" }],
  [1186, { name: "interval", type: "other" }],
]);

/** Digits of the integer types. */
const PRECISIONS: ReadonlyMap<number, number> = new Map([[20, 19], [21, 5], [23, 10], [26, 10]]);
const NUMERIC = 1700;

export function columnOf(field: { readonly name: string; readonly dataTypeID: number; readonly dataTypeModifier?: number }): Column {
  const facts = TYPES.get(field.dataTypeID);
  const exact = exactType(field.dataTypeID, field.dataTypeModifier ?? -1);
  return { name: field.name, type: facts?.type ?? "other", nativeType: facts?.name ?? `type ${field.dataTypeID}`, ...(exact !== null && { exact }) };
}

/** numeric(p, s) carries both in its modifier, p in the upper half, 4 added to all; an expression's numeric has none. */
function exactType(id: number, modifier: number): ExactType | null {
  const precision = PRECISIONS.get(id);
  if (precision !== undefined) return { precision, scale: 0 };
  if (id !== NUMERIC || modifier < 4) return null;
  const scale = (modifier - 4) & 0x7ff; // of 11 bits, negative above 1023
  return scale > SCALE_MAX ? null : { precision: ((modifier - 4) >> 16) & 0xffff, scale };
}

/**
 * Numbers become numbers here, once: a bigint or decimal of more than 15 digits loses its last ones, on purpose.
 * Timestamps stay text: the driver would build a Date in the process's own zone and shift every bucket on a laptop.
 */
export const cellTypes: CustomTypesConfig = {
  getTypeParser(id: number): (text: string) => Cell {
    const type = TYPES.get(id)?.type;
    if (type === "number") return Number; // also "NaN", "Infinity" and "-Infinity"
    if (type === "boolean") return (text) => text === "t";
    return (text) => text;
  },
};
