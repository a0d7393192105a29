/** The functions behind the API's and the command line's operations, wired to the rooms below (see api/app.ts). */
import type { App, ConfigFiles } from "./api/app.ts";
import { deactivateDetector } from "./pipeline/activate.ts";
import { rerunInterval } from "./pipeline/rerun-interval.ts";
import type { System } from "./pipeline/system.ts";
import { withClaim } from "./pipeline/with-claim.ts";
import { applyDetector } from "./resources/apply.ts";
import type { Detector } from "./resources/detector.ts";
import { refuseIllegal } from "./resources/lifecycle.ts";
import { parseConfigFile } from "./resources/parse-config.ts";
import { planDetector } from "./resources/plan.ts";
import { readFileFrom } from "./resources/read-file.ts";
import { HeadMovedError } from "./store/store.ts";
import { describeError } from "./telemetry/errors.ts";
import { VERSION } from "./version.ts";

export interface AppOptions {
  /**
   * Brings an ACTIVATING detector on its way. In `serve` the queue takes it up; a command line without a running
   * `serve` does it itself and returns when it is done.
   */
  readonly startActivation: (detectorId: string) => Promise<void>;
  /** jobs that wait in the queue, null while it is starting; without a queue there is nothing to wait for */
  readonly queuedJobs?: () => Promise<number | null>;
}

/**
 * An activation whose process died, or takes too long, may be started again or given up, which the retired service did not
 * allow: a second one that commits later finds the detector gone, or activated.
 */
function isInterrupted({ status }: Detector): boolean {
  return status === "ACTIVATING";
}

/** A detector whose head moves faster than this many corrections in a row is catching up after an outage. */
const HEAD_TRIES_MAX = 5;

export function buildApp(system: System, { startActivation, queuedJobs }: AppOptions): App {
  const startedMs = Date.now();
  const { store, clock } = system;

  async function activate(detector: Detector): Promise<void> {
    if (!isInterrupted(detector)) refuseIllegal(detector.config.name, detector.status, "activate");
    await store.detectors.setStatus(detector.id, "ACTIVATING", null, clock.nowMs());
    await startActivation(detector.id);
  }

  /** The schedule may commit an interval while we compute: then once more, from where it is now. */
  async function onNewestHead<T>(detector: Detector, run: (now: Detector) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const now = (await store.detectors.get(detector.id)) ?? detector;
      try {
        return await run(now);
      } catch (error) {
        if (!(error instanceof HeadMovedError) || tries === HEAD_TRIES_MAX) throw error;
      }
    }
  }

  return {
    activate,
    deactivate: (detector) => deactivateDetector(detector.id, system),
    async delete(detector) {
      if (!isInterrupted(detector)) refuseIllegal(detector.config.name, detector.status, "delete");
      system.models.drop(detector.id);
      await store.detectors.delete(detector.id);
      await store.audit.record({ atMs: clock.nowMs(), actor: "api", action: "detector.delete", subject: detector.id, detail: { name: detector.config.name } });
    },
    rerunInterval: (detector, interval) =>
      withClaim(detector, system, `the interval ${new Date(interval.startMs).toISOString()} is run again`, () => onNewestHead(detector, (now) => rerunInterval(now, interval, system))),
    plan: (files) => planFiles(files, system),
    async apply(files, options) {
      const { config, warnings, notes, locate } = parseConfigFile(files.entry, readFileFrom(files.files));
      const result = await applyDetector(config, system, {
        locate,
        warnings: [...warnings, ...notes],
        ...(options.activate
          ? {
              activate: async (detectorId: string) => {
                await activate((await store.detectors.get(detectorId))!); // applied just now
              },
            }
          : {}),
      });
      return { ...result, warnings: [...result.warnings] };
    },
    async health() {
      const notReady: string[] = [];
      await store.detectors.list().catch((error: unknown) => {
        system.log.warn({ error: describeError(error) }, "the database does not answer");
        notReady.push("the database does not answer");
      });
      // A database that is down takes the queue along: said once.
      const queued = notReady.length > 0 || queuedJobs === undefined ? 0 : await queuedJobs();
      if (queued === null) notReady.push("the job queue is starting");
      return { version: VERSION, startedMs, notReady, queued: queued ?? 0 };
    },
  };
}

async function planFiles(files: ConfigFiles, system: System) {
  const { config, warnings, notes, locate } = parseConfigFile(files.entry, readFileFrom(files.files));
  return planDetector(config, system, { locate, warnings: [...warnings, ...notes] });
}
