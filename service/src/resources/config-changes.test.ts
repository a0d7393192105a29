import assert from "node:assert/strict";
import { test } from "vitest";
import { configChanges, relearns } from "./config-changes.ts";
import { canonicalJson, configHash } from "./config-hash.ts";
import type { DetectorConfig } from "./detector.ts";
import { parseConfigFile } from "./parse-config.ts";
import { readFileFrom } from "./read-file.ts";

const YAML = `
name: orders
frequency: PT1H
source: { kind: postgres, url: "env:URL" }
query: |
  select * from orders
  where ts >= :start and ts < :end
timestamp: ts
measures: [revenue, { name: price, aggregation: AVG }]
dimensions: [country, channel]
alerts: [{ name: oncall, channel: { kind: log } }]
`;
function config(edit: (text: string) => string = (text) => text): DetectorConfig {
  return parseConfigFile("f.yaml", readFileFrom({ "f.yaml": edit(YAML) })).config;
}
const edited = (from: string, to: string) =>
  config((text) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  });

test("equal values have equal canonical JSON, whatever the order of their keys", () => {
  assert.equal(canonicalJson({ b: [1, { d: 1, c: undefined }], a: null }), '{"a":null,"b":[1,{"d":1}]}');
  assert.equal(configHash(config()), configHash(JSON.parse(JSON.stringify(config())) as DetectorConfig));
});

test("layout of the file, comments, line ends and blanks at line ends are no change", () => {
  const same = [
    config((text) => `# comment\n${text}`),
    config((text) => text.replaceAll("\n", "\r\n")),
    edited("select * from orders\n", "select * from orders   \n"),
    edited("revenue,", "{ name: revenue, column: revenue, aggregation: SUM },"),
  ];
  for (const one of same) {
    assert.equal(configHash(one), configHash(config()));
    assert.deepEqual(configChanges(config(), one), []);
  }
});

test("where a query is kept is no change, its text is", () => {
  const files = { "f.yaml": YAML.replace(/query: \|[^]*?\ntimestamp/, "query: { file: q.sql }\ntimestamp"), "q.sql": "select * from orders\nwhere ts >= :start and ts < :end\n" };
  const fromFile = parseConfigFile("f.yaml", readFileFrom(files)).config;
  assert.equal(fromFile.query.kind === "bound" && fromFile.query.file, "q.sql");
  assert.equal(configHash(fromFile), configHash(config()));
});

test("the hash changes exactly when there is a change to tell", () => {
  const others = [edited("PT1H", "P1D"), edited("env:URL", "env:URL2"), edited("[country, channel]", "[channel, country]"), edited("oncall", "nights"), config((text) => `${text}\nlimits: { seriesMax: 5 }\n`)];
  for (const other of others) {
    assert.notEqual(configHash(other), configHash(config()));
    assert.notDeepEqual(configChanges(config(), other), []);
  }
});

test.each([
  ["PT1H", "PT5M", ["frequency"]],
  ["timestamp: ts", "timestamp: ts\nzone: Europe/Berlin", ["zone"]],
  ["select *", "select distinct *", ["query"]],
  ["timestamp: ts", "timestamp: created_at", ["timestamp"]],
  ["aggregation: AVG", "aggregation: MAX", ["measures.price.aggregation"]],
  ["revenue,", "{ name: revenue, column: amount },", ["measures.revenue.column"]],
  ["revenue,", "{ name: revenue, whenAbsent: missing },", ["measures.revenue.whenAbsent"]],
  ["revenue,", "revenue, orders,", ["measures.orders"]],
  ["revenue, ", "", ["measures.revenue"]],
  ["[country, channel]", "[country]", ["dimensions"]],
  ["timestamp: ts", "timestamp: ts\nlevels: leaves", ["levels"]],
])("relearned: %s → %s", (from, to, fields) => {
  const changes = configChanges(config(), edited(from, to)).filter((change) => change.relearns);
  assert.deepEqual(changes.map(({ field }) => field), fields);
  assert.match(changes[0]!.consequence, /learned again/);
});

test.each([
  ["name: orders", "name: orders\ndescription: of the shop", ["description"]],
  ["timestamp: ts", "timestamp: ts\noffsetSeconds: 60", ["offsetSeconds"]],
  ["env:URL", "env:OTHER", ["source.url"]],
  ["revenue,", "{ name: revenue, severityMin: 80, effectMin: 5 },", ["measures.revenue.effectMin", "measures.revenue.severityMin"]],
  ["[country, channel]", "[channel, country]", ["dimensions"]],
  ["timestamp: ts", "timestamp: ts\nhistory: { intervalsMax: 100 }", ["history.intervalsMax"]],
  ["timestamp: ts", "timestamp: ts\nhorizonIntervals: 2", ["horizonIntervals"]],
  ["timestamp: ts", "timestamp: ts\nlimits: { querySecondsMax: 30 }", ["limits.querySecondsMax"]],
  ["kind: log }", "kind: log }, severityMin: 90", ["alerts.oncall"]],
  ["oncall", "nights", ["alerts.oncall", "alerts.nights"]],
])("not relearned: %s → %s", (from, to, fields) => {
  const changes = configChanges(config(), edited(from, to));
  assert.deepEqual(changes.map(({ field }) => field), fields);
  assert.equal(relearns(changes), false);
});

test("a change says what was and what will be", () => {
  const [change] = configChanges(config(), edited("PT1H", "P1D"));
  assert.deepEqual(change, { field: "frequency", from: "PT1H", to: "P1D", relearns: true, consequence: "History is read and learned again." });
});
