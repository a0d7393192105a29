/** One seed's world while it runs: what processes share, and what the checkers remember. */
import type { Random } from "@foretop/engine";
import type { AlertMessage } from "../../src/alerts/message.ts";
import type { DetectorConfig } from "../../src/resources/detector.ts";
import type { CorrectionCommit, Store } from "../../src/store/store.ts";
import { describeError } from "../../src/telemetry/errors.ts";
import type { Answer } from "./checkers/as-of-answers.ts";
import { Plants, type Plant } from "./plants.ts";
import type { Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { SimProcess } from "./sim-process.ts";
import type { SourceTable } from "./source-table.ts";
import { Violation } from "./violation.ts";
import { calm, type Weather } from "./weather.ts";

export interface SimDatabase {
  readonly store: Store;
  sql(text: string, parameters?: unknown[]): Promise<unknown>;
}

export class SimWorld {
  readonly scenario: Scenario;
  readonly config: DetectorConfig;
  readonly random: Random;
  readonly table: SourceTable;
  readonly scheduler: Scheduler;
  /** the real one, past all weather */
  readonly store: Store;
  readonly plants: Plants;
  readonly processes: SimProcess[] = [];
  weather: Weather = calm;
  detectorId = "";
  /** the furthest that any process's clock has been ahead of the world's */
  skewMaxMs = 0;
  /** (group, revision) that came with a correction */
  readonly correctedRevisions = new Set<string>();
  readonly receivedMessages = new Map<string, AlertMessage[]>();
  readonly answers: Answer[] = [];
  seriesCountMax = 0;
  /** something was committed or received since the checkers last looked */
  isTouched = false;
  /** the first thing that went wrong */
  failure: Error | null = null;
  readonly counts = { commits: 0, corrections: 0, deaths: 0, received: 0 };
  #names = 0;

  constructor(scenario: Scenario, database: SimDatabase, plant: Plant | null) {
    this.scenario = scenario;
    this.config = scenario.config;
    this.random = scenario.random;
    this.table = scenario.table;
    this.store = database.store;
    const nowMs = scenario.liveFromMs + scenario.config.offsetSeconds * 1000;
    this.scheduler = new Scheduler(scenario.random, nowMs);
    this.plants = new Plants(plant, scenario.table, (text, parameters) => database.sql(text, parameters));
    this.plants.onCommit = (label, commit) => this.#committed(label, commit);
  }

  get clocksJump(): boolean {
    return this.scenario.clocksJump;
  }

  /** Length of the first live interval: the world's measure of "long". */
  get lengthMs(): number {
    return this.scenario.starts[1] - this.scenario.starts[0];
  }

  process(): SimProcess {
    const process = new SimProcess(this, `process ${++this.#names}`, this.store);
    this.processes.push(process);
    return process;
  }

  /** Something that somebody does once, at the command line say: a process of its own that ends with it. */
  async task<T>(doing: string, run: (process: SimProcess) => Promise<T>): Promise<void> {
    const process = this.process();
    this.scheduler.started(process);
    await process.guarded(doing, () => run(process));
    this.scheduler.ended(process);
    this.processes.splice(this.processes.indexOf(process), 1);
  }

  /** Another one is started after a while. */
  processDied(process: SimProcess): void {
    this.counts.deaths += 1;
    this.processes.splice(this.processes.indexOf(process), 1);
    const restartMs = this.scheduler.nowMs + Math.floor(this.random() * 3 * this.lengthMs);
    void this.scheduler.gate(this, "restart", restartMs).then(() => this.process().serve());
  }

  readonly received = (key: string, message: AlertMessage): Promise<void> => {
    const messages = this.receivedMessages.get(key) ?? [];
    messages.push(structuredClone(message));
    this.receivedMessages.set(key, messages);
    this.counts.received += 1;
    this.isTouched = true;
    return Promise.resolve();
  };

  fail(where: string, error: unknown): void {
    this.failure ??= error instanceof Violation ? error : new Violation("no other error than those made", `${where}: ${describeError(error)}\n${error instanceof Error ? error.stack : ""}`);
  }

  #committed(label: string, commit: unknown): void {
    this.isTouched = true;
    this.counts.commits += 1;
    if (label !== "commitCorrection") return;
    this.counts.corrections += 1;
    for (const { group } of (commit as CorrectionCommit).groups) this.correctedRevisions.add(`${group.id} ${group.revision}`);
  }
}

