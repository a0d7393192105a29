/**
 * Who does what is due, when several `serve` processes share one PostgreSQL: pg-boss. A job names a detector and
 * nothing else; what is due is read from the state when the job runs, so a job may be lost, doubled or late without
 * harm. A process that dies stops its heartbeat, and another one takes the detector over.
 */
import { PgBoss, type Job } from "pg-boss";
import { dueIntervals } from "../crawl/due-intervals.ts";
import { activateDetector } from "../pipeline/activate.ts";
import type { System } from "../pipeline/system.ts";
import { describeError } from "../telemetry/errors.ts";
import { deliverDue } from "./deliver.ts";
import { maintain } from "./maintain.ts";
import { runDue } from "./run-due.ts";
import { watchHealth } from "./watch-health.ts";

/** How often every process looks at what is due. */
const TICK_MS = 1000;
/** pg-boss allows no less than 10: a dead process is noticed after that and the next monitor pass. */
const HEARTBEAT_SECONDS = 10;
const MONITOR_SECONDS = 2;
/** No single turn of a detector (activation of a long history included) takes longer. */
const TURN_SECONDS_MAX = 23 * 3600;
/** Detectors that one process works on at the same time. */
const DETECTORS_AT_ONCE = 2;
/** An interval that waits for its retry is looked at this often: an apply or another process may have mended it. */
const PAUSE_WHILE_WAITING_MS = 60_000;
/** After a failed turn the tick leaves a detector alone for this long; its retry rule decides about the interval. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

const RUN = "run-detector";
const ACTIVATE = "activate-detector";
const DELIVER = "deliver";
const MAINTAIN = "maintain";
const QUEUES = [RUN, ACTIVATE, DELIVER, MAINTAIN];
/** Housekeeping, by whichever process looks first. */
const MAINTAIN_EVERY_MS = 3_600_000;
/** How often detectors themselves are looked at: not by a job, because a queue that stands still is part of what may be wrong. */
const WATCH_EVERY_MS = 30_000;

export interface Queue {
  /** Jobs that wait for a process to take them. */
  waiting(): Promise<number>;
  /** Stops taking work, lets what runs end or abort, closes the connections. */
  stop(): Promise<void>;
}

export async function startQueue(system: System, { databaseUrl, signal }: { databaseUrl: string; signal: AbortSignal }): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: "foretop_jobs",
    application_name: "foretop jobs",
    max: 4,
    monitorIntervalSeconds: MONITOR_SECONDS,
    superviseIntervalSeconds: MONITOR_SECONDS,
    schedule: false,
  });
  boss.on("error", (error) => system.log.error({ error: describeError(error) }, "job queue"));
  await boss.start();
  const options = { policy: "stately", retryLimit: 0, expireInSeconds: TURN_SECONDS_MAX, deleteAfterSeconds: 60, heartbeatSeconds: HEARTBEAT_SECONDS };
  for (const name of QUEUES) await boss.createQueue(name, options);

  const paused = new Map<string, number>();
  const stopping = new AbortController();
  const ending = AbortSignal.any([signal, stopping.signal]);

  const work = { pollingIntervalSeconds: 0.5, localConcurrency: DETECTORS_AT_ONCE, heartbeatRefreshSeconds: 3 };
  await boss.work<DetectorJob>(RUN, work, async (jobs) => {
    for (const { data } of jobs as Job<DetectorJob>[]) {
      const report = await guarded(system, ending, "running intervals", () => runDue(system, { signal: ending, detectorId: data.detectorId }));
      const nowMs = system.clock.nowMs();
      if (report === null || report.failed > 0) paused.set(data.detectorId, nowMs + PAUSE_AFTER_FAILURE_MS);
      else if (report.waitUntilMs !== null) paused.set(data.detectorId, Math.min(report.waitUntilMs, nowMs + PAUSE_WHILE_WAITING_MS));
    }
  });
  await boss.work<DetectorJob>(ACTIVATE, { ...work, localConcurrency: 1 }, async (jobs) => {
    for (const { data } of jobs as Job<DetectorJob>[]) {
      const detector = await system.store.detectors.get(data.detectorId);
      if (detector?.status !== "ACTIVATING") continue; // done by another turn
      await guarded(system, ending, "activating", () => activateDetector(data.detectorId, system, { signal: ending }));
    }
  });
  await boss.work(DELIVER, { ...work, localConcurrency: 1 }, async () => {
    await guarded(system, ending, "delivering", () => deliverDue(system, ending));
  });

  await boss.work(MAINTAIN, { ...work, pollingIntervalSeconds: 30, localConcurrency: 1 }, async () => {
    await guarded(system, ending, "housekeeping", () => maintain(system, ending));
  });

  const ticking = tick(boss, system, paused, ending);
  return {
    async waiting() {
      let count = 0;
      for (const queue of await boss.getQueues(QUEUES)) count += queue.readyCount;
      return count;
    },
    async stop() {
      stopping.abort(new Error("foretop is stopping"));
      await ticking;
      await boss.stop({ graceful: true, timeout: 10_000 });
    },
  };
}

interface DetectorJob {
  readonly detectorId: string;
}

/** Looks every second at what is due and queues it; a detector that is queued or running already is not queued twice. */
async function tick(boss: PgBoss, system: System, paused: Map<string, number>, signal: AbortSignal): Promise<void> {
  let maintainedMs = -Infinity;
  let watchedMs = -Infinity;
  while (!signal.aborted) {
    await guarded(system, signal, "looking for work", async () => {
      const nowMs = system.clock.nowMs();
      for (const detector of await system.store.detectors.list()) {
        const data = { detectorId: detector.id };
        const once = { singletonKey: detector.id };
        if (detector.status === "ACTIVATING") await boss.send(ACTIVATE, data, once);
        if (detector.status !== "ACTIVE" && detector.status !== "LEARNING") continue;
        if ((paused.get(detector.id) ?? 0) > nowMs || dueIntervals(detector, nowMs, 1).length === 0) continue;
        await boss.send(RUN, data, once);
      }
      if (nowMs - maintainedMs >= MAINTAIN_EVERY_MS) {
        maintainedMs = nowMs;
        await boss.send(MAINTAIN, {}, { singletonKey: "all" });
      }
      if (await system.store.deliveries.hasDue(nowMs)) await boss.send(DELIVER, {}, { singletonKey: "all" });
    });
    if (system.clock.nowMs() - watchedMs >= WATCH_EVERY_MS) {
      watchedMs = system.clock.nowMs();
      await guarded(system, signal, "looking at the detectors themselves", () => watchHealth(system, signal));
    }
    await system.clock.sleep(TICK_MS, signal).catch(() => undefined); // aborted: the loop's condition ends it
  }
}

/** A job that fails is done again by the next tick; its error is told once, here. */
async function guarded<T>(system: System, signal: AbortSignal, doing: string, run: () => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) return null; // stopped on purpose: what was not committed is done again at the next start
    system.log.error({ error: describeError(error) }, `${doing} failed; it will be tried again`);
    return null;
  }
}
