/**
 * The composition root: the only file that names concrete connectors, channels and the store's servers. Everything else
 * gets what it needs as a parameter.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client as PostgresClient } from "pg";
import pino from "pino";
import { inProcessClient } from "./api/client.ts";
import { DEFAULT_PORT, servingAt } from "./api/listen.ts";
import { buildApp } from "./app.ts";
import { backtestCommand } from "./cli/commands/backtest.ts";
import { runCli } from "./cli/cli.ts";
import type { CliCommands, CommandContext } from "./cli/commands.ts";
import { processIo } from "./cli/io.ts";
import type { Channel } from "./channels/channel.ts";
import { exportChannel } from "./channels/export/export.ts";
import { logChannel } from "./channels/log/log.ts";
import { webhookChannel } from "./channels/webhook/webhook.ts";
import type { Connector } from "./connectors/connector.ts";
import { duckdbConnector } from "./connectors/duckdb/duckdb.ts";
import { mysqlConnector } from "./connectors/mysql/mysql.ts";
import { s3Connector } from "./connectors/s3/s3.ts";
import { postgresConnector } from "./connectors/postgres/postgres.ts";
import { redshiftConnector } from "./connectors/redshift/redshift.ts";
import { demoCommand } from "./demo/demo-command.ts";
import type { DemoHost } from "./demo/demo-host.ts";
import { SEGMENTS_FOLDER } from "./config.ts";
import { EXPORT_FOLDER, openSystem, type OpenSystem } from "./open-system.ts";
import { activateDetector } from "./pipeline/activate.ts";
import { serve } from "./serve.ts";
import { backUp } from "./store/backup/back-up.ts";
import { restore } from "./store/backup/restore.ts";
import { openSegmentPlace } from "./store/segments/open-place.ts";
import type { SegmentPlace } from "./store/segments/segment-place.ts";
import { openSecrets } from "./secrets/open-secrets.ts";
import { runningPostgresUrl, startEmbeddedPostgres } from "./store/embedded/embedded-postgres.ts";
import { systemClock, type Clock } from "./telemetry/clock.ts";
import { UserError } from "./telemetry/errors.ts";
import { silentLogger, type Logger } from "./telemetry/logger.ts";
import { VERSION } from "./version.ts";

// To add a connector or a channel: its folder, a line here, a docs page (docs/how-to).
const CONNECTORS = [postgresConnector, redshiftConnector, mysqlConnector, duckdbConnector, s3Connector] as readonly Connector[];
const CHANNELS = [logChannel, webhookChannel, exportChannel] as readonly Channel[];

/** Name of Foretop's own database in the embedded PostgreSQL. */
const STATE_DATABASE = "foretop";

const HERE = dirname(fileURLToPath(import.meta.url));
/** In a checkout this file is service/src/main.ts, as published dist/main.js. */
const IS_BUILT = !import.meta.url.endsWith(".ts");
const EXAMPLES = IS_BUILT ? join(HERE, "examples") : join(HERE, "..", "..", "examples");

/** As published the console lies beside main.js; in a checkout the server knows where it is built. */
const CONSOLE = IS_BUILT ? { consoleFolder: join(HERE, "console") } : {};

type Context = Pick<CommandContext, "config" | "redactor">;

/** Where Foretop's state is: DATABASE_URL, or the embedded PostgreSQL, which this process then owns until it stops. */
async function openState({ config }: Context, log: Logger): Promise<{ databaseUrl: string; stop(): Promise<void> }> {
  mkdirSync(config.homeFolder, { recursive: true, mode: 0o755 });
  if (config.databaseUrl !== null) return { databaseUrl: config.databaseUrl, stop: () => Promise.resolve() };
  const postgres = await startEmbeddedPostgres(config.homeFolder, { log });
  await postgres.createDatabase(STATE_DATABASE);
  return { databaseUrl: postgres.url(STATE_DATABASE), stop: () => postgres.stop() };
}

/** The embedded server may be another process's, a running serve's: then a connection to it is enough. */
async function openStateBeside(context: Context): ReturnType<typeof openState> {
  const { databaseUrl, homeFolder } = context.config;
  const running = databaseUrl === null && servingAt(homeFolder) !== null ? runningPostgresUrl(homeFolder, STATE_DATABASE) : null;
  return running === null ? openState(context, silentLogger) : { databaseUrl: running, stop: () => Promise.resolve() };
}

