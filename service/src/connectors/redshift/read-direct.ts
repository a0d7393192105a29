/**
 * Way 1: the rows as the Data API hands them out, page by page. The time limit is the statement's; its pages have an end of their
 * own: 100 MB, each within `requestSecondsMax`.
 */
import type { ColumnMetadata } from "@aws-sdk/client-redshift-data";
import { asInterrupted } from "../../aws/aws-error.ts";
import type { BoundQuery, Cell, Column, ReadOptions, RowBatch } from "../connector.ts";
import { cellOfField, columnOf } from "./cell-types.ts";
import type { DataApi } from "./data-api.ts";
import { rebatch } from "./rebatch.ts";
import { startStatement } from "./start-statement.ts";
import { parameterised } from "./statement-text.ts";

export async function* readDirect(api: DataApi, query: BoundQuery, options: ReadOptions, doing = "reading rows"): AsyncGenerator<RowBatch, void, undefined> {
  const { timeoutMs, rowsPerBatch, signal, onStatement, onColumns, work } = options;
  const abort = { ...(signal && { signal }) };
  const statement = await startStatement(api, parameterised(query), { work, ...abort });
  let hasEnded = false;
  try {
    onStatement?.(statement.id);
    await api.waitUntilEnded(statement.id, { timeoutMs, doing, ...abort });
    hasEnded = true;
  } finally {
    // Whatever the reason, nothing of ours goes on. Should that fail, the next attempt finds it by its name.
    if (!hasEnded) await api.cancel(statement.id).catch(() => {});
  }
  yield* rebatch(rowsOf(api, statement.resultId), rowsPerBatch);

  async function* rowsOf(from: DataApi, id: string): AsyncGenerator<Cell[][], void, undefined> {
    let columns: readonly Column[] = [];
    let next = from.page(id, undefined, signal);
    for (let isFirst = true; ; isFirst = false) {
      const { Records = [], ColumnMetadata = [], NextToken } = await next.catch((error: unknown) => {
        throw isFirst ? error : asInterrupted(error);
      });
      if (isFirst) {
        columns = ColumnMetadata.map(columnOfMetadata);
        onColumns?.(columns);
      }
      // The next page comes while the caller works on this one, for the price of two pages in memory.
      if (NextToken !== undefined) next = from.page(id, NextToken, signal);
      next.catch(() => {}); // it is awaited, or the caller has left
      yield Records.map((record) => record.map((field, c) => cellOfField(field, columns[c]!.type)));
      if (NextToken === undefined) return;
    }
  }
}

function columnOfMetadata({ name = "", label, typeName = "unknown", precision = 0, scale = 0 }: ColumnMetadata): Column {
  return columnOf(label ?? name, typeName, { precision, scale });
}
