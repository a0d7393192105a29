import assert from "node:assert/strict";
import { test } from "vitest";
import { s3Settings } from "../connectors/s3/s3-settings.ts";
import { ConfigError } from "./config-problem.ts";
import { parseConfigFile } from "./parse-config.ts";
import { readFileFrom } from "./read-file.ts";
import { s3SettingsOf } from "./s3-source-config.ts";

const PATH = "s3://bucket/live/{{yyyyMMdd}}/{{HHmm}}";

test("every field of the original's descriptors, and the connector understands the result", () => {
  const csv = s3SettingsOf({
    RoleArn: "arn:aws:iam::000000000000:role/lookout",
    TemplatedPathList: [PATH],
    HistoricalDataPathList: ["s3://bucket/past/"],
    FileFormatDescriptor: { CsvFormatDescriptor: { Charset: "UTF-8", ContainsHeader: false, Delimiter: "|", FileCompression: "GZIP", HeaderList: ["ts", "n"], QuoteSymbol: "'" } },
  });
  assert.deepEqual(csv, { path: PATH, historicalPath: "s3://bucket/past/", format: { kind: "csv", header: false, columns: ["ts", "n"], delimiter: "|", quote: "'", charset: "utf-8", compression: "gzip" } });
  assert.equal(s3Settings.safeParse(csv).success, true);
  const json = s3SettingsOf({ TemplatedPathList: [PATH], FileFormatDescriptor: { JsonFormatDescriptor: { Charset: "UTF-8", FileCompression: "NONE" } } });
  assert.deepEqual(json, { path: PATH, format: { kind: "json", charset: "utf-8", compression: "none" } });
  assert.equal(s3Settings.safeParse(json).success, true);
});

const params = (source: object | undefined, more: object = {}) => ({
  database_type: "s3",
  detector_name: "orders",
  detector_frequency: "PT1H",
  timestamp_column: { ColumnName: "ts", ColumnFormat: "yyyy-MM-dd HH:mm:ss" },
  dimension_list: ["country"],
  metrics_set: [{ MetricName: "amount", AggregationFunction: "SUM" }],
  ...(source !== undefined && { metric_source: { S3SourceConfig: source } }),
  ...more,
});
const parse = (value: object) => parseConfigFile("params.json", readFileFrom({ "params.json": JSON.stringify(value) }));

test("a params.json of database_type s3 reads the files itself: no query, no secret", () => {
  const { config, notes, warnings } = parse(params({ TemplatedPathList: [PATH], RoleArn: "arn:aws:iam::000000000000:role/lookout" }));
  assert.deepEqual([config.name, config.source, config.query, warnings], ["orders-s3", { kind: "s3", settings: { path: PATH } }, { kind: "files" }, []]);
  const about = notes.map(({ message }) => message).join("\n");
  assert.match(about, /RoleArn has no meaning here: the files are read as whom Foretop runs/);
  assert.doesNotMatch(about, /TemplatedPathList/);
});

test("without a path template it can't work, and that is said", () => {
  for (const source of [undefined, {}, { TemplatedPathList: [""] }]) {
    assert.throws(() => parse(params(source)), (error) => error instanceof ConfigError && /TemplatedPathList is missing/.test(error.problems[0]!.message));
  }
});
