/** A warehouse for tests: the kit in a process of its own, on a database of the tests' PostgreSQL. */
import { DescribeStatementCommand, ListStatementsCommand, RedshiftDataClient } from "@aws-sdk/client-redshift-data";
import { spawnTestKit } from "@foretop/test-kit";
import type { SpawnedTestKit } from "@foretop/test-kit";
import { cuttableProxy } from "../../../test/cuttable-proxy.ts";
import { runOn, testDatabase } from "../../../test/postgres.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import { WRONG_PASSWORD } from "../connector-contract.ts";
import type { ContractColumnType, SourceWorld } from "../connector-contract.ts";
import type { Cell } from "../connector.ts";

const SQL_TYPES: Readonly<Record<ContractColumnType, string>> = {
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  date: "date",
  integer: "integer",
  bigint: "bigint",
  decimal: "numeric",
  double: "double precision",
  text: "varchar(1000)",
  boolean: "boolean",
};

export interface RedshiftWorld extends SourceWorld {
  readonly kit: SpawnedTestKit;
  readonly databaseUrl: string;
}

/** @param way  "parquet" and "csv" go through UNLOAD */
export async function openRedshiftWorld(way: "direct" | "parquet" | "csv"): Promise<RedshiftWorld> {
  const database = await testDatabase();
  const name = new URL(database.url).pathname.slice(1);
  const nobody = `nobody_${name}`;
  await runOn(database.url, `create role ${nobody}`);
  const kit = await spawnTestKit({ postgresUrl: database.url, buckets: ["unloaded"], roles: ["unload"], secrets: {} });
  const proxy = await refusingProxy(kit.port);
  const credentials = JSON.stringify(kit.credentials);
  const secrets: Secrets = {
    resolve: (reference) => Promise.resolve(reference === "env:WRONG" ? JSON.stringify({ ...kit.credentials, secretAccessKey: WRONG_PASSWORD }) : credentials),
  };
  const settings = {
    region: kit.region,
    endpoint: kit.endpoint,
    credentials: "env:AWS",
    clusterIdentifier: "kit-cluster",
    database: name,
    pollSecondsMax: 0.2,
    ...(way !== "direct" && { unload: { to: "s3://unloaded/foretop/", iamRole: kit.roles[0]!, format: way } }),
  };
  const client = new RedshiftDataClient({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials });
  return {
    kit,
    databaseUrl: database.url,
    settings,
    secrets,
    async createTable(table, columns, rows) {
      const literal = (cell: Cell): string => (cell === null ? "null" : `'${String(cell).replaceAll("'", "''")}'`);
      const values = rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ");
      await runOn(database.url, `drop table if exists ${table}; create table ${table} (${Object.entries(columns).map(([column, type]) => `${column} ${SQL_TYPES[type]}`).join(", ")}); ${rows.length > 0 ? `insert into ${table} values ${values}` : ""}`);
    },
    async dropTable(table) {
      await runOn(database.url, `drop table ${table}`);
    },
    async createBigTable(rows) {
      await runOn(database.url, `drop table if exists big; create table big as select timestamp '2026-01-01' + n * interval '1 second' as ts, n, repeat('x', 100)::varchar(100) as filler from generate_series(0, ${rows - 1}) as n`);
    },
    select: (columns, table, { startMs, endMs }) => ({ sql: `select ${columns} from ${table} where ts >= $1::timestamptz and ts < $2::timestamptz`, parameters: [startMs, endMs] }),
    slowQuery: { sql: "select pg_sleep(60)::varchar as slept", parameters: [] },
    async runningStatements() {
      const { Statements = [] } = await client.send(new ListStatementsCommand({ Status: "ALL" }));
      let running = 0;
      for (const { Id } of Statements) if (["SUBMITTED", "PICKED", "STARTED"].includes((await client.send(new DescribeStatementCommand({ Id }))).Status!)) running += 1;
      return running;
    },
    wrongPassword: { ...settings, credentials: "env:WRONG" },
    mayNotRead: { ...settings, dbUser: nobody },
    nobodyThere: { ...settings, endpoint: "http://127.0.0.1:1" },
    cuttable: { settings: { ...settings, endpoint: `http://127.0.0.1:${proxy.port}` }, cut: () => proxy.cut() },
    async close() {
      client.destroy();
      await kit.stop();
      await proxy.close();
      await runOn(database.url, `drop role ${nobody}`);
      await database.drop();
    },
  };
}

/** Once cut it stays cut: calls of HTTP would find a new way otherwise, and all would be well. */
async function refusingProxy(port: number): Promise<{ readonly port: number; cut(): void; close(): Promise<void> }> {
  const proxy = await cuttableProxy("127.0.0.1", port);
  let closed: Promise<void> | null = null;
  return {
    port: proxy.port,
    cut: () => {
      closed ??= proxy.close();
    },
    close: () => (closed ??= proxy.close()),
  };
}
