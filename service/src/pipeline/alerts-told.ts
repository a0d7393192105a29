import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import type { System } from "./system.ts";

/** What each alert has told about each group so far: the revision last sent under it, null for never. */
export type Told = ReadonlyMap<string, number | null>;

export function toldKey(alertName: string, groupId: string): string {
  return `${alertName}\u0000${groupId}`;
}

export async function alertsTold(detector: Detector, groups: readonly StoredGroup[], system: System): Promise<Told> {
  const told = new Map<string, number | null>();
  for (const alert of detector.config.alerts) {
    for (const { group } of groups) {
      told.set(toldKey(alert.name, group.id), await system.store.deliveries.lastTold(alert.name, group.id));
    }
  }
  return told;
}
