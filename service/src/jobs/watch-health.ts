/**
 * The monitor of the monitor: looks at every detector, raises what is wrong with it once, and says once when it is over.
 * Takes no input; several processes may do it at the same time.
 */
import { healthDeliveries } from "../alerts/health-deliveries.ts";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { HealthFinding } from "../store/store.ts";
import { HEALTH_INTERVALS, troublesOf, type Trouble } from "./troubles-of.ts";

export type WatchSystem = Pick<System, "store" | "clock" | "channels" | "consoleUrl" | "log">;

export interface WatchReport {
  readonly raised: number;
  readonly recovered: number;
}

export async function watchHealth(system: WatchSystem, signal?: AbortSignal): Promise<WatchReport> {
  const { store, clock, log } = system;
  const lasting = await store.health.open();
  let raised = 0;
  let recovered = 0;
  for (const detector of await store.detectors.list()) {
    signal?.throwIfAborted();
    const nowMs = clock.nowMs();
    const troubles = troublesOf(detector, { ...(await factsOf(detector, system)), nowMs });
    const own = lasting.filter(({ detectorId }) => detectorId === detector.id);
    for (const finding of own) {
      if (troubles.some(({ kind }) => kind === finding.kind)) continue;
      if (!(await store.health.recover(finding.id, nowMs, healthDeliveries(detector, { finding, event: "recovered", nowMs }, system)))) continue;
      recovered += 1;
      log.info({ detector: detector.config.name, kind: finding.kind }, "a detector is in order again");
    }
    for (const trouble of troubles) {
      if (own.some(({ kind }) => kind === trouble.kind)) continue;
      const finding = findingOf(detector, trouble, nowMs);
      if (!(await store.health.raise(finding, healthDeliveries(detector, { finding, event: "health", nowMs }, system)))) continue;
      raised += 1;
      log.warn({ detector: detector.config.name, kind: finding.kind, since: new Date(finding.sinceMs).toISOString() }, `a detector ${finding.message}`);
    }
  }
  return { raised, recovered };
}

async function factsOf({ id, status, generation }: Detector, { store }: WatchSystem) {
  if (status !== "ACTIVE" && status !== "LEARNING") return { records: [], lastFailure: null };
  const records = (await store.intervals.list(id, { limit: HEALTH_INTERVALS })).filter((record) => record.generation === generation);
  const [newest] = records;
  return { records, lastFailure: newest?.status === "FAILED" ? newest.message : null };
}

/** No colon in it: it is a part of keys of deliveries. */
function findingOf({ id: detectorId }: Detector, { kind, sinceMs, message }: Trouble, raisedMs: number): HealthFinding {
  return { id: `health-${kind}-${sinceMs}-${detectorId}`, detectorId, kind, sinceMs, raisedMs, message, recoveredMs: null };
}
