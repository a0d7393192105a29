/** What each alert has told so far: the memory that keeps an alert from repeating itself. */
import type { AlertConfig } from "../resources/detector.ts";
import type { Delivery, DeliveryStore, StoredGroup } from "../store/store.ts";
import type { AlertEvent } from "./message.ts";

export interface Told {
  /** The last message about the group under the alert; null for none. */
  last(alertName: string, groupId: string): ToldMessage | null;
  /** Deliveries of the alert that were sent in the hour before now or are still to be sent. */
  recentCount(alertName: string): number;
}

export interface ToldMessage {
  readonly revision: number;
  readonly event: AlertEvent;
  /** this message or an earlier one said that the group is over */
  readonly isOver: boolean;
  readonly direction: "up" | "down" | "mixed";
  /** actual − expected; NaN where one was missing */
  readonly deviation: number;
}

export const HOUR_MS = 3_600_000;

/** A group has one delivery per alert and told revision; even a channel that gets every revision of a month is far below. */
const DELIVERIES_READ_MAX = 10_000;

/** Two small queries per alert and group that this interval changed: groups are few. */
export async function toldSoFar(
  deliveries: Pick<DeliveryStore, "list" | "countSince">,
  { alerts, groups, nowMs }: { alerts: readonly AlertConfig[]; groups: readonly StoredGroup[]; nowMs: number },
): Promise<Told> {
  const last = new Map<string, ToldMessage>();
  const recent = new Map<string, number>();
  if (alerts.length === 0 || groups.length === 0) return toldOf(last, recent);
  for (const { group } of groups) {
    const tellings = await deliveries.list({ groupId: group.id, limit: DELIVERIES_READ_MAX });
    for (const delivery of [...tellings].sort((a, b) => a.revision - b.revision)) {
      const key = toldKey(delivery.alertName, group.id);
      last.set(key, toldMessage(delivery, last.get(key)?.isOver ?? false));
    }
  }
  for (const { name } of alerts) recent.set(name, await deliveries.countSince(name, nowMs - HOUR_MS));
  return toldOf(last, recent);
}

function toldMessage({ revision, message: { foretop } }: Delivery, wasOver: boolean): ToldMessage {
  return {
    revision,
    event: foretop.event,
    isOver: wasOver || foretop.event === "closed",
    direction: foretop.direction,
    deviation: (foretop.actual ?? NaN) - (foretop.expected ?? NaN),
  };
}

/** For tests and what-if: nothing told yet, or what the maps say. */
export function toldOf(last: ReadonlyMap<string, ToldMessage> = new Map(), recent: ReadonlyMap<string, number> = new Map()): Told {
  return {
    last: (alertName, groupId) => last.get(toldKey(alertName, groupId)) ?? null,
    recentCount: (alertName) => recent.get(alertName) ?? 0,
  };
}

/** Names of alerts hold no line feed, so no two pairs give the same text. */
export function toldKey(alertName: string, groupId: string): string {
  return `${alertName}\n${groupId}`;
}
