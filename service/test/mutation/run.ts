/**
 * Mutation testing of windows, ledger and outbox (`npm run mutate`): Stryker changes one thing at a time in the files of
 * stryker.config.json, and the tests must notice. Less than 80 % noticed is a failure. The summary goes to
 * bench/results/mutation.json, so that a change is a diff.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "../../src/store/embedded/embedded-postgres.ts";

/** As Stryker's JSON report has it (mutation-testing-report-schema). */
interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string; readonly mutatorName: string; readonly location: { readonly start: { readonly line: number } } }[] }>>;
}

const root = join(import.meta.dirname, "..", "..", "..");
const home = mkdtempSync(join(tmpdir(), "foretop-mutate-"));
// One server for all runs: starting one for each mutant would be most of the time.
const postgres = await startEmbeddedPostgres(home, { durable: false });
const begun = performance.now();
const { status } = spawnSync(process.execPath, [join(root, "node_modules/@stryker-mutator/core/bin/stryker.js"), "run", join(import.meta.dirname, "stryker.config.json"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, FORETOP_TEST_DATABASE_URL: postgres.url("postgres") },
});
const minutes = (performance.now() - begun) / 60_000;
await postgres.stop();
await removeEmbeddedPostgres(home);
rmSync(home, { recursive: true, force: true });

const { files } = JSON.parse(readFileSync(join(root, "reports/mutation.json"), "utf8")) as Report;
const NOTICED = new Set(["Killed", "Timeout"]);
const COUNTED = new Set([...NOTICED, "Survived", "NoCoverage"]);
const ofFile = Object.entries(files).map(([file, { mutants }]) => {
  const counted = mutants.filter((mutant) => COUNTED.has(mutant.status));
  const survived = counted.filter((mutant) => !NOTICED.has(mutant.status));
  return {
    file,
    mutants: counted.length,
    killed: counted.length - survived.length,
    share: share(counted.length - survived.length, counted.length),
    survivors: survived.map(({ mutatorName, location }) => `line ${location.start.line}: ${mutatorName}`),
  };
});
const mutants = ofFile.reduce((sum, each) => sum + each.mutants, 0);
const killed = ofFile.reduce((sum, each) => sum + each.killed, 0);
const summary = { tool: "stryker 9.6.1, vitest runner", minutes: Math.round(minutes * 10) / 10, mutants, killed, share: share(killed, mutants), files: ofFile };
writeFileSync(join(root, "bench/results/mutation.json"), `${JSON.stringify(summary, null, 2)}\n`);
console.log(`${killed} of ${mutants} mutants noticed: ${(summary.share * 100).toFixed(1)} %`);
process.exitCode = status ?? 1;

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : Math.round((part / whole) * 1000) / 1000;
}
