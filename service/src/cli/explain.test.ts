import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { gzipSync } from "node:zlib";
import { explainDocument, explainFile, explainText } from "./explain.ts";

const folder = mkdtempSync(join(tmpdir(), "foretop-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const ORDERS = `platform,country,orders,forecast,spread
web,US,495,500,22
web,DE,205,200,14
ios,US,120,300,17
ios,DE,42,100,10
android,US,202,200,14
android,DE,98,100,10
`;
const dimensions = ["platform", "country"];
const sums = { dimensions, actual: "orders", expected: "forecast", spread: "spread" };

test("explains the worked example with a sentence, a table and a document for programs", () => {
  const report = explainFile({ file: file("orders.csv", ORDERS), ...sums });
  const document = explainDocument(report) as { verdict: string; causes: { segment: object; expected: number; actual: number; share: number; gain: number }[]; contribution: unknown[] };
  assert.equal(document.verdict, "segments");
  assert.deepEqual(document.causes.map(({ segment }) => segment), [{ platform: "ios" }]);
  assert.deepEqual([document.causes[0]!.expected, document.causes[0]!.actual], [400, 162]);
  assert.ok(document.causes[0]!.share > 0.99 && document.causes[0]!.gain > 30);
  assert.equal(document.contribution.length, 2);
  const text = explainText(report, { columns: null });
  assert.match(text, /^orders 238 below expected \(−17 %\): platform=ios fell 60 % and explains all of it\./);
  assert.match(text, /platform=ios +400 +162 +−59\.5 % +100 % +strong/);
  assert.match(text, /country +US +76\.89/);
});

test("a gzipped file, a byte order mark, CRLF, quotes and an empty value are read", () => {
  const content = `\ufeff${ORDERS.replaceAll("ios", '"i""o,s"').replaceAll("android,", ",").replaceAll("\n", "\r\n")}`;
  const report = explainFile({ file: file("odd.csv.gz", gzipSync(content)), ...sums });
  assert.deepEqual(report.causes.map(({ segment }) => segment), [[{ name: "platform", value: 'i"o,s' }]]);
  assert.ok(report.contribution[0]!.values.some(({ value }) => value === null));
});

test("a ratio is explained at an instant, against the rows before it", () => {
  const lines = ["t,device,failures,requests"];
  for (let t = 1; t <= 9; t++) {
    for (const [d, device] of ["a", "b", "c", "d"].entries()) lines.push(`${t},${device},${t === 8 && device === "b" ? 90 : 10 + d + (t % 3)},1000`);
  }
  const path = file("ratio.csv", lines.join("\n"));
  const ratio = { dimensions: ["device"], numerator: "failures", denominator: "requests", time: "t" };
  assert.deepEqual(explainFile({ file: path, ...ratio, at: "8" }).causes.map(({ segment }) => segment), [[{ name: "device", value: "b" }]]);
  assert.equal(explainFile({ file: path, ...ratio, at: "7" }).verdict, "no segment stands out");
  assert.equal(explainFile({ file: path, ...ratio, at: "1" }).verdict, "no data");
  assert.throws(() => explainFile({ file: path, ...ratio, at: "99" }), /no row of .* has t = 99/);
  assert.throws(() => explainFile({ file: path, ...ratio, at: "soon" }), /--at soon is not a time/);
});

test("bad input is named with its place", () => {
  const path = file("good.csv", ORDERS);
  assert.throws(() => explainFile({ file: join(folder, "none.csv"), ...sums }), /cannot read/);
  assert.throws(() => explainFile({ file: file("empty.csv", ""), ...sums }), /is empty/);
  assert.throws(() => explainFile({ file: path, ...sums, actual: "order" }), /no column "order"; it has platform, country, orders/);
  assert.throws(() => explainFile({ file: path, ...sums, dimensions: ["platform", "city"] }), /no column "city"/);
  assert.throws(() => explainFile({ file: path, ...sums, dimensions: ["platform", "platform"] }), /names a column twice/);
  assert.throws(() => explainFile({ file: path, dimensions, actual: "orders" }), /--actual and --expected/);
  assert.throws(() => explainFile({ file: path, dimensions, numerator: "orders" }), /a ratio needs/);
  assert.throws(() => explainFile({ file: path, ...sums, numerator: "orders", denominator: "forecast" }), /give one of the two/);
  assert.throws(() => explainFile({ file: file("text.csv", ORDERS.replace("120", "many")), ...sums }), /row 4 of .*: orders is "many", not a number/);
  assert.throws(() => explainFile({ file: file("short.csv", `${ORDERS}web,FR,1\n`), ...sums }), /row 8 of .* has 3 columns, the header 5/);
  assert.equal(explainFile({ file: file("header.csv", ORDERS.split("\n")[0]!), ...sums }).verdict, "no data");
});

test("missing values are left out and counted", () => {
  const report = explainFile({ file: file("missing.csv", ORDERS.replace("202", "")), ...sums });
  assert.equal(report.missingCount, 1);
  assert.match(explainText(report, { columns: null }), /1 rows without a usable value were left out/);
});

test("the example of docs/models/causes.md says what the page says", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/models/causes.md"), "utf8");
  const csv = /```csv\n([^`]+)```/.exec(page)![1]!;
  const sentence = /\n> (orders .+)\n/.exec(page)![1]!;
  const report = explainFile({ file: file("docs.csv", csv), ...sums });
  assert.equal(report.sentence, sentence);
  assert.deepEqual(report.contribution.map(({ values }) => values.map(({ score }) => score)), [[0, 100, 0], [23.11, 76.89]]);
});
