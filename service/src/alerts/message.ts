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
    readonly relevantTimeSeries: readonly {
      readonly timeSeriesId: string;
      readonly dimensions: readonly { readonly dimensionName: string; readonly dimensionValue: string }[];
      readonly metricValue: number | null;
    }[];
  };
  /** ZonedDateTime text, e.g. `2022-01-15T04:25Z[UTC]` (reference §3.8) */
  readonly timestamp: string;
  readonly anomalyScore: number;
  readonly foretop: {
    readonly version: 1;
    readonly deliveryKey: string;
    readonly event: "opened" | "continued" | "closed" | "revised" | "retracted";
    readonly revision: number;
    readonly headline: string;
    readonly kind: string;
    readonly direction: "up" | "down" | "mixed";
    readonly start: string;
    readonly last: string;
    readonly actual: number | null;
    readonly expected: number | null;
    readonly lower: number | null;
    readonly upper: number | null;
    readonly segments: readonly Readonly<Record<string, string | null>>[];
    /** interval starts, ISO */
    readonly interval: { readonly start: string; readonly end: string };
  };
}
