/**
 * Files that are there whole or not at all: written beside, flushed to the disk, renamed, and the folder flushed too.
 */
import { createHash } from "node:crypto";
import { link, mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { failpoint } from "../../telemetry/failpoints.ts";
import { UserError } from "../../telemetry/errors.ts";
import { NAMES_TRIED_MAX, numberedPath, type WrittenFile } from "./segment-place.ts";

/** Endings of files that are not whole yet; whoever finds an old one may remove it. */
export const UNFINISHED = ".unfinished";

let writes = 0;

/**
 * @param root  exists; the folders below it are made
 * @param path  relative to `root`; never overwritten
 * @param pieces  of the content, in order
 */
export async function writeDurably(root: string, path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
  const folder = dirname(join(root, path));
  const unfinished = join(folder, `.${basename(path)}.${process.pid}-${++writes}${UNFINISHED}`);
  failpoint("segment.before-write");
  try {
    await makeFolders(root, folder);
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await open(unfinished, "wx", 0o640);
    try {
      for (const piece of pieces) {
        const half = piece.byteLength >> 1;
        await writeAll(file, piece.subarray(0, half));
        failpoint("segment.half-written");
        await writeAll(file, piece.subarray(half));
        hash.update(piece);
        bytes += piece.byteLength;
        await setImmediate(); // encoding the next piece takes milliseconds: requests and timers first
      }
      await file.sync();
    } finally {
      await file.close();
    }
    failpoint("segment.before-rename");
    const free = await linkFree(root, path, unfinished);
    await rm(unfinished);
    await syncFolder(folder);
    failpoint("segment.after-rename");
    return { path: free, bytes, sha256: hash.digest("hex") };
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw describeWriteError(cause, join(root, path));
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** A new folder is durable once its parent's list of names is. */
async function makeFolders(root: string, folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  for (let made = folder; made.startsWith(dirname(first)) && made !== dirname(root); made = dirname(made)) await syncFolder(made);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a finished file the first free name. A link, because it never replaces what another process has just put there. */
async function linkFree(root: string, path: string, unfinished: string): Promise<string> {
  for (let number = 1; ; number++) {
    const free = numberedPath(path, number);
    try {
      await link(unfinished, join(root, free));
      return free;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || number === NAMES_TRIED_MAX) throw error;
    }
  }
}

function describeWriteError(cause: unknown, path: string): unknown {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(`the disk is full: ${path} could not be written; nothing of it was kept`, {
      code: "DISK_FULL",
      advice: "Make room or move the folder (FORETOP_HOME) to a larger disk. What is due is tried again; nothing is lost.",
      cause,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new UserError(`${path} may not be written`, {
      code: "NOT_WRITABLE",
      advice: "Let the user that runs Foretop write in this folder.",
      cause,
    });
  }
  return cause;
}
