/** The least that a source of PostgreSQL needs: a role that may read what the query reads. */
import type { PolicyReads, SourcePolicy } from "../connector.ts";
import { quoteName } from "../sql/quote-name.ts";
import type { PostgresSettings } from "./postgres-settings.ts";

export function policyFor({ user }: PostgresSettings, { tables }: PolicyReads): readonly SourcePolicy[] {
  const role = quoteName(user ?? "foretop_reader");
  const schemas = [...new Set(tables.map((table) => (table.includes(".") ? table.slice(0, table.lastIndexOf(".")) : "public")))];
  const lines = [
    `create role ${role} login password '…';`,
    ...schemas.map((schema) => `grant usage on schema ${schema} to ${role};`),
    `grant select on ${tables.length === 0 ? "TABLES-OF-THE-QUERY" : tables.join(", ")} to ${role};`,
  ];
  return [{ title: "SQL, to be run by an administrator of the database", kind: "sql", text: lines.join("\n") }];
}
