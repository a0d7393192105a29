/**
 * Runs seeds of the simulation: `node service/test/simulation/run.ts --seeds 1..1000`, `--seed 17` for one. Uses a server
 * of its own, or the one of FORETOP_TEST_DATABASE_URL. Ends with 1 at the first seed that fails, with the command that
 * replays it; `--go-on` runs the others, too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "../../src/store/embedded/embedded-postgres.ts";
import { PLANTS, type Plant } from "./plants.ts";
import { runSeed } from "./run-seed.ts";
import { openSimServer } from "./sim-server.ts";

const { values } = parseArgs({ options: { seeds: { type: "string" }, seed: { type: "string" }, plant: { type: "string" }, "go-on": { type: "boolean" }, verbose: { type: "boolean" } } });
const [first, last] = (values.seeds ?? `${values.seed ?? "1"}..${values.seed ?? "1"}`).split("..").map(Number);
if (!Number.isInteger(first) || !Number.isInteger(last) || last < first) throw new Error("--seeds takes FIRST..LAST, e.g. 1..1000");
const plant = values.plant === undefined ? null : PLANTS.find((name) => name === values.plant);
if (plant === undefined) throw new Error(`--plant takes one of: ${PLANTS.join("; ")}`);

const home = mkdtempSync(join(tmpdir(), "foretop-simulation-"));
const postgres = await startEmbeddedPostgres(home, { durable: false });
await postgres.createDatabase("simulation");
const server = await openSimServer(postgres.url("simulation"));
const begun = performance.now();
const totals = { seeds: 0, failed: 0, steps: 0, commits: 0, corrections: 0, deaths: 0, received: 0, groups: 0 };
try {
  for (let seed = first; seed <= last; seed++) {
    totals.seeds += 1;
    const started = performance.now();
    try {
      const report = await runSeed(seed, server, { plant: plant as Plant | null });
      for (const name of ["steps", "commits", "corrections", "deaths", "received", "groups"] as const) totals[name] += report[name];
      if (values.verbose === true) console.log(JSON.stringify({ ...report, ms: Math.round(performance.now() - started) }));
    } catch (error) {
      totals.failed += 1;
      console.error(`seed ${seed} fails: ${error instanceof Error ? (values.verbose === true ? error.stack : error.message) : String(error)}`);
      console.error(`replay it with: node service/test/simulation/run.ts --seed ${seed}\n`);
      if (values["go-on"] !== true) break;
    }
    await server.clear();
  }
} finally {
  await server.close();
  await postgres.stop();
  await removeEmbeddedPostgres(home);
  rmSync(home, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - begun) / 100) / 10;
console.log(`seeds ${first}..${first + totals.seeds - 1}: ${totals.seeds - totals.failed} hold, ${totals.failed} fail (${seconds} s) ${JSON.stringify(totals)}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
