import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import { ConfigError, type ConfigProblem } from "./config-problem.ts";
import { parseConfigFile, type ParsedConfig } from "./parse-config.ts";
import { readFileFrom } from "./read-file.ts";

/** As the original's sample has it: every field, its placeholders emptied of other people's account numbers. */
const PARAMS = `{
    "database_type": "redshift",
    "detector_name": "l4m-custom-connector-detector",
    "detector_description": "A quick sample config of how to use L4M.",
    "detector_frequency": "PT1H",
    "timestamp_column": {
        "ColumnFormat": "yyyy-MM-dd HH:mm:ss",
        "ColumnName": "timestamp"
    },
    "dimension_list": [
        "platform",
        "marketplace"
    ],
    "metrics_set": [
        {
            "AggregationFunction": "SUM",
            "MetricName": "views"
        },
        {
            "AggregationFunction": "SUM",
            "MetricName": "revenue"
        }
    ],
    "metric_source": {
        "S3SourceConfig": {
            "FileFormatDescriptor": {
                "CsvFormatDescriptor": {
                    "Charset": "UTF-8",
                    "ContainsHeader": true,
                    "Delimiter": ",",
                    "FileCompression": "NONE",
                    "QuoteSymbol": "\\""
                }
            },
            "HistoricalDataPathList": ["s3://bucket/ecommerce/backtest/"],
            "RoleArn": "arn:aws:iam::000000000000:role/lookout",
            "TemplatedPathList": [""]
        }
    },
    "s3_bucket": "",
    "s3_path_continuous_root": "s3://bucket/ecommerce/live/",
    "alert_name": "alerter",
    "alert_threshold": 1,
    "alert_description": "Exports anomalies into s3 for visualization",
    "alert_lambda_arn": "",
    "offset": 300,
    "secret_name": "redshift-l4mintegration"
}`;
const HISTORICAL = "select ts as timestamp, views, revenue, platform, marketplace from ecommerce where ts < dateadd(hour,-1,sysdate)\n";
const CONTINUOUS = "select ts as timestamp, views from ecommerce where ts < dateadd(hour,0,getdate()) and ts > dateadd(hour,-1,getdate())\n";
const FILES = { "params.json": PARAMS, "historical.sql": HISTORICAL, "continuous.sql": CONTINUOUS };

const YAML = `name: orders
frequency: PT10M
source:
  kind: postgres
  url: env:ORDERS_URL
query: select * from orders where created_at >= :start and created_at < :end
timestamp: created_at
measures:
  - amount
`;

function parse(files: Record<string, string>, options: { strict?: boolean } = {}): ParsedConfig {
  return parseConfigFile(Object.keys(files)[0]!, readFileFrom(files), options);
}

