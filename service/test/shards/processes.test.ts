/** Shards as what they are in a cluster: processes that share a database and a folder, and die. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test, vi } from "vitest";
import { activateDetector } from "../../src/pipeline/activate.ts";
import { queueShards, waitForShards } from "../../src/jobs/shard-queue.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "../truth/truth-world.ts";
import { rowsOf } from "./rows-of.ts";

// Worlds and processes by the dozen: seconds on a quiet machine, minutes where all suites share two cores.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");
const SHARDS = 7;
const TAKEN_OVER_SECONDS_MAX = 15;

const worlds: TruthWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function learned(): Promise<TruthWorld> {
  const world = await truthWorld({ horizonIntervals: 0 });
  worlds.push(world);
  await activateDetector((await world.detector()).id, world.system);
  return world;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(world: TruthWorld, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args, "--home", world.system.homeFolder], {
    env: { PATH: process.env["PATH"], HOME: world.system.homeFolder, DATABASE_URL: world.databaseUrl, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  const isWorking = new Promise<void>((resolve) => child.stderr.on("data", () => output.stderr.includes("takes shards") && resolve()));
  return { child, ended, isWorking };
}

async function foretop(world: TruthWorld, ...args: readonly string[]): Promise<Ended> {
  const result = await start(world, args).ended;
  assert.equal(result.code, 0, `${args.join(" ")}: ${result.stderr}`);
  return result;
}

/** What one process makes of the same hour. Attempts and instants of knowing differ by when the commands ran. */
async function wantedRows(): Promise<string[]> {
  const world = await learned();
  world.clock.advanceTo(LIVE_FROM_MS + HOUR + 10 * 60_000);
  await runDue(world.system);
  return (await rowsOf(world.system.store, await world.detector())).map(timeless);
}

function timeless(line: string): string {
  return line.replaceAll(/"knownAtMs":\d+/g, '"knownAtMs":0');
}

async function split(world: TruthWorld, ...options: readonly string[]): Promise<string> {
  const { name } = (await world.detector()).config;
  const { stdout } = await foretop(world, "shard", "split", name, "--shards", `${SHARDS}`, "--work", join(world.system.homeFolder, "work"), "--json", ...options);
  return (JSON.parse(stdout) as { folder: string }).folder;
}

test("seven processes, one of them killed in the middle and started again, give the rows of one; the source was read once", async () => {
  const [wanted, world] = [await wantedRows(), await learned()];
  const folder = await split(world);
  const killed = await start(world, ["shard", "run", folder, "--shard", "3"], { FORETOP_FAILPOINT: "segment.half-written" }).ended;
  assert.equal(killed.signal, "SIGKILL");
  assert.ok(!readdirSync(folder).includes("done-3-of-7.shard"), "nothing half done is there");
  for (const pair of [[6, 0], [3, 1], [5, 2], [4]]) await Promise.all(pair.map((shard) => foretop(world, "shard", "run", folder, "--shard", `${shard}`)));
  await foretop(world, "reduce", folder);
  const detector = await world.detector();
  assert.deepEqual((await rowsOf(world.system.store, detector)).map(timeless), wanted);
  const live = (await world.system.store.ledger.list(detector.id, { limit: 100 })).filter(({ purpose }) => purpose === "live");
  assert.equal(live.length, 1);
  const again = await start(world, ["reduce", folder]).ended;
  assert.notEqual(again.code, 0);
  assert.match(again.stderr, /has moved on/);
});

test("a worker that dies with a shard in its hands is replaced: another one has done it in less than 15 s", async () => {
  const world = await learned();
  const folder = await split(world);
  const workers = [start(world, ["worker"], { FORETOP_FAILPOINT: "segment.half-written" }), start(world, ["worker"])] as const;
  const [dying, other] = workers;
  try {
    await Promise.all(workers.map(({ isWorking }) => isWorking));
    await queueShards(folder, SHARDS, world);
    assert.equal((await dying.ended).signal, "SIGKILL");
    const diedMs = performance.now();
    await waitForShards(folder, SHARDS, { secondsMax: 120, signal: AbortSignal.timeout(180_000), sleep: (ms, signal) => systemClock.sleep(ms, signal) });
    const seconds = (performance.now() - diedMs) / 1000;
    assert.ok(seconds < TAKEN_OVER_SECONDS_MAX, `${seconds} s`);
  } finally {
    other.child.kill("SIGTERM");
    await other.ended;
  }
});