/** @param segments  where they are kept; what is only shown (demo, backtest) keeps them in its home */
function systemAt({ config, redactor }: Context, { databaseUrl, segments }: { databaseUrl: string; segments: "as configured" | "in home" }, clock: Clock, log: Logger): Promise<OpenSystem> {
  return openSystem({
    homeFolder: config.homeFolder,
    secretsFolder: config.secretsFolder,
    databaseUrl,
    ...(segments === "as configured" && { segments: config.segments }),
    connectors: CONNECTORS,
    channels: CHANNELS,
    clock,
    log,
    redactor,
    threads: config.threads,
    consoleUrl: config.consoleUrl ?? `http://127.0.0.1:${config.port === 0 ? DEFAULT_PORT : config.port}`,
  });
}

/** For what needs no more of the system than its files. */
async function segmentPlaceOf({ config, redactor }: Context): Promise<AsyncDisposable & { readonly segments: SegmentPlace }> {
  const secrets = openSecrets({ homeFolder: config.homeFolder, folder: config.secretsFolder, env: process.env, redactor, log: silentLogger });
  const segments = await openSegmentPlace(config.segments, secrets);
  return { segments, [Symbol.asyncDispose]: () => Promise.resolve(segments.close()) };
}

/** One JSON line an event on stderr, secrets masked. */
function logger({ config, redactor }: Context): Logger {
  const destination = { write: (line: string) => void process.stderr.write(redactor.redact(line)) };
  return pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

const commands: CliCommands = {
  version: VERSION,
  registries: {
    connectors: new Map(CONNECTORS.map((connector) => [connector.kind, connector])),
    channels: new Map(CHANNELS.map((channel) => [channel.kind, channel])),
  },

  async openLocal({ config, redactor, signal, progress }) {
    const context = { config, redactor };
    const state = await openState(context, silentLogger);
    const open = await systemAt(context, { databaseUrl: state.databaseUrl, segments: "as configured" }, systemClock, silentLogger).catch(async (error: unknown) => {
      await state.stop();
      throw error;
    });
    const app = buildApp(open.system, {
      // No serve runs here that would take it up: learn now, with a bar.
      async startActivation(detectorId) {
        const step = progress.step("learn history", 1);
        try {
          const report = await activateDetector(detectorId, open.system, {
            signal,
            onProgress: (now) => step.update(now.shareDone, now.step === "crawl" ? `${now.rows.toLocaleString("en-US")} rows` : now.step),
          });
          step.end(`${report.series} series, ${report.intervals} intervals, ${report.status}`);
        } catch {
          step.fail();
          signal.throwIfAborted();
          // Its reason is on the detector, where the caller reads it.
        }
      },
    });
    return {
      client: inProcessClient(open.system, app),
      async close() {
        await open.close();
        await state.stop();
      },
    };
  },

  async serve({ watchFolder }, context) {
    const log = logger(context);
    const state = await openState(context, log);
    try {
      const open = await systemAt(context, { databaseUrl: state.databaseUrl, segments: "as configured" }, systemClock, log);
      try {
        await serve(open, {
          databaseUrl: state.databaseUrl,
          host: context.config.host,
          port: context.config.port,
          signal: context.signal,
          onListening: (address) => context.remark(`Foretop ${VERSION} watches. The page: ${address}`),
          ...(watchFolder === null ? {} : { watchDir: watchFolder }),
          ...CONSOLE,
        });
      } finally {
        await open.close();
      }
    } finally {
      await state.stop();
    }
  },

  async openSystem(context) {
    const state = await openStateBeside(context);
    const open = await systemAt(context, { databaseUrl: state.databaseUrl, segments: "as configured" }, systemClock, silentLogger).catch(async (error: unknown) => {
      await state.stop();
      throw error;
    });
    return {
      system: open.system,
      databaseUrl: state.databaseUrl,
      async [Symbol.asyncDispose]() {
        await open.close();
        await state.stop();
      },
    };
  },

  async backup(file, context) {
    const { config, signal, progress } = context;
    // A mistyped folder must not become a new, empty installation with a backup of nothing.
    if (config.databaseUrl === null && !existsSync(join(config.homeFolder, "postgres"))) {
      throw new UserError(`there is nothing to back up in ${config.homeFolder}`, { code: "NOT_FOUND", where: "--home", advice: "Name the folder with --home, or the database with DATABASE_URL." });
    }
    const step = progress.step("copy segments", 1);
    const state = await openStateBeside(context);
    try {
      await using place = await segmentPlaceOf(context);
      const report = await backUp({ databaseUrl: state.databaseUrl, segments: place.segments, file, version: VERSION, nowMs: systemClock.nowMs(), signal, onProgress: (share) => step.update(share) });
      step.end(`${report.segments} segments`);
      return report;
    } finally {
      await state.stop();
    }
  },

  async restore(file, context) {
    const state = await openState(context, silentLogger);
    try {
      await using place = await segmentPlaceOf(context);
      return await restore({ databaseUrl: state.databaseUrl, segments: place.segments, file, signal: context.signal });
    } finally {
      await state.stop();
    }
  },

  demo: (options, context) => demoCommand(options, context, demoHost(context)),

  backtest: (options, context) =>
    backtestCommand(options, context, {
      // A database of its own that goes with the run: the past is told without touching what is kept.
      async open(folder, clock) {
        const postgres = await startEmbeddedPostgres(folder, { durable: false });
        await postgres.createDatabase(STATE_DATABASE);
        const { config, redactor } = context;
        const open = await systemAt(
          { config: { ...config, homeFolder: folder, secretsFolder: config.secretsFolder }, redactor },
          { databaseUrl: postgres.url(STATE_DATABASE), segments: "in home" },
          clock,
          silentLogger,
        );
        return {
          system: open.system,
          async close() {
            await open.close();
            await postgres.stop();
          },
        };
      },
    }),
};

function demoHost(context: CommandContext): DemoHost {
  const { config } = context;
  const log: Logger = { ...silentLogger, error: (fields, message) => context.remark(`${message}: ${JSON.stringify(fields)}`) };
  return {
    homeFolder: config.homeFolder,
    secretsFolder: config.secretsFolder,
    stateDatabase: STATE_DATABASE,
    stateFolders: [join(config.homeFolder, SEGMENTS_FOLDER), join(config.homeFolder, EXPORT_FOLDER)],
    exampleFile: join(EXAMPLES, "redshift-ecommerce", "params.json"),
    async startPostgres() {
      mkdirSync(config.homeFolder, { recursive: true, mode: 0o755 });
      return startEmbeddedPostgres(config.homeFolder, { log });
    },
    async detectorNames(postgres) {
      const client = new PostgresClient({ connectionString: postgres.url(STATE_DATABASE) });
      client.on("error", () => {}); // an error of an open connection also rejects its query
      try {
        await client.connect();
        const { rows } = await client.query<{ name: string }>("select name from foretop.detectors order by name");
        return rows.map(({ name }) => name);
      } catch (error) {
        const code = (error as { code?: string }).code; // errors of pg carry the server's code
        if (code === "3D000" || code === "42P01" || code === "3F000") return []; // no such database, table, schema yet
        throw error;
      } finally {
        await client.end();
      }
    },
    async openSystem(postgres, clock) {
      await postgres.createDatabase(STATE_DATABASE);
      const open = await systemAt(context, { databaseUrl: postgres.url(STATE_DATABASE), segments: "in home" }, clock, log);
      return {
        system: open.system,
        serve: (options) => serve(open, { databaseUrl: postgres.url(STATE_DATABASE), ...CONSOLE, ...options }),
        close: () => open.close(),
      };
    },
  };
}

if (!existsSync(EXAMPLES)) throw new Error(`${EXAMPLES} is missing: this installation of foretop is not complete`);
const io = processIo();
process.exitCode = await runCli(process.argv.slice(2), io, commands);
// After Ctrl-C nothing that still waits for a source holds the process up; otherwise it ends when its output is written.
if (io.signal.aborted) setTimeout(() => process.exit(), 1_000).unref();
