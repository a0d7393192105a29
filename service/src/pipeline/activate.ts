/**
 * From a configured detector to one that watches: history is crawled and learned, the detector is ACTIVE (or LEARNING,
 * with too little history), and its first live interval is the one that follows. A failure is told on the detector and
 * leaves nothing half-done: without the commit there is no head, and the next activation starts over.
 */
import type { Detector, DetectorStatus } from "../resources/detector.ts";
import { HeadMovedError } from "../store/store.ts";
import { UserError, describeError } from "../telemetry/errors.ts";
import { learnFromHistory, type HistoryReport, type LearnProgress } from "./learn-history.ts";
import type { System } from "./system.ts";

export interface ActivateOptions {
  readonly onProgress?: (progress: LearnProgress) => void;
  readonly signal?: AbortSignal;
}

const MAY_ACTIVATE: readonly DetectorStatus[] = ["INACTIVE", "FAILED", "ACTIVATING"];

/** Throws UserError code CONFLICT when the detector is not INACTIVE or FAILED, and what the crawl throws. */
export async function activateDetector(detectorId: string, system: System, options: ActivateOptions = {}): Promise<HistoryReport> {
  const { store, clock } = system;
  const detector = await store.detectors.get(detectorId);
  if (detector === null) throw new UserError(`there is no detector with id ${detectorId}`, { code: "NOT_FOUND" });
  if (!MAY_ACTIVATE.includes(detector.status)) {
    throw new UserError(`${detector.config.name} is ${detector.status}; only an INACTIVE or FAILED detector can be activated`, {
      code: "CONFLICT",
    });
  }
  const isOurs = await store.detectors.setStatus(detector.id, "ACTIVATING", null, clock.nowMs(), { statuses: MAY_ACTIVATE, generation: detector.generation });
  if (!isOurs) throw new UserError(`${detector.config.name} was changed by somebody else just now`, { code: "CONFLICT", advice: "Look at its status, and try again." });
  try {
    if (detector.headMs !== null) return await resume(detector, system);
    return await learnFromHistory(detector, system, options);
  } catch (error) {
    // An interrupted activation stays ACTIVATING and is taken up again at the next start.
    // Of two that activate, one commits; the other finds the head moved and must not overrule it.
    if (options.signal?.aborted !== true && !(error instanceof HeadMovedError)) {
      await store.detectors.setStatus(detector.id, "FAILED", failureReason(error), clock.nowMs(), { statuses: ["ACTIVATING"], generation: detector.generation });
    }
    throw error;
  }
}

/** A detector that was deactivated still has its head: it goes on there, and what was missed is caught up in order. */
async function resume(detector: Detector, system: System): Promise<HistoryReport> {
  // LEARNING becomes ACTIVE by itself with the first interval in which a series is judged.
  const status: DetectorStatus = "LEARNING";
  await system.store.detectors.setStatus(detector.id, status, null, system.clock.nowMs());
  return { status, rows: 0, series: 0, intervals: 0, crawlSeconds: 0, learnSeconds: 0 };
}

/** The wire allows 256 characters. */
const FAILURE_REASON_LENGTH_MAX = 256;

function failureReason(error: unknown): string {
  const text = describeError(error);
  return text.length <= FAILURE_REASON_LENGTH_MAX ? text : `${text.slice(0, FAILURE_REASON_LENGTH_MAX - 1)}…`;
}

/** Stops watching; everything learned is kept. */
export async function deactivateDetector(detectorId: string, system: System): Promise<void> {
  const detector = await system.store.detectors.get(detectorId);
  if (detector === null) throw new UserError(`there is no detector with id ${detectorId}`, { code: "NOT_FOUND" });
  if (detector.status !== "ACTIVE" && detector.status !== "LEARNING") {
    throw new UserError(`${detector.config.name} is ${detector.status}; only an ACTIVE or LEARNING detector can be deactivated`, {
      code: "CONFLICT",
    });
  }
  await system.store.detectors.setStatus(detector.id, "INACTIVE", null, system.clock.nowMs());
}
