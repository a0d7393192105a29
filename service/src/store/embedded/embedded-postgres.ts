/**
 * A real PostgreSQL from npm, for a laptop, the demo and tests: it listens on 127.0.0.1 only, asks for a password
 * (scram), keeps everything in `<home>/postgres` and ends with this process, also when that is killed. Production
 * brings its own PostgreSQL (DATABASE_URL).
 *
 *   data/       the database (on another disk when root's home can't be entered: then a link)
 *   password    of the superuser, readable by the owner only
 *   port        the last one used, so that addresses stay the same
 *   owner.lock  which process owns the folder
 *   server.log  what PostgreSQL says
 *
 * First start 1.3 s, later ones 0.1 s (2 cores).
 */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { UserError } from "../../telemetry/errors.ts";
import { silentLogger, type Logger } from "../../telemetry/logger.ts";
import { copyBinaries, DATABASE_URL_ADVICE, findBinaries, type Binaries } from "./binaries.ts";
import { dataOwner, ELSEWHERE, initialiseData, makeFolder, placeData, removeData, SUPERUSER } from "./data-folder.ts";
import { processStart, takeOwnerLock } from "./owner-lock.ts";
import { canEnter, chooseRunAs, ladderOf, type RunAs } from "./run-as.ts";
import { startServerProcess, tailOfLog, type ServerProcess } from "./server-process.ts";

export interface EmbeddedPostgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** whether this start made the database folder */
  readonly isNew: boolean;
  /** an address for one of its databases; holds the password */
  url(database: string): string;
  /** Makes a database unless it is there; whether it was made. */
  createDatabase(name: string): Promise<boolean>;
  /** Removes a database if it is there, ending its sessions. */
  dropDatabase(name: string): Promise<void>;
  /** Ends all sessions and the server (a clean shutdown), gives the folder free. May be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly log?: Logger;
  /** false: no fsync, nothing survives a power cut. For tests only */
  readonly durable?: boolean;
  readonly connectionsMax?: number;
  /** the steps of the ladder to try, for tests */
  readonly ladder?: readonly RunAs[];
}

const HOST = "127.0.0.1";
const START_MS_MAX = 60_000; // recovery after a crash may take a while
const STALE_SERVER_MS_MAX = 30_000; // how long the server of a killed process may take to end
const PORT_TRIES_MAX = 5;

export async function startEmbeddedPostgres(
  homeFolder: string,
  { log = silentLogger, durable = true, connectionsMax = 60, ladder }: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const startedMs = performance.now();
  const folder = makeFolder(resolve(homeFolder));
  if (process.getuid?.() === 0) letOthersEnter(resolve(homeFolder), folder);
  const lock = takeOwnerLock(join(folder, "owner.lock"));
  let server: ServerProcess | null = null;
  try {
    const installed = await findBinaries();
    const { runAs, binaries } = await chooseRunAs(
      ladder ?? ladderOf(process.getuid?.() ?? -1, dataOwner(folder)),
      (candidate) => readableBinaries(installed, candidate, folder),
    );
    const data = await placeData(folder, runAs);
    await staleServerGone(data);
    const { password, isNew } = await initialiseData(data, { folder, binaries, runAs, durable });

    const logFile = join(folder, "server.log");
    let port = 0;
    for (let attempt = 1; server === null; attempt++) {
      port = await freePort(attempt === 1 ? rememberedPort(folder) : null);
      const candidate = await startServerProcess(
        [join(binaries.folder, "bin", "postgres"), "-D", data, ...settingsOf({ port, durable, connectionsMax })],
        { runAs, logFile },
      );
      if (await isUp(candidate, port, password)) server = candidate;
      else if (attempt === PORT_TRIES_MAX || !tailOfLog(logFile).includes("could not bind")) throw startError(candidate);
      // Another program took the port between our look and the server's start: try the next free one.
    }
    writeFileSync(join(folder, "port"), `${port}\n`);
    log.info({ port, folder, runAs: runAs.method, ms: Math.round(performance.now() - startedMs) }, "embedded PostgreSQL is up");
    return handleOf({ server, port, password, isNew, release: () => lock.release() });
  } catch (cause) {
    await server?.stop();
    lock.release();
    throw cause;
  }
}

/** The address of a database of the server that another process runs on this home; null when none does. */
export function runningPostgresUrl(homeFolder: string, database: string): string | null {
  const folder = join(resolve(homeFolder), "postgres");
  try {
    const [password, port] = ["password", "port"].map((name) => readFileSync(join(folder, name), "utf8").trim());
    return urlOf({ port: Number(port), password: password! }, database);
  } catch {
    return null; // no server has run here
  }
}

/** Memory and processes for a small box; what makes commits durable stays on. */
function settingsOf({ port, durable, connectionsMax }: { port: number; durable: boolean; connectionsMax: number }): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: HOST,
    port,
    unix_socket_directories: "",
    max_connections: connectionsMax,
    shared_buffers: "64MB",
    work_mem: "16MB",
    maintenance_work_mem: "64MB",
    wal_level: "minimal", // one server, no replicas: half the log for bulk loads
    max_wal_senders: 0,
    max_wal_size: "512MB",
    checkpoint_timeout: "15min",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] ",
    log_min_messages: "warning",
    log_min_error_statement: "panic", // statements of users may hold data
    fsync: durable ? "on" : "off",
    full_page_writes: durable ? "on" : "off",
    synchronous_commit: durable ? "on" : "off",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Root's server runs as somebody else, who must be able to pass through (not list) the folders down to the data. */
