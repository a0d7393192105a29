/** Which column of the result is which of the configuration's. Asked once a reading, before the first row. */
import type { Column } from "../connectors/connector.ts";
import { isCounted, type DetectorConfig, type MeasureConfig } from "../resources/detector.ts";
import { SourceError } from "../telemetry/errors.ts";

export interface FoundColumns {
  /** index of the timestamp's column in a row */
  readonly timestamp: number;
  readonly timestampType: Column["type"];
  /** [measure] */
  readonly measures: readonly number[];
  /** [measure] a ratio's denominator; −1 for other measures */
  readonly denominators: readonly number[];
  /** [measure] digits after the point of an exact type, whose sums are exact; null for others */
  readonly scales: readonly (number | null)[];
  readonly denominatorScales: readonly (number | null)[];
  /** [dimension], in the configuration's order */
  readonly dimensions: readonly number[];
}

/**
 * Names are compared exactly first, then without case (databases change the case of unquoted names).
 * Throws SourceError, code "SHAPE", for a column that isn't there, is there twice, or has a type that can't serve.
 */
export function findColumns(config: DetectorConfig, columns: readonly Column[]): FoundColumns {
  const timestamp = find(config.timestamp.column, "timestamp column", columns);
  const timestampType = columns[timestamp]!.type;
  if (timestampType === "boolean" || timestampType === "other") {
    throw shapeError(
      `the timestamp column ${config.timestamp.column} is of type ${columns[timestamp]!.nativeType}`,
      "It must be a timestamp, a date, a text with a format, or a UNIX time.",
    );
  }
  const measures = config.measures.map((measure) => findNumber(measure.column, measure, columns));
  const denominators = config.measures.map((measure) => (measure.denominator === undefined ? -1 : findNumber(measure.denominator, measure, columns)));
  const scaleOf = (index: number): number | null => columns[index]?.exact?.scale ?? null;
  return {
    timestamp,
    timestampType,
    measures,
    denominators,
    scales: measures.map(scaleOf),
    denominatorScales: denominators.map(scaleOf),
    dimensions: config.dimensions.map((name) => find(name, "dimension", columns)),
  };
}

function findNumber(name: string, measure: MeasureConfig, columns: readonly Column[]): number {
  const index = find(name, `measure ${measure.name}`, columns);
  const { type, nativeType } = columns[index]!;
  // Texts may hold numbers and are looked at row by row; a timestamp never is one.
  if (!isCounted(measure.aggregation) && type !== "number" && type !== "text") {
    throw shapeError(`the measure ${measure.name} (column ${name}) is of type ${nativeType}, not a number`, `Cast it in the query (${name}::numeric), or count it (COUNT).`);
  }
  return index;
}

function find(name: string, what: string, columns: readonly Column[]): number {
  const exact = indexesWhere(columns, (column) => column.name === name);
  const found = exact.length > 0 ? exact : indexesWhere(columns, (column) => column.name.toLowerCase() === name.toLowerCase());
  if (found.length === 1) return found[0]!;
  const names = columns.map((column) => column.name).join(", ");
  if (found.length === 0) throw shapeError(`the query's result has no column ${name} (${what}); its columns are ${names}`, `Name it in the query (… as ${name}) or correct the configuration.`);
  throw shapeError(`the query's result has ${found.length} columns named ${name} (${what}); its columns are ${names}`, "Give each a name of its own (… as …), so that it is clear which one is meant.");
}

function indexesWhere(columns: readonly Column[], holds: (column: Column) => boolean): number[] {
  return columns.flatMap((column, index) => (holds(column) ? [index] : []));
}

function shapeError(message: string, advice: string): SourceError {
  return new SourceError(message, { code: "SHAPE", transient: false, advice });
}
