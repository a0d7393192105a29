/** Backup, restore, status and space as somebody types them, on the embedded PostgreSQL of a running serve. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, test, vi } from "vitest";

vi.setConfig({ testTimeout: 300_000 }); // each step is a process of its own

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "foretop-operate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));

function foretop(home: string, ...argv: string[]) {
  const { DATABASE_URL: _none, ...env } = process.env;
  const child = spawn(process.execPath, [MAIN, ...argv], { env: { ...env, FORETOP_HOME: join(folder, home), FORETOP_PORT: "0" }, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output.stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => child.on("close", (code) => resolve({ code, ...output })));
  return { child, ended };
}

test("a backup beside a running serve is put back elsewhere; status and space answer there", async () => {
  const serving = foretop("one", "serve");
  try {
    for (let i = 0; i < 1200 && !existsSync(join(folder, "one", "serve.json")); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    const file = join(folder, "backup.tar");
    const made = await foretop("one", "backup", file, "--json").ended;
    assert.equal(made.code, 0, made.stderr);
    assert.equal((JSON.parse(made.stdout) as { file: string }).file, file);
    const again = await foretop("one", "backup", file).ended;
    assert.equal(again.code, 4);
    assert.match(again.stderr, /backup\.tar exists already/);

    const restored = await foretop("two", "restore", file).ended;
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /^restored: \d+ rows and 0 segments, as of 20.*Start: foretop serve\n$/);
    const status = await foretop("two", "status").ended;
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^version +\S+, running since/);
    assert.match(status.stdout, /disk +\S+ \S+ free of/);
    assert.match(status.stdout, /Nothing is wrong with the detectors\./);
    const space = await foretop("two", "space").ended;
    assert.equal(space.code, 0, space.stderr);
    assert.match(space.stdout, /^No detectors yet\.\n/);
    assert.match(space.stdout, /database: ledger +\d/);
    const inUse = await foretop("one", "restore", file).ended;
    assert.notEqual(inUse.code, 0);
    assert.match(inUse.stderr, /in use by process/);
  } finally {
    serving.child.kill("SIGTERM");
    await serving.ended;
  }
  const nothing = await foretop("mistyped", "backup", join(folder, "none.tar")).ended;
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /there is nothing to back up in .*mistyped/);
  assert.equal(existsSync(join(folder, "mistyped")), false);
});
