/**
 * Tables for the connector's contract, as files on the test kit: Parquet, a folder for each hour. A source of files has one dataset and no
 * SQL, so that `s3Tables` opens one for each table that the suite names, and gives the columns in the order in which it asks.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { startTestKit } from "@foretop/test-kit";
import { cuttableProxy } from "../../../test/cuttable-proxy.ts";
import { WRONG_PASSWORD } from "../connector-contract.ts";
import type { ContractColumnType, SourceWorld } from "../connector-contract.ts";
import type { BoundQuery, Cell, Column, Connector, DatasetNeeds, Source, SourceContext } from "../connector.ts";
import { quoteName } from "../sql/quote-name.ts";
import { s3Connector } from "./s3.ts";
import { s3Settings } from "./s3-settings.ts";

const TYPES: Readonly<Record<ContractColumnType, string>> = {
  integer: "integer", bigint: "bigint", decimal: "decimal(38,10)", double: "double", text: "varchar", boolean: "boolean", timestamp: "timestamp", timestamptz: "timestamptz", date: "date",
};
const NUMBERS: ReadonlySet<ContractColumnType> = new Set(["integer", "bigint", "decimal", "double"]);

const DAY_MS = 86_400_000;

export interface S3World {
  readonly connector: Connector;
  readonly world: SourceWorld;
}

/** The connector and its world come together: which columns a table has is known to whoever made it. */
export async function openS3World(): Promise<S3World> {
  const kit = await startTestKit({ s3PageKeysMax: 50 });
  kit.s3.createBucket("data");
  const folder = mkdtempSync(join(tmpdir(), "foretop-world-s3-"));
  const writer = await (await DuckDBInstance.create(":memory:")).connect();
  await writer.run("set TimeZone = 'UTC'");
  const proxy = await cuttableProxy("127.0.0.1", kit.port);
  let closed: Promise<void> | null = null;
  const tables = new Map<string, Readonly<Record<string, ContractColumnType>>>([["big", { ts: "timestamp", n: "integer", filler: "text" }]]);
  const settings = { region: kit.region, endpoint: kit.endpoint, credentials: "env:KEYS", path: "s3://data/TABLE/{{yyyyMMdd}}/{{HHmm}}/" };
  const mayList = kit.addUser("stranger", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:ListBucket"], Resource: "arn:aws:s3:::data" }] });
  const secrets = new Map([["env:KEYS", kit.credentials], ["env:WRONG", { ...kit.credentials, secretAccessKey: WRONG_PASSWORD }], ["env:LIST", mayList]]);
  const literal = (cell: Cell): string => (cell === null ? "null" : typeof cell === "string" ? `'${cell.replaceAll("'", "''")}'` : String(cell));
  /** [table] first and last day of its files, epoch ms: the suite asks for a year, of which listing takes seconds */
  const days = new Map<string, { startMs: number; endMs: number }>();
  const put = async (table: string, hour: string, rows: string): Promise<void> => {
    const dayMs = Date.UTC(Number(hour.slice(0, 4)), Number(hour.slice(4, 6)) - 1, Number(hour.slice(6, 8)));
    const known = days.get(table) ?? { startMs: dayMs, endMs: dayMs };
    days.set(table, { startMs: Math.min(known.startMs, dayMs), endMs: Math.max(known.endMs, dayMs) });
    const file = join(folder, "rows.parquet");
    await writer.run(`copy (${rows}) to '${file}' (format parquet)`);
    kit.s3.put("data", `${table}/${hour}/rows.parquet`, readFileSync(file));
  };
  const world: SourceWorld = {
    settings,
    secrets: { resolve: (reference) => Promise.resolve(JSON.stringify(secrets.get(reference))) },
    async createTable(name, columns, rows) {
      tables.set(name, columns);
      await writer.run(`create or replace table w (${Object.entries(columns).map(([column, type]) => `${quoteName(column)} ${TYPES[type]}`).join(", ")})`);
      if (rows.length > 0) await writer.run(`insert into w values ${rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ")}`);
      const hours = await writer.runAndReadAll("select distinct strftime(ts, '%Y%m%d/%H') as hour from w");
      for (const [hour] of hours.getRows()) await put(name, `${String(hour)}00`, `select * from w where strftime(ts, '%Y%m%d/%H') = '${String(hour)}'`);
    },
    async createBigTable(rows) {
      for (let from = 0; from < rows; from += 3600) {
        const hour = new Date(Date.UTC(2026, 0, 1) + from * 1000).toISOString().slice(0, 13).replaceAll("-", "").replace("T", "/");
        await put("big", `${hour}00`, `select timestamp '2026-01-01' + to_seconds(i) as ts, i::integer as n, repeat('x', 100) as filler from range(${from}, ${Math.min(rows, from + 3600)}) t(i)`);
      }
    },
    async dropTable(name) {
      tables.delete(name);
      for (const key of kit.s3.keys("data", `${name}/`)) kit.s3.delete("data", key);
    },
    select: (columns, table, { startMs, endMs }) => {
      const { startMs: firstMs, endMs: lastMs } = days.get(table) ?? { startMs, endMs: startMs };
      return { sql: `${columns} of ${table}`, parameters: [Math.max(startMs, firstMs - DAY_MS), Math.min(endMs, lastMs + 2 * DAY_MS)] };
    },
    slowQuery: { sql: "n of never", parameters: [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 1)] },
    runningStatements: () => Promise.resolve(0),
    wrongPassword: { ...settings, credentials: "env:WRONG" },
    mayNotRead: { ...settings, credentials: "env:LIST" },
    nobodyThere: { ...settings, endpoint: "http://127.0.0.1:1", requestSecondsMax: 2 },
    cuttable: { settings: { ...settings, endpoint: `http://127.0.0.1:${proxy.port}` }, cut: () => void (closed ??= proxy.close()) },
    async close() {
      await kit.stop();
      await (closed ?? proxy.close());
      rmSync(folder, { recursive: true, force: true });
    },
  };
  // Listing is answered, the file is not: what takes long about files is to get them.
  tables.set("never", { ts: "timestamp", n: "integer" });
  kit.s3.put("data", "never/20260101/0000/rows.parquet", Buffer.from("never"));
  kit.faults.add({ operation: "GetObject", kind: "hang", times: Infinity, where: ({ target }) => target.includes("never/") });
  return { connector: { ...(s3Connector as Connector), open: (open, context) => Promise.resolve(new S3Tables(s3Settings.parse(open), context, tables)) }, world };
}

