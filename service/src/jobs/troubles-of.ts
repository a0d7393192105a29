/** What is wrong with a detector itself, from what is known of it. Pure; watch-health.ts asks and tells. */
import { nextIntervalStart, rhythmOf, type Frequency } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import { healthSettingsOf, type HealthSettings } from "../resources/health-settings.ts";
import type { IntervalRecord } from "../store/store.ts";

export interface Trouble {
  readonly kind: "failed" | "behind" | "silent";
  readonly sinceMs: number;
  /** goes on from "The detector NAME …" */
  readonly message: string;
}

/** Intervals looked at: silences of this long a past are usual ones. */
export const HEALTH_INTERVALS = 500;

/**
 * @param records  newest first, at most HEALTH_INTERVALS
 * @param lastFailure  why the due interval can't be read, where that is known
 */
export function troublesOf(detector: Detector, { records, lastFailure, nowMs }: { records: readonly IntervalRecord[]; lastFailure: string | null; nowMs: number }): Trouble[] {
  const { config, status, failureReason, modifiedMs } = detector;
  if (status === "FAILED") return [{ kind: "failed", sinceMs: modifiedMs, message: `has failed and reads nothing: ${failureReason ?? "no reason was recorded"}` }];
  if (status !== "ACTIVE" && status !== "LEARNING") return [];
  const settings = healthSettingsOf(config);
  return [behind(detector, settings, { lastFailure, nowMs }), silent(config.frequency, settings, records)].filter((trouble) => trouble !== null);
}

function behind({ headMs, config }: Detector, { behindIntervals }: HealthSettings, { lastFailure, nowMs }: { lastFailure: string | null; nowMs: number }): Trouble | null {
  if (headMs === null || behindIntervals === 0) return null;
  const dueMs = nextIntervalStart(headMs, config.frequency, config.zone) + config.offsetSeconds * 1000;
  // An interval that waits for its missing rows is no trouble yet.
  const patience = behindIntervals + config.completeness.waitIntervalsMax;
  if (nowMs - dueMs < patience * rhythmOf(config.frequency).intervalSeconds * 1000) return null;
  return { kind: "behind", sinceMs: dueMs, message: `is behind: the interval that was due at ${new Date(dueMs).toISOString()} has not been judged${lastFailure === null ? "" : `; ${lastFailure}`}` };
}

/** A shop that sells nothing at night is silent every night: only a longer silence than any before is trouble. */
function silent(frequency: Frequency, { silentIntervals }: HealthSettings, records: readonly IntervalRecord[]): Trouble | null {
  if (silentIntervals === 0) return null;
  const judged = records.filter((record) => record.status === "COMPLETED");
  const isEmpty = ({ rows }: IntervalRecord): boolean => rows === null || rows.processed === 0;
  const now = judged.findIndex((record) => !isEmpty(record));
  const run = now < 0 ? judged.length : now;
  if (run < silentIntervals) return null;
  let longest = 0;
  let length = 0;
  for (const record of judged.slice(run)) {
    length = isEmpty(record) ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  if (run <= longest) return null;
  const sinceMs = judged[run - 1]!.interval.startMs;
  return { kind: "silent", sinceMs, message: `reads nothing: not one row in the last ${run} intervals of ${frequency}, since ${new Date(sinceMs).toISOString()}` };
}
