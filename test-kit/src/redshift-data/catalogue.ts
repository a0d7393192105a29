/**
 * ListTables and DescribeTable, from PostgreSQL's information schema.
 * https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListTables.html
 * https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeTable.html
 */
import { AwsError } from "../http/aws-error.ts";
import { countField, textField } from "../http/json-service.ts";
import type { JsonInput } from "../http/json-service.ts";
import { LIST_TABLES_MAX } from "./limits.ts";
import { openSession, redshiftError } from "./run-statement.ts";
import type { Session } from "./run-statement.ts";

export async function listTables(session: Session, input: JsonInput): Promise<unknown> {
  const rows = await ask<{ schema: string; name: string; type: string }>(
    session,
    `select table_schema as schema, table_name as name, case table_type when 'VIEW' then 'VIEW' else 'TABLE' end as type
       from information_schema.tables
      where table_schema like $1 and table_name like $2 and table_schema not in ('pg_catalog', 'information_schema', 'redshift_kit')
      order by 1, 2`,
    [textField(input, "SchemaPattern") ?? "%", textField(input, "TablePattern") ?? "%"],
  );
  return { ...page("Tables", rows, input) };
}

export async function describeTable(session: Session, input: JsonInput): Promise<unknown> {
  const [schema, table] = [textField(input, "Schema") ?? "public", textField(input, "Table") ?? ""];
  const rows = await ask<{ name: string; typeName: string; nullable: string }>(
    session,
    `select column_name as name, udt_name as "typeName", is_nullable as nullable
       from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position`,
    [schema, table],
  );
  const columns = rows.map(({ name, typeName, nullable }) => ({ name, label: name, typeName: typeName === "text" ? "varchar" : typeName, nullable: nullable === "YES" ? 1 : 0, schemaName: schema, tableName: table }));
  return { TableName: table, ...page("ColumnList", columns, input) };
}

async function ask<Row extends object>(session: Session, sql: string, values: readonly string[]): Promise<Row[]> {
  try {
    const client = await openSession(session);
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  } catch (error) {
    throw new AwsError("DatabaseConnectionException", redshiftError(error), { status: 500 });
  }
}

function page(name: string, rows: readonly unknown[], input: JsonInput): Record<string, unknown> {
  const count = countField(input, "MaxResults", { fallback: LIST_TABLES_MAX, max: LIST_TABLES_MAX });
  const from = Number(textField(input, "NextToken") ?? 0);
  return { [name]: rows.slice(from, from + count), ...(from + count < rows.length && { NextToken: String(from + count) }) };
}
