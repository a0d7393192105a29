/**
 * Which alert is told which group now. Pure: it sees the groups of one commit and what was told before, and gives rows
 * for that commit's outbox.
 *
 * People mute what repeats itself, so a group is told once under an alert: when it opens, or later when it first is
 * severe enough or first touches a series that the alert is about. A channel that follows up is also told when the
 * group is over, when late rows changed materially what it was told, and when the group is taken back – never once per
 * interval. Only channels that write tables for programs (`everyRevision`) get each revision.
 *
 * Nothing that should be told is lost: a muted detector's messages are stored as "muted", and what exceeds the hourly
 * limit stays pending for a later hour, the most severe groups first.
 */
import type { AnomalyGroup, SeriesKey } from "@foretop/engine";
import type { Channel } from "../channels/channel.ts";
import type { ArnOwner } from "../resources/arn.ts";
import type { AlertConfig, Detector } from "../resources/detector.ts";
import type { Delivery, StoredGroup } from "../store/store.ts";
import { buildMessage } from "./build-message.ts";
import { deliveryKey } from "./delivery-key.ts";
import { matchesAlert } from "./matches-alert.ts";
import type { AlertEvent } from "./message.ts";
import { HOUR_MS, type Told, type ToldMessage } from "./told.ts";

export interface ChooseInput {
  readonly detector: Detector;
  /** groups that this commit changes */
  readonly groups: readonly StoredGroup[];
  /** [series] */
  readonly keys: readonly SeriesKey[];
  readonly told: Told;
  readonly channels: ReadonlyMap<string, Pick<Channel, "followsUp" | "everyRevision">>;
  /** the interval just judged and its values [series]; null where there is none (a retraction, say) */
  readonly current: { readonly startMs: number; readonly values: Float64Array } | null;
  readonly nowMs: number;
  readonly consoleUrl: string;
  readonly arnOwner?: ArnOwner;
}

/** In order of alert, then severity (highest first), then group id. */
export function chooseDeliveries(input: ChooseInput): Delivery[] {
  const { detector, groups, told } = input;
  const ordered = [...groups].sort((a, b) => b.group.severity - a.group.severity || (a.group.id < b.group.id ? -1 : 1));
  return detector.config.alerts.flatMap((alert) => {
    let recentCount = told.recentCount(alert.name);
    const deliveries: Delivery[] = [];
    for (const stored of ordered) {
      const event = eventFor(alert, stored, input);
      if (event === null) continue;
      deliveries.push(delivery(alert, stored, event, recentCount, input));
      if (!detector.muted) recentCount += 1;
    }
    return deliveries;
  });
}

/** A correction is told again where the deviation changed by this share of what was told. */
const CORRECTION_SHARE_MIN = 0.1;

/** What to say about a group under an alert; null for nothing. */
function eventFor(alert: AlertConfig, stored: StoredGroup, { detector, told, channels, keys }: ChooseInput): AlertEvent | null {
  const { group } = stored;
  const last = told.last(alert.name, group.id);
  if (last === null) return group.status === "open" && matchesAlert(group, alert, keys) ? "opened" : null;
  if (group.revision <= last.revision || last.event === "retracted") return null;
  // Nobody heard of it while the detector was muted: the news that it is over would puzzle.
  if (!last.isHeard && !detector.muted) return null;
  const channel = channels.get(alert.channel.kind);
  const wantsAll = channel?.everyRevision === true;
  if (!wantsAll && !followsUp(alert, channel)) return null;
  if (group.status === "retracted") return "retracted";
  // A merged group goes on under the id of the older one: this one is over.
  if (group.status !== "open" && !last.isOver) return "closed";
  if (stored.reason !== null && (wantsAll || isOtherwise(group, last))) return "revised";
  return wantsAll && group.status === "open" ? "continued" : null;
}

function isOtherwise({ actual, expected, direction }: AnomalyGroup, last: ToldMessage): boolean {
  if (direction !== last.direction) return true;
  const deviation = actual - expected;
  if (Number.isNaN(deviation) !== Number.isNaN(last.deviation)) return true;
  return Math.abs(deviation - last.deviation) > CORRECTION_SHARE_MIN * Math.abs(last.deviation);
}

/** The alert's own word comes first (`followUps` in its channel's settings), then the channel's default. */
function followsUp({ channel: { settings } }: AlertConfig, channel: Pick<Channel, "followsUp"> | undefined): boolean {
  const own = settings["followUps"];
  if (typeof own === "boolean") return own;
  if (channel === undefined) return false;
  return typeof channel.followsUp === "boolean" ? channel.followsUp : channel.followsUp(settings);
}

function delivery(alert: AlertConfig, stored: StoredGroup, event: AlertEvent, recentCount: number, input: ChooseInput): Delivery {
  const { detector, channels, nowMs } = input;
  const { group } = stored;
  const key = deliveryKey(alert.name, group.id, group.revision);
  const hourlyMax = detector.config.limits.deliveriesPerHourMax;
  // The limit is for people: a table is not tired by rows, and late rows in it are wrong rows.
  const isLimited = !detector.muted && channels.get(alert.channel.kind)?.everyRevision !== true;
  const hoursLater = isLimited ? Math.floor(recentCount / hourlyMax) : 0;
  return {
    key,
    detectorId: detector.id,
    alertName: alert.name,
    channel: alert.channel,
    groupId: group.id,
    revision: group.revision,
    message: buildMessage({ ...input, alert, stored, event, deliveryKey: key }),
    status: detector.muted ? "muted" : "pending",
    attempts: 0,
    nextTryMs: nowMs + hoursLater * HOUR_MS,
    lastDetail: detector.muted
      ? "not sent: the detector is muted"
      : hoursLater > 0
        ? `put off by ${hoursLater} h: more than ${hourlyMax} deliveries an hour (limits.deliveriesPerHourMax)`
        : null,
    createdMs: nowMs,
    sentMs: null,
  };
}
