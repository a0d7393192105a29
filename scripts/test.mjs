// `npm test`: types, lint and every suite, with the Node of the workspace. The last line adds up all of them.
//   npm test                      everything
//   npm test -- engine store      only test files whose path contains one of the words
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const env = { ...process.env, PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${bin}:${process.env.PATH}` };
const filters = process.argv.slice(2);
let passed = 0;
let failed = 0;

/** Counts a check that is not a test suite as one test. */
function check(isGood) {
  if (isGood) passed++;
  else failed++;
}

function step(name, command, args) {
  process.stdout.write(`\n— ${name}\n`);
  const result = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  return result.status === 0;
}

if (filters.length === 0) {
  for (const project of ["engine", "engine/tsconfig.test.json", "service", "test-kit", "bench", "console"]) {
    check(step(`types: ${project}`, node, [join(root, "node_modules/typescript/bin/tsc"), "-p", project]));
  }
  check(step("lint", join(bin, "oxlint"), ["--type-aware", "--quiet"]));
}

const buildConsole = join(root, "scripts", "build-console.mjs");
if (existsSync(buildConsole) && !step("console build", node, [buildConsole])) failed++;

const folder = mkdtempSync(join(tmpdir(), "foretop-test-"));
const report = join(folder, "report.json");
step("suites", node, [
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...filters,
]);
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  // A file that does not load has no tests to fail: it is a failure of its own.
  const brokenFiles = testResults.filter((file) => file.status === "failed" && file.assertionResults.every((t) => t.status !== "failed"));
  passed += numPassedTests;
  failed += numFailedTests + brokenFiles.length;
  for (const file of brokenFiles) process.stdout.write(`could not run ${file.name}: ${file.message}\n`);
} else {
  process.stdout.write("the test runner wrote no report\n");
  failed++;
}
rmSync(folder, { recursive: true, force: true });

process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