/** Every problem as `where: message – advice`. */
function refusal(files: Record<string, string>, options: { strict?: boolean } = {}): string[] {
  try {
    parse(files, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(line);
    if (error instanceof UserError) return [line(error)];
    throw error;
  }
  assert.fail("was accepted");
}
const line = ({ where, message, advice }: Pick<ConfigProblem, "where" | "message" | "advice">) => `${where}: ${message}${advice === null ? "" : ` – ${advice}`}`;
const editedParams = (from: string | RegExp, to: string) => {
  const text = PARAMS.replace(from, to);
  assert.notEqual(text, PARAMS, `${from} is in the sample`);
  return { ...FILES, "params.json": text };
};
const editedYaml = (from: string, to: string) => {
  const text = YAML.replace(from, to);
  assert.notEqual(text, YAML, `${from} is in the sample`);
  return { "foretop.yaml": text };
};

test("a ratio is declared by numerator and denominator, and what contradicts that is refused with its place", () => {
  const ratio = (fields: string) => editedYaml("  - amount\n", `  - { name: conversion, ${fields} }\n`);
  const [conversion] = parse(ratio("numerator: orders, denominator: visits")).config.measures;
  assert.deepEqual(conversion, { name: "conversion", column: "orders", aggregation: "AVG", denominator: "visits", whenAbsent: "missing", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 });
  for (const [fields, message] of [
    ["numerator: orders", /numerator is given without a denominator/],
    ["denominator: visits", /denominator is given without a numerator/],
    ["numerator: orders, denominator: visits, column: x", /column is given beside numerator and denominator/],
    ["numerator: orders, denominator: visits, aggregation: SUM", /a ratio is always sum over sum/],
    ["numerator: orders, denominator: visits, whenAbsent: zero", /whenAbsent is zero for a ratio/],
    ["numerator: orders, denominator: orders", /has "orders" as numerator and denominator/],
    ["numerator: orders, denominator: created_at", /"created_at" is the timestamp and can't be a denominator/],
  ] as const) {
    const problems = refusal(ratio(fields));
    assert.match(problems.join("\n"), message);
    assert.match(problems[0]!, /^foretop\.yaml:\d+:\d+: /);
  }
});

test("relations and links are declared, absent where there are none, and what contradicts itself is refused with its place", () => {
  const written = (lines: string) => editedYaml("  - amount\n", `  - amount\n  - orders\n  - { name: value, aggregation: AVG }\n  - { name: share, numerator: orders, denominator: visits }\n${lines}`);
  const { config } = parse(written("relations:\n  - { measure: amount, product: [orders, value] }\n  - { measure: orders, sum: [amount], less: [value] }\nlinks:\n  - { detector: traffic }\n  - { detector: payments, measures: [failures] }\n"));
  assert.deepEqual(config.relations, [
    { measure: "amount", kind: "product", parts: [{ measure: "orders", isInverse: false }, { measure: "value", isInverse: false }] },
    { measure: "orders", kind: "sum", parts: [{ measure: "amount", isInverse: false }, { measure: "value", isInverse: true }] },
  ]);
  assert.deepEqual(config.links, [{ detector: "traffic", measures: [] }, { detector: "payments", measures: ["failures"] }]);
  const plain = parse(written("")).config;
  assert.ok(!("relations" in plain) && !("links" in plain), "a configuration of before keeps its hash");
  for (const [lines, message] of [
    ["relations:\n  - { measure: amount }", /has neither product nor sum/],
    ["relations:\n  - { measure: amount, product: [orders, value], sum: [orders, value] }", /sum is given beside product/],
    ["relations:\n  - { measure: amount, product: [orders] }", /product is one measure only/],
    ["relations:\n  - { measure: amount, product: [orders, value], less: [value] }", /less is given without sum/],
    ["relations:\n  - { measure: amount, product: [orders, valeu] }", /names the measure "valeu"[^]*Did you mean "value"/],
    ["relations:\n  - { measure: amount, product: [amount, value] }", /"amount" is a part of itself/],
    ["relations:\n  - { measure: amount, product: [orders, orders] }", /"orders" stands twice in the relation of "amount"/],
    ["relations:\n  - { measure: share, product: [orders, value] }", /"share" is a ratio, which has its parts already/],
    ["relations:\n  - { measure: amount, product: [orders, value] }\n  - { measure: amount, sum: [orders, value] }", /two relations say what "amount" is made of/],
    ["links:\n  - { detector: traffic }\n  - { detector: traffic }", /the link with "traffic" stands there twice/],
  ] as const) {
    const problems = refusal(written(`${lines}\n`));
    assert.match(problems.join("\n"), message);
    assert.match(problems[0]!, /^foretop\.yaml:\d+:\d+: /);
  }
  assert.match(refusal(written(`links:\n  - { detector: ${plain.name} }\n`)).join("\n"), /is linked with itself/);
});

test("the original sample becomes a detector, its query texts unchanged to the byte", () => {
  const { config, format, warnings } = parse(FILES);
  assert.equal(format, "params.json");
  assert.deepEqual(warnings, []);
  assert.deepEqual(config, {
    name: "l4m-custom-connector-detector-redshift",
    description: "A quick sample config of how to use L4M.",
    frequency: "PT1H",
    zone: "UTC",
    offsetSeconds: 300,
    source: { kind: "postgres", settings: { secret: "secret:redshift-l4mintegration" } },
    query: { kind: "pinned", historicalSql: HISTORICAL, historicalFile: "historical.sql", continuousSql: CONTINUOUS, continuousFile: "continuous.sql" },
    timestamp: { column: "timestamp", format: "yyyy-MM-dd HH:mm:ss" },
    measures: ["views", "revenue"].map((name) => ({
      name,
      column: name,
      aggregation: "SUM",
      whenAbsent: "zero",
      severityMin: 70,
      direction: "both",
      effectMin: 0,
      effectShareMin: 0,
      volumeMin: 0,
    })),
    dimensions: ["platform", "marketplace"],
    levels: "all",
    history: { intervalsMax: 2500 },
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
    horizonIntervals: 24,
    alerts: [
      {
        name: "alerter",
        description: "Exports anomalies into s3 for visualization",
        severityMin: 1,
        measures: [],
        dimensionFilters: [],
        channel: { kind: "export", settings: {} },
      },
    ],
    limits: { rowsPerIntervalMax: 2_000_000, rowsPerHistoryMax: 200_000_000, seriesMax: 200_000, querySecondsMax: 900, deliveriesPerHourMax: 60 },
  });
});

test("every field of params.json that has no meaning here is named in a note, with its line", () => {
  const notes = parse(FILES).notes.map(({ where, message }) => `${where} ${message}`);
  const fieldsOf = ["FileFormatDescriptor", "HistoricalDataPathList", "RoleArn", "TemplatedPathList", "s3_bucket", "s3_path_continuous_root", "alert_lambda_arn"];
  for (const field of fieldsOf) {
    const lineOfField = PARAMS.split("\n").findIndex((text) => text.includes(`"${field}"`)) + 1;
    assert.ok(notes.some((note) => note.startsWith(`params.json:${lineOfField}:`) && note.includes(field) && note.includes("no meaning")), field);
  }
});

test("an unknown field of params.json is a warning with its line, anywhere; strictly it is an error", () => {
  const files = editedParams('"offset": 300,', '"ofset": 300,\n    "metrics": [],');
  files["params.json"] = files["params.json"]!.replace('"MetricName": "views"', '"MetricName": "views", "Aggregation": "AVG"').replace('"RoleArn"', '"RoleARN"');
  assert.deepEqual(parse(files).warnings.map(line).sort(), [
    'params.json:17:36: unknown field "metrics_set[0].Aggregation", not used – Did you mean "AggregationFunction"?',
    'params.json:36:13: unknown field "metric_source.S3SourceConfig.RoleARN", not used – Did you mean "RoleArn"?',
    'params.json:46:5: unknown field "ofset", not used – Did you mean "offset"?',
    'params.json:47:5: unknown field "metrics", not used – Did you mean "metrics_set"?',
  ].sort());
  assert.equal(parse(files).config.offsetSeconds, 0);
  assert.equal(refusal(files, { strict: true }).length, 4);
});

test("where a required field is missing, the unknown one that was meant is named too", () => {
  const problems = refusal(editedParams('"detector_name"', '"detector_nam"'));
  assert.equal(problems.length, 2);
  assert.match(problems.join("\n"), /detector_name.*missing|missing.*detector_name/);
  assert.match(problems.join("\n"), /params\.json:\d+:\d+: unknown field "detector_nam", not used – Did you mean "detector_name"\?/);
});

test("a Lambda can't be invoked: a warning says what happens instead", () => {
  const { warnings, config } = parse(editedParams('"alert_lambda_arn": ""', '"alert_lambda_arn": "arn:aws:lambda:us-east-1:000000000000:function:alert"'));
  assert.match(warnings.map(line).join("\n"), /params\.json:45:\d+: alert_lambda_arn: a Lambda function can't be invoked from here – The alert writes CSV files/);
  assert.equal(config.alerts.length, 1);
});

test("alert settings without an alert's name have no effect, and that is said", () => {
  const { warnings, config } = parse(editedParams('"alert_name": "alerter"', '"alert_name": ""'));
  assert.deepEqual(config.alerts, []);
  assert.deepEqual(warnings.map(({ message }) => message), ["alert_threshold has no effect without alert_name", "alert_description has no effect without alert_name"]);
});

test("the folder of the original connector can be used as it is", () => {
  const { config } = parse({
    "ai_ops/params.json": PARAMS,
    "ai_ops/lambdas/redshift/redshift-historical-crawl/query.sql": HISTORICAL,
    "ai_ops/lambdas/redshift/redshift-continuous-crawl/query.sql": CONTINUOUS,
  });
  assert.deepEqual(config.query.kind === "pinned" && [config.query.historicalSql, config.query.continuousSql], [HISTORICAL, CONTINUOUS]);
});

test("without continuous.sql the historical query serves both; without historical.sql nothing works, and it says where it looked", () => {
  const { config, notes } = parse({ "params.json": PARAMS, "historical.sql": HISTORICAL });
  assert.equal(config.query.kind === "pinned" && config.query.continuousSql, null);
  assert.ok(notes.some(({ message }) => message.includes("no continuous.sql")));
  assert.deepEqual(refusal({ "a/params.json": PARAMS, "historical.sql": HISTORICAL }), [
    "a/params.json:1:1: the query file historical.sql is missing – Looked in a for historical.sql and lambdas/redshift/redshift-historical-crawl/query.sql.",
  ]);
});

test("query files may be named; one query with :start and :end may take the place of the two", () => {
  const bound = parse({ ...editedParams('"offset": 300', '"offset": 300, "query_file": "q.sql"'), "q.sql": "select 1 where :start < :end" });
  assert.deepEqual(bound.config.query, { kind: "bound", sql: "select 1 where :start < :end", file: "q.sql" });
  assert.match(refusal(editedParams('"offset": 300', '"offset": 300, "historical_query_file": "nope.sql"'))[0]!, /^params\.json:46:45: the query file nope\.sql is missing/);
  assert.match(refusal({ ...editedParams('"offset": 300', '"offset": 300, "query_file": "q.sql", "historical_query_file": "historical.sql"'), "q.sql": "select 1" })[0]!, /query_file and historical_query_file are both given/);
});

test("all problems of a file are told at once, each with its place and what would be right", () => {
  const files = editedParams('"PT1H"', '"PT60M"');
  files["params.json"] = files["params.json"]!.replace('"AggregationFunction": "SUM"', '"AggregationFunction": "AVERAGE"').replace('"offset": 300', '"offset": "300"').replace('"alert_threshold": 1', '"alert_threshold": 101');
  assert.deepEqual(refusal(files), [
    "params.json:5:27: detector_frequency should be one of PT5M, PT10M, PT1H, P1D, not \"PT60M\" – Did you mean PT1H?",
    'params.json:16:36: metrics_set[0].AggregationFunction should be one of SUM, AVG, COUNT, MIN, MAX, not "AVERAGE"',
    "params.json:43:24: alert_threshold should be at most 100, not 101",
    'params.json:46:15: offset should be a number, not "300"',
  ]);
});

test("a missing field is told with what it should be", () => {
  const files = editedParams(/,\s*"secret_name": "redshift-l4mintegration"/, "");
  files["params.json"] = files["params.json"]!.replace('"detector_frequency": "PT1H",', "");
  assert.deepEqual(refusal(files), [
    "params.json:1:1: detector_frequency is missing – It is one of PT5M, PT10M, PT1H, P1D.",
    "params.json:1:1: secret_name is missing – It should be a text.",
  ]);
});

test("a database type or secret that can't work is told before anything is asked from it", () => {
  assert.deepEqual(refusal(editedParams('"database_type": "redshift"', '"database_type": "redshfit"')), [
    'params.json:2:22: database_type "redshfit" is not supported – Did you mean "redshift"? It is one of redshift, postgres, postgresql.',
  ]);
  const arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf";
  assert.deepEqual(parse(editedParams('"redshift-l4mintegration"', `"${arn}"`)).config.source, { kind: "postgres", settings: { secret: arn } });
});

test("source.yaml beside an unchanged params.json chooses how the database is reached, and takes what it leaves out from there", () => {
  const sourceOf = (yaml: string) => parse({ ...editedParams('"offset": 300', '"offset":  300'), "source.yaml": yaml });
  assert.deepEqual(sourceOf("kind: redshift\nregion: eu-central-1\n").config.source, { kind: "redshift", settings: { secretArn: "redshift-l4mintegration", region: "eu-central-1" } });
  assert.deepEqual(sourceOf("kind: redshift\ndbUser: reader\nclusterIdentifier: c\ndatabase: d\n").config.source.settings, { dbUser: "reader", clusterIdentifier: "c", database: "d" });
  const { config, notes } = sourceOf("kind: redshift\nunload: {}\npublish: {}\n");
  assert.deepEqual(config.source.settings, {
    secretArn: "redshift-l4mintegration",
    unload: { to: "s3://bucket/ecommerce/unloaded/", iamRole: "arn:aws:iam::000000000000:role/lookout" },
    publish: { live: "s3://bucket/ecommerce/live/", history: "s3://bucket/ecommerce/backtest/" },
  });
  assert.ok(!notes.some(({ message }) => /RoleArn|HistoricalDataPathList|s3_path_continuous_root/.test(message)), "what is used has a meaning");
  assert.deepEqual(sourceOf("kind: postgres\nhost: h\n").config.source, { kind: "postgres", settings: { secret: "secret:redshift-l4mintegration", host: "h" } });
  assert.match(refusal({ ...editedParams('"offset": 300', '"offset":  300'), "source.yaml": "region: x\n" })[0]!, /source\.yaml has no kind/);
  assert.match(refusal({ ...editedParams('"offset": 300', '"offset":  300'), "source.yaml": "kind: postgres\npassword: hunter22\n" })[0]!, /password/);
});

test("a name that would be too long with its suffix is refused", () => {
  assert.match(refusal(editedParams('"l4m-custom-connector-detector"', `"${"x".repeat(60)}"`))[0]!, /^params\.json:3:22: the detector's name would be .* at most 63 with the suffix -redshift/);
});

test("a short foretop.yaml gets every default", () => {
  const { config, format, warnings, notes } = parse({ "foretop.yaml": YAML });
  assert.equal(format, "foretop.yaml");
  assert.deepEqual([warnings, notes], [[], []]);
  assert.deepEqual(config, {
    name: "orders",
    description: null,
    frequency: "PT10M",
    zone: "UTC",
    offsetSeconds: 0,
    source: { kind: "postgres", settings: { url: "env:ORDERS_URL" } },
    query: { kind: "bound", sql: "select * from orders where created_at >= :start and created_at < :end", file: null },
    timestamp: { column: "created_at", format: null },
    measures: [{ name: "amount", column: "amount", aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 }],
    dimensions: [],
    levels: "all",
    history: { intervalsMax: 2500 },
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
    horizonIntervals: 6,
    alerts: [],
    limits: { rowsPerIntervalMax: 2_000_000, rowsPerHistoryMax: 200_000_000, seriesMax: 200_000, querySecondsMax: 900, deliveriesPerHourMax: 60 },
  });
});

test("sensitivity, direction and minimum effect are the detector's, unless a measure says otherwise", () => {
  const yaml = `${YAML.replace(/measures:.*\n/, "")}
measures: [amount, { name: errors, aggregation: COUNT, direction: up, severityMin: 60 }]
measureDefaults: { severityMin: 80, effectShareMin: 0.1 }
`;
  const settings = parse({ "foretop.yaml": yaml }).config.measures.map(({ name, severityMin, direction, effectShareMin }) => [name, severityMin, direction, effectShareMin]);
  assert.deepEqual(settings, [
    ["amount", 80, "both", 0.1],
    ["errors", 60, "up", 0.1],
  ]);
});

test("both formats give the same detector for the same wishes", () => {
  const yaml = `
name: l4m-custom-connector-detector-redshift
description: A quick sample config of how to use L4M.
frequency: PT1H
offsetSeconds: 300
source: { kind: postgres, secret: "secret:redshift-l4mintegration" }
query: { historical: { file: historical.sql }, continuous: { file: continuous.sql } }
timestamp: { column: timestamp, format: "yyyy-MM-dd HH:mm:ss" }
measures: [views, { name: revenue }]
dimensions: [platform, marketplace]
alerts:
  - { name: alerter, severityMin: 1, description: Exports anomalies into s3 for visualization, channel: { kind: export } }
`;
  assert.deepEqual(parse({ "foretop.yaml": yaml, ...FILES }).config, parse(FILES).config);
});

test("foretop.yaml: an unknown field is an error with its line and the field that was meant", () => {
  assert.deepEqual(refusal(editedYaml("timestamp: created_at", "timestampColumn: created_at\ntimestamp: created_at")), ['foretop.yaml:7:1: unknown field "timestampColumn" – Did you mean "timestamp"?']);
  assert.deepEqual(refusal(editedYaml("  - amount", "  - name: amount\n    agregation: SUM")), ['foretop.yaml:10:5: unknown field "measures[0].agregation" – Did you mean "aggregation"?']);
  assert.deepEqual(refusal(editedYaml("PT10M", "10min")), ['foretop.yaml:2:12: frequency should be one of PT5M, PT10M, PT1H, P1D, not "10min" – Did you mean PT10M?']);
  assert.deepEqual(refusal(editedYaml("  - amount", "  - 5")), ["foretop.yaml:9:5: measures[0] should be a text or an object of fields"]);
});

test("a value that may take several forms is complained about in the form that was meant", () => {
  const query = (text: string) => editedYaml("query: select * from orders where created_at >= :start and created_at < :end", `query: ${text}`);
  assert.deepEqual(refusal(query("{ historical: select 1, continuous: 5 }")), ["foretop.yaml:6:44: query.continuous should be a text or an object of fields"]);
  assert.match(refusal(query("{ flie: q.sql }")).join(), /foretop\.yaml:6:10: unknown field "query\.flie" – Did you mean "file"\?/);
  assert.match(refusal(query("{ historical: select 1, continous: select 2 }")).join(), /unknown field "query\.continous"/);
  assert.deepEqual(refusal(query("5")), ["foretop.yaml:6:8: query should be a text or an object of fields"]);
});

test("names that must differ or exist are checked across fields, with their places", () => {
  const tail = (text: string) => ({ "foretop.yaml": `${YAML}${text}` });
  assert.deepEqual(refusal(tail("  - amount\n")), ['foretop.yaml:10:5: two measures are called "amount" – Give each its own name; two aggregations of one column are two measures with the same column.']);
  assert.deepEqual(refusal(tail("dimensions: [a, b, a]\n")), ['foretop.yaml:10:20: the dimension "a" stands there twice – Remove one.']);
  assert.deepEqual(refusal(tail("dimensions: [created_at]\n")), ['foretop.yaml:10:14: "created_at" is the timestamp and can\'t be a dimension – Intervals come from it already.']);
  assert.deepEqual(refusal(tail("dimensions: [amount]\n")), ['foretop.yaml:9:5: "amount" is a dimension and can\'t be a measure too – Name a number column, or COUNT its rows.']);
  assert.deepEqual(refusal(tail("alerts: [{name: a, measures: [amuont], channel: {kind: log}}]\n")), ['foretop.yaml:10:31: the alert "a" names the measure "amuont", which is not one of this detector – Did you mean "amount"?']);
  assert.deepEqual(refusal(tail("alerts: [{name: a, dimensionFilters: [{dimension: x, values: [y]}], channel: {kind: log}}]\n")), ['foretop.yaml:10:51: the alert "a" filters by "x", which is not a dimension of this detector – There are none.']);
});

test("a zone is an IANA name: a misspelt one is corrected, an offset refused, an alias accepted", () => {
  const zone = (text: string) => ({ "foretop.yaml": `${YAML}zone: "${text}"\n` });
  assert.deepEqual(refusal(zone("Europe/Berln")), ['foretop.yaml:10:7: "Europe/Berln" is not an IANA time zone – Did you mean "Europe/Berlin"?']);
  assert.match(refusal(zone("+02:00"))[0]!, /A fixed offset can't follow daylight saving time/);
  assert.match(refusal(zone("Mars/Olympus"))[0]!, /It is a name like/);
  assert.equal(parse(zone("US/Eastern")).config.zone, "US/Eastern");
});

test("a secret that stands in a file as such is refused with its line, and its value is in no message", () => {
  const value = "hunter2hunter2";
  const refused: Record<string, string>[] = [
    editedYaml("url: env:ORDERS_URL", `password: ${value}`),
    editedYaml("url: env:ORDERS_URL", `dbPassword: ${value}`),
    editedYaml("url: env:ORDERS_URL", "password: 12345678"),
    editedYaml("url: env:ORDERS_URL", `url: postgres://me:${value}@db/orders`),
    editedYaml("url: env:ORDERS_URL", `url: postgres://me@db/orders?password=${value}`),
    editedYaml("url: env:ORDERS_URL", `secret: { password: ${value} }`),
    { "foretop.yaml": `${YAML}alerts: [{name: a, channel: {kind: webhook, headers: {Authorization: Bearer ${value}}}}]\n` },
    { "foretop.yaml": `${YAML}alerts: [{name: a, channel: {kind: webhook, url: "https://hooks.slack.com/services/T0/B0/${value}"}}]\n` },
    editedParams('"offset": 300', `"offset": 300, "password": "${value}"`),
    editedParams('"s3_bucket": ""', `"s3_bucket": "postgres://u:${value}@h/d"`),
  ];
  for (const files of refused) {
    const lines = refusal(files);
    assert.equal(lines.length, 1, lines.join());
    assert.match(lines[0]!, /^(foretop\.yaml|params\.json):\d+:\d+: .* – Write a reference instead: env:NAME/);
    assert.ok(!lines[0]!.includes(value) && !lines[0]!.includes("12345678"), lines[0]);
  }
  for (const reference of ["env:PGPASSWORD", "file:/run/secrets/pg", "secret:orders"]) {
    assert.ok(parse(editedYaml("url: env:ORDERS_URL", `password: ${reference}`)));
  }
});

test("a missing file, a wrong kind of file, text that is no object: each says so", () => {
  assert.match(refusal({ "foretop.toml": "x" })[0]!, /neither \.json nor \.yaml/);
  assert.throws(() => parseConfigFile("nope.yaml", () => null), (error) => error instanceof UserError && error.code === "NOT_FOUND" && error.where === "nope.yaml");
  assert.match(refusal({ "params.json": "[1]" })[0]!, /^params\.json:1:1: the file should hold an object of fields/);
  assert.match(refusal({ "foretop.yaml": "just text" })[0]!, /should hold an object/);
  assert.match(refusal({ ...FILES, "historical.sql": "  \n" })[0]!, /^historical\.sql: the query file is empty/);
});
