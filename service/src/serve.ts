/**
 * The running service: the schedule and the API on one system, until it is told to stop. Everything it does is due by
 * the state, so it may be killed at any moment and started again.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { listen } from "./api/listen.ts";
import { buildServer } from "./api/server.ts";
import { buildApp } from "./app.ts";
import { startQueue, type Queue } from "./jobs/queue.ts";
import { awsAccess } from "./aws/aws-access.ts";
import { Bucket } from "./aws/bucket.ts";
import { splitS3Path } from "./aws/split-s3-path.ts";
import { watchBucket, type WatchedBucket } from "./jobs/watch-bucket.ts";
import { watchFolder } from "./jobs/watch-folder.ts";
import type { OpenSystem } from "./open-system.ts";

export interface ServeOptions {
  readonly databaseUrl: string;
  readonly host?: string;
  readonly port: number;
  /** a folder, or s3://bucket/prefix/ */
  readonly watchDir?: string;
  /** where the built console lies; default: that of this checkout */
  readonly consoleFolder?: string;
  readonly signal: AbortSignal;
  readonly onListening: (address: string) => void;
}

/** Resolves when `signal` has aborted and everything that ran has ended. */
export async function serve({ system, metrics }: OpenSystem, options: ServeOptions): Promise<void> {
  const { databaseUrl, port, watchDir, signal, onListening, host, consoleFolder } = options;
  let queue: Queue | null = null;
  const app = buildApp(system, {
    // The queue takes ACTIVATING detectors up by itself, at its next look.
    startActivation: () => Promise.resolve(),
    queuedJobs: async () => (queue === null ? null : queue.waiting()),
  });
  const server = buildServer(system, app, { metrics, ...(consoleFolder === undefined ? {} : { consoleFolder }) });
  const listening = await listen(server, { port, homeFolder: system.homeFolder, ...(host === undefined ? {} : { host }) });
  try {
    queue = await startQueue(system, { databaseUrl, signal });
    const watching = watchDir === undefined ? null : watchDir.startsWith("s3://") ? watchBucket(await watchedBucket(watchDir, system), app, system, signal) : watchFolder(watchDir, app, system, signal);
    onListening(listening.address);
    await aborted(signal);
    await watching;
    await queue.stop();
  } finally {
    await listening.close();
  }
}

const REQUEST_SECONDS_MAX = 30;

/** As whom and where, the AWS SDK finds out itself: environment, profile, container, instance. */
async function watchedBucket(address: string, { secrets, homeFolder }: OpenSystem["system"]): Promise<WatchedBucket> {
  const { bucket, path } = splitS3Path(address);
  const access = await awsAccess({ requestSecondsMax: REQUEST_SECONDS_MAX }, secrets);
  const prefix = path === "" || path.endsWith("/") ? path : `${path}/`;
  return { bucket: new Bucket(bucket, access), prefix, mirrorFolder: join(homeFolder, "watched", createHash("sha256").update(`${bucket}/${prefix}`).digest("hex").slice(0, 16)) };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
