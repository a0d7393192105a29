/**
 * What one message says about one interval: the unit from which the CSV files are made. Named by group and revision,
 * which decide its content: a retry, and another alert that tells the same, write the same bytes to the same name.
 */
import { NULL_VALUE_TEXT } from "../../alerts/build-message.ts";
import type { AlertMessage, MessageSeries } from "../../alerts/message.ts";
import { localParts, zonedDateTimeText } from "../../resources/zoned-date-time.ts";

export interface ExportPart {
  readonly version: 1;
  readonly groupId: string;
  readonly revision: number;
  readonly measure: string;
  /** of the dataset, in the user's order: they decide the columns */
  readonly measures: readonly string[];
  readonly dimensions: readonly string[];
  readonly score: number;
  readonly rows: readonly PartRow[];
  /** only in the part of the interval that the message is about */
  readonly contributions: readonly { readonly dimension: string; readonly value: string; readonly contribution: number }[] | null;
}

export interface PartRow {
  /** start of the interval: ZonedDateTime text, unique also in the hour that a zone repeats in autumn */
  readonly instant: string;
  /** [dimension] in the order of `dimensions`; null = rolled up */
  readonly values: readonly (string | null)[];
  readonly actual: number | null;
}

export interface IntervalPart {
  /** `2021-02-17_11:00:00`: what the interval's files are called, in the dataset's zone (reference §8.4) */
  readonly stamp: string;
  readonly part: ExportPart;
}

/** A part for each interval of which the message tells a value, and for the one it is about. */
export function exportParts(message: AlertMessage): IntervalPart[] {
  const { foretop, impactedMetric } = message;
  const rows = foretop.series.flatMap((series) => rowsOf(series));
  const startMs = [...new Set([Date.parse(foretop.interval.start), ...rows.map(({ atMs }) => atMs)])].sort((a, b) => a - b);
  return startMs.map((atMs) => ({
    stamp: fileStamp(atMs, foretop.zone),
    part: {
      version: 1,
      groupId: message.anomalyGroupId,
      revision: foretop.revision,
      measure: impactedMetric.metricName,
      measures: foretop.measures,
      dimensions: foretop.dimensions,
      score: message.anomalyScore,
      rows: rows
        .filter((row) => row.atMs === atMs)
        .map(({ values, actual }) => ({
          instant: zonedDateTimeText(atMs, foretop.zone),
          values: foretop.dimensions.map((dimension) => {
            const value = values[dimension];
            return value === undefined ? null : (value ?? NULL_VALUE_TEXT);
          }),
          actual,
        })),
      contributions:
        atMs !== Date.parse(foretop.interval.start)
          ? null
          : impactedMetric.dimensionContribution.flatMap(({ dimensionName, dimensionValueContributions }) =>
              dimensionValueContributions.map(({ dimensionValue, valueContribution }) => ({ dimension: dimensionName, value: dimensionValue, contribution: valueContribution })),
            ),
    },
  }));
}

function rowsOf({ at, last, actual, dimensions }: MessageSeries): { atMs: number; values: Readonly<Record<string, string | null>>; actual: number | null }[] {
  const peak = { atMs: Date.parse(at), values: dimensions, actual };
  return last === null ? [peak] : [peak, { atMs: Date.parse(last.at), values: dimensions, actual: last.actual }];
}

function fileStamp(ms: number, zone: string): string {
  const { year, month, day, hour, minute, second } = localParts(ms, zone);
  return `${year}-${month}-${day}_${hour}:${minute}:${second}`;
}
