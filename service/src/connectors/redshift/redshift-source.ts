import type { S3Client } from "@aws-sdk/client-s3";
import { SourceError } from "../../telemetry/errors.ts";
import type { BoundQuery, Column, ReadOptions, RowBatch, Source, SourceFinding } from "../connector.ts";
import { checkRedshift } from "./check-redshift.ts";
import type { DataApi } from "./data-api.ts";
import type { Place } from "./place.ts";
import { publishedLocation, publishRows } from "./publish-rows.ts";
import type { PublishSettings } from "./publish-rows.ts";
import { readDirect } from "./read-direct.ts";
import { readUnloaded } from "./read-unloaded.ts";
import type { UnloadSettings } from "./read-unloaded.ts";

export interface RedshiftSourceParts {
  readonly api: DataApi;
  readonly place: Place;
  readonly zone: string;
  /** with unload or publish only */
  readonly s3: S3Client | null;
  readonly unload: UnloadSettings | null;
  readonly publish: PublishSettings | null;
}

const DESCRIBE_MS_MAX = 30_000;

/** Nothing is held open between statements: the Data API has no connections. */
export class RedshiftSource implements Source {
  readonly dialect = "redshift";
  readonly rowsOnly: string | null;
  readonly tellsDigitsApart: boolean;
  readonly #parts: RedshiftSourceParts;

  constructor(parts: RedshiftSourceParts) {
    this.#parts = parts;
    this.rowsOnly = parts.publish === null ? null : "the rows themselves are published";
    this.tellsDigitsApart = parts.unload !== null; // a manifest says numeric, and no more
  }

  /** Through the Data API in either way: a result without rows is small. */
  async describe(query: BoundQuery, { signal, timeoutMs = DESCRIBE_MS_MAX }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<readonly Column[]> {
    let columns: readonly Column[] = [];
    const probe: BoundQuery = { sql: `select * from (\n${query.sql}\n) as foretop_described limit 0`, parameters: query.parameters };
    for await (const _ of readDirect(this.#parts.api, probe, { rowsPerBatch: 1, timeoutMs, onColumns: (found) => (columns = found), ...(signal && { signal }) }, "asking for the query's columns"));
    return columns;
  }

  async *read(query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    const { api, s3, unload, publish, zone } = this.#parts;
    const { signal, work } = options;
    if (signal?.aborted === true) throw new SourceError("reading rows was cancelled", { code: "CANCELLED", transient: true });
    let columns: readonly Column[] = [];
    const heard: ReadOptions = {
      ...options,
      onColumns: (found) => {
        columns = found;
        options.onColumns?.(found);
      },
    };
    const rows = unload === null || s3 === null ? readDirect(api, query, heard) : readUnloaded({ api, s3, settings: unload }, query, heard);
    const target = publish === null ? null : publishedLocation(publish, work, zone);
    if (target === null || s3 === null) yield* rows;
    else yield* publishRows(s3, target, () => columns, rows, signal);
  }

  check(query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
    return checkRedshift(this, this.#parts, query, timestampColumn);
  }

  close(): Promise<void> {
    this.#parts.api.close();
    this.#parts.s3?.destroy();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
