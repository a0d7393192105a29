import { localParts } from "../resources/zoned-date-time.ts";
import { amountText } from "./amount-text.ts";
import type { AlertMessage, MessageSeries } from "./message.ts";

/** More series than this are counted: an e-mail should be read. */
export const SERIES_IN_TEXT_MAX = 50;

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/**
 * A message as plain text, in the layout of the retired service's readable alerts (reference §8.5) with what was wrong
 * there put right: each series has its own number, one series "was" and several "were", the zone is said, and so are
 * actual, expected and the event.
 */
export function readableText(message: AlertMessage): string {
  const { impactedMetric, anomalyScore, consoleUrl, foretop } = message;
  const { year, month, day, hour, minute } = localParts(Date.parse(foretop.interval.start), foretop.zone);
  const count = foretop.seriesCount;
  const lines = [
    foretop.headline,
    "",
    `An anomaly in ${impactedMetric.metricName} was detected on ${MONTHS[Number(month) - 1]} ${day} ${year} at ${hour}:${minute} (${foretop.zone}).`,
    `${count} time series ${count === 1 ? "was" : "were"} impacted.`,
    "",
  ];
  const shown = foretop.series.slice(0, SERIES_IN_TEXT_MAX);
  for (const [s, series] of shown.entries()) {
    lines.push(...seriesLines(s + 1, series, foretop.interval.start, foretop.zone));
  }
  if (count > shown.length) lines.push(`… and ${count - shown.length} more`, "");
  lines.push(`The anomaly score was: ${anomalyScore}`, `To learn more visit: ${consoleUrl}`, "");
  return lines.join("\n");
}

function seriesLines(index: number, { dimensions, actual, expected, at }: MessageSeries, groupAt: string, zone: string): string[] {
  const pairs = Object.entries(dimensions);
  const when = at === groupAt ? "" : ` at ${timeText(at, zone)}`;
  const figures = `\tactual ${amountText(actual)}, expected ${amountText(expected)}${when}`;
  if (pairs.length === 0) return [`TimeSeries: ${index} was impacted over all dimensions:`, figures, ""];
  return [
    `TimeSeries: ${index} was impacted on the following dimensions and values:`,
    ...pairs.map(([dimension, value]) => `\t${dimension} - ${value ?? "(null)"}`),
    figures,
    "",
  ];
}

function timeText(iso: string, zone: string): string {
  const { year, month, day, hour, minute } = localParts(Date.parse(iso), zone);
  return `${year}-${month}-${day} ${hour}:${minute}`;
}
