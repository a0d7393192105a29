/** Shards as what they are in a cluster: processes that share a database and a folder, and die. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test, vi } from "vitest";
import { activateDetector } from "../../src/pipeline/activate.ts";
import { queueShards, waitForShards } from "../../src/jobs/shard-queue.ts";
import { reduceShards } from "../../src/shards/reduce-shards.ts";
import { splitInterval } from "../../src/shards/split-interval.ts";
import { HeadMovedError } from "../../src/store/store.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { truthWorld, type TruthWorld } from "../truth/truth-world.ts";
import { rowsOf } from "./rows-of.ts";

// Processes by the dozen: seconds on a quiet machine, minutes where all suites share two cores.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");
const TAKEN_OVER_SECONDS_MAX = 15;
const SHARDS_OF_WORKERS = 7;

/** One world whose hours are dealt to processes, one that runs them alone: the next test goes on with the next hour. */
let dealt: TruthWorld;
let alone: TruthWorld;
/** What the processes compile, one for the others: half of what a process takes. */
let compileCache: string;
beforeAll(async () => {
  compileCache = mkdtempSync(join(tmpdir(), "foretop-compiled-"));
  [dealt, alone] = [await truthWorld({ horizonIntervals: 0 }), await truthWorld({ horizonIntervals: 0 })];
  for (const world of [dealt, alone]) await activateDetector((await world.detector()).id, world.system);
});
afterAll(async () => {
  await dealt.close();
  await alone.close();
  rmSync(compileCache, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(world: TruthWorld, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args, "--home", world.system.homeFolder], {
    env: { PATH: process.env["PATH"], HOME: world.system.homeFolder, DATABASE_URL: world.databaseUrl, NODE_COMPILE_CACHE: compileCache, ...env },
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

/** Both worlds' rows after the same hours. Attempts and instants of knowing differ by when the commands ran. */
async function assertSameRows(): Promise<void> {
  const hours = ((await dealt.detector()).headMs! - LIVE_FROM_MS) / HOUR;
  alone.clock.advanceTo(LIVE_FROM_MS + hours * HOUR + 10 * 60_000);
  await runDue(alone.system);
  const [rows, wanted] = await Promise.all([dealt, alone].map(async (world) => (await rowsOf(world.system.store, await world.detector())).map(timeless)));
  assert.ok(wanted!.length > hours * 10);
  assert.deepEqual(rows, wanted);
  const live = (await dealt.system.store.ledger.list((await dealt.detector()).id, { limit: 100 })).filter(({ purpose }) => purpose === "live");
  assert.equal(live.length, hours, "each hour was read once");
}

function timeless(line: string): string {
  return line.replaceAll(/"knownAtMs":\d+/g, '"knownAtMs":0');
}

/** One is killed in the middle of writing, and started again with the others. */
async function runAll(folder: string, shardCount: number): Promise<void> {
  const killed = shardCount >> 1;
  assert.equal((await start(dealt, ["shard", "run", folder, "--shard", `${killed}`], { FORETOP_FAILPOINT: "segment.half-written" }).ended).signal, "SIGKILL");
  assert.ok(!readdirSync(folder).includes(`done-${killed}-of-${shardCount}.shard`), "nothing half done is there");
  const waiting = Array.from({ length: shardCount }, (_, i) => (i * 3 + killed + 1) % shardCount);
  const next = async (): Promise<void> => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) await foretop(dealt, "shard", "run", folder, "--shard", `${shard}`);
  };
  await Promise.all([next(), next()]);
}

test("seven processes, one of them killed in the middle and started again, give the rows of one; the source was read once", async () => {
  const { stdout } = await foretop(dealt, "shard", "split", (await dealt.detector()).config.name, "--shards", "7", "--work", join(dealt.system.homeFolder, "work"), "--json");
  const { folder } = JSON.parse(stdout) as { folder: string };
  await runAll(folder, 7);
  await foretop(dealt, "reduce", folder);
  await assertSameRows();
  await assert.rejects(reduceShards(folder, dealt.system), (error: Error) => error instanceof HeadMovedError && /has moved on/.test(error.message));
});

test.each([2, 1])("the rows are the same of as few processes as %i, one killed and started again", async (shardCount) => {
  const detector = await dealt.detector();
  dealt.clock.advanceTo(detector.headMs! + HOUR + 10 * 60_000);
  const { folder } = await splitInterval(detector, dealt.system, { shardCount, workFolder: join(dealt.system.homeFolder, "work") });
  await runAll(folder!, shardCount);
  await reduceShards(folder!, dealt.system);
  await assertSameRows();
});

test("a worker that dies with a shard in its hands is replaced: another one has done it in less than 15 s", async () => {
  const detector = await dealt.detector();
  dealt.clock.advanceTo(detector.headMs! + HOUR + 10 * 60_000);
  const { folder } = await splitInterval(detector, dealt.system, { shardCount: SHARDS_OF_WORKERS, workFolder: join(dealt.system.homeFolder, "work") });
  const workers = [start(dealt, ["worker"], { FORETOP_FAILPOINT: "segment.half-written" }), start(dealt, ["worker"])] as const;
  const [dying, other] = workers;
  try {
    await Promise.all(workers.map(({ isWorking }) => isWorking));
    await queueShards(folder!, SHARDS_OF_WORKERS, dealt);
    assert.equal((await dying.ended).signal, "SIGKILL");
    const diedMs = performance.now();
    await waitForShards(folder!, SHARDS_OF_WORKERS, { secondsMax: 120, signal: AbortSignal.timeout(180_000), sleep: (ms, signal) => systemClock.sleep(ms, signal) });
    const seconds = (performance.now() - diedMs) / 1000;
    assert.ok(seconds < TAKEN_OVER_SECONDS_MAX, `${seconds} s`);
    await reduceShards(folder!, dealt.system);
    await assertSameRows();
  } finally {
    other.child.kill("SIGTERM");
    await other.ended;
  }
});
