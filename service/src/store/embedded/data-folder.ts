/** The folder of the embedded PostgreSQL: where the data lies, made once, refused when another version made it. */
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { UserError } from "../../telemetry/errors.ts";
import type { Binaries } from "./binaries.ts";
import { canEnter, failureOf, type RunAs } from "./run-as.ts";

export const SUPERUSER = "foretop";
/** Where others can go when they can't enter FORETOP_HOME; only root uses it. */
export const ELSEWHERE = "/var/lib/foretop";
const INITDB_MS_MAX = 120_000;
const DRAFT_LINK = "data.link";

/** `<home>/postgres`, enterable (not listable) by the user that the server runs as. */
export function makeFolder(homeFolder: string): string {
  const folder = join(homeFolder, "postgres");
  for (const path of [homeFolder, folder]) {
    if (existsSync(path)) continue;
    mkdirSync(path, { recursive: true, mode: 0o711 });
  }
  return folder;
}

/** Who owns the data that is there; null when there is none yet. */
export function dataOwner(folder: string): { uid: number; gid: number } | null {
  const data = join(folder, "data");
  if (!existsSync(data)) return null;
  const { uid, gid } = statSync(data);
  return { uid, gid };
}

/**
 * The data folder's path. When root runs the server as another user and that user can't enter FORETOP_HOME (it lies in
 * /root, say), the data goes to ELSEWHERE and a link in FORETOP_HOME points there.
 */
export async function placeData(folder: string, runAs: RunAs): Promise<string> {
  const data = join(folder, "data");
  // A link whose target is gone would otherwise look like "no data yet" and lose it silently.
  if (isDanglingLink(data)) {
    throw new UserError(`${data} points to a folder that is not there`, {
      code: "DATA_MISSING",
      advice: "Bring the folder back (is a disk not mounted?), or remove the link to start with an empty database.",
    });
  }
  if (isLink(data)) return realpathSync(data); // the link itself lies where that user can't go
  if (existsSync(data) || (await canEnter(runAs, folder))) return data;
  const target = join(ELSEWHERE, createHash("sha256").update(folder).digest("hex").slice(0, 16));
  mkdirSync(target, { recursive: true, mode: 0o711 });
  // Becomes `data` once the data is there.
  rmSync(join(folder, DRAFT_LINK), { force: true });
  symlinkSync(join(target, "data"), join(folder, DRAFT_LINK));
  return join(target, "data");
}

/** Makes the data folder if there is none: beside its final place, then renamed, so that a killed start leaves none. */
export async function initialiseData(
  data: string,
  { folder, binaries, runAs, durable }: { folder: string; binaries: Binaries; runAs: RunAs; durable: boolean },
): Promise<{ password: string; isNew: boolean }> {
  const passwordFile = join(folder, "password");
  if (existsSync(data)) {
    checkVersion(data, binaries.major);
    if (!existsSync(passwordFile)) {
      throw new UserError(`${passwordFile} is missing, but the database in ${data} needs it`, {
        code: "PASSWORD_MISSING",
        advice: "Bring the file back from a backup: the data can't be opened without it.",
      });
    }
    return { password: readFileSync(passwordFile, "utf8").trim(), isNew: false };
  }
  const password = existsSync(passwordFile) ? readFileSync(passwordFile, "utf8").trim() : randomBytes(24).toString("base64url");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });

  const unfinished = `${data}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const handedPassword = `${data}.password`; // initdb runs as another user and can't read ours
  writeFileSync(handedPassword, password, { mode: 0o600 });
  if (runAs.owner !== null) {
    chownSync(unfinished, runAs.owner.uid, runAs.owner.gid);
    chownSync(handedPassword, runAs.owner.uid, runAs.owner.gid);
  }
  try {
    const failure = await failureOf(
      runAs,
      [
        join(binaries.folder, "bin", "initdb"),
        `--pgdata=${unfinished}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${handedPassword}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // Built into PostgreSQL: sorts by code point, the same on every machine.
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--no-instructions",
        ...(durable ? [] : ["--no-sync"]),
      ],
      INITDB_MS_MAX,
    );
    if (failure !== null) throw initialiseError(data, failure);
    renameSync(unfinished, data);
    const link = join(folder, DRAFT_LINK);
    if (isLink(link)) renameSync(link, join(folder, "data"));
  } finally {
    rmSync(handedPassword, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
  return { password, isNew: true };
}

function checkVersion(data: string, major: number): void {
  let found: string;
  try {
    found = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EACCES") {
      throw new UserError(`the database folder ${data} belongs to user ${statSync(data).uid}, which is not the one that runs Foretop`, {
        code: "NOT_OWNER",
        advice: `Run Foretop as the user that ran it before, or hand the folder over: chown -R ${process.getuid?.() ?? "you"} ${data}`,
        cause,
      });
    }
    throw new UserError(`${data} is not a PostgreSQL data folder: it has no file PG_VERSION`, {
      code: "NOT_DATA",
      advice: "Bring the folder back from a backup, or move it away to start with an empty database.",
      cause,
    });
  }
  if (found !== String(major)) {
    throw new UserError(`${data} was made by PostgreSQL ${found}; this Foretop brings PostgreSQL ${major}, which can't read it`, {
      code: "OTHER_VERSION",
      advice: `Start the Foretop that made it, dump the databases (pg_dump over its address, see docs/operate/backup.md), move the folder away, start this Foretop and restore. Or run PostgreSQL ${found} yourself and set DATABASE_URL.`,
    });
  }
}

function initialiseError(data: string, failure: string): UserError {
  const isFull = /No space left on device|Disk quota exceeded/.test(failure);
  return new UserError(`the database could not be made in ${data}: ${failure.split("\n").slice(-4).join(" ")}`, {
    code: isFull ? "DISK_FULL" : "UNSUPPORTED",
    advice: isFull ? "Make room (a fresh database needs about 100 MB), then start again." : "Read the message above; DATABASE_URL with a PostgreSQL of your own works everywhere.",
  });
}

/** Removes all of the data, wherever it lies. */
export function removeData(folder: string): void {
  const data = join(folder, "data");
  if (isLink(data)) rmSync(dirname(readlinkSync(data)), { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function isDanglingLink(path: string): boolean {
  return isLink(path) && !existsSync(path);
}
