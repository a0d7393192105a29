/**
 * The two CSV files of one interval from all parts that are known of it. Pure, and the order of the parts does not
 * matter: repeated, late and concurrent deliveries give the same files.
 */
import { csvText, type CsvCell } from "./csv.ts";
import type { ExportPart, PartRow } from "./export-part.ts";

export interface IntervalFiles {
  /** key, Timestamp, one column per dimension, `<measure>AnomalyMetricValue` …, `<measure>GroupScore` … */
  readonly metricValues: string;
  /** Timestamp, metricName, dimensionName, dimensionValue, valueContribution */
  readonly contributions: string;
}

/**
 * `retracted` holds ids of groups that were taken back: nothing of them is shown.
 *
 * `stamp` is `2021-02-17_11:00:00`; the Timestamp column has it as `2021-02-17 11:00:00`, without zone, as always.
 */
export function renderInterval(stamp: string, parts: readonly ExportPart[], retracted: ReadonlySet<string> = new Set()): IntervalFiles {
  const timestamp = stamp.replace("_", " ");
  const ordered = [...parts].sort((a, b) => (a.groupId === b.groupId ? a.revision - b.revision : a.groupId < b.groupId ? -1 : 1));
  const valid = ordered.filter(({ groupId }) => !retracted.has(groupId));
  return { metricValues: renderMetricValues(timestamp, ordered, valid), contributions: renderContributions(timestamp, valid) };
}

interface TableRow {
  readonly values: ReadonlyMap<string, string | null>;
  readonly actual: Map<string, number | null>;
  readonly score: Map<string, number>;
}

function renderMetricValues(timestamp: string, parts: readonly ExportPart[], valid: readonly ExportPart[]): string {
  const dimensions = unionInOrder(parts.map((part) => part.dimensions));
  const measures = unionInOrder(parts.map((part) => part.measures));
  // Identity of a row: its instant and its dimensions, each with its name. Never a text of them run together.
  const rows = new Map<string, TableRow>();
  for (const part of valid) {
    for (const row of part.rows) {
      const values = new Map(part.dimensions.map((name, d) => [name, row.values[d]!]));
      const key = rowKey(row, dimensions.map((name) => values.get(name) ?? null));
      let tableRow = rows.get(key);
      if (tableRow === undefined) rows.set(key, (tableRow = { values, actual: new Map(), score: new Map() }));
      // Parts come in order of revision: what was corrected later holds. Of two groups the more severe one counts.
      tableRow.actual.set(part.measure, row.actual);
      tableRow.score.set(part.measure, Math.max(part.score, tableRow.score.get(part.measure) ?? 0));
    }
  }
  const header = ["key", "Timestamp", ...dimensions, ...measures.map((m) => `${m}AnomalyMetricValue`), ...measures.map((m) => `${m}GroupScore`)];
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { values, actual, score }]): CsvCell[] => [
    key,
    timestamp,
    ...dimensions.map((name) => values.get(name) ?? null),
    ...measures.map((measure) => actual.get(measure) ?? null),
    ...measures.map((measure) => score.get(measure) ?? null),
  ]);
  return csvText([header, ...lines]);
}

/**
 * The original ran the timestamp and the values together, so that ("ab", "c") and ("a", "bc") were one key. Here they
 * are separated by `|`; a `|` or `\` in a value is escaped, and a rolled-up dimension is `\N`: different rows have
 * different keys.
 */
function rowKey({ instant }: PartRow, values: readonly (string | null)[]): string {
  return [instant, ...values.map((value) => (value === null ? "\\N" : value.replace(/[\\|]/g, "\\$&")))].join("|");
}

function renderContributions(timestamp: string, valid: readonly ExportPart[]): string {
  const rows: CsvCell[][] = [["Timestamp", "metricName", "dimensionName", "dimensionValue", "valueContribution"]];
  // Of each group the latest revision that is about this interval.
  const latest = new Map(valid.filter(({ contributions }) => contributions !== null).map((part) => [part.groupId, part]));
  for (const { measure, contributions } of latest.values()) {
    for (const { dimension, value, contribution } of contributions!) rows.push([timestamp, measure, dimension, value, contribution]);
  }
  return csvText(rows);
}

function unionInOrder(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}
