/** One reading in a process of its own: by the connector, or by its driver alone. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { DuckDBInstance } from "@duckdb/node-api";
import mysql2 from "mysql2";
import { Client } from "pg";
import Cursor from "pg-cursor";
import { intervalStarts } from "@foretop/engine";
import type { BoundQuery, Column, Connector, DatasetNeeds, RowBatch, Source } from "../../../service/src/connectors/connector.ts";
import { duckdbConnector } from "../../../service/src/connectors/duckdb/duckdb.ts";
import { mysqlConnector } from "../../../service/src/connectors/mysql/mysql.ts";
import { postgresConnector } from "../../../service/src/connectors/postgres/postgres.ts";
import { s3Connector } from "../../../service/src/connectors/s3/s3.ts";
import { fillTable } from "../../../service/src/crawl/fill-table.ts";
import { planAggregation } from "../../../service/src/crawl/plan-aggregation.ts";
import { DEFAULT_HORIZON, DEFAULT_LIMITS } from "../../../service/src/resources/detector.ts";
import type { DetectorConfig, MeasureConfig } from "../../../service/src/resources/detector.ts";

interface Rows {
  readonly rows: number;
}
export type PartInput = Rows &
  (
    | { readonly kind: "postgres"; readonly url: string; readonly sql: string }
    | { readonly kind: "mysql"; readonly port: number; readonly sql: string }
    | { readonly kind: "duckdb"; readonly folder: string; readonly sql: string }
    | { readonly kind: "s3"; readonly endpoint: string; readonly region: string; readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }; readonly path: string }
  );

export interface Measured {
  /** lines or rows that left the database, for those into the table */
  readonly left: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const ROWS_PER_BATCH = 4000;
const TIMEOUT_MS = 600_000;
const DATASET: DatasetNeeds = { frequency: "P1D", timestamp: { column: "ts", format: "yyyy-MM-dd HH:mm:ss" }, numbers: ["n", "amount"], texts: ["country", "channel"] };

/** "lines" and "rows": into the crawler's table, aggregated by the database or by us */
export type How = "connector" | "raw" | "lines" | "rows";

process.once("message", (message) => {
  void run(message as { input: PartInput; how: How }); // sent by connectors.ts
});

async function run({ input, how }: { input: PartInput; how: How }): Promise<void> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const left = { count: 0 };
  const count = how === "connector" ? await byConnector(input) : how === "raw" ? await byDriver(input) : await intoTable(input, how, left);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (count !== input.rows && !(input.kind === "s3" && how === "raw")) throw new Error(`${count} rows instead of ${input.rows}`);
  const measured: Measured = { left: left.count, seconds, cpuSeconds: (user + system) / 1e6, peakMb: process.resourceUsage().maxRSS / 1024 };
  process.send!(measured, () => process.exit(0));
}

async function byConnector(input: PartInput): Promise<number> {
  const { connector, settings, secret, query } = connectorOf(input);
  const source = await connector.open(connector.settings.parse(settings), { secrets: { resolve: () => Promise.resolve(secret) }, zone: "UTC", dataset: DATASET });
  let count = 0;
  for await (const batch of source.read(query, { rowsPerBatch: ROWS_PER_BATCH, timeoutMs: TIMEOUT_MS })) count += batch.count ?? batch.rows.length;
  await source.close();
  return count;
}

/** From the statement to the leaf table, as a crawl of a day's hours. */
async function intoTable(input: PartInput, how: "lines" | "rows", left: { count: number }): Promise<number> {
  const { connector, settings, secret, query } = connectorOf(input);
  const { config, range } = CRAWL;
  await using source: Source = await connector.open(connector.settings.parse(settings), { secrets: { resolve: () => Promise.resolve(secret) }, zone: "UTC", dataset: DATASET });
  const described = await source.describe(query);
  const { aggregation, why } = planAggregation(config, source, query, described, range);
  if (aggregation === null) throw new Error(why);
  const read = async function* (onColumns: (columns: readonly Column[]) => void): AsyncGenerator<RowBatch> {
    for await (const batch of source.read(how === "lines" ? aggregation.query : query, { rowsPerBatch: ROWS_PER_BATCH, timeoutMs: TIMEOUT_MS, onColumns })) {
      left.count += batch.rows.length;
      yield batch;
    }
  };
  const { table } = await fillTable(config, { id: "", aggregation: how === "lines" ? aggregation : null, described, read }, { startMs: intervalStarts(range.startMs, range.endMs, "PT1H", "UTC"), endMs: range.endMs });
  const { values } = table.take();
  if (values.length === 0) throw new Error("an empty table");
  return table.processed;
}

