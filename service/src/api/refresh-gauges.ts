import type { System } from "../pipeline/system.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { App } from "./app.ts";
import { lagOf } from "./lag.ts";

/** Sets the gauges to what the store says now; counters count by themselves. */
export async function refreshGauges(metrics: Metrics, { system: { store, clock }, app }: { system: System; app: App }): Promise<void> {
  const nowMs = clock.nowMs();
  const { lagSeconds, dueIntervals, detectors, openGroups, queuedJobs } = metrics;
  for (const gauge of [lagSeconds, dueIntervals, detectors, openGroups]) gauge.reset(); // deleted detectors leave
  for (const detector of await store.detectors.list()) {
    const labels = { detector: detector.config.name };
    const lag = lagOf(detector, nowMs);
    lagSeconds.set(labels, lag.lagSeconds);
    dueIntervals.set(labels, lag.dueIntervals);
    detectors.inc({ status: detector.status });
    openGroups.set(labels, (await store.groups.list({ detectorId: detector.id, status: "open", limit: 1 })).total);
  }
  queuedJobs.set((await app.health()).queued);
}
