/**
 * What the API asks of the layers that it must not import: the lifecycle (pipeline/activate.ts), re-runs, and the rules
 * behind `plan` and `apply` (resources/). main.ts wires the real functions; tests hand in others.
 */
import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { IntervalRecord } from "../store/store.ts";
import type { AppliedShape, PlanShape } from "./shapes/plan.ts";

export interface App {
  /** INACTIVE or FAILED → ACTIVATING; crawling and learning go on after it resolves. Throws UserError "CONFLICT" else. */
  activate(detector: Detector): Promise<void>;
  /** LEARNING or ACTIVE → INACTIVE. Throws UserError "CONFLICT" else. */
  deactivate(detector: Detector): Promise<void>;
  /** Removes the detector with everything of it. Throws UserError "CONFLICT" while it is changing its status. */
  delete(detector: Detector): Promise<void>;
  /** Crawls and judges one past interval again, now; a new version beside the old. */
  rerunInterval(detector: Detector, interval: Interval): Promise<IntervalRecord>;
  /** What `apply` would do; changes nothing. */
  plan(files: ConfigFiles): Promise<PlanShape>;
  /** Creates or changes the detector that the files describe; twice is a no-op. */
  apply(files: ConfigFiles, options: { activate: boolean }): Promise<AppliedShape>;
  /** Facts about this process for /readyz, /metrics and getStatus. */
  health(): Promise<Health>;
}

/** A configuration as text, so that a client on another machine needs no path that the server can read. */
export interface ConfigFiles {
  /** name of the entry in `files`: a params.json or a foretop.yaml */
  readonly entry: string;
  /** text by name, relative to the entry's folder; every file that the entry refers to */
  readonly files: Readonly<Record<string, string>>;
}

export interface Health {
  readonly version: string;
  readonly startedMs: number;
  /** empty when ready; else what is not yet, in words ("migrating the database") */
  readonly notReady: readonly string[];
  /** jobs waiting */
  readonly queued: number;
}
