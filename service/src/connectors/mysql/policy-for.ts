/** The least that a source of MySQL needs: a user who may read what the query reads. */
import type { PolicyReads, SourcePolicy } from "../connector.ts";
import type { MysqlSettings } from "./mysql-settings.ts";

export function policyFor({ user, database }: MysqlSettings, { tables }: PolicyReads): readonly SourcePolicy[] {
  const name = `'${(user ?? "foretop_reader").replaceAll("'", "''")}'@'%'`;
  const inDatabase = (table: string): string => (table.includes(".") || database === undefined ? table : `\`${database.replaceAll("`", "``")}\`.${table}`);
  const lines = [
    `create user ${name} identified by '…';  -- instead of %, the address of the machine where Foretop runs`,
    ...(tables.length === 0 ? [`grant select on TABLE-OF-THE-QUERY to ${name};`] : tables.map((table) => `grant select on ${inDatabase(table)} to ${name};`)),
  ];
  return [{ title: "SQL, to be run by an administrator of the database", kind: "sql", text: lines.join("\n") }];
}
