/**
 * Who is told that something is wrong with a detector itself, or in order again: its own alerts, but for those that write
 * tables and those that mimic the retired service, whose receivers would take it for an anomaly. Both messages of a
 * finding have keys of their own, so they are sent once each.
 */
import type { Channel } from "../channels/channel.ts";
import { alertArn, alertEventId, detectorArn } from "../resources/arn.ts";
import type { AlertConfig, Detector } from "../resources/detector.ts";
import { zonedDateTimeText } from "../resources/zoned-date-time.ts";
import type { Delivery, HealthFinding } from "../store/store.ts";
import { deliveryKey } from "./delivery-key.ts";
import type { AlertMessage } from "./message.ts";

export interface HealthNews {
  readonly finding: HealthFinding;
  readonly event: "health" | "recovered";
  readonly nowMs: number;
}

const REVISION = { health: 1, recovered: 2 } as const;

export function healthDeliveries(
  detector: Detector,
  news: HealthNews,
  { channels, consoleUrl }: { channels: ReadonlyMap<string, Pick<Channel, "followsUp" | "everyRevision">>; consoleUrl: string },
): Delivery[] {
  return detector.config.alerts.filter((alert) => isTold(alert, channels.get(alert.channel.kind))).map((alert) => {
    const groupId = news.finding.id;
    const revision = REVISION[news.event];
    const key = deliveryKey(alert.name, groupId, revision);
    return {
      key,
      detectorId: detector.id,
      alertName: alert.name,
      channel: alert.channel,
      groupId,
      revision,
      message: messageOf(alert, detector, news, { key, revision, consoleUrl }),
      status: detector.muted ? ("muted" as const) : ("pending" as const),
      attempts: 0,
      nextTryMs: news.nowMs,
      lastDetail: detector.muted ? "not sent: the detector is muted" : null,
      createdMs: news.nowMs,
      sentMs: null,
    };
  });
}

function isTold({ channel: { settings } }: AlertConfig, channel: Pick<Channel, "followsUp" | "everyRevision"> | undefined): boolean {
  if (channel === undefined || channel.everyRevision === true) return false;
  return typeof channel.followsUp === "boolean" ? channel.followsUp : channel.followsUp(settings);
}

/** The form that channels know, without figures: what is wrong is in the headline. */
function messageOf(alert: AlertConfig, { config }: Detector, { finding, event, nowMs }: HealthNews, { key, revision, consoleUrl }: { key: string; revision: number; consoleUrl: string }): AlertMessage {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    alertName: alert.name,
    alertEventId: alertEventId(alert.name, finding.id),
    anomalyDetectorArn: detectorArn(config.name),
    alertArn: alertArn(alert.name),
    alertDescription: alert.description,
    consoleUrl: `${consoleUrl.replace(/\/+$/, "")}/detectors/${encodeURIComponent(config.name)}?tab=log`,
    anomalyGroupId: finding.id,
    impactedMetric: { metricName: "detector health", dimensionContribution: [], relevantTimeSeries: [] },
    timestamp: zonedDateTimeText(finding.sinceMs, config.zone),
    anomalyScore: event === "health" ? 100 : 0,
    foretop: {
      version: 1,
      deliveryKey: key,
      event,
      revision,
      isOver: event === "recovered",
      headline: event === "health" ? `The detector ${config.name} ${finding.message}` : `Recovered: the detector ${config.name} is in order again; it had been in trouble since ${iso(finding.sinceMs)}: it ${finding.message}`,
      reason: finding.message,
      detectorName: config.name,
      kind: finding.kind,
      direction: "down",
      start: iso(finding.sinceMs),
      last: iso(nowMs),
      actual: null,
      expected: null,
      lower: null,
      upper: null,
      segments: [],
      interval: { start: iso(finding.sinceMs), end: iso(nowMs) },
      zone: config.zone,
      measures: config.measures.map(({ name }) => name),
      dimensions: config.dimensions,
      series: [],
      seriesCount: 0,
    },
  };
}
