/** The command as people start it: a process of its own, its streams, its signals, its exit code. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, test, vi } from "vitest";
import { testDatabase, type TestDatabase } from "./postgres.ts";

// Each test starts several processes, which takes seconds where all suites share two cores.
vi.setConfig({ testTimeout: 300_000 });

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let home: string;
let database: TestDatabase;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "foretop-process-"));
  database = await testDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

function start(argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { env: { ...process.env, FORETOP_HOME: home, DATABASE_URL: database.url, FORETOP_PORT: "0" }, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output.stderr += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output, ended };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited a minute for ${what}`);
}

test("a mistake ends with code 2, words on stderr, nothing on stdout, no stack trace", async () => {
  const { output, ended } = start(["plan", "no-such-file.yaml"]);
  assert.equal(await ended, 2);
  assert.equal(output.stdout, "");
  assert.match(output.stderr, /^foretop: there is no file no-such-file\.yaml\n/);
  assert.ok(!output.stderr.includes("    at "), output.stderr);
});

test("serve listens, commands find it by its folder, and a signal stops it in order: 0 for a supervisor, 130 for Ctrl-C", async () => {
  for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 130]] as const) {
    const { child, output, ended } = start(["serve"]);
    await until(() => existsSync(join(home, "serve.json")), "serve.json");
    const { address } = JSON.parse(readFileSync(join(home, "serve.json"), "utf8")) as { address: string };
    assert.equal((await fetch(`${address}/healthz`)).status, 200);

    if (signal === "SIGTERM") {
      const [list, missing] = [start(["detector", "list", "--json"]), start(["detector", "show", "nope"])];
      assert.equal(await list.ended, 0, list.output.stderr);
      assert.deepEqual(JSON.parse(list.output.stdout), { detectors: [] });
      assert.equal(await missing.ended, 2);
      assert.match(missing.output.stderr, /there is no detector "nope"/);
    }
    await until(() => output.stderr.includes(address), "the address on stderr");
    child.kill(signal);
    assert.equal(await ended, code, output.stderr);
    assert.equal(existsSync(join(home, "serve.json")), false);
    assert.ok(!output.stderr.includes(new URL(database.url).password), "no password in the log");
  }
});

test("Ctrl-C while the source doesn't answer: 130 at once, one word, and nothing is stored", async () => {
  // Accepts connections and never says a word: the worst that a firewall or a dying server does.
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number }; // it listens on TCP
  const file = join(home, "silent.yaml");
  writeFileSync(file, `name: silent\nfrequency: PT1H\nsource: { kind: postgres, host: 127.0.0.1, port: ${port}, database: d, user: u, connectSecondsMax: 60 }\nquery: select ts, v from t where ts >= :start and ts < :end\ntimestamp: ts\nmeasures: [v]\n`);

  for (const verb of ["plan", "apply"]) {
    const { child, output, ended } = start([verb, file]);
    const before = sockets.size;
    await until(() => sockets.size > before, "the connection");
    child.kill("SIGINT");
    const killed = Date.now();
    assert.equal(await ended, 130, output.stderr);
    assert.ok(Date.now() - killed < 10_000, `${Date.now() - killed} ms`);
    assert.equal(output.stdout, "");
    assert.match(output.stderr, /foretop: stopped\n$/);
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
  const list = start(["detector", "list", "--json"]);
  assert.equal(await list.ended, 0);
  assert.deepEqual(JSON.parse(list.output.stdout), { detectors: [] });
});
