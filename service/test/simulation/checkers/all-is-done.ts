import { waitUntilMs } from "../../../src/crawl/completeness.ts";
import { dueIntervals } from "../../../src/crawl/due-intervals.ts";
import { verifyEvidence } from "../../../src/pipeline/gather-evidence.ts";
import type { Detector } from "../../../src/resources/detector.ts";
import type { Facts } from "../facts.ts";
import type { SimProcess } from "../sim-process.ts";
import type { SimWorld } from "../sim-world.ts";
import { iso, Violation } from "../violation.ts";

/** At the end of a quiet phase nothing that is due is left: intervals, messages; and every group can be verified. */
export async function allIsDone({ scheduler, store }: SimWorld, detector: Detector, { deliveries }: Facts, process: SimProcess): Promise<void> {
  const [due] = dueIntervals(detector, scheduler.nowMs - 60_000, 1);
  // One whose rows are few is put off on purpose.
  if (due !== undefined && waitUntilMs(detector.config, due) < scheduler.nowMs - 60_000) throw new Violation("all is done", `${iso(due.startMs)} is still due`);
  const waiting = deliveries.find(({ status, next_try_ms, lease_until_ms }) => status === "pending" && Math.max(next_try_ms, lease_until_ms) <= scheduler.nowMs);
  if (waiting !== undefined) throw new Violation("all is done", `${waiting.key} still waits`);
  for (const group of (await store.groups.list({ detectorId: detector.id, limit: 100 })).groups) {
    const { differences } = await verifyEvidence(group, detector, process.system);
    // A correction too small for a revision leaves the group as it was; the store must know it, though.
    const unknown = differences.find(({ isCorrectedSince }) => !isCorrectedSince);
    if (unknown !== undefined) throw new Violation("all is done", `the evidence of ${group.group.id} does not hold: ${JSON.stringify(unknown)}`);
  }
}
