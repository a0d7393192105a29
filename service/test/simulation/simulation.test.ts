/**
 * The simulation (docs/operate/simulation.md): seeds of a world in which everything fails that can, and what must hold
 * after every step. First that each checker finds the bug that it is there for; then the seeds.
 */
import { strict as assert } from "node:assert";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { testDatabase, type TestDatabase } from "../postgres.ts";
import { PLANTS, type Plant } from "./plants.ts";
import { runSeed } from "./run-seed.ts";
import { openSimServer } from "./sim-server.ts";
import { Violation } from "./violation.ts";

let database: TestDatabase;
let server: Awaited<ReturnType<typeof openSimServer>>;
beforeAll(async () => {
  database = await testDatabase();
  server = await openSimServer(database.url);
});
afterEach(() => server.clear());
afterAll(async () => {
  await server.close();
  await database.drop();
});

const FOUND_BY: Readonly<Record<Plant, string>> = {
  "an interval is skipped": "each interval once",
  "a checkpoint says that it ends later": "learned once",
  "a second reading shows what the first one did": "streaming is batch",
  "a group loses its evidence": "groups have evidence",
  "a revision loses its reason": "revisions have reasons",
  "a delivery is handed out although its commit failed": "deliveries are stored",
  "a correction is dated back": "as-of answers never change",
  "an attempt is closed twice": "the ledger holds",
  "a revision is overwritten": "revisions have reasons",
  "a delivery counts as sent that never was": "deliveries are stored",
};
/** Not every seed comes by every bug. */
const SEEDS_FOR_A_PLANT = 6;

test.each(PLANTS)("the checkers find that %s", async (plant) => {
  for (let seed = 1; seed <= SEEDS_FOR_A_PLANT; seed++) {
    try {
      await runSeed(seed, server, { plant });
    } catch (error) {
      assert.ok(error instanceof Violation, String(error));
      assert.equal(error.checker, FOUND_BY[plant], error.message);
      return;
    }
    await server.clear();
  }
  assert.fail(`none of ${SEEDS_FOR_A_PLANT} seeds came by it`);
});

test("the same seed lives the same life twice", async () => {
  const first = await runSeed(2, server);
  await server.clear();
  assert.deepEqual(await runSeed(2, server), first);
});

const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1);

test.each(SEEDS)("seed %i: whatever fails, the numbers are right", async (seed) => {
  try {
    await runSeed(seed, server);
  } catch (error) {
    throw new Error(`replay it with: node service/test/simulation/run.ts --seed ${seed}`, { cause: error });
  }
});
