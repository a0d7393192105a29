import { exportChannel } from "../../src/channels/export/export.ts";
import { webhookChannel } from "../../src/channels/webhook/webhook.ts";
import type { Channel } from "../../src/channels/channel.ts";
import type { Connector } from "../../src/connectors/connector.ts";
import { postgresConnector } from "../../src/connectors/postgres/postgres.ts";
import { openSystem, type OpenSystem } from "../../src/open-system.ts";
import type { System } from "../../src/pipeline/system.ts";
import { configHash } from "../../src/resources/config-hash.ts";
import type { Detector } from "../../src/resources/detector.ts";
import type { Clock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { DETECTOR_NAME, FIRST_NOW_MS, worldConfig } from "./world.ts";

/** The system as main.ts puts it together, from what the test gave in the environment. */
export async function openWorldSystem(clock: Clock): Promise<OpenSystem> {
  return await openSystem({
    homeFolder: given("WORLD_HOME"),
    databaseUrl: given("WORLD_DATABASE_URL"),
    connectors: [postgresConnector as Connector],
    channels: [webhookChannel as Channel, exportChannel as Channel],
    clock,
    log: { ...silentLogger, warn: (fields, message) => console.error(message, fields), error: (fields, message) => console.error(message, fields) },
    consoleUrl: "http://127.0.0.1:7311",
    threads: 1,
  });
}

/** The one detector, created by whoever is first. */
export async function worldDetector({ store }: System): Promise<Detector> {
  const config = worldConfig();
  return (await store.detectors.getByName(DETECTOR_NAME)) ?? (await store.detectors.create(config, configHash(config), FIRST_NOW_MS));
}

export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
