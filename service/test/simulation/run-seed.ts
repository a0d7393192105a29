/** One seed, from the first row to the end of the quiet phase; throws what the checkers find. */
import { activateDetector } from "../../src/pipeline/activate.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { configHash } from "../../src/resources/config-hash.ts";
import { allIsDone } from "./checkers/all-is-done.ts";
import { asOfAnswers } from "./checkers/as-of-answers.ts";
import { deliveriesAreStored } from "./checkers/deliveries-are-stored.ts";
import { eachIntervalOnce } from "./checkers/each-interval-once.ts";
import { groupsHaveEvidence } from "./checkers/groups-have-evidence.ts";
import { learnedOnce } from "./checkers/learned-once.ts";
import { ledgerHolds } from "./checkers/ledger-holds.ts";
import { revisionsHaveReasons } from "./checkers/revisions-have-reasons.ts";
import { streamingIsBatch } from "./checkers/streaming-is-batch.ts";
import type { FactReader, Facts } from "./facts.ts";
import { horizonEndMs } from "./plant-changes.ts";
import { meddle } from "./meddle.ts";
import type { Plant } from "./plants.ts";
import { drawScenario } from "./scenario.ts";
import { SimWorld, type SimDatabase } from "./sim-world.ts";
import { calm } from "./weather.ts";

export interface SeedReport {
  readonly seed: number;
  readonly steps: number;
  readonly commits: number;
  readonly corrections: number;
  readonly deaths: number;
  readonly received: number;
  readonly groups: number;
}

/** Of the commits after which states and old answers are compared, too. */
const THOROUGH_SHARE = 0.3;

export interface SimServer extends SimDatabase {
  readonly facts: FactReader;
}

export async function runSeed(seed: number, server: SimServer, { plant = null }: { plant?: Plant | null } = {}): Promise<SeedReport> {
  const scenario = drawScenario(seed);
  const { config, starts, noisyCount } = scenario;
  const world = new SimWorld(scenario, server, plant);
  const { id } = await server.store.detectors.create(config, configHash(config), world.scheduler.nowMs);
  world.detectorId = id;
  let before: Facts | null = null;

  async function check(isThorough = false): Promise<Facts> {
    const facts = await server.facts.read(id);
    eachIntervalOnce(world, facts, before);
    ledgerHolds(facts, before);
    groupsHaveEvidence(facts);
    revisionsHaveReasons(world, facts, before);
    deliveriesAreStored(world, facts);
    const detector = (await server.store.detectors.get(id))!;
    world.seriesCountMax = (await server.store.series.list(id, detector.generation)).length;
    // The two that read files: now and then, and at the end.
    if (isThorough || world.random() < THOROUGH_SHARE) {
      await learnedOnce(world, detector);
      await asOfAnswers(world, detector);
    }
    before = facts;
    return facts;
  }
  async function afterStep(): Promise<void> {
    if (world.failure !== null) throw world.failure;
    if (!world.isTouched) return;
    world.isTouched = false;
    await check();
  }

  const first = world.process();
  const activation = activateDetector(id, first.system);
  world.scheduler.started(first);
  await Promise.all([activation.finally(() => world.scheduler.ended(first)), world.scheduler.runUntil(world.scheduler.nowMs + 1, async () => {})]);
  world.processes.length = 0;

  world.weather = scenario.weather;
  for (let i = 0; i < scenario.processCount; i++) world.process().serve();
  for (let i = 1; i <= noisyCount; i++) {
    for (let part = 0; part < 4; part++) {
      const untilMs = starts[i - 1] + ((part + 1) / 4) * (starts[i] - starts[i - 1]);
      await world.scheduler.runUntil(untilMs, afterStep);
      if (scenario.clocksJump) jumpClocks(world);
      if (world.random() < scenario.weather.meddles * 4) void meddle(world);
    }
  }
  await quiet();
  const facts = await check(true);
  return { seed, steps: world.scheduler.steps, ...world.counts, groups: facts.groups.length };

  /** No more faults; what changed beyond the horizon is back-filled, as docs/operate says. Then all must be right. */
  async function quiet(): Promise<void> {
    world.weather = calm;
    for (const process of world.processes) process.skewMs = 0;
    await world.scheduler.runUntil(starts[noisyCount + 1], afterStep);
    const beyond = changedBeyondHorizon();
    if (beyond.length > 0) {
      void world.task("back-fill", async ({ system }) => {
        const detector = (await server.store.detectors.get(id))!;
        await backfill(detector, { startMs: Math.min(...beyond), endMs: Math.min(detector.headMs!, Math.max(...beyond) + 1) }, system);
      });
    }
    const endMs = starts.at(-1)! + config.offsetSeconds * 1000;
    await world.scheduler.runUntil(endMs + world.lengthMs * 0.9, afterStep);
    const detector = (await server.store.detectors.get(id))!;
    const last = await check(true);
    await streamingIsBatch(world, detector);
    const verified = world.task("verifying", (process) => allIsDone(world, detector, last, process));
    await world.scheduler.runUntil(world.scheduler.nowMs + 1, afterStep);
    await verified;
    if (world.failure !== null) throw world.failure;
  }

  function changedBeyondHorizon(): number[] {
    const beyond: number[] = [];
    for (let i = 0; i < noisyCount; i++) {
      const untilMs = horizonEndMs(config, starts, i);
      if (scenario.table.changes.some(({ ts, atMs }) => ts >= starts[i] && ts < starts[i + 1] && atMs >= untilMs)) beyond.push(starts[i]);
    }
    return beyond;
  }
}

/** Up to half an interval ahead or behind; sometimes right again. */
function jumpClocks(world: SimWorld): void {
  for (const process of world.processes) {
    if (world.random() > 0.2) continue;
    process.skewMs = world.random() < 0.4 ? 0 : Math.floor((world.random() - 0.5) * world.lengthMs);
    world.skewMaxMs = Math.max(world.skewMaxMs, process.skewMs);
  }
}

