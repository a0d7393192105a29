import type { Column } from "../connectors/connector.ts";
import type { DetectorConfig } from "../resources/detector.ts";
import { findColumns } from "./find-columns.ts";
import type { FoundColumns } from "./find-columns.ts";
import { LeafTable } from "./leaf-table.ts";
import type { Attempt } from "./read-attempt.ts";

/** A reading's rows gathered in a table, and what its columns are. */
export interface FilledTable {
  readonly table: LeafTable;
  readonly columns: readonly Column[];
  readonly found: FoundColumns;
  readonly maxTimestampMs: number | null;
}

/**
 * Reads an attempt to its end. The table is made when the columns are known, which is before the first row and also when
 * there are no rows.
 *
 * @param intervals  starts, ascending and without gaps, and the end of the last one
 */
export async function fillTable(
  config: DetectorConfig,
  attempt: Attempt,
  { startMs, endMs }: { startMs: Float64Array; endMs: number },
  onBatch?: (table: LeafTable, bytes: number) => void,
): Promise<FilledTable> {
  const { aggregation } = attempt;
  const made: { columns: readonly Column[]; found: FoundColumns; table: LeafTable }[] = [];
  const batches = attempt.read((received) => {
    const columns = aggregation?.columns ?? withDigits(received, attempt.described);
    const found = aggregation?.found ?? findColumns(config, columns);
    made.push({ columns, found, table: new LeafTable(config, found, { startMs, endMs, columnCount: columns.length }) });
  });
  for await (const batch of batches) {
    const { table } = made[0]!;
    if (aggregation !== null) table.addGroups(batch.rows, aggregation.layout);
    else if (batch.columns !== undefined) table.addColumns(batch.columns, batch.count ?? 0, batch.within);
    else table.addRows(batch.rows, batch.within);
    onBatch?.(made[0]!.table, batch.bytes);
  }
  const { columns, found, table } = made[0]!;
  return { table, columns, found, maxTimestampMs: table.maxTimestampMs === -Infinity ? null : table.maxTimestampMs };
}

/** How many digits a decimal has isn't told by every way in which rows come (UNLOAD's manifest), but was by the description. */
function withDigits(received: readonly Column[], described: readonly Column[] | null): readonly Column[] {
  if (described?.length !== received.length) return received;
  return received.map((column, i) => {
    const { name, type, exact } = described[i]!;
    return column.exact === undefined && exact !== undefined && name === column.name && type === column.type ? { ...column, exact } : column;
  });
}
