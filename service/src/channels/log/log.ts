/** A channel that writes each message as one structured line to the service's own log (docs/channels/log.md). */
import { z } from "zod";
import type { Channel } from "../channel.ts";
import { failedForNow, sent } from "../send-results.ts";

export const logSettings = z
  .strictObject({
    level: z.enum(["info", "warn"]).default("warn").describe("level of the line"),
    followUps: z.boolean().optional().describe("also tell when a group is over or taken back; default true"),
  })
  .describe("One structured line in the service's log for each message.");
export type LogSettings = z.infer<typeof logSettings>;

export const logChannel: Channel<LogSettings> = {
  kind: "log",
  settings: logSettings,
  followsUp: true,
  send({ key, message }, { level }, { signal, log }) {
    if (signal.aborted) return Promise.resolve(failedForNow("stopped before the line was written"));
    const { foretop, impactedMetric, anomalyScore, consoleUrl, alertName } = message;
    log(level, foretop.headline, {
      delivery: key,
      alert: alertName,
      event: foretop.event,
      detector: foretop.detectorName,
      measure: impactedMetric.metricName,
      kind: foretop.kind,
      severity: anomalyScore,
      start: foretop.start,
      last: foretop.last,
      actual: foretop.actual,
      expected: foretop.expected,
      segments: foretop.segments,
      series: foretop.seriesCount,
      url: consoleUrl,
    });
    return Promise.resolve(sent("written to the log"));
  },
};
