/**
 * What would have been found in the past: history learned up to a point, then every interval after it through the same
 * `runInterval` as live, on a virtual clock. The caller gives a system whose store nobody else uses.
 */
import { intervalStartAt, intervalStartBefore } from "@foretop/engine";
import { waitUntilMs } from "../crawl/completeness.ts";
import { nextDueMs } from "../crawl/due-intervals.ts";
import { runDue } from "../jobs/run-due.ts";
import { configHash } from "../resources/config-hash.ts";
import type { Detector, DetectorConfig } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { VirtualClock } from "../telemetry/clock.ts";
import { activateDetector } from "./activate.ts";
import type { HistoryReport, LearnProgress } from "./learn-history.ts";
import type { System } from "./system.ts";

/** As in the retired service: the newest 30 % of the history are judged, the rest is learned from. */
const JUDGED_SHARE = 0.3;
/** A backtest with more groups than this has the wrong sensitivity; the first ones are enough to see it. */
const GROUPS_MAX = 10_000;
/** How often one interval is read again before the backtest gives up. */
const TRIES_MAX = 20;

export interface BacktestPeriod {
  /** first judged interval */
  readonly fromMs: number;
  /** end of the last judged interval */
  readonly untilMs: number;
}

export interface BacktestReport {
  readonly period: BacktestPeriod;
  readonly history: HistoryReport;
  readonly intervals: number;
  readonly groups: readonly StoredGroup[];
  readonly detector: Detector;
}

/** The intervals that a backtest judges, on the detector's grid. */
export function backtestPeriod(config: DetectorConfig, { nowMs, intervals }: { nowMs: number; intervals: number | null }): BacktestPeriod {
  const { frequency, zone, offsetSeconds, history } = config;
  const untilMs = intervalStartAt(nowMs - offsetSeconds * 1000, frequency, zone);
  const judged = intervals ?? Math.max(1, Math.round(history.intervalsMax * JUDGED_SHARE));
  return { fromMs: intervalStartBefore(untilMs, judged, frequency, zone), untilMs };
}

export async function runBacktest(
  config: DetectorConfig,
  period: BacktestPeriod,
  system: System & { readonly clock: VirtualClock },
  options: { signal?: AbortSignal; onLearn?: (progress: LearnProgress) => void; onInterval?: (done: number) => void } = {},
): Promise<BacktestReport> {
  const { store, clock } = system;
  const { signal } = options;
  clock.advanceTo(period.fromMs + config.offsetSeconds * 1000);
  // Alerts are not sent from the past.
  const silent: DetectorConfig = { ...config, alerts: [] };
  const { id } = await store.detectors.create(silent, configHash(silent), clock.nowMs());
  const history = await activateDetector(id, system, {
    ...(signal === undefined ? {} : { signal }),
    ...(options.onLearn === undefined ? {} : { onProgress: options.onLearn }),
  });
  let intervals = 0;
  let tries = 0;
  for (let now = (await store.detectors.get(id))!; now.headMs! < period.untilMs; now = (await store.detectors.get(id))!) {
    signal?.throwIfAborted();
    clock.advanceTo(nextDueMs(now)!);
    const { completed, failed } = await runDue(system, { detectorId: id, ...(signal === undefined ? {} : { signal }) });
    intervals += completed;
    tries = completed > 0 ? 0 : tries + 1;
    if (tries > TRIES_MAX) throw await lastFailure(id, now, system);
    // The rule of retries waits; in the past time is cheap, and whatever will ever arrive has arrived.
    if (failed > 0 || completed === 0) {
      const waitedMs = waitUntilMs(config, { startMs: now.headMs!, endMs: nextDueMs(now)! - config.offsetSeconds * 1000 });
      clock.advanceTo(Math.max(clock.nowMs() + 10 * 60_000, waitedMs));
    }
    options.onInterval?.(intervals);
  }
  const { groups } = await store.groups.list({ detectorId: id, limit: GROUPS_MAX });
  return { period, history, intervals, groups, detector: (await store.detectors.get(id))! };
}

async function lastFailure(detectorId: string, detector: Detector, { store }: System): Promise<Error> {
  const [attempt] = await store.ledger.list(detectorId, { startMs: detector.headMs!, limit: 1 });
  return new SourceError(`the interval ${new Date(detector.headMs!).toISOString()} can't be read: ${attempt?.error ?? "no reason was given"}`, {
    code: "QUERY",
    transient: false,
  });
}
