import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { findDetector } from "./find-detector.ts";

/** A group with its detector. Throws UserError "NOT_FOUND". */
export async function findGroup(system: System, groupId: string): Promise<{ stored: StoredGroup; detector: Detector }> {
  const stored = await system.store.groups.get(groupId);
  if (stored === null) {
    throw new UserError(`there is no anomaly group "${groupId}"`, {
      code: "NOT_FOUND",
      where: "group",
      advice: "Group ids are listed at /v1/groups.",
    });
  }
  return { stored, detector: await findDetector(system, stored.detectorId) };
}
