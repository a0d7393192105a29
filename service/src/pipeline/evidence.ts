import { STATE_VERSION } from "@foretop/engine";
import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { GroupEvidence } from "../store/store.ts";
import type { System } from "./system.ts";

/** What it takes to see the figures of an interval again: the statement that was sent, bounds, hashes, versions. */
export async function evidenceOfAttempt(
  detector: Detector,
  interval: Interval,
  attemptId: string | null,
  system: System,
): Promise<GroupEvidence> {
  const attempt = attemptId === null ? null : await system.store.ledger.get(attemptId);
  return {
    statement: attempt?.statement ?? "",
    parameters: attempt?.parameters ?? [],
    attemptId: attemptId ?? "",
    queryHash: attempt?.queryHash ?? "",
    interval,
    configHash: detector.configHash,
    modelVersion: `ensemble ${STATE_VERSION}`,
  };
}
