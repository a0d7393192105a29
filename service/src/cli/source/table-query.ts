/** The SELECT for one table that a draft begins with. */
import type { Dialect } from "../../connectors/sql/dialect.ts";
import { quoteName } from "../../connectors/sql/quote-name.ts";

const PLAIN = /^[a-z_][a-z0-9_]*$/;

/** @param table  as the source lists it, quoted where it has to be */
export function tableQuery(table: string, timestamp: string, columns: readonly string[], dialect: Dialect): string {
  const name = (column: string): string => (PLAIN.test(column) ? column : dialect === "mysql" ? `\`${column.replaceAll("`", "``")}\`` : quoteName(column));
  return `select ${columns.map(name).join(", ")}\nfrom ${table}\nwhere ${name(timestamp)} >= :start and ${name(timestamp)} < :end\n`;
}
