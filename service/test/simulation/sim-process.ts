/**
 * One `serve` of the simulated world: a System of its own (its clock, its memory) around what all processes share. It
 * looks at what is due, sends, keeps house and sleeps, for ever – until it is killed: then its calls never return.
 */
import type { Random } from "@foretop/engine";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { deliverDue } from "../../src/jobs/deliver.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { checkpointAll } from "../../src/pipeline/checkpoint.ts";
import { ModelCache } from "../../src/pipeline/live-models.ts";
import type { System } from "../../src/pipeline/system.ts";
import type { Store } from "../../src/store/store.ts";
import type { Clock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { isInjected } from "./injected.ts";
import type { Scheduler } from "./scheduler.ts";
import { simChannels } from "./sim-channel.ts";
import { simConnector } from "./sim-source.ts";
import { simStore } from "./sim-store.ts";
import type { SimWorld } from "./sim-world.ts";

export class SimProcess {
  readonly name: string;
  readonly world: SimWorld;
  readonly system: System;
  /** how far its clock is from the world's */
  skewMs = 0;
  isDead = false;

  constructor(world: SimWorld, name: string, store: Store) {
    this.name = name;
    this.world = world;
    const clock: Clock = {
      nowMs: () => world.scheduler.nowMs + this.skewMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
    this.system = {
      store: simStore(store, this),
      clock,
      secrets: { resolve: (reference) => Promise.reject(new Error(`no secrets here: ${reference}`)) },
      connectors: new Map([["simulated", simConnector(this)]]),
      channels: new Map(simChannels(this).map((channel) => [channel.kind, channel])),
      log: silentLogger,
      models: new ModelCache(),
      threads: 1,
      consoleUrl: "http://127.0.0.1:7311",
      homeFolder: "/nowhere",
    };
  }

  get scheduler(): Scheduler {
    return this.world.scheduler;
  }

  get random(): Random {
    return this.world.random;
  }

  /** From now on nothing that it has begun is ever ended, and nothing new begins. */
  die(): void {
    this.isDead = true;
    this.scheduler.drop(this);
  }

  /** Runs for ever; what goes wrong and was not made to go wrong fails the seed. */
  serve(): void {
    this.scheduler.started(this);
    void this.#serve();
  }

  async #serve(): Promise<void> {
    const { detectorId } = this.world;
    for (;;) {
      await this.guarded("running intervals", () => runDue(this.system, { detectorId }));
      await this.guarded("delivering", () => deliverDue(this.system));
      if (this.random() < 0.05) await this.guarded("checkpoints", () => checkpointAll(this.system));
      await this.system.clock.sleep(await this.#pauseMs());
    }
  }

  /** Till something is due, but never long: rows may be late, deliveries may wait. */
  async #pauseMs(): Promise<number> {
    const { lengthMs } = this.world;
    const detector = await this.guarded("looking", () => this.system.store.detectors.get(this.world.detectorId));
    const dueMs = detector === null || detector === undefined ? null : nextDueMs(detector);
    const nowMs = this.system.clock.nowMs();
    const usual = lengthMs * (0.2 + 0.3 * this.random());
    return dueMs !== null && dueMs > nowMs ? Math.min(usual, dueMs - nowMs) + Math.floor(this.random() * 5_000) : usual / 4;
  }

  /** @returns undefined where a fault of the world's ended it */
  async guarded<T>(doing: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!isInjected(error)) this.world.fail(`${this.name}, ${doing}`, error);
      return undefined;
    }
  }

  /**
   * A call from the process to the outside: waits for its turn, is done while everybody else stands still, and may be
   * the last thing that the process does.
   */
  async call<T>(label: string, act: () => Promise<T>, { wakeMs }: { wakeMs?: number } = {}): Promise<T> {
    if (this.isDead) return never();
    await this.scheduler.gate(this, label, wakeMs);
    const { weather } = this.world;
    if (this.random() < weather.stalls) await this.stall(label);
    if (this.random() < weather.dies / 2) return this.#dieHere();
    const result = await this.scheduler.outside(act());
    if (this.random() < weather.dies / 2) return this.#dieHere();
    return result;
  }

  /** Does not run for a while, and notices nothing of it. */
  async stall(label: string): Promise<void> {
    await this.scheduler.gate(this, `${label} (stalled)`, this.scheduler.nowMs + Math.floor(this.random() * 2 * this.world.lengthMs));
  }

  #dieHere(): Promise<never> {
    this.die();
    this.world.processDied(this);
    return never();
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.isDead) return never();
    signal?.throwIfAborted();
    await this.scheduler.gate(this, "sleep", this.scheduler.nowMs + Math.ceil(ms));
  }
}

export function never(): Promise<never> {
  return new Promise(() => {});
}
