/** PostgreSQL, and what speaks its protocol: Amazon Redshift is recognised when connecting. */
import type { Connector } from "../connector.ts";
import { openConnection } from "./connection.ts";
import { policyFor } from "./policy-for.ts";
import { postgresSettings } from "./postgres-settings.ts";
import type { PostgresSettings } from "./postgres-settings.ts";
import { PostgresSource } from "./postgres-source.ts";
import { resolveSettings } from "./resolve-settings.ts";

export const postgresConnector: Connector<PostgresSettings> = {
  kind: "postgres",
  dialect: "postgres",
  settings: postgresSettings,
  async open(settings, context) {
    const address = await resolveSettings(settings, context.secrets);
    return new PostgresSource(await openConnection(address, { zone: context.zone, ...(context.signal && { signal: context.signal }) }));
  },
  policyFor,
};
