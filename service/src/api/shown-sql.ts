export { shownSql } from "../connectors/sql/shown-sql.ts";
