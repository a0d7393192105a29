/** What main.ts hands to the CLI: everything that needs concrete stores, connectors and channels, or runs for long. */
import type { Client } from "../api/client.ts";
import type { ServiceConfig } from "../config.ts";
import type { Registries } from "../resources/check-settings.ts";
import type { Redactor } from "../secrets/redactor.ts";
import type { BackupReport } from "../store/backup/back-up.ts";
import type { RestoreReport } from "../store/backup/restore.ts";
import type { System } from "../pipeline/system.ts";
import type { CliIo } from "./io.ts";
import type { Progress } from "./progress.ts";

/** What every command gets. */
export interface CommandContext {
  readonly io: CliIo;
  readonly config: ServiceConfig;
  readonly json: boolean;
  readonly debug: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** every secret that is resolved is made known to it; what the CLI prints goes through it */
  readonly redactor: Redactor;
  /** Operations of the API: of the running serve on this home, else in this process. Opened once, closed by the CLI. */
  client(): Promise<Client>;
  /** JSON for programs, else the text; on stdout. */
  print(value: unknown, text: () => string): void;
  /** For people, on stderr; nothing with --json. */
  remark(text: string): void;
}

/** The API's operations in this process. */
export interface LocalService {
  readonly client: Client;
  close(): Promise<void>;
}

export interface CliCommands {
  readonly registries: Registries;
  readonly version: string;
  /** Starts the embedded PostgreSQL (or connects to DATABASE_URL) and serves the operations in this process. */
  openLocal(context: Pick<CommandContext, "config" | "signal" | "redactor" | "progress">): Promise<LocalService>;
  demo(options: DemoOptions, context: CommandContext): Promise<void>;
  serve(options: ServeOptions, context: CommandContext): Promise<void>;
  backtest(options: BacktestOptions, context: CommandContext): Promise<void>;
  /** The system itself, for commands that are steps of the pipeline; beside a running serve, too. */
  openSystem(context: CommandContext): Promise<{ readonly system: System; readonly databaseUrl: string } & AsyncDisposable>;
  /** Writes a backup beside a running serve, or of what lies still. @param file  absolute */
  backup(file: string, context: CommandContext): Promise<BackupReport>;
  /** Puts one back where nothing is yet. @param file  absolute */
  restore(file: string, context: CommandContext): Promise<RestoreReport>;
}

export interface DemoOptions {
  readonly seed: number;
  readonly once: boolean;
  readonly reset: boolean;
}

export interface ServeOptions {
  /** absolute; null = nothing is watched */
  readonly watchFolder: string | null;
}

export interface BacktestOptions {
  /** the configuration's path as given */
  readonly file: string;
  /** the last interval's end; null = now */
  readonly untilMs: number | null;
  /** how many intervals are judged */
  readonly intervals: number | null;
}
