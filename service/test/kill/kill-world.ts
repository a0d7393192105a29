/**
 * One world under test: its own database, folder and receiver of webhooks, on the warehouse that all worlds share; and
 * processes that live through it.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Client } from "pg";
import { inject } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../webhook-receiver.ts";
import { SECRETS, warehouseSecret } from "./world.ts";

const PROGRAMS = ["live-through", "learn-history", "serve-through"] as const;
export type Program = (typeof PROGRAMS)[number];

/** In node_modules, so that what is not built in is found. */
const BUILT = join(import.meta.dirname, "../../../node_modules/.cache/foretop-kill");

/** One file per program: these tests start some 80 processes, and this takes 0.2 s of CPU for each instead of 0.6. */
export async function buildPrograms(): Promise<void> {
  await build({
    entryPoints: PROGRAMS.map((program) => join(import.meta.dirname, `${program}.ts`)),
    outdir: BUILT,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["libpg-query", "pg-native"], // the one brings a WebAssembly file, the other is not installed
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: "warning",
  });
  // Read at run time, from beside the program.
  cpSync(join(import.meta.dirname, "../../src/store/postgres/migrations"), join(BUILT, "migrations"), { recursive: true });
}

export interface ProcessEnd {
  /** null when it ended by itself */
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stderr: string;
  /** from "begun" to the end */
  readonly milliseconds: number;
}

export interface RunOptions {
  /** e.g. `commit.inside:3` */
  readonly failpoint?: string;
  /** kill -9 that long after the process has begun */
  readonly killAfterMs?: number;
}

// What a killed process has written stays, also in memory: these tests are of processes that die, not of disks.
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let databases = 0;

/** No process of these tests takes longer, also on a busy machine. */
const PROCESS_MS_MAX = 150_000;

export interface WorldOptions {
  /** empty, or with the state of another world that stands still */
  readonly from?: KillWorld;
  /** rows come late into a warehouse of its own */
  readonly isLate?: boolean;
}

export class KillWorld {
  readonly home: string;
  readonly databaseUrl: string;
  readonly receiver: WebhookReceiver;
  readonly #warehouseUrl: string;
  readonly #isLate: boolean;

  private constructor(home: string, databaseUrl: string, receiver: WebhookReceiver, warehouseUrl: string, isLate: boolean) {
    this.home = home;
    this.databaseUrl = databaseUrl;
    this.receiver = receiver;
    this.#warehouseUrl = warehouseUrl;
    this.#isLate = isLate;
  }

  static async open(warehouseUrl: string, { from, isLate = false }: WorldOptions = {}): Promise<KillWorld> {
    const databaseUrl = await createDatabase(from?.databaseUrl);
    const home = mkdtempSync(join(FOLDER, "foretop-kill-"));
    if (from !== undefined) cpSync(from.home, home, { recursive: true });
    return new KillWorld(home, databaseUrl, await startWebhookReceiver(), isLate ? await createDatabase(warehouseUrl) : warehouseUrl, isLate);
  }

  /** A process that runs `program` (beside this file) to its end. */
  run(program: Program, { failpoint, killAfterMs }: RunOptions = {}): Promise<ProcessEnd> {
    const child = spawn(process.execPath, [join(BUILT, `${program}.mjs`)], {
      env: {
        PATH: process.env["PATH"],
        HOME: this.home,
        NODE_COMPILE_CACHE: join(BUILT, "compiled"),
        WORLD_HOME: this.home,
        WORLD_DATABASE_URL: this.databaseUrl,
        [SECRETS.webhookUrl]: `${this.receiver.url}/hook`,
        [SECRETS.warehouse]: warehouseSecret(this.#warehouseUrl),
        ...(this.#isLate ? { WORLD_LATE_WAREHOUSE_URL: this.#warehouseUrl } : {}),
        ...(failpoint === undefined ? {} : { FORETOP_FAILPOINT: failpoint }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Promise((resolve, reject) => {
      let begunMs = performance.now();
      let stderr = "";
      let killer: NodeJS.Timeout | undefined;
      const watchdog = setTimeout(() => child.kill("SIGTERM"), PROCESS_MS_MAX);
      child.stdout.once("data", () => {
        begunMs = performance.now();
        if (killAfterMs !== undefined) killer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
      });
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
      child.once("error", reject);
      child.once("close", (code, signal) => {
        clearTimeout(killer);
        clearTimeout(watchdog);
        resolve({ signal, code, stderr, milliseconds: performance.now() - begunMs });
      });
    });
  }

  async remove(): Promise<void> {
    await this.receiver.close();
    await dropDatabase(this.databaseUrl);
    if (this.#isLate) await dropDatabase(this.#warehouseUrl);
    rmSync(this.home, { recursive: true, force: true });
  }
}

async function createDatabase(templateUrl: string | undefined): Promise<string> {
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/kill_${process.pid}_${(databases += 1)}`;
  await onServer(`create database ${nameOf(url.href)} ${templateUrl === undefined ? "" : `template ${nameOf(templateUrl)}`} strategy file_copy`);
  return url.href;
}

async function dropDatabase(url: string): Promise<void> {
  await onServer(`drop database if exists ${nameOf(url)} with (force)`);
}

function nameOf(databaseUrl: string): string {
  return new URL(databaseUrl).pathname.slice(1);
}

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
