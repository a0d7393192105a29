import type { GroupMember, SeriesKey } from "@foretop/engine";
import { alertArn, alertEventId, detectorArn, DEFAULT_ARN_OWNER, type ArnOwner } from "../resources/arn.ts";
import type { AlertConfig, Detector } from "../resources/detector.ts";
import { timeSeriesId } from "../resources/time-series-id.ts";
import { localParts, zonedDateTimeText } from "../resources/zoned-date-time.ts";
import type { StoredGroup } from "../store/store.ts";
import { groupPageUrl } from "./group-page-url.ts";
import type { AlertEvent, AlertMessage, MessageSeries } from "./message.ts";
import { wholeContributions } from "./whole-contributions.ts";

/** A message lists the most severe this many series and says how many there are in all: at most about 1 MB. */
export const SERIES_PER_MESSAGE_MAX = 1000;

/** What a null in the data is called where the wire wants a text. */
export const NULL_VALUE_TEXT = "(null)";

export interface MessageInput {
  readonly alert: AlertConfig;
  readonly detector: Detector;
  readonly stored: StoredGroup;
  readonly event: AlertEvent;
  readonly deliveryKey: string;
  /** [series] */
  readonly keys: readonly SeriesKey[];
  /** the interval just judged and its values [series], for members whose peak is another interval */
  readonly current: { readonly startMs: number; readonly values: Float64Array } | null;
  readonly consoleUrl: string;
  readonly arnOwner?: ArnOwner;
}

/**
 * The message about one revision of a group under one alert. Pure: the same revision gives the same bytes, and every
 * figure in it is of the interval that `timestamp` names (for the group) or `at` names (for a series), as the page shows.
 */
export function buildMessage({ alert, detector, stored, event, deliveryKey, keys, current, consoleUrl, arnOwner = DEFAULT_ARN_OWNER }: MessageInput): AlertMessage {
  const { group, contributions, segments, evidence } = stored;
  const { config } = detector;
  const members = toldMembers(stored, keys, config.dimensions.length);
  const series = members.slice(0, SERIES_PER_MESSAGE_MAX).map((member) => messageSeries(detector.id, member, keys[member.series]!, current));
  return {
    alertName: alert.name,
    alertEventId: alertEventId(alert.name, group.id, arnOwner),
    anomalyDetectorArn: detectorArn(config.name, arnOwner),
    alertArn: alertArn(alert.name, arnOwner),
    alertDescription: alert.description,
    consoleUrl: groupPageUrl(consoleUrl, group.id),
    anomalyGroupId: group.id,
    impactedMetric: {
      metricName: group.measure,
      dimensionContribution: contributions.map(({ dimension, values }) => {
        const whole = wholeContributions(values.map(({ score }) => score));
        return {
          dimensionName: dimension,
          dimensionValueContributions: values.map(({ value }, v) => ({ dimensionValue: value ?? NULL_VALUE_TEXT, valueContribution: whole[v]! })),
        };
      }),
      relevantTimeSeries: series.map((one) => ({
        timeSeriesId: one.timeSeriesId,
        dimensions: Object.entries(one.dimensions).map(([dimensionName, value]) => ({ dimensionName, dimensionValue: value ?? NULL_VALUE_TEXT })),
        metricValue: one.actual,
      })),
    },
    timestamp: zonedDateTimeText(group.peakMs, config.zone),
    anomalyScore: Math.round(group.severity * 100) / 100,
    foretop: {
      version: 1,
      deliveryKey,
      event,
      revision: group.revision,
      isOver: group.status !== "open",
      headline: headline(stored, event, detector),
      reason: stored.reason,
      detectorName: config.name,
      kind: group.kind,
      direction: group.direction,
      start: iso(group.startMs),
      last: iso(group.lastMs),
      actual: finite(group.actual),
      expected: finite(group.expected),
      lower: finite(group.lower),
      upper: finite(group.upper),
      segments,
      interval: { start: iso(group.peakMs), end: iso(group.peakMs + (evidence.interval.endMs - evidence.interval.startMs)) },
      zone: config.zone,
      measures: config.measures.map(({ name }) => name),
      dimensions: config.dimensions,
      series,
      seriesCount: members.length,
    },
  };
}

/** Anomalous leaves, most severe first; where only roll-ups are anomalous, the head. Ties go to the smaller number. */
function toldMembers({ group }: StoredGroup, keys: readonly SeriesKey[], dimensionCount: number): GroupMember[] {
  const leaves = group.members.filter(({ series }) => keys[series]!.dimensions.length === dimensionCount);
  const head = new Set(group.head);
  const told = leaves.length > 0 ? leaves : group.members.filter(({ series }) => head.has(series));
  return [...told].sort((a, b) => b.severity - a.severity || a.series - b.series);
}

function messageSeries(detectorId: string, member: GroupMember, key: SeriesKey, current: MessageInput["current"]): MessageSeries {
  const isLastKnown = current !== null && member.lastMs === current.startMs && member.lastMs !== member.peakMs;
  return {
    timeSeriesId: timeSeriesId(detectorId, key),
    dimensions: Object.fromEntries(key.dimensions.map(({ name, value }) => [name, value])),
    kind: member.kind,
    direction: member.direction,
    severity: Math.round(member.severity * 100) / 100,
    at: iso(member.peakMs),
    actual: finite(member.actual),
    expected: finite(member.expected),
    lower: finite(member.lower),
    upper: finite(member.upper),
    last: isLastKnown ? { at: iso(member.lastMs), actual: finite(current.values[member.series]!) } : null,
  };
}

const EVENT_WORDS: Readonly<Record<AlertEvent, string>> = {
  opened: "",
  continued: "Still: ",
  closed: "Over: ",
  revised: "Corrected: ",
  retracted: "Retracted: ",
  health: "",
  recovered: "Recovered: ",
};

/** The sentence that the page shows, with since when, so that it stands alone on a phone. */
function headline({ group, headline: sentence, reason }: StoredGroup, event: AlertEvent, { config: { zone, frequency } }: Detector): string {
  const at = (ms: number) => {
    const { year, month, day, hour, minute } = localParts(ms, zone);
    return frequency === "P1D" ? `${year}-${month}-${day}` : `${year}-${month}-${day} ${hour}:${minute}`;
  };
  const when = group.status === "open" ? `since ${at(group.startMs)}` : group.startMs === group.lastMs ? `at ${at(group.startMs)}` : `from ${at(group.startMs)} to ${at(group.lastMs)}`;
  return `${EVENT_WORDS[event]}${sentence}, ${when}${reason === null ? "" : ` (${reason})`}`;
}

/** JSON has no NaN: missing is null on the wire. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
