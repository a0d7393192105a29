import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { test } from "vitest";
import { parse } from "yaml";
import { PAGE_FILE, pageText, REGISTRIES, SCHEMA_FILE, schemaText } from "../../test/config-docs.ts";
import { checkSettings } from "./check-settings.ts";
import { foretopRows, paramsRows } from "./config-docs.ts";
import { parseConfigFile } from "./parse-config.ts";
import { readFileFrom } from "./read-file.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));
const REFRESH = "run: node service/test/config-docs.ts";

test("docs/foretop.schema.json is what the schemas say", () => {
  assert.equal(readFileSync(SCHEMA_FILE, "utf8"), schemaText(), REFRESH);
});

test("the tables of docs/configuration.md are what the schemas say", () => {
  const page = readFileSync(PAGE_FILE, "utf8");
  assert.equal(page, pageText(page), REFRESH);
});

test("every field has a meaning in the docs", () => {
  for (const { field, doc } of foretopRows()) assert.ok(doc.length > 3, field);
  const params = paramsRows().map(({ field }) => field);
  const original = ["database_type", "detector_name", "detector_description", "detector_frequency", "timestamp_column", "dimension_list", "metrics_set", "metric_source", "s3_path_continuous_root", "s3_bucket", "alert_name", "alert_threshold", "alert_description", "alert_lambda_arn", "offset", "secret_name"];
  for (const field of original) assert.ok(params.includes(field), field);
});

test.each(readdirSync(EXAMPLES))("examples/%s parses, and every setting in it is one that exists", (name) => {
  const folder = join(EXAMPLES, name);
  const entries = ["foretop.yaml", "params.json"].filter((entry) => existsSync(join(folder, entry)));
  assert.equal(entries.length, 1);
  const { config, warnings, locate } = parseConfigFile(join(folder, entries[0]!));
  assert.deepEqual(warnings.filter(({ message }) => message.includes("unknown field")), []);
  assert.deepEqual(checkSettings(config, REGISTRIES, locate), []);
});

test("a foretop.yaml of the examples names the schema that completes it, where it is", () => {
  for (const name of readdirSync(EXAMPLES)) {
    const path = join(EXAMPLES, name, "foretop.yaml");
    if (!existsSync(path)) continue;
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(path, "utf8"))!;
    assert.ok(existsSync(join(EXAMPLES, name, schema!)), path);
  }
});

test("the file in the docs is one that works", () => {
  const [, yaml] = /```yaml\n([^]*?)```/.exec(readFileSync(PAGE_FILE, "utf8"))!;
  const { config, locate } = parseConfigFile("foretop.yaml", readFileFrom({ "foretop.yaml": yaml! }));
  assert.deepEqual(checkSettings(config, REGISTRIES, locate), []);
});

test("the published schema allows what the examples have, and no other fields", () => {
  const schema = JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as { properties: Record<string, unknown>; required: string[]; additionalProperties: boolean };
  const example = parse(readFileSync(join(EXAMPLES, "postgres-orders/foretop.yaml"), "utf8")) as object;
  for (const field of Object.keys(example)) assert.ok(field in schema.properties, field);
  for (const field of schema.required) assert.ok(field in example, field);
  assert.equal(schema.additionalProperties, false);
});
