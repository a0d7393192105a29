/** What the demo needs from main.ts, which alone names concrete stores, connectors and channels. */
import type { System } from "../pipeline/system.ts";
import type { Clock } from "../telemetry/clock.ts";

/** The embedded PostgreSQL, as much of it as the demo uses. */
export interface DemoPostgres {
  readonly host: string;
  readonly port: number;
  url(database: string): string;
  createDatabase(name: string): Promise<boolean>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface DemoHost {
  /** FORETOP_HOME */
  readonly homeFolder: string;
  /** where `secret:NAME` is looked up */
  readonly secretsFolder: string;
  /** name of Foretop's own database */
  readonly stateDatabase: string;
  /** folders beside the database that hold state: segments, exports */
  readonly stateFolders: readonly string[];
  /** path of examples/redshift-ecommerce/params.json */
  readonly exampleFile: string;
  startPostgres(): Promise<DemoPostgres>;
  /** Names in the state database; none when there is no such database yet. */
  detectorNames(postgres: DemoPostgres): Promise<readonly string[]>;
  /** The system that `serve` has, on this clock. */
  openSystem(postgres: DemoPostgres, clock: Clock): Promise<DemoSystem>;
}

export interface DemoSystem {
  readonly system: System;
  /** Goes on as `serve` does – schedule, API, page – until aborted. */
  serve(options: { port: number; signal: AbortSignal; onListening: (address: string) => void }): Promise<void>;
  close(): Promise<void>;
}
