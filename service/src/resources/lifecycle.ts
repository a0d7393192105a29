/**
 * The status machine of a detector (reference §1.3, §1.4): which status follows which event, and which request is
 * legal when. One table, so that jobs, API and CLI can't disagree.
 *
 *   INACTIVE ─activate─▶ ACTIVATING ─learned─▶ LEARNING ─ready─▶ ACTIVE
 *       ▲                    │ └───────────ready───────────────────▲ │
 *       └─deactivated─ DEACTIVATING ◀────deactivate── LEARNING, ACTIVE
 *   FAILED ◀─failed─ every status but INACTIVE and FAILED;  FAILED ─activate─▶ ACTIVATING
 *   DELETING ◀─delete─ INACTIVE, LEARNING, ACTIVE, FAILED
 */
import { UserError } from "../telemetry/errors.ts";
import type { DetectorStatus } from "./detector.ts";

export type LifecycleEvent =
  /** asked for by people */
  | "activate"
  | "deactivate"
  | "delete"
  /** history is learned, and it was too little for judging */
  | "learned"
  /** there are enough points: intervals are judged */
  | "ready"
  | "deactivated"
  | "failed"
  /** its query or measures were changed: what was learned is dropped, and activation follows */
  | "relearn";

export const LIFECYCLE: Readonly<Record<DetectorStatus, Readonly<Partial<Record<LifecycleEvent, DetectorStatus>>>>> = {
  INACTIVE: { activate: "ACTIVATING", delete: "DELETING", relearn: "INACTIVE" },
  ACTIVATING: { learned: "LEARNING", ready: "ACTIVE", failed: "FAILED" },
  LEARNING: { ready: "ACTIVE", deactivate: "DEACTIVATING", delete: "DELETING", failed: "FAILED", relearn: "INACTIVE" },
  ACTIVE: { deactivate: "DEACTIVATING", delete: "DELETING", failed: "FAILED", relearn: "INACTIVE" },
  DEACTIVATING: { deactivated: "INACTIVE", failed: "FAILED" },
  FAILED: { activate: "ACTIVATING", delete: "DELETING", relearn: "INACTIVE" },
  // The end; a failed deletion is tried again.
  DELETING: { failed: "FAILED" },
};

/** The status after an event; null when the event can't happen in this status. */
export function statusAfterEvent(status: DetectorStatus, event: LifecycleEvent): DetectorStatus | null {
  return LIFECYCLE[status][event] ?? null;
}

export function isTransitional(status: DetectorStatus): boolean {
  return status === "ACTIVATING" || status === "DEACTIVATING" || status === "DELETING";
}

const ASKED: Readonly<Record<"activate" | "deactivate" | "delete" | "relearn", string>> = {
  activate: "activated",
  deactivate: "deactivated",
  delete: "deleted",
  relearn: "given another query, measures or dimensions",
};

/** Throws UserError code "CONFLICT" that says in which status it would be possible. */
export function refuseIllegal(detectorName: string, status: DetectorStatus, request: keyof typeof ASKED): void {
  if (statusAfterEvent(status, request) !== null) return;
  const legal = (Object.keys(LIFECYCLE) as DetectorStatus[]).filter((one) => statusAfterEvent(one, request) !== null);
  throw new UserError(`${detectorName} is ${status} and can't be ${ASKED[request]} now`, {
    code: "CONFLICT",
    where: detectorName,
    advice: isTransitional(status) ? "It is changing its status: wait until that is done, then try again." : `Possible while it is ${legal.join(", ")}.`,
  });
}