class S3Tables implements Source {
  readonly dialect = "files";
  readonly #settings: ReturnType<typeof s3Settings.parse>;
  readonly #context: SourceContext;
  readonly #tables: ReadonlyMap<string, Readonly<Record<string, ContractColumnType>>>;

  constructor(settings: ReturnType<typeof s3Settings.parse>, context: SourceContext, tables: ReadonlyMap<string, Readonly<Record<string, ContractColumnType>>>) {
    this.#settings = settings;
    this.#context = context;
    this.#tables = tables;
  }

  async describe(query: BoundQuery, options?: Parameters<Source["describe"]>[1]): Promise<readonly Column[]> {
    await using source = await this.#open(query);
    const columns = await source.describe(query, options);
    return wanted(query, columns).map((place) => columns[place]!);
  }

  async *read(query: BoundQuery, options: Parameters<Source["read"]>[1]): ReturnType<Source["read"]> & AsyncGenerator {
    await using source = await this.#open(query);
    let places: readonly number[] = [];
    const onColumns = (columns: readonly Column[]): void => {
      places = wanted(query, columns);
      options.onColumns?.(places.map((place) => columns[place]!));
    };
    for await (const batch of source.read(query, { ...options, onColumns })) yield { ...batch, rows: batch.rows.map((row) => places.map((place) => row[place]!)) };
  }

  async check(query: BoundQuery, timestampColumn: string | null): ReturnType<Source["check"]> {
    await using source = await this.#open(query);
    return source.check(query, timestampColumn);
  }

  async #open({ sql }: BoundQuery): Promise<Source> {
    const table = sql.split(" of ")[1]!;
    const columns = Object.entries(this.#tables.get(table) ?? {}).filter(([name]) => name !== "ts");
    const named = (isNumber: boolean): string[] => columns.filter(([, type]) => NUMBERS.has(type) === isNumber).map(([name]) => name);
    const dataset: DatasetNeeds = { frequency: "PT1H", timestamp: { column: "ts", format: null }, numbers: named(true), texts: named(false) };
    return s3Connector.open({ ...this.#settings, path: this.#settings.path.replace("TABLE", table) }, { ...this.#context, dataset });
  }

  async close(): Promise<void> {
    // Each reading has opened and closed its own.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // as above
  }
}

/** Where the columns stand that the suite asks for, in its order. */
function wanted({ sql }: BoundQuery, columns: readonly Column[]): number[] {
  const names = sql.split(" of ")[0]!;
  return names === "*" ? columns.map((_, place) => place) : names.split(", ").map((name) => columns.findIndex((column) => column.name === name));
}
