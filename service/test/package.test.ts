/** What is published as `foretop` on npm: built, packed and run from the tarball, as somebody who installs it would. */
import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, test } from "vitest";
import { VERSION } from "../src/version.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FILES_IN_PACKAGE_MAX = 200;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretop-package-"));
  await run(process.execPath, [join(ROOT, "scripts/build-package.mjs")], { cwd: ROOT });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: join(ROOT, "service") });
  await run("tar", ["xzf", join(folder, stdout.trim().split("\n").at(-1)!), "-C", folder]);
  await symlink(join(ROOT, "node_modules"), join(folder, "package", "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the version in code is the package's", async () => {
  const { version, license, bin } = JSON.parse(await readFile(join(ROOT, "service/package.json"), "utf8")) as { version: string; license: string; bin: object };
  assert.equal(VERSION, version);
  assert.equal(license, "Apache-2.0");
  assert.deepEqual(bin, { foretop: "bin/foretop.mjs" });
});

test("the package holds what it needs and nothing of the workshop", async () => {
  const files = (await readdir(join(folder, "package"), { recursive: true })).filter((name) => !name.startsWith("node_modules"));
  for (const needed of ["bin/foretop.mjs", "dist/main.js", "dist/learn-worker.js", "dist/migrations/0001_first-tables.sql", "dist/examples/redshift-ecommerce/params.json", "LICENSE", "README.md"]) {
    assert.ok(files.includes(needed), `${needed} is missing`);
  }
  assert.deepEqual(files.filter((name) => /\.test\.|\/test\/|\.ts$/.test(name)), []);
  assert.ok(files.length < FILES_IN_PACKAGE_MAX);
});

test("the installed command runs: its own database, its migrations, its checks", async () => {
  const home = join(folder, "home");
  const { stdout } = await run(process.execPath, [join(folder, "package/bin/foretop.mjs"), "doctor", "--json", "--quiet", "--home", home], {
    env: { ...process.env, DATABASE_URL: "", FORETOP_HOME: "" },
  });
  const { findings } = JSON.parse(stdout) as { findings: { area: string; level: string }[] };
  assert.deepEqual(findings.filter(({ level }) => level === "error"), []);
  assert.ok(findings.some(({ area, level }) => area === "database" && level === "ok"));
});

test("a Node that is too old is told which one is needed", async () => {
  const text = await readFile(join(folder, "package/bin/foretop.mjs"), "utf8");
  assert.match(text, /needs Node 22\.12/);
});
