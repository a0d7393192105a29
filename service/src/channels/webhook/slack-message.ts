import { amountText } from "../../alerts/amount-text.ts";
import type { AlertMessage, MessageSeries } from "../../alerts/message.ts";

/** Slack's own limits (Block Kit reference), and how many series somebody reads on a phone. */
const HEADER_LENGTH_MAX = 150;
const SECTION_LENGTH_MAX = 3000;
const SERIES_LISTED_MAX = 10;

/** A Block Kit message for an incoming webhook: headline, figures, the series that are off, a link. */
export function slackMessage(message: AlertMessage): Readonly<Record<string, unknown>> {
  const { alertName, anomalyScore, consoleUrl, impactedMetric, foretop } = message;
  const field = (name: string, value: string) => ({ type: "mrkdwn", text: `*${name}*\n${value}` });
  return {
    // What notifications show.
    text: escape(foretop.headline),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(foretop.headline, HEADER_LENGTH_MAX) } },
      {
        type: "section",
        fields: [
          field("Severity", `${Math.round(anomalyScore)} of 100`),
          field("Measure", `${escape(cut(impactedMetric.metricName, 200))} (${foretop.kind})`),
          field("Actual", amountText(foretop.actual)),
          field("Expected", `${amountText(foretop.expected)} (${amountText(foretop.lower)} to ${amountText(foretop.upper)})`),
          field("Figures of", slackTime(foretop.interval.start)),
          field(foretop.event === "closed" ? "Lasted until" : "Since", slackTime(foretop.event === "closed" ? foretop.last : foretop.start)),
        ],
      },
      { type: "section", text: { type: "mrkdwn", text: seriesText(foretop.series, foretop.seriesCount) } },
      {
        type: "context",
        elements: [{ type: "mrkdwn", text: `<${escape(consoleUrl).replaceAll("|", "%7C")}|See the evidence> · detector ${escape(foretop.detectorName)} · alert ${escape(alertName)}` }],
      },
    ],
  };
}

/** In the reader's own time zone; in UTC where the client can't. */
function slackTime(iso: string): string {
  const fallback = `${iso.slice(0, 16).replace("T", " ")} UTC`;
  return `<!date^${Date.parse(iso) / 1000}^{date_short_pretty} {time}|${fallback}>`;
}

function seriesText(series: readonly MessageSeries[], count: number): string {
  const lines: string[] = [];
  let length = 0;
  for (const one of series.slice(0, SERIES_LISTED_MAX)) {
    const line = seriesLine(one);
    if (length + line.length > SECTION_LENGTH_MAX - 50) break;
    length += line.length + 1;
    lines.push(line);
  }
  if (count > lines.length) lines.push(`… and ${count - lines.length} more`);
  return lines.join("\n");
}

function seriesLine({ dimensions, actual, expected }: MessageSeries): string {
  const pairs = Object.entries(dimensions).map(([name, value]) => `${name}=${value ?? "(null)"}`);
  const name = pairs.length === 0 ? "everything" : escape(cut(pairs.join(", "), 400));
  return `• ${name}: *${amountText(actual)}*, expected ${amountText(expected)}${shareText(actual, expected)}`;
}

function shareText(actual: number | null, expected: number | null): string {
  if (actual === null || expected === null || expected === 0) return "";
  const percent = (100 * (actual - expected)) / Math.abs(expected);
  return ` (${percent < 0 ? "−" : "+"}${amountText(Math.abs(percent))} %)`;
}

/** The three characters that Slack's mrkdwn reads as its own. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** By code points, so that no emoji is cut in half. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  let cutText = "";
  for (const character of text) {
    if (cutText.length + character.length > lengthMax - 1) break;
    cutText += character;
  }
  return `${cutText}…`;
}
