/**
 * Where the service listens, and how the command line finds it: `serve.json` in FORETOP_HOME holds the address while a
 * `serve` runs.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { UserError } from "../telemetry/errors.ts";
import { isLoopbackName } from "./protocol/guard.ts";

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 7373;
const SERVE_FILE = "serve.json";

export interface Listening {
  /** e.g. "http://127.0.0.1:7373" */
  readonly address: string;
  /** Stops answering and removes serve.json. */
  close(): Promise<void>;
}

/**
 * @param options.port  0 = any free one
 * @throws UserError when the address isn't loopback, or the port is taken
 */
export async function listen(
  server: FastifyInstance,
  { host = DEFAULT_HOST, port = DEFAULT_PORT, homeFolder }: { host?: string; port?: number; homeFolder: string },
): Promise<Listening> {
  if (!isLoopbackName(host.replace(/^\[|\]$/g, ""))) {
    throw new UserError(`can't listen on ${host}: Foretop has no accounts yet, so it answers on this machine only`, {
      where: "--host",
      advice: `Leave --host out (${DEFAULT_HOST}), and reach it from elsewhere through a tunnel: ssh -L ${port}:${DEFAULT_HOST}:${port} this-machine.`,
    });
  }
  await server.listen({ host, port }).catch((cause: unknown) => {
    throw listenError(cause, { host, port });
  });
  const [bound] = server.addresses();
  if (typeof bound !== "object") throw new Error(`listening on ${String(bound)}, which is no TCP port`);
  const name = host.replace(/^\[|\]$/g, "");
  const address = `http://${name.includes(":") ? `[${name}]` : name}:${bound.port}`;
  const file = join(homeFolder, SERVE_FILE);
  writeFileSync(file, `${JSON.stringify({ address, pid: process.pid })}\n`, { mode: 0o600 });
  return {
    address,
    async close() {
      rmSync(file, { force: true });
      await server.close();
    },
  };
}

/** The address of the `serve` that runs on this folder, as it left it; null when there is none or its process is gone. */
export function servingAt(homeFolder: string): string | null {
  let text: string;
  try {
    text = readFileSync(join(homeFolder, SERVE_FILE), "utf8");
  } catch {
    return null; // no serve runs here: the ordinary case
  }
  const { address, pid } = parseServeFile(text);
  return address !== null && pid !== null && isRunning(pid) ? address : null;
}

function parseServeFile(text: string): { address: string | null; pid: number | null } {
  try {
    const { address, pid } = JSON.parse(text) as { address?: unknown; pid?: unknown };
    return { address: typeof address === "string" ? address : null, pid: typeof pid === "number" ? pid : null };
  } catch {
    return { address: null, pid: null }; // cut short by a crash while it was written: as good as none
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it runs, as somebody else
  }
}

function listenError(cause: unknown, { host, port }: { host: string; port: number }): UserError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new UserError(`port ${port} on ${host} is taken by another program`, {
      code: "PORT_IN_USE",
      where: "--port",
      advice: "Choose another one with --port, or --port 0 for any free one; perhaps another `foretop serve` is running.",
      cause,
    });
  }
  if (code === "EACCES") {
    return new UserError(`port ${port} may not be used without special rights`, { where: "--port", advice: "Choose one above 1023.", cause });
  }
  return new UserError(`can't listen on ${host}:${port}: ${message}`, { where: "--host", cause });
}
