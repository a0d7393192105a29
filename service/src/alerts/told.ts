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
  /** the group was over by then, and was said to be */
  readonly isOver: boolean;
  /** at least one message about the group was not muted */
  readonly isHeard: boolean;
  readonly direction: "up" | "down" | "mixed";
  /** actual − expected; NaN where one was missing */
  readonly deviation: number;
}

export const HOUR_MS = 3_600_000;

/** One query for the groups that an interval changed, and a count for each alert. */
export async function toldSoFar(
  deliveries: Pick<DeliveryStore, "newest" | "countSince">,
  { alerts, groups, nowMs }: { alerts: readonly AlertConfig[]; groups: readonly StoredGroup[]; nowMs: number },
): Promise<Told> {
  if (alerts.length === 0 || groups.length === 0) return toldOf();
  const newest = await deliveries.newest(groups.map(({ group }) => group.id));
  const last = new Map(newest.map(({ delivery, isHeard }) => [toldKey(delivery.alertName, delivery.groupId), toldMessage(delivery, isHeard)]));
  const recent = new Map<string, number>();
  for (const { name } of alerts) recent.set(name, await deliveries.countSince(name, nowMs - HOUR_MS));
  return toldOf(last, recent);
}

function toldMessage({ revision, message: { foretop } }: Delivery, isHeard: boolean): ToldMessage {
  return {
    revision,
    event: foretop.event,
    isOver: foretop.isOver,
    isHeard,
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
