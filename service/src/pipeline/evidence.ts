import { STATE_VERSION } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { GroupEvidence } from "../store/store.ts";
import type { System } from "./system.ts";

/** What it takes to see the figures of this interval again: the statement that was sent, bounds, hashes, versions. */
export async function evidenceOf(detector: Detector, batch: LeafBatch, system: System): Promise<GroupEvidence> {
  const attempt = await system.store.ledger.get(batch.attemptId);
  return {
    statement: attempt?.statement ?? "",
    parameters: attempt?.parameters ?? [],
    attemptId: batch.attemptId,
    queryHash: attempt?.queryHash ?? "",
    interval: batch.interval,
    configHash: detector.configHash,
    modelVersion: `ensemble ${STATE_VERSION}`,
  };
}
