/**
 * Whether the database aggregates a reading's rows, so that one line per series and interval leaves it instead of every row. It does
 * where the answer is provably the same to the last bit; else the rows are read, and the reason is told (`plan`, `doctor`).
 */
import { intervalStarts } from "@foretop/engine";
import type { BoundQuery, Column, Source } from "../connectors/connector.ts";
import { aggregateQuery } from "../connectors/sql/aggregate-query.ts";
import type { AskedMeasure, GroupLayout } from "../connectors/sql/aggregate-query.ts";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import { commonGrid, hasClockChange, instantGrid, wallGrid } from "./aggregation-grid.ts";
import type { Grid } from "./aggregation-grid.ts";
import type { Interval } from "./batch.ts";
import { findColumns } from "./find-columns.ts";
import type { FoundColumns } from "./find-columns.ts";

export interface Aggregation {
  readonly query: BoundQuery;
  readonly layout: GroupLayout;
  /** of the user's own query */
  readonly columns: readonly Column[];
  readonly found: FoundColumns;
}

export type AggregationPlan = { readonly aggregation: Aggregation; readonly why: string } | { readonly aggregation: null; readonly why: string };

/** Without asking the source: why its rows are read in any case, or null. */
export function whyRowsOnly(config: DetectorConfig, source: Pick<Source, "dialect" | "rowsOnly">): string | null {
  if (source.dialect === "files") return "files know no SQL";
  if (config.aggregateInDatabase === false) return "aggregateInDatabase is false";
  return source.rowsOnly ?? null;
}

/** @param columns  of the query as configured. Throws SourceError "SHAPE" for columns that can't serve. */
export function planAggregation(config: DetectorConfig, source: Pick<Source, "dialect" | "rowsOnly">, query: BoundQuery, columns: readonly Column[], range: Interval): AggregationPlan {
  const found = findColumns(config, columns);
  const why = whyRowsOnly(config, source);
  const { dialect } = source;
  if (why !== null || dialect === "files") return no(why ?? "");
  const double = duplicateName(columns);
  if (double !== null) return no(`the query's result has two columns named ${double}`);
  const measures = config.measures.map((measure, m): AskedMeasure => ({ aggregation: measure.aggregation, column: columns[found.measures[m]!]!, denominator: found.denominators[m]! < 0 ? null : columns[found.denominators[m]!]! }));
  for (const [m, measure] of measures.entries()) {
    const reason = whyNotMeasure(config.measures[m]!, measure, dialect);
    if (reason !== null) return no(reason);
  }
  const dimensions = found.dimensions.map((index) => columns[index]!);
  for (const [d, column] of dimensions.entries()) {
    if (column.type === "other" && dialect !== "postgres" && dialect !== "duckdb") return no(`the dimension ${config.dimensions[d]} is of type ${column.nativeType}`);
  }
  const timestamp = columns[found.timestamp]!;
  const grid = gridFor(timestamp, config, dialect, range);
  if (typeof grid === "string") return no(grid);
  const { query: wrapped, layout } = aggregateQuery(query, { timestamp, ...grid, dimensions, measures }, dialect);
  return { aggregation: { query: wrapped, layout, columns, found }, why: "every measure is of an exact type, or counted, or a smallest or largest" };
}

/** For people. */
export function aggregationText({ aggregation, why }: AggregationPlan): string {
  return aggregation === null ? `rows are read and aggregated by Foretop, because ${why}` : `aggregated in the database, because ${why}`;
}

function no(why: string): AggregationPlan {
  return { aggregation: null, why };
}

function whyNotMeasure({ name }: MeasureConfig, { aggregation, column, denominator }: AskedMeasure, dialect: string): string | null {
  const ofType = ({ nativeType }: Column): string => `the measure ${name} is of type ${nativeType}`;
  if (aggregation === "COUNT") return column.type === "number" || column.type === "text" || column.type === "boolean" ? null : ofType(column);
  if (aggregation === "COUNT_DISTINCT") return `the measure ${name} counts different values, which a database compares by rules of its own`;
  if (column.type !== "number") return `${ofType(column)}, whose numbers are looked at one by one`;
  if (aggregation === "MIN" || aggregation === "MAX") {
    return dialect === "redshift" && column.exact === undefined ? `${ofType(column)}, in which Redshift orders NaN in its own way` : null;
  }
  for (const summed of denominator === null ? [column] : [column, denominator]) {
    if (summed.type !== "number") return `${ofType(summed)}, whose numbers are looked at one by one`;
    if (summed.exact !== undefined) continue;
    return /float|double|real/i.test(summed.nativeType)
      ? `${ofType(summed)}: a sum of those depends on the order of the rows, which no database promises. Cast it in the query, e.g. to decimal(18, 4)`
      : `${ofType(summed)} without a declared number of digits after the point. Cast it in the query, e.g. to decimal(18, 4)`;
  }
  return null;
}

/** Or why there is none. */
function gridFor({ type, nativeType }: Column, { frequency, zone }: DetectorConfig, dialect: string, range: Interval): { readonly grid: Grid; readonly onWallClock: boolean } | string {
  const startMs = intervalStarts(range.startMs, range.endMs, frequency, zone);
  const isChange = startMs.length > 0 && hasClockChange(startMs, range.endMs, zone);
  const found = (grid: Grid | null, onWallClock: boolean) => (grid === null ? "its intervals lie on no grid of whole seconds" : { grid, onWallClock });
  if (dialect === "mysql" && type === "timestamptz") {
    // A TIMESTAMP comes as wall-clock time of the session, which is the dataset's zone or UTC.
    return isChange ? "clocks change within what is read, and a TIMESTAMP comes as wall-clock time" : found(commonGrid(startMs, range.endMs, zone), false);
  }
  switch (type) {
    case "timestamptz":
      // Days of 23 and 25 hours are days on the wall clock of the session, whose zone is the dataset's.
      return isChange && frequency === "P1D" ? found(wallGrid(startMs, range.endMs, zone), true) : found(instantGrid(startMs, range.endMs), false);
    case "timestamp":
    case "date":
      return found(wallGrid(startMs, range.endMs, zone), false);
    default:
      return `the timestamp is of type ${nativeType}, and is looked at row by row`;
  }
}

/** Case ignored, as databases do. */
function duplicateName(columns: readonly Column[]): string | null {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) return name;
    seen.add(name.toLowerCase());
  }
  return null;
}
