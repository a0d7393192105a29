/**
 * One owner per folder. The lock is a file that names a process by id and start time: a process that was killed leaves
 * a stale lock behind, and the same id with another start time is somebody else.
 *
 * Holds between processes of one machine (or one container); folders on network drives are not for databases anyway.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../../telemetry/errors.ts";

export interface OwnerLock {
  release(): void;
}

interface Owner {
  readonly pid: number;
  /** of the process, in the system's own notation; only compared */
  readonly startedAt: string;
}

const ATTEMPTS_MAX = 10; // each means that another process took or left the lock in the same moment

/** Throws UserError code "IN_USE", naming the process that holds it. */
export function takeOwnerLock(path: string): OwnerLock {
  const me: Owner = { pid: process.pid, startedAt: processStart(process.pid) ?? "unknown" };
  const text = JSON.stringify(me);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    if (createWhole(path, text)) return { release: () => releaseLock(path, text) };
    const found = readText(path);
    if (found === null) continue; // released in between
    const owner = parseOwner(found);
    if (owner !== null && isAlive(owner)) {
      throw new UserError(`${path}: this folder is in use by process ${owner.pid}`, {
        code: "IN_USE",
        advice:
          "Only one Foretop may own a folder. Stop that process, or give this one another folder (FORETOP_HOME), or share the work through a PostgreSQL of your own (DATABASE_URL).",
      });
    }
    if (replaceStale(path, found, text)) return { release: () => releaseLock(path, text) };
  }
  throw new UserError(`${path}: other processes keep taking this lock`, { code: "IN_USE", advice: "Try again." });
}

/** The lock appears with its content or not at all: written beside, then linked, which fails where the name is taken. */
function createWhole(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Several processes may find the same stale lock. Who may replace it is decided by another lock, named after the stale
 * owner; and whoever holds that looks again: the winner gives it free only after it has replaced the stale one. A
 * process that was killed in here leaves that other lock stale, which is taken over in the same way.
 */
function replaceStale(path: string, staleText: string, text: string): boolean {
  const successor = takeOwnerLock(`${path}.after-${createHash("sha256").update(staleText).digest("hex").slice(0, 16)}`);
  try {
    if (readText(path) !== staleText) return false;
    const draft = `${path}.${process.pid}.draft`;
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
    return true;
  } finally {
    successor.release();
  }
}

function releaseLock(path: string, text: string): void {
  if (readText(path) === text) rmSync(path, { force: true });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    return typeof owner?.pid === "number" && typeof owner.startedAt === "string" ? (owner as Owner) : null;
  } catch {
    return null; // cut off by a power failure
  }
}

function isAlive(owner: Owner): boolean {
  return processStart(owner.pid) === owner.startedAt;
}

/** When a process started; null when there is none of that id. */
export function processStart(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold spaces; behind it: state is field 3, the start in ticks since boot field 22.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") return null; // dead, only not waited for
      return `${bootId()}/${fields[19]}`;
    } catch {
      return null;
    }
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } }).trim() || null;
  } catch {
    return null;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
