/** Puts a System together from what main.ts chose. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Channel } from "./channels/channel.ts";
import type { Connector } from "./connectors/connector.ts";
import { keptSources } from "./connectors/kept-sources.ts";
import { SEGMENTS_FOLDER } from "./config.ts";
import { checkpointAll } from "./pipeline/checkpoint.ts";
import { ModelCache } from "./pipeline/live-models.ts";
import type { System } from "./pipeline/system.ts";
import { openSecrets } from "./secrets/open-secrets.ts";
import { Redactor } from "./secrets/redactor.ts";
import { openPostgresStore } from "./store/postgres/open-store.ts";
import { openSegmentPlace, type SegmentSettings } from "./store/segments/open-place.ts";
import type { Clock } from "./telemetry/clock.ts";
import { countedStore } from "./telemetry/counted-store.ts";
import type { Logger } from "./telemetry/logger.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

/** Folder of what the channel export has written, in FORETOP_HOME. */
export const EXPORT_FOLDER = "export";

export interface SystemOptions {
  readonly homeFolder: string;
  readonly databaseUrl: string;
  /** default: a folder in FORETOP_HOME; several machines need a place that all of them see */
  readonly segments?: SegmentSettings;
  readonly secretsFolder?: string;
  readonly connectors: readonly Connector[];
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor?: Redactor;
  readonly consoleUrl: string;
  readonly threads?: number;
}

export interface OpenSystem {
  readonly system: System;
  readonly metrics: Metrics;
  /** Checkpoints what is in memory, closes the connections. */
  close(): Promise<void>;
}

export async function openSystem(options: SystemOptions): Promise<OpenSystem> {
  const { homeFolder, databaseUrl, clock, log, consoleUrl } = options;
  const redactor = options.redactor ?? new Redactor();
  redactor.remember(databaseUrl);
  const metrics = createMetrics();
  const secrets = openSecrets({
    homeFolder,
    env: process.env,
    redactor,
    log,
    ...(options.secretsFolder === undefined ? {} : { folder: options.secretsFolder }),
  });
  const segments = await openSegmentPlace(options.segments ?? { kind: "folder", folder: join(homeFolder, SEGMENTS_FOLDER) }, secrets);
  const store = countedStore(await openPostgresStore({ databaseUrl, segments, log }), metrics);
  const sources = keptSources(options.connectors);
  const system: System = {
    store,
    clock,
    secrets,
    connectors: new Map(sources.connectors.map((connector) => [connector.kind, connector])),
    channels: new Map(options.channels.map((channel) => [channel.kind, channel])),
    log,
    models: new ModelCache(),
    threads: options.threads ?? availableParallelism(),
    consoleUrl,
    homeFolder,
  };
  return {
    system,
    metrics,
    async close() {
      try {
        await checkpointAll(system);
        await sources.close();
      } finally {
        await store.close();
      }
    },
  };
}