function letOthersEnter(...folders: readonly string[]): void {
  for (const folder of folders) chmodSync(folder, statSync(folder).mode | 0o111);
}

/** The installed programs, or a copy where that user can't read them. */
async function readableBinaries(installed: Binaries, runAs: RunAs, folder: string): Promise<Binaries> {
  if (await canEnter(runAs, join(installed.folder, "bin", "postgres"))) return installed;
  return copyBinaries(installed, (await canEnter(runAs, folder)) ? folder : ELSEWHERE);
}

/**
 * The owner lock is ours, so a server that still runs on the folder is the one of a killed process, and its watchdog
 * is just stopping it. One that outlives that is stopped here.
 */
async function staleServerGone(data: string): Promise<void> {
  const pidFile = join(data, "postmaster.pid");
  const deadline = performance.now() + STALE_SERVER_MS_MAX;
  let asked = false;
  while (existsSync(pidFile)) {
    const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
    // A file left by a power cut: its process is gone, and PostgreSQL removes it itself.
    if (!isPostgres(pid)) return;
    const leftMs = deadline - performance.now();
    if (leftMs < 0) {
      throw new UserError(`a PostgreSQL (process ${pid}) still runs on ${data} and does not end`, {
        code: "IN_USE",
        advice: `End it (kill -INT ${pid}), then start again.`,
      });
    }
    if (!asked && leftMs < STALE_SERVER_MS_MAX - 2000) {
      process.kill(pid, "SIGINT");
      asked = true;
    }
    await sleep(50);
  }
}

function isPostgres(pid: number): boolean {
  if (processStart(pid) === null) return false;
  if (process.platform !== "linux") return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0].endsWith("postgres");
  } catch {
    return false;
  }
}

function rememberedPort(folder: string): number | null {
  try {
    const port = Number.parseInt(readFileSync(join(folder, "port"), "utf8"), 10);
    return port > 0 && port < 65536 ? port : null;
  } catch {
    return null;
  }
}

/** The wanted port if it is free, else one that the system picks. */
async function freePort(wanted: number | null): Promise<number> {
  if (wanted === null) return listenOnce(0);
  return listenOnce(wanted).catch(() => listenOnce(0));
}

/** Listens for a moment; the port it was on. */
async function listenOnce(port: number): Promise<number> {
  const probe = createServer();
  probe.listen(port, HOST);
  await once(probe, "listening");
  const { port: found } = probe.address() as AddressInfo; // a string only for Unix sockets
  probe.close();
  await once(probe, "close");
  return found;
}

async function isUp(server: ServerProcess, port: number, password: string): Promise<boolean> {
  const deadline = performance.now() + START_MS_MAX;
  while (!server.hasEnded() && performance.now() < deadline) {
    const client = new Client({ host: HOST, port, user: SUPERUSER, password, database: "postgres" });
    client.on("error", () => {}); // an error of an open connection also rejects its query
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (cause) {
      await client.end().catch(() => {});
      // 28P01: up, but with another password than ours; trying again won't help.
      if ((cause as { code?: string }).code === "28P01") {
        await server.stop();
        throw new UserError("the embedded PostgreSQL does not accept the password in its folder's file `password`", {
          code: "PASSWORD_WRONG",
          advice: "Bring the file back from the backup that belongs to the data.",
          cause,
        });
      }
      await sleep(20);
    }
  }
  if (!server.hasEnded()) await server.stop();
  return false;
}

function startError(server: ServerProcess): UserError {
  const tail = tailOfLog(server.logFile);
  const isFull = /No space left on device/.test(tail);
  return new UserError(`the embedded PostgreSQL did not start; the end of ${server.logFile}:\n${tail}`, {
    code: isFull ? "DISK_FULL" : "START_FAILED",
    advice: isFull ? "Make room on the disk, then start again: nothing is lost." : `Read the log. ${DATABASE_URL_ADVICE}`,
  });
}

function urlOf({ port, password }: { port: number; password: string }, database: string): string {
  return `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@${HOST}:${port}/${encodeURIComponent(database)}`;
}

function handleOf({ server, port, password, isNew, release }: {
  server: ServerProcess;
  port: number;
  password: string;
  isNew: boolean;
  release: () => void;
}): EmbeddedPostgres {
  const url = (database: string) => urlOf({ port, password }, database);

  const inMaintenance = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: url("postgres") });
    client.on("error", () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  };
  let stopping: Promise<void> | null = null;
  return {
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    isNew,
    url,
    createDatabase: (name) =>
      inMaintenance(async (client) => {
        const found = await client.query("select 1 from pg_database where datname = $1", [name]);
        if (found.rowCount !== 0) return false;
        try {
          await client.query(`create database ${client.escapeIdentifier(name)}`);
          return true;
        } catch (cause) {
          if ((cause as { code?: string }).code === "42P04") return false; // made by another process in between
          throw cause;
        }
      }),
    dropDatabase: (name) =>
      inMaintenance(async (client) => {
        await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
      }),
    stop: () => {
      stopping ??= server.stop().finally(release);
      return stopping;
    },
  };
}

/** Removes the embedded database of a home folder: all of its data is gone. Refused while a process owns it. */
export async function removeEmbeddedPostgres(homeFolder: string): Promise<void> {
  const folder = makeFolder(resolve(homeFolder));
  const lock = takeOwnerLock(join(folder, "owner.lock"));
  try {
    await staleServerGone(join(folder, "data"));
    removeData(folder);
  } finally {
    lock.release();
  }
}
