/**
 * The postgres process and its watchdog. A Node process that is killed can't clean up, and a server left behind would
 * hold the folder. Two things end it then: a shell beside it holds the reading end of a pipe whose other end only Node
 * has, and stops the server (fast shutdown: a clean one) when the pipe closes, whatever the reason. Where util-linux's
 * setpriv is there, the kernel sends the same signal when the shell itself is killed. The pipe alone is enough: it works
 * without setpriv, in containers and on macOS.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { once } from "node:events";
import type { Socket } from "node:net";
import { cleanEnvironment, failureOf, type RunAs } from "./run-as.ts";

const LOG_BYTES_MAX = 10 * 1024 * 1024; // then the log starts over, one old one is kept
const FAST_SHUTDOWN_SECONDS = 20; // then immediate: PostgreSQL recovers from its log at the next start

// `wait` before the watchdog is stopped, so that the shell ends with the server's own exit code.
const WATCHDOG = `
"$@" 3<&- & server=$!
{ read -r _; kill -INT $server; i=0
  while [ $i -lt ${FAST_SHUTDOWN_SECONDS} ]; do sleep 1; i=$((i + 1)); done; kill -QUIT $server; } <&3 2>/dev/null & watchdog=$!
trap 'kill -INT $server' INT TERM
while :; do wait $server; code=$?; kill -0 $server 2>/dev/null || break; done
kill $watchdog 2>/dev/null
exit $code
`;

export interface ServerProcess {
  readonly logFile: string;
  /** resolves when the server has ended */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

export async function startServerProcess(
  command: readonly string[],
  { runAs, logFile }: { runAs: RunAs; logFile: string },
): Promise<ServerProcess> {
  const full = [...runAs.prefix, ...(await deathSignal(runAs)), ...command];
  rotateLog(logFile);
  const log = openSync(logFile, "a", 0o600);
  // detached: its own session, so that Ctrl-C in the terminal reaches Node alone, which ends its work and then stops us.
  const child = spawn("/bin/sh", ["-c", WATCHDOG, "foretop-postgres", ...full], {
    ...runAs.owner,
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
    env: cleanEnvironment(),
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  // A program that forgets to stop the server can still end; the closing pipe then stops it.
  child.unref();
  const pipe = child.stdio[3] as Socket | null;
  pipe?.unref();
  pipe?.on("error", () => {}); // the shell ended first: `ended` tells
  return {
    logFile,
    ended,
    hasEnded: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    stop: () => stopChild(child),
  };
}

const DEATH_SIGNAL = ["setpriv", "--pdeathsig", "INT", "--"] as const;

async function deathSignal(runAs: RunAs): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  return (await failureOf(runAs, [...DEATH_SIGNAL, "true"])) === null ? DEATH_SIGNAL : [];
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.ref();
  const exit = once(child, "exit");
  child.stdio[3]?.destroy();
  await exit;
}

/** The last lines of the log, for an error message. */
export function tailOfLog(logFile: string, lines = 8): string {
  try {
    return readFileSync(logFile, "utf8").slice(-4000).trim().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

function rotateLog(logFile: string): void {
  try {
    if (statSync(logFile).size > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.old`);
  } catch {
    // no log yet
  }
}
