/**
 * The running service: the schedule and the API on one system, until it is told to stop. Everything it does is due by
 * the state, so it may be killed at any moment and started again.
 */
import { listen } from "./api/listen.ts";
import { buildServer } from "./api/server.ts";
import { buildApp } from "./app.ts";
import { startQueue, type Queue } from "./jobs/queue.ts";
import { watchFolder } from "./jobs/watch-folder.ts";
import type { OpenSystem } from "./open-system.ts";

export interface ServeOptions {
  readonly databaseUrl: string;
  readonly host?: string;
  readonly port: number;
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
    const watching = watchDir === undefined ? null : watchFolder(watchDir, app, system, signal);
    onListening(listening.address);
    await aborted(signal);
    await watching;
    await queue.stop();
  } finally {
    await listening.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
