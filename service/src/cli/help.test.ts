import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { test } from "vitest";
import { commandsOn, recorder, runForetop } from "../../test/cli-world.ts";
import { buildProgram } from "./cli.ts";

const GOLDEN = new URL("./help.golden.txt", import.meta.url);

function program(): Command {
  const io = { stdin: [] as never, stdout: recorder(), stderr: recorder(), env: {}, cwd: "/", zone: "UTC", signal: new AbortController().signal };
  return buildProgram(io, commandsOn(null), () => Promise.resolve());
}

/** Every command that does something, with the words that call it. */
function leaves(command: Command, words: string[] = []): { words: string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ words, command }];
  return command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
}

// After a wanted change: FORETOP_UPDATE_GOLDEN=1 vitest run help.test.ts, and look at the difference.
test("the help of every command is as it was looked at last", async () => {
  const texts: string[] = [];
  for (const words of [[], ...program().commands.map((command) => [command.name()]), ...leaves(program()).map(({ words: all }) => all)].filter((each, i, all) => all.findIndex((other) => other.join(" ") === each.join(" ")) === i)) {
    const run = await runForetop([...words, "--help"], null);
    assert.deepEqual([run.code, run.stderr], [0, ""], words.join(" "));
    texts.push(`$ foretop ${[...words, "--help"].join(" ")}\n${run.stdout.trimEnd()}\n`);
  }
  const text = texts.join("\n");
  if (process.env["FORETOP_UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, "utf8"));
});

test("every command has a description, an example that names it, and options with a text", () => {
  for (const { words, command } of leaves(program())) {
    const name = words.join(" ");
    assert.ok(command.description().length > 10, name);
    for (const option of command.options) assert.ok(option.description.length > 3, `${name} ${option.flags}`);
    let after = "";
    command.configureOutput({ writeOut: (text) => (after += text) }).outputHelp();
    assert.ok(after.includes(`\nExample:\n  foretop ${name}`), name);
  }
});

test("help explains commands of commands, and names a topic that it doesn't know", async () => {
  const direct = await runForetop(["detector", "list", "--help"], null);
  const help = await runForetop(["help", "detector", "list"], null);
  assert.deepEqual([help.code, help.stdout], [0, direct.stdout]);
  const unknown = await runForetop(["help", "detector", "lits"], null);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^foretop: there is no command "detector lits", did you mean "list"\?/);
});

test("docs/cli.md names every command and every exit code", async () => {
  const docs = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  for (const { words } of leaves(program())) assert.ok(docs.includes(`\`${words.join(" ")}`), words.join(" "));
  const { EXIT } = await import("./exit-code.ts");
  for (const code of Object.values(EXIT)) assert.ok(docs.includes(`| ${code} |`), String(code));
});

test("score reads a file and judges it without opening anything", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `a,${new Date(Date.UTC(2026, 0, 1 + i)).toISOString()},${100 + (i % 7)}`);
  const run = await runForetop(["score", "-"], null, { stdin: `series,timestamp,value\n${rows.join("\n")}\n` });
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout.trim().split("\n").length, 41);
  assert.equal((await runForetop(["score", "/nope.csv"], null)).code, 2);
  assert.equal((await runForetop(["score", "-", "--learn-share", "x"], null)).code, 2);
});
