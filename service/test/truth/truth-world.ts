/** The world of the kill tests in this process: what is lived through can be changed while it happens. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KINDS, seriesKeyText } from "@foretop/engine";
import { Client } from "pg";
import { postgresConnector } from "../../src/connectors/postgres/postgres.ts";
import type { Connector } from "../../src/connectors/connector.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { openSystem } from "../../src/open-system.ts";
import { activateDetector } from "../../src/pipeline/activate.ts";
import type { System } from "../../src/pipeline/system.ts";
import { configHash } from "../../src/resources/config-hash.ts";
import type { Detector, DetectorConfig } from "../../src/resources/detector.ts";
import type { SegmentSettings } from "../../src/store/segments/open-place.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { DETECTOR_NAME, fillWarehouse, FIRST_NOW_MS, LIVE_FROM_MS, LIVE_UNTIL_MS, warehouseSecret, worldConfig } from "../kill/world.ts";
import { testDatabase } from "../postgres.ts";

export interface TruthWorld {
  /** of the state */
  readonly databaseUrl: string;
  readonly system: System;
  readonly clock: VirtualClock;
  /** runs SQL on the warehouse */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  detector(): Promise<Detector>;
  /** history, then live intervals up to `untilMs` */
  live(untilMs?: number): Promise<void>;
  /** what is in effect now: points and judgements by series and interval, sorted; groups as people see them */
  told(): Promise<{ points: string[]; groups: string[] }>;
  /** The same warehouse watched from another place, which holds a copy of the state; the clock goes on from here. */
  openCopy(place: Place, clock?: VirtualClock): Promise<Pick<TruthWorld, "system" | "detector" | "live" | "told" | "close">>;
  close(): Promise<void>;
}

export interface TruthWorldPlace {
  /** where segments are kept; its credentials may be secret:bucket */
  readonly segments?: (homeFolder: string) => SegmentSettings;
  /** of the bucket */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export async function truthWorld(overrides: Partial<DetectorConfig> = {}, { segments, credentials }: TruthWorldPlace = {}): Promise<TruthWorld> {
  const [source, state] = [await testDatabase(), await testDatabase()];
  await fillWarehouse(source.url);
  const folder = await mkdtemp(join(tmpdir(), "foretop-truth-"));
  // Two worlds live in this process: a secret of each one's own folder, not a variable that they would share.
  const secretsFolder = join(folder, "secrets");
  await mkdir(secretsFolder, { mode: 0o700 });
  await writeFile(join(secretsFolder, "warehouse.json"), warehouseSecret(source.url), { mode: 0o600 });
  if (credentials !== undefined) await writeFile(join(secretsFolder, "bucket.json"), JSON.stringify(credentials), { mode: 0o600 });
  const config = { ...worldConfig(), source: { kind: "postgres", settings: { secret: "secret:warehouse" } }, alerts: [], ...overrides };
  const watchAt = (place: Place, clock: VirtualClock) => watch(place, clock, secretsFolder, segments?.(place.homeFolder));
  const own = await watchAt({ databaseUrl: state.url, homeFolder: folder }, new VirtualClock(FIRST_NOW_MS));
  await own.system.store.detectors.create(config, configHash(config), FIRST_NOW_MS);
  const client = new Client({ connectionString: source.url });
  client.on("error", () => {});
  await client.connect();
  return {
    ...own,
    databaseUrl: state.url,
    sql: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    openCopy: (place, clock = new VirtualClock(own.clock.nowMs())) => watchAt(place, clock),
    async close() {
      await client.end();
      await own.close();
      await rm(folder, { recursive: true, force: true });
      await source.drop();
      await state.drop();
    },
  };
}

interface Place {
  readonly databaseUrl: string;
  readonly homeFolder: string;
}

type Watcher = Pick<TruthWorld, "system" | "clock" | "detector" | "live" | "told" | "close">;

async function watch({ databaseUrl, homeFolder }: Place, clock: VirtualClock, secretsFolder: string, segments: SegmentSettings | undefined): Promise<Watcher> {
  const open = await openSystem({
    homeFolder,
    secretsFolder,
    databaseUrl,
    ...(segments !== undefined && { segments }),
    connectors: [postgresConnector as Connector],
    channels: [],
    clock,
    log: silentLogger,
    consoleUrl: "http://127.0.0.1:7311",
    threads: 1,
  });
  const { system } = open;
  const detector = async (): Promise<Detector> => (await system.store.detectors.getByName(DETECTOR_NAME))!;

  return {
    system,
    clock,
    detector,
    async live(untilMs = LIVE_UNTIL_MS) {
      const { id, headMs } = await detector();
      if (headMs === null) await activateDetector(id, system);
      for (let now = await detector(); now.headMs! < untilMs; now = await detector()) {
        clock.advanceTo(nextDueMs(now)!);
        const { failed } = await runDue(system);
        if (failed > 0) throw new Error("an interval could not be read");
      }
    },
    async told() {
      const now = await detector();
      const series = await system.store.series.list(now.id, now.generation);
      const range = { startMs: LIVE_FROM_MS, endMs: LIVE_UNTIL_MS };
      const points: string[] = [];
      for (const { series: s, startMs, value, severity, kind, expected } of await system.store.segments.readSeries(now.id, now.generation, series.map((each) => each.number), range)) {
        for (let t = 0; t < startMs.length; t++) {
          const judged = Number.isNaN(expected[t]!) ? "not judged" : `${expected[t]!.toPrecision(6)} ${severity[t]!.toPrecision(5)} ${KINDS[kind[t]!]!}`;
          points.push(`${series[s]!.keyText} ${new Date(startMs[t]!).toISOString()} ${value[t]} ${judged}`);
        }
      }
      const { groups } = await system.store.groups.list({ detectorId: now.id, limit: 1000 });
      return {
        points: points.sort(),
        groups: groups
          .map(({ group }) => `${group.measure} ${group.kind} ${group.direction} ${new Date(group.startMs).toISOString()} ${new Date(group.lastMs).toISOString()} ${group.head.map((s) => seriesKeyText(series[s]!.key)).join()} ${group.severity.toPrecision(4)}`)
          .sort(),
      };
    },
    close: () => open.close(),
  };
}
