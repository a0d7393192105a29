/**
 * The message of an alert: the retired service's payload (reference §4.4, camelCase) plus ours under `foretop`.
 * Stored in the outbox as it is sent, so that every retry is byte-identical.
 */
export interface AlertMessage {
  readonly alertName: string;
  /** `{alertArn}:event/{groupId}` */
  readonly alertEventId: string;
  readonly anomalyDetectorArn: string;
  readonly alertArn: string;
  readonly alertDescription: string | null;
  readonly consoleUrl: string;
  readonly anomalyGroupId: string;
  readonly impactedMetric: {
    readonly metricName: string;
    readonly dimensionContribution: readonly {
      readonly dimensionName: string;
      readonly dimensionValueContributions: readonly { readonly dimensionValue: string; readonly valueContribution: number }[];
    }[];
    /** anomalous leaves; where no leaf is anomalous by itself, the roll-ups that are */
    readonly relevantTimeSeries: readonly {
      readonly timeSeriesId: string;
      readonly dimensions: readonly { readonly dimensionName: string; readonly dimensionValue: string }[];
      readonly metricValue: number | null;
    }[];
  };
  /** ZonedDateTime text, e.g. `2022-01-15T04:25Z[UTC]` (reference §3.8): the interval whose figures are shown */
  readonly timestamp: string;
  readonly anomalyScore: number;
  readonly foretop: {
    readonly version: 1;
    readonly deliveryKey: string;
    readonly event: AlertEvent;
    readonly revision: number;
    /** the group no longer goes on */
    readonly isOver: boolean;
    readonly headline: string;
    /** why there is this revision where it is not simply the next interval, e.g. "142 rows arrived 50 minutes late" */
    readonly reason: string | null;
    readonly detectorName: string;
    readonly kind: string;
    readonly direction: "up" | "down" | "mixed";
    /** interval starts, ISO in UTC: the first and the last anomalous one */
    readonly start: string;
    readonly last: string;
    readonly actual: number | null;
    readonly expected: number | null;
    readonly lower: number | null;
    readonly upper: number | null;
    /** partial assignments that name what did it, e.g. [{platform: "web"}]; [{}] = everything */
    readonly segments: readonly Readonly<Record<string, string | null>>[];
    /** the interval that `timestamp` names, ISO in UTC, half-open */
    readonly interval: { readonly start: string; readonly end: string };
    /** IANA zone of the dataset: for reading `timestamp` and for showing times as its owners do */
    readonly zone: string;
    /** the dataset's own lists, in the user's order: what a table of several messages needs for its columns */
    readonly measures: readonly string[];
    readonly dimensions: readonly string[];
    /** the series of `relevantTimeSeries` with their figures, in the same order */
    readonly series: readonly MessageSeries[];
    /** how many there are in all; more than `series` holds where the limit SERIES_PER_MESSAGE_MAX was met */
    readonly seriesCount: number;
  };
}

/**
 * Why this message is sent: the group is told for the first time · it went on (only to channels that write tables) ·
 * it is over · its figures were corrected · it should never have been told. Of a detector itself: something is wrong with
 * it · it is in order again.
 */
export type AlertEvent = "opened" | "continued" | "closed" | "revised" | "retracted" | "health" | "recovered";

export interface MessageSeries {
  readonly timeSeriesId: string;
  /** null is a null in the data; a dimension that is absent is rolled up */
  readonly dimensions: Readonly<Record<string, string | null>>;
  readonly kind: string;
  readonly direction: "up" | "down";
  readonly severity: number;
  /** figures of the series' most severe interval, which starts at `at`, ISO in UTC */
  readonly at: string;
  readonly actual: number | null;
  readonly expected: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** the value in its last anomalous interval where that is another one, and known */
  readonly last: { readonly at: string; readonly actual: number | null } | null;
}
