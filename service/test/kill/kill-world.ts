/**
 * One world under test: its own database, folder and receiver of webhooks, on the warehouse that all worlds share; and
 * processes that live through it.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase, type TestDatabase } from "../postgres.ts";
import { SECRETS } from "./world.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../webhook-receiver.ts";

export interface ProcessEnd {
  /** null when it ended by itself */
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stderr: string;
  /** from "begun" to the end */
  readonly milliseconds: number;
}

export type Program = "live-through" | "learn-history" | "serve-through";

export interface RunOptions {
  /** e.g. `commit.inside:3` */
  readonly failpoint?: string;
  /** kill -9 that long after the process has begun */
  readonly killAfterMs?: number;
}

// What a killed process has written stays, also in memory: these tests are of processes that die, not of disks.
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** No process of these tests takes longer, also on a busy machine. */
const PROCESS_MS_MAX = 60_000;

export class KillWorld {
  readonly home: string;
  readonly database: TestDatabase;
  readonly receiver: WebhookReceiver;
  readonly #warehouseUrl: string;

  private constructor(home: string, database: TestDatabase, receiver: WebhookReceiver, warehouseUrl: string) {
    this.home = home;
    this.database = database;
    this.receiver = receiver;
    this.#warehouseUrl = warehouseUrl;
  }

  static async open(warehouseUrl: string): Promise<KillWorld> {
    const [database, receiver] = await Promise.all([testDatabase(), startWebhookReceiver()]);
    return new KillWorld(mkdtempSync(join(FOLDER, "foretop-kill-")), database, receiver, warehouseUrl);
  }

  /** A process that runs `program` (beside this file) to its end. */
  run(program: Program, { failpoint, killAfterMs }: RunOptions = {}): Promise<ProcessEnd> {
    const child = spawn(process.execPath, [join(import.meta.dirname, `${program}.ts`)], {
      env: {
        PATH: process.env["PATH"],
        HOME: this.home,
        NODE_COMPILE_CACHE: join(tmpdir(), "foretop-test-compile-cache"), // 80 starts of the same program
        WORLD_HOME: this.home,
        WORLD_DATABASE_URL: this.database.url,
        WORLD_WAREHOUSE_URL: this.#warehouseUrl,
        [SECRETS.webhookUrl]: `${this.receiver.url}/hook`,
        [SECRETS.warehousePassword]: decodeURIComponent(new URL(this.#warehouseUrl).password),
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
    await this.database.drop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
