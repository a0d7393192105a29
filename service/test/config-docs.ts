/**
 * Writes docs/foretop.schema.json and the tables in docs/configuration.md: `node service/test/config-docs.ts`. Beside
 * the tests because it names concrete connectors and channels, as only main.ts and tests do.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Channel } from "../src/channels/channel.ts";
import { exportChannel } from "../src/channels/export/export.ts";
import { logChannel } from "../src/channels/log/log.ts";
import { webhookChannel } from "../src/channels/webhook/webhook.ts";
import { SETTINGS, type Setting } from "../src/config.ts";
import type { Connector } from "../src/connectors/connector.ts";
import { duckdbConnector } from "../src/connectors/duckdb/duckdb.ts";
import { mysqlConnector } from "../src/connectors/mysql/mysql.ts";
import { s3Connector } from "../src/connectors/s3/s3.ts";
import { postgresConnector } from "../src/connectors/postgres/postgres.ts";
import { redshiftConnector } from "../src/connectors/redshift/redshift.ts";
import type { Registries } from "../src/resources/check-settings.ts";
import { foretopJsonSchema, foretopRows, markdownTable, paramsRows, settingsRows, withTables, type FieldRow } from "../src/resources/config-docs.ts";

export const REGISTRIES: Registries = {
  connectors: new Map(([postgresConnector, redshiftConnector, mysqlConnector, duckdbConnector, s3Connector] as readonly Connector[]).map((connector) => [connector.kind, connector])),
  channels: new Map(([logChannel, webhookChannel, exportChannel] as Channel[]).map((channel) => [channel.kind, channel])),
};

export const SCHEMA_FILE = new URL("../../docs/foretop.schema.json", import.meta.url);
export const PAGE_FILE = new URL("../../docs/configuration.md", import.meta.url);

export function schemaText(): string {
  return `${JSON.stringify(foretopJsonSchema(REGISTRIES), null, 2)}\n`;
}

export function pageText(page: string): string {
  const fields = (rows: readonly FieldRow[]) => markdownTable(["field", "type", "default", "meaning"], rows.map((row) => [`\`${row.field}\``, row.type, row.default, row.doc]));
  return withTables(page, {
    "foretop.yaml": fields(foretopRows()),
    "params.json": fields(paramsRows()),
    connectors: [...REGISTRIES.connectors.values()].map(({ kind, settings }) => `### \`kind: ${kind}\`\n\n${fields(settingsRows(settings))}`).join("\n\n"),
    channels: [...REGISTRIES.channels.values()].map(({ kind, settings }) => `### \`kind: ${kind}\`\n\n${fields(settingsRows(settings))}`).join("\n\n"),
    installation: markdownTable(
      ["flag", "variable", "default", "meaning"],
      Object.values(SETTINGS).map((setting: Setting) => [setting.flag === null ? "–" : `\`${setting.flag}\``, setting.variable === null ? "–" : `\`${setting.variable}\``, installationDefault(setting), setting.doc]),
    ),
  });
}

function installationDefault({ schema, defaultDoc }: Setting): string {
  return defaultDoc ?? `\`${String(schema.parse(undefined))}\``;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(SCHEMA_FILE, schemaText());
  writeFileSync(PAGE_FILE, pageText(readFileSync(PAGE_FILE, "utf8")));
}