const measure = (name: string, aggregation: MeasureConfig["aggregation"], column = name): MeasureConfig => ({ name, column, aggregation, whenAbsent: "zero", severityMin: 0, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 });

/** Four months of hours, whatever of it there is. */
const CRAWL = {
  config: {
    name: "bench", description: null, frequency: "PT1H", zone: "UTC", offsetSeconds: 0,
    source: { kind: "any", settings: {} }, query: { kind: "bound", sql: "", file: null }, timestamp: { column: "ts", format: null },
    measures: [measure("amount", "SUM"), measure("n", "AVG"), measure("rows", "COUNT", "n")], dimensions: ["country", "channel"], levels: "all",
    history: { intervalsMax: 2500 }, completeness: { rowShareMin: 0, waitIntervalsMax: 1 }, horizonIntervals: DEFAULT_HORIZON.PT1H, alerts: [], limits: DEFAULT_LIMITS,
  } satisfies DetectorConfig,
  range: { startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2026, 4, 1) },
};

function connectorOf(input: PartInput): { connector: Connector; settings: unknown; secret: string; query: BoundQuery } {
  switch (input.kind) {
    case "postgres": {
      const { hostname, port, username, password, pathname } = new URL(input.url);
      return { connector: postgresConnector as Connector, settings: { host: hostname, port: Number(port), database: pathname.slice(1), user: username, password: "env:P" }, secret: decodeURIComponent(password), query: { sql: input.sql, parameters: [] } };
    }
    case "mysql":
      return { connector: mysqlConnector as Connector, settings: { host: "127.0.0.1", port: input.port, database: "bench", user: "root" }, secret: "", query: { sql: input.sql, parameters: [] } };
    case "duckdb":
      return { connector: duckdbConnector as Connector, settings: { folder: input.folder, memoryMbMax: 256 }, secret: "", query: { sql: input.sql, parameters: [] } };
    case "s3":
      return {
        connector: s3Connector as Connector,
        settings: { endpoint: input.endpoint, region: input.region, credentials: "env:K", path: input.path },
        secret: JSON.stringify(input.credentials),
        query: { sql: "", parameters: [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)] },
      };
  }
}

/** As somebody would write it who knows the driver: rows as arrays, a batch at a time. */
async function byDriver(input: PartInput): Promise<number> {
  let count = 0;
  switch (input.kind) {
    case "postgres": {
      const client = new Client({ connectionString: input.url });
      await client.connect();
      const cursor = client.query(new Cursor<unknown[]>(input.sql, [], { rowMode: "array" }));
      for (let rows = await cursor.read(ROWS_PER_BATCH); rows.length > 0; rows = await cursor.read(ROWS_PER_BATCH)) count += rows.length;
      await client.end();
      return count;
    }
    case "mysql": {
      const connection = mysql2.createConnection({ host: "127.0.0.1", port: input.port, database: "bench", user: "root", dateStrings: true });
      for await (const _ of connection.execute({ sql: input.sql, rowsAsArray: true }).stream({ highWaterMark: ROWS_PER_BATCH })) count += 1;
      connection.destroy();
      return count;
    }
    case "duckdb": {
      const connection = await (await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "256MB" })).connect();
      const result = await connection.stream(input.sql.replace(/from (\w+)/, (_, name: string) => `from '${input.folder}/${name}.parquet'`));
      for await (const rows of result.yieldRowsJs()) count += rows.length;
      return count;
    }
    case "s3": {
      // There is no driver for rows: this is what the download alone takes.
      const client = new S3Client({ endpoint: input.endpoint, region: input.region, credentials: input.credentials, forcePathStyle: true });
      const prefix = input.path.replace("s3://bench/", "").replace("{{yyyy}}", "2026");
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "bench", Prefix: prefix }));
      for (const { Key } of Contents) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: "bench", Key: Key! }));
        for await (const piece of Body as AsyncIterable<Uint8Array>) count += piece.length;
      }
      client.destroy();
      return count;
    }
  }
}
