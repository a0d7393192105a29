/** Rows of a DuckDB statement as cells: all conversion is done by DuckDB, over whole columns, before a value becomes a JavaScript one. */
import { DuckDBTypeId } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { SCALE_MAX } from "../connector.ts";
import type { BoundQuery, Cell, Column, ColumnType, ExactType, RowBatch } from "../connector.ts";
import { quoteName } from "../sql/quote-name.ts";

/** The columns of a statement's result; nothing is read. */
export async function columnsOf(connection: DuckDBConnection, query: BoundQuery): Promise<Column[]> {
  return (await preparedColumns(connection, query)).map(({ column }) => column);
}

/** @param onColumns  called once, before the first row */
export async function* engineRows(
  connection: DuckDBConnection,
  query: BoundQuery,
  { rowsPerBatch, onColumns }: { rowsPerBatch: number; onColumns?: (columns: readonly Column[]) => void },
): AsyncGenerator<RowBatch, void, undefined> {
  const columns = await preparedColumns(connection, query);
  const names = columns.map((_, i) => quoteName(`c${i}`));
  const cells = columns.map(({ cast }, i) => castText(names[i]!, cast));
  // The line break keeps a comment at the query's end from swallowing the parenthesis.
  const result = await connection.stream(`select ${cells.join(", ")} from (\n${query.sql}\n) as foretop_rows(${names.join(", ")})`, query.parameters.map(instantText));
  onColumns?.(columns.map(({ column }) => column));
  let rows: Cell[][] = [];
  let bytes = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const read = rowsOf(chunk, columns);
    bytes += read.bytes;
    for (let from = 0; from < read.rows.length; ) {
      const taken = read.rows.slice(from, from + rowsPerBatch - rows.length);
      from += taken.length;
      rows = rows.length === 0 ? taken : rows.concat(taken);
      if (rows.length < rowsPerBatch) break;
      yield { rows, bytes: Math.max(1, bytes) };
      rows = [];
      bytes = 0;
    }
  }
  if (rows.length > 0) yield { rows, bytes: Math.max(1, bytes) };
}

interface PreparedColumn {
  readonly column: Column;
  /** what it is cast to before it leaves DuckDB; null = it stays */
  readonly cast: "double" | "varchar" | "micros" | null;
  /** how what leaves becomes a cell; null = it is one */
  readonly read: ((value: number | string | boolean) => Cell) | null;
}

/**
 * Texts of more than 12 bytes are the slowest thing to get out of DuckDB (a microsecond and a half each, all else a tenth of it), so that
 * timestamps leave as microseconds since 1970 and are written out here. Those without an end ("infinity") are none.
 */
function castText(name: string, cast: PreparedColumn["cast"]): string {
  if (cast === null) return name;
  return cast === "micros" ? `case when isfinite(${name}) then epoch_us(${name})::double end` : `${name}::${cast}`;
}

async function preparedColumns(connection: DuckDBConnection, query: BoundQuery): Promise<PreparedColumn[]> {
  const statement = await connection.prepare(query.sql);
  try {
    return Array.from({ length: statement.columnCount }, (_, i) => preparedColumn(statement.columnName(i), statement.columnType(i)));
  } finally {
    statement.destroySync();
  }
}

/** Up to so many digits a decimal becomes the nearest double by one division; wider ones go through text. */
const EXACT_DIGITS_MAX = 15;

function preparedColumn(name: string, type: DuckDBType): PreparedColumn {
  const exact = exactType(type);
  const make = (columnType: ColumnType, cast: PreparedColumn["cast"], read: PreparedColumn["read"] = null): PreparedColumn => ({ column: { name, type: columnType, nativeType: String(type), ...(exact !== null && { exact }) }, cast, read });
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return make("boolean", null);
    case DuckDBTypeId.DOUBLE:
      return make("number", null);
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.FLOAT:
      return make("number", "double");
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.BIGNUM:
      return make("number", "varchar", Number);
    case DuckDBTypeId.DECIMAL:
      return (type as DuckDBType & { readonly width: number }).width <= EXACT_DIGITS_MAX ? make("number", "double") : make("number", "varchar", Number); // a decimal type has a width
    case DuckDBTypeId.DATE:
      return make("date", "varchar");
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return make("timestamp", "micros", microsText(""));
    case DuckDBTypeId.TIMESTAMP_TZ:
      return make("timestamptz", "micros", microsText("Z"));
    case DuckDBTypeId.VARCHAR:
      return make("text", null);
    case DuckDBTypeId.ENUM:
    case DuckDBTypeId.UUID:
      return make("text", "varchar");
    default:
      return make("other", "varchar");
  }
}

/** Digits of the integer types. */
const PRECISIONS: ReadonlyMap<DuckDBTypeId, number> = new Map([
  [DuckDBTypeId.TINYINT, 3], [DuckDBTypeId.UTINYINT, 3], [DuckDBTypeId.SMALLINT, 5], [DuckDBTypeId.USMALLINT, 5], [DuckDBTypeId.INTEGER, 10], [DuckDBTypeId.UINTEGER, 10],
  [DuckDBTypeId.BIGINT, 19], [DuckDBTypeId.UBIGINT, 20], [DuckDBTypeId.HUGEINT, 39], [DuckDBTypeId.UHUGEINT, 39],
]);

function exactType(type: DuckDBType): ExactType | null {
  const precision = PRECISIONS.get(type.typeId);
  if (precision !== undefined) return { precision, scale: 0 };
  if (type.typeId !== DuckDBTypeId.DECIMAL) return null;
  const decimal = type as DuckDBType & { readonly width: number; readonly scale: number }; // a decimal type has both
  return decimal.scale > SCALE_MAX ? null : { precision: decimal.width, scale: decimal.scale };
}

function rowsOf(chunk: DuckDBDataChunk, columns: readonly PreparedColumn[]): { rows: Cell[][]; bytes: number } {
  const count = chunk.rowCount;
  const rows: Cell[][] = Array.from({ length: count }, () => []);
  let bytes = 0;
  for (let c = 0; c < columns.length; c++) {
    const values = chunk.getColumnValues(c) as (number | string | boolean | null)[]; // the casts leave these only
    const { read } = columns[c]!;
    for (let r = 0; r < count; r++) {
      const value = values[r]!;
      bytes += typeof value === "string" ? value.length : 8;
      rows[r]!.push(read === null || value === null ? value : read(value));
    }
  }
  return { rows, bytes };
}

const MICROS_PER_MINUTE = 60_000_000;

/** ISO text of microseconds since 1970. Rows come in runs of a minute, whose text is kept. */
function microsText(zone: "" | "Z"): (value: number | string | boolean) => Cell {
  let minute = NaN;
  let prefix = "";
  return (value) => {
    const micros = Number(value);
    const minuteNow = Math.floor(micros / MICROS_PER_MINUTE);
    if (minuteNow !== minute) {
      minute = minuteNow;
      prefix = new Date(minute * 60_000).toISOString().slice(0, -7); // up to the minute's colon
    }
    const rest = micros - minute * MICROS_PER_MINUTE;
    const seconds = Math.floor(rest / 1e6);
    const fraction = rest - seconds * 1e6;
    const text = `${prefix}${seconds < 10 ? "0" : ""}${seconds}`;
    return fraction === 0 ? text + zone : `${text}.${String(fraction).padStart(6, "0")}${zone}`;
  };
}

/** Always with zone, so that it means the same whatever the session's zone is. */
function instantText(ms: number): string {
  return new Date(ms).toISOString();
}
