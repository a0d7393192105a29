/** Opens a configuration's source, hands over its query bound to the last whole interval, and closes the source again. */
import { intervalStartAt, previousIntervalStart } from "@foretop/engine";
import type { BoundQuery, Source } from "../connectors/connector.ts";
import { datasetNeeds } from "../connectors/dataset-needs.ts";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import type { Interval } from "../crawl/batch.ts";
import type { System } from "../pipeline/system.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { DetectorConfig } from "./detector.ts";

export async function withSource<T>(
  config: DetectorConfig,
  { connectors, secrets, clock }: Pick<System, "connectors" | "secrets" | "clock">,
  signal: AbortSignal | undefined,
  work: (source: Source, query: BoundQuery, interval: Interval) => Promise<T>,
): Promise<T> {
  const connector = connectors.get(config.source.kind)!; // checkSettings has looked
  const interval = lastWholeInterval(config, clock.nowMs());
  const settings: unknown = connector.settings.parse(config.source.settings);
  const source = await connector.open(settings, { secrets, zone: config.zone, dataset: datasetNeeds(config), ...(signal && { signal }) });
  try {
    // Only the open source knows what its server speaks.
    return await work(source, bindQuery(config.query, config.timestamp.column, interval, source.dialect), interval);
  } catch (error) {
    if (signal?.aborted === true) throw new SourceError("stopped", { code: "CANCELLED", transient: true, cause: error });
    throw error;
  } finally {
    await source.close();
  }
}

/** The newest interval that is over and whose offset has passed: the one a crawl would read now. */
export function lastWholeInterval({ frequency, zone, offsetSeconds }: Pick<DetectorConfig, "frequency" | "zone" | "offsetSeconds">, nowMs: number): Interval {
  const endMs = intervalStartAt(nowMs - offsetSeconds * 1000, frequency, zone);
  return { startMs: previousIntervalStart(endMs, frequency, zone), endMs };
}
