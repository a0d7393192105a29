/**
 * As whom PostgreSQL runs. It refuses root, so that root needs a ladder; each step is tried by really running the
 * program, the first that works is taken:
 *
 * 1. not root: plainly;
 * 2. root: as the owner of the data folder, or `nobody` (65534, in every passwd file), through setuid;
 * 3. root that may not change its user (a container without CAP_SETUID): in a user namespace in which root is called
 *    nobody. Docker's default seccomp profile forbids that one.
 *
 * None works (musl, a hardened container): an error that names DATABASE_URL.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../telemetry/errors.ts";
import { DATABASE_URL_ADVICE, type Binaries } from "./binaries.ts";

export interface RunAs {
  readonly method: "plain" | "setuid" | "namespace";
  /** who the server's files must belong to; null = whoever runs this */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** goes before every command */
  readonly prefix: readonly string[];
}

const NOBODY = 65534;
export const PLAIN: RunAs = { method: "plain", owner: null, prefix: [] };

const setuidTo = (uid: number, gid: number): RunAs => ({ method: "setuid", owner: { uid, gid }, prefix: [] });

const NAMESPACE: RunAs = {
  method: "namespace",
  owner: null,
  prefix: ["unshare", "--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, "--"],
};

/** @param dataOwner  who owns the data folder that exists already, or null */
export function ladderOf(myUid: number, dataOwner: { uid: number; gid: number } | null): readonly RunAs[] {
  if (myUid !== 0) return [PLAIN];
  if (dataOwner === null) return [setuidTo(NOBODY, NOBODY), NAMESPACE];
  // A folder made in the user namespace belongs to root outside of it.
  return dataOwner.uid === 0 ? [NAMESPACE] : [setuidTo(dataOwner.uid, dataOwner.gid)];
}

/**
 * The first step of the ladder on which the programs run. `prepare` hands out binaries which that user can read (it
 * may copy them).
 */
export async function chooseRunAs(
  ladder: readonly RunAs[],
  prepare: (runAs: RunAs) => Promise<Binaries>,
): Promise<{ runAs: RunAs; binaries: Binaries }> {
  const failures: string[] = [];
  for (const runAs of ladder) {
    // Anything at all first: a user that can't run anything would look like one that can't read the programs.
    let failure = await failureOf(runAs, ["/bin/sh", "-c", ":"]);
    if (failure === null) {
      const binaries = await prepare(runAs);
      failure = await failureOf(runAs, [join(binaries.folder, "bin", "postgres"), "--version"]);
      if (failure === null) return { runAs, binaries };
    }
    failures.push(`${describeRunAs(runAs)}: ${failure}`);
  }
  throw new UserError(`the embedded PostgreSQL does not run here (${failures.join("; ")})`, {
    code: "UNSUPPORTED",
    advice: `${existsSync("/etc/alpine-release") ? "Its programs need glibc, which Alpine lacks. " : "In a container, run as a user other than root. "}${DATABASE_URL_ADVICE}`,
  });
}

/** Whether that user can run a program, or pass through a folder to what is below it. */
export async function canEnter(runAs: RunAs, path: string): Promise<boolean> {
  return (await failureOf(runAs, ["/bin/sh", "-c", '[ -x "$0" ]', path])) === null;
}

/** Runs a short command as that user; null when it ended well, else what it said. */
export async function failureOf(runAs: RunAs, command: readonly string[], timeoutMs = 20_000): Promise<string | null> {
  const [program, ...args] = [...runAs.prefix, ...command];
  try {
    const child = spawn(program, args, {
      ...runAs.owner,
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      env: cleanEnvironment(),
    });
    let said = "";
    const listen = (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-OUTPUT_LENGTH_MAX));
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const [status, signal] = (await once(child, "close")) as [number | null, string | null]; // as documented for "close"
    return status === 0 ? null : said.trim() || `ended with ${status ?? signal}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // not started: no such program, not permitted
  }
}

const OUTPUT_LENGTH_MAX = 2000;

/** PG… variables of the person's shell (PGPORT, PGDATA …) must not reach our server; a fixed locale keeps texts stable. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { LC_ALL: "C", TZ: "UTC" };
  for (const name of ["PATH", "TMPDIR"]) {
    if (process.env[name] !== undefined) environment[name] = process.env[name];
  }
  return environment;
}

function describeRunAs(runAs: RunAs): string {
  if (runAs.method === "plain") return "as this user";
  if (runAs.method === "setuid") return `as user ${runAs.owner!.uid}`;
  return "as nobody in a user namespace";
}
