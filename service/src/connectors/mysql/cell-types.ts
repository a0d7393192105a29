/** MySQL's types in the crawler's terms. */
import { fromLocalMs } from "@foretop/engine";
import mysql2 from "mysql2";
import type { FieldPacket } from "mysql2";
import { parseIsoTimestamp } from "../../crawl/parse-iso-timestamp.ts";
import { SCALE_MAX } from "../connector.ts";
import type { Cell, Column, ColumnType, ExactType } from "../connector.ts";

const { Types } = mysql2;

interface TypeFacts {
  readonly name: string;
  readonly type: ColumnType;
}

const TYPES: Readonly<Record<number, TypeFacts>> = {
  [Types.TINY]: { name: "tinyint", type: "number" },
  [Types.SHORT]: { name: "smallint", type: "number" },
  [Types.INT24]: { name: "mediumint", type: "number" },
  [Types.LONG]: { name: "int", type: "number" },
  [Types.LONGLONG]: { name: "bigint", type: "number" },
  [Types.FLOAT]: { name: "float", type: "number" },
  [Types.DOUBLE]: { name: "double", type: "number" },
  [Types.DECIMAL]: { name: "decimal", type: "number" },
  [Types.NEWDECIMAL]: { name: "decimal", type: "number" },
  [Types.YEAR]: { name: "year", type: "number" },
  [Types.DATE]: { name: "date", type: "date" },
  [Types.NEWDATE]: { name: "date", type: "date" },
  [Types.DATETIME]: { name: "datetime", type: "timestamp" },
  [Types.TIMESTAMP]: { name: "timestamp", type: "timestamptz" },
  [Types.TIME]: { name: "time", type: "other" },
  [Types.JSON]: { name: "json", type: "other" },
  [Types.BIT]: { name: "bit", type: "other" },
  [Types.GEOMETRY]: { name: "geometry", type: "other" },
};

/** Of texts and bytes alike; which of the two it is, the character set says. */
const TEXTS: ReadonlySet<number> = new Set([Types.VARCHAR, Types.VAR_STRING, Types.STRING, Types.ENUM, Types.SET, Types.TINY_BLOB, Types.BLOB, Types.MEDIUM_BLOB, Types.LONG_BLOB]);
const BINARY_CHARSET = 63;

export function columnOf(field: FieldPacket): Column {
  const { name, columnType, characterSet, decimals } = field as FieldPacket & { readonly characterSet?: number }; // the driver's column definition
  const facts = TYPES[columnType!];
  if (facts !== undefined) {
    const exact = exactType(facts.name, decimals);
    return { name, type: facts.type, nativeType: facts.name, ...(exact !== null && { exact }) };
  }
  if (TEXTS.has(columnType!)) return characterSet === BINARY_CHARSET ? { name, type: "other", nativeType: "binary" } : { name, type: "text", nativeType: "text" };
  return { name, type: "other", nativeType: `type ${columnType}` };
}

/** Digits of the integer types, unsigned ones too. */
const PRECISIONS: Readonly<Record<string, number>> = { tinyint: 3, smallint: 5, mediumint: 8, int: 10, bigint: 20, year: 4 };

function exactType(nativeType: string, decimals: number | undefined): ExactType | null {
  const precision = PRECISIONS[nativeType];
  if (precision !== undefined) return { precision, scale: 0 };
  return nativeType !== "decimal" || decimals === undefined || decimals > SCALE_MAX ? null : { precision: null, scale: decimals };
}

/** How the driver's value becomes a cell; null where it is one already. */
export type CellReader = ((value: unknown) => Cell) | null;

/**
 * Decimals and big integers become numbers here, once, on purpose: of more than 15 digits the last are lost. A TIMESTAMP comes as
 * wall-clock time of the session's zone and leaves as an instant.
 */
export function cellReaderOf(column: Column, zone: string): CellReader {
  switch (column.nativeType) {
    case "decimal":
      return (value) => (value === null ? null : Number(value));
    case "timestamp":
      return zone === "UTC" ? (value) => (typeof value === "string" ? `${value}Z` : null) : (value) => (typeof value === "string" ? instantText(value, zone) : null);
    default:
      return column.type === "other" ? (value) => (value === null ? null : otherText(value)) : null;
  }
}

/** The fraction is taken over as it is: an instant of ours ends at milliseconds. */
function instantText(local: string, zone: string): string {
  const ms = parseIsoTimestamp(local.slice(0, 19), (localMs) => fromLocalMs(localMs, zone, "second"));
  return Number.isNaN(ms) ? local : `${new Date(ms).toISOString().slice(0, 19)}${local.slice(19)}Z`;
}

function otherText(value: unknown): string {
  if (typeof value === "string") return value;
  return Buffer.isBuffer(value) ? value.toString("hex") : (JSON.stringify(value) ?? "");
}
