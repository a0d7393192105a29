/** How long what a detector knows is kept. What a configuration does not say follows the detector's frequency. */
import type { Frequency } from "@foretop/engine";
import type { DetectorConfig } from "./detector.ts";

/** In days. */
export interface Retention {
  /** points of live intervals, and the intervals' records; what is gone can't be judged again */
  readonly pointsDays: number;
  /** what was expected, bands and severities; points without them stay as a plain line */
  readonly scoresDays: number;
  /** weekly states of the models: what intervals can be judged again, and evidence be verified, from */
  readonly checkpointsDays: number;
  /** lines of the ledger of readings */
  readonly ledgerDays: number;
  /** groups that are over, with their revisions, and messages that were sent */
  readonly groupsDays: number;
}

/** Two years of hours show last year's season beside this one; days are few. */
export const DEFAULT_RETENTION: Readonly<Record<Frequency, Retention>> = {
  PT5M: { pointsDays: 180, scoresDays: 90, checkpointsDays: 28, ledgerDays: 90, groupsDays: 1830 },
  PT10M: { pointsDays: 365, scoresDays: 180, checkpointsDays: 28, ledgerDays: 180, groupsDays: 1830 },
  PT1H: { pointsDays: 1098, scoresDays: 400, checkpointsDays: 28, ledgerDays: 400, groupsDays: 3660 },
  P1D: { pointsDays: 3660, scoresDays: 3660, checkpointsDays: 91, ledgerDays: 3660, groupsDays: 3660 },
};

/** Young data is still corrected, merged and looked at. */
export const RETENTION_DAYS_MIN = 7;
export const RETENTION_DAYS_MAX = 36_600;

export function retentionOf({ frequency, retention }: Pick<DetectorConfig, "frequency" | "retention">): Retention {
  return { ...DEFAULT_RETENTION[frequency], ...retention };
}
