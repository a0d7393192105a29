import type { z } from "zod";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { instantText, intervalOf } from "./shapes/common.ts";
import type { failureShape } from "./shapes/detector.ts";

/** Attempts looked at, newest first. */
const ATTEMPTS_LOOKED_AT = 20;

/** The newest reading that failed, unless a later one succeeded; else why the detector itself failed; else null. */
export async function lastFailureOf({ store }: System, detector: Detector): Promise<z.input<typeof failureShape> | null> {
  for (const attempt of await store.ledger.list(detector.id, { limit: ATTEMPTS_LOOKED_AT })) {
    if (attempt.outcome === "succeeded") break;
    if (attempt.outcome !== "failed") continue;
    return {
      at: instantText(attempt.endedMs ?? attempt.startedMs),
      interval: intervalOf(attempt.interval),
      code: attempt.errorCode,
      message: attempt.error ?? "the reading failed without a message",
      transient: attempt.transient,
    };
  }
  if (detector.status !== "FAILED") return null;
  return {
    at: instantText(detector.modifiedMs),
    interval: null,
    code: null,
    message: detector.failureReason ?? "the detector failed without a message",
    transient: null,
  };
}
