/**
 * Lets the last days pass again: the clock goes from one due time to the next, late rows arrive, and what is due is run
 * by the same job that `serve` runs. Nothing here knows how an interval is judged.
 */
import { deliverDue } from "../jobs/deliver.ts";
import { runDue } from "../jobs/run-due.ts";
import type { System } from "../pipeline/system.ts";
import { UserError } from "../telemetry/errors.ts";
import type { DemoPeriod } from "./demo-period.ts";
import type { ReplayClock } from "./replay-clock.ts";
import { HOUR_MS } from "./warehouse-shape.ts";

export interface ReplayOptions {
  readonly detectorId: string;
  readonly system: System;
  /** the system's own clock */
  readonly clock: ReplayClock;
  readonly period: DemoPeriod;
  readonly offsetSeconds: number;
  /** Brings what arrives late into the warehouse. */
  readonly arrive: (nowMs: number) => Promise<unknown>;
  readonly onProgress: (hoursDone: number, hours: number) => void;
  readonly signal?: AbortSignal;
}

export interface ReplayReport {
  readonly intervals: number;
  readonly rows: number;
}

export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { detectorId, system, clock, period, offsetSeconds, arrive, onProgress, signal } = options;
  const stops = signal === undefined ? {} : { signal };
  let intervals = 0;
  let rows = 0;
  const onInterval = (_: unknown, record: { rows: { processed: number } | null }) => {
    intervals += 1;
    rows += record.rows?.processed ?? 0;
  };

  // A replay that was interrupted goes on behind what is committed; one that was complete does nothing.
  const startedMs = (await system.store.detectors.get(detectorId))?.headMs ?? period.replayFromMs;
  const hours = (period.anchorMs - startedMs) / HOUR_MS;
  for (let hour = 1; hour <= hours; hour++) {
    signal?.throwIfAborted();
    clock.advanceTo(startedMs + hour * HOUR_MS + offsetSeconds * 1000);
    await arrive(clock.nowMs());
    await runDue(system, { ...stops, detectorId, onInterval });
    await deliverDue(system, signal);
    onProgress(hour, hours);
  }

  // In live operation an interval that can't be read stays due. Here time has ended: say so instead of a shorter list.
  const headMs = (await system.store.detectors.get(detectorId))?.headMs ?? period.replayFromMs;
  if (headMs < period.anchorMs) {
    const [latest] = await system.store.intervals.list(detectorId, { limit: 1 });
    const why = latest?.status === "FAILED" ? (latest.message ?? "no reason was recorded") : "the interval was not due";
    throw new UserError(`the replay did not get past ${new Date(headMs).toISOString()}: ${why}`, {
      code: "REPLAY_STOPPED",
      advice: "`foretop interval list` shows what failed; `demo --reset` starts over.",
    });
  }
  return { intervals, rows };
}
