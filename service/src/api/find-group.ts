import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { asOfMs } from "./as-of.ts";
import { findDetector } from "./find-detector.ts";
import { instantText } from "./shapes/common.ts";

/**
 * A group with its detector; with `asOf` the revision that was the latest then.
 *
 * @returns atMs  the instant asked about, fixed; undefined = now
 * @throws UserError "NOT_FOUND"; what `asOfMs` throws
 */
export async function findGroup(system: System, groupId: string, asOf?: string): Promise<{ stored: StoredGroup; detector: Detector; atMs: number | undefined }> {
  const latest = await system.store.groups.get(groupId);
  if (latest === null) {
    throw new UserError(`there is no anomaly group "${groupId}"`, {
      code: "NOT_FOUND",
      where: "group",
      advice: "`foretop anomaly list` (listGroups) shows the ids.",
    });
  }
  const detector = await findDetector(system, latest.detectorId);
  const atMs = await asOfMs(system, asOf, [detector.id]);
  const stored = atMs === undefined ? latest : await system.store.groups.get(groupId, atMs);
  if (stored !== null) return { stored, detector, atMs };
  const [first] = await system.store.groups.revisions(groupId);
  throw new UserError(`the group was not known yet at ${asOf}`, {
    code: "NOT_FOUND",
    where: "asOf",
    advice: first === undefined ? null : `It became known at ${instantText(first.knownAtMs)}.`,
  });
}
