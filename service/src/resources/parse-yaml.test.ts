import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import { parseYaml } from "./parse-yaml.ts";

function refusal(text: string): string {
  try {
    parseYaml(text, "f.yaml");
  } catch (error) {
    assert.ok(error instanceof UserError);
    return `${error.where} ${error.message}`;
  }
  assert.fail(`accepted ${text}`);
}

test("values come with their places: value, key, nearest parent", () => {
  const document = parseYaml("# comment\nname: orders\nmeasures:\n  - views\n  - name: revenue\n    aggregation: SUM\n", "f.yaml");
  assert.deepEqual(document.value, { name: "orders", measures: ["views", { name: "revenue", aggregation: "SUM" }] });
  assert.equal(document.locate(["name"]), "f.yaml:2:7");
  assert.equal(document.locate(["name"], { key: true }), "f.yaml:2:1");
  assert.equal(document.locate(["measures", 1, "aggregation"]), "f.yaml:6:18");
  assert.equal(document.locate(["measures", 1, "column"]), "f.yaml:5:5");
  assert.equal(document.locate(["zone"]), "f.yaml:2:1");
});

test("through an alias the place is where the values stand", () => {
  const document = parseYaml("a: &shared\n  kind: log\nb: *shared\n", "f.yaml");
  assert.equal(document.locate(["b", "kind"]), "f.yaml:2:9");
});

test("each mistake is one sentence with its place", () => {
  assert.match(refusal(""), /^f\.yaml:1:1 the file is empty/);
  assert.match(refusal("# only a comment\n"), /the file is empty/);
  assert.match(refusal("a: 1\na: 2\n"), /^f\.yaml:2:1 .*a second time/);
  assert.match(refusal("a:\n\tb: 1\n"), /^f\.yaml:2:1 .*tab/);
  assert.match(refusal("a: [1, 2\nb: 3\n"), /^f\.yaml:[23]:/);
  assert.match(refusal("a: 'x\n"), /^f\.yaml:/);
  assert.match(refusal("a: 1\n---\nb: 2\n"), /^f\.yaml:3:1 a second document/);
  assert.match(refusal("a: !!js/function 'x'\n"), /^f\.yaml:1:4 .*tag/);
  assert.match(refusal("a: !secret x\n"), /^f\.yaml:1:4 .*tag/);
});

test("aliases that multiply without end are refused", () => {
  const lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x","x"]'];
  for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(",")}]`);
  assert.match(refusal(lines.join("\n")), /alias/i);
});
