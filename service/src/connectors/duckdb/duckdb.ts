/** Files in a folder (Parquet, CSV, JSON), queried with DuckDB's SQL in this process. */
import type { Connector } from "../connector.ts";
import { policyFor } from "./policy-for.ts";
import { duckdbSettings } from "./duckdb-settings.ts";
import type { DuckdbSettings } from "./duckdb-settings.ts";
import { DuckdbSource } from "./duckdb-source.ts";
import { findTables } from "./find-tables.ts";

export const duckdbConnector: Connector<DuckdbSettings> = {
  kind: "duckdb",
  dialect: "duckdb",
  settings: duckdbSettings,
  async open(settings, context) {
    findTables(settings); // a folder that isn't there is told before anything else
    return new DuckdbSource(settings, context.zone);
  },
  policyFor,
};
