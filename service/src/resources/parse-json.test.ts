import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import { parseJson } from "./parse-json.ts";

function refusal(text: string): { where: string | null; message: string; advice: string | null } {
  try {
    parseJson(text, "params.json");
  } catch (error) {
    assert.ok(error instanceof UserError);
    return { where: error.where, message: error.message, advice: error.advice };
  }
  assert.fail(`accepted ${text}`);
}

test("any JSON value is read as JSON.parse reads it, however it is laid out", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, 2, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      // Through JSON again, because -0 is written as 0.
      assert.deepEqual(parseJson(text, "x").value, JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("what JSON.parse refuses is refused, with a place inside the file", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', "'", ":", "x", "\n", "\\"), (value, at, inserted) => {
      const whole = JSON.stringify(value, null, 1);
      const cut = at % (whole.length + 1);
      const text = inserted === "" ? whole.slice(0, cut) : whole.slice(0, cut) + inserted + whole.slice(cut);
      let isValid = true;
      try {
        JSON.parse(text);
      } catch {
        isValid = false;
      }
      if (isValid) return assert.deepEqual(parseJson(text, "x").value, JSON.parse(text));
      const { where } = refusal(text);
      const [, line, column] = /^params\.json:(\d+):(\d+)$/.exec(where!)!.map(Number) as [number, number, number];
      const lines = text.split("\n");
      assert.ok(line >= 1 && line <= lines.length && column >= 1 && column <= lines[line - 1]!.length + 1, where!);
    }),
    { numRuns: 2000 },
  );
});

test("a comma too many is named at the comma", () => {
  assert.deepEqual(refusal('{\n  "a": 1,\n  "b": [1, 2,],\n}'), {
    where: "params.json:3:13",
    message: "not valid JSON: a comma too many before ]",
    advice: "Remove the comma after the last element.",
  });
  assert.equal(refusal('{\n  "a": 1,\n}').where, "params.json:2:9");
});

test("each common slip has its own sentence and place", () => {
  const slips: [string, string, RegExp][] = [
    ["", "params.json:1:1", /the file is empty/],
    ['{"a": 1 "b": 2}', "params.json:1:9", /where a comma or } should be/],
    ["{'a': 1}", "params.json:1:2", /where a field's name should be/],
    ['{"a": \'x\'}', "params.json:1:7", /single quotes/],
    ['{"a": 1} {"b": 2}', "params.json:1:10", /after the end of the document/],
    ['{"a": 1, // offset\n"b": 2}', "params.json:1:10", /where a field's name should be/],
    ['{"a": /* x */ 1}', "params.json:1:7", /a comment/],
    ['{"a": "x\n"}', "params.json:1:7", /goes over the end of its line/],
    ['{"a": "never closed', "params.json:1:7", /never closed/],
    ['{"a": 01}', "params.json:1:7", /isn't one/],
    ['{"a": 1.}', "params.json:1:7", /isn't one/],
    ['{"a": NaN}', "params.json:1:7", /where a value should be/],
    ['{"a": True}', "params.json:1:7", /where a value should be/],
    ['{"a": "\\x"}', "params.json:1:8", /backslash/],
    ['{"a": [1, 2', "params.json:1:12", /the file ends before ]/],
    ['{"a" 1}', "params.json:1:6", /after the name "a"/],
    ['{"a": , "b": 1}', "params.json:1:7", /a value is missing/],
  ];
  for (const [text, where, message] of slips) {
    const seen = refusal(text);
    assert.equal(seen.where, where, text);
    assert.match(seen.message, message, text);
    assert.ok(seen.advice !== null && seen.advice.length > 0, text);
  }
});

test("a field that stands there twice is refused and both places are named", () => {
  const seen = refusal('{\n "offset": 300,\n "offset": 60\n}');
  assert.equal(seen.where, "params.json:3:2");
  assert.match(seen.advice!, /params\.json:2:2/);
});

test("a field named __proto__ is a field, and changes nothing else", () => {
  const { value } = parseJson('{"__proto__": {"polluted": true}}', "x");
  assert.deepEqual(Object.keys(value as object), ["__proto__"]);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("ten thousand brackets are refused, not a crash", () => {
  assert.match(refusal("[".repeat(10_000)).message, /more than 64 levels deep/);
});

test("a byte order mark is taken off without moving the columns", () => {
  const document = parseJson('\uFEFF{"a": 1}', "x.json");
  assert.deepEqual(document.value, { a: 1 });
});

test("locate names the value, the key, or the nearest thing there is", () => {
  const document = parseJson('{\n  "metrics_set": [\n    { "MetricName": "views" }\n  ]\n}', "p.json");
  assert.equal(document.locate(["metrics_set", 0, "MetricName"]), "p.json:3:21");
  assert.equal(document.locate(["metrics_set", 0, "MetricName"], { key: true }), "p.json:3:7");
  assert.equal(document.locate(["metrics_set", 0, "AggregationFunction"]), "p.json:3:5");
  assert.equal(document.locate(["offset"]), "p.json:1:1");
});
