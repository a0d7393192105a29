import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { checkDisk, checkHome, checkNode, checkSecretsFolder, diskFinding } from "./examine.ts";

const folder = mkdtempSync(join(tmpdir(), "foretop-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("Node that is too old is an error that says which one to install", () => {
  assert.equal(checkNode("24.9.0").level, "ok");
  assert.deepEqual(checkNode("20.11.1"), { area: "node", level: "error", message: "Node 20.11.1 is too old", advice: "Install Node 22 or later." });
});

test("the home folder: not there yet, writable, a file, not writable; and the probe leaves nothing", () => {
  assert.match(checkHome(join(folder, "a/b/c")).message, /does not exist yet and will be created/);
  const home = join(folder, "home");
  mkdirSync(home);
  assert.equal(checkHome(home).level, "ok");
  assert.deepEqual(readdirSync(home), []);
  writeFileSync(join(folder, "file"), "");
  assert.match(checkHome(join(folder, "file")).message, /is not a folder/);
  // Also for root, to whom permissions mean nothing: /proc can't be written by anyone.
  const refused = checkHome("/proc/self");
  assert.equal(refused.level, "error");
  assert.match(refused.advice!, /FORETOP_HOME/);
});

test("free space is measured where the home folder is or will be; little is a warning, very little an error", () => {
  assert.match(checkDisk(join(folder, "not/there/yet")).message, /GiB free/);
  assert.deepEqual([0.5, 3, 50].map((gib) => diskFinding(gib * 2 ** 30).level), ["error", "warning", "ok"]);
  assert.match(diskFinding(2 ** 29).advice!, /Free at least 1 GiB/);
});

test("a folder of secrets that others may enter is warned of with the commands that close it", () => {
  assert.match(checkSecretsFolder(join(folder, "none")).message, /no folder of secrets/);
  const secrets = join(folder, "secrets");
  mkdirSync(secrets, { mode: 0o700 });
  assert.equal(checkSecretsFolder(secrets).level, "ok");
  chmodSync(secrets, 0o755);
  assert.match(checkSecretsFolder(secrets).advice!, /chmod 700/);
});
