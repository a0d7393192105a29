/** How configuration files are read: from disk, or from texts that came with a request. */
import { readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { UserError } from "../telemetry/errors.ts";

/** The text of a file, null when there is none of that name. Throws UserError when it can't be read. */
export type ReadFile = (path: string) => string | null;

export const FILE_BYTES_MAX = 1_000_000;

export function readFileFromDisk(path: string): string | null {
  let bytes: Buffer;
  try {
    const facts = statSync(path);
    if (facts.isDirectory()) throw new UserError("is a folder, not a file", { code: "UNREADABLE", where: path, advice: "Name the file itself." });
    if (facts.size > FILE_BYTES_MAX) {
      throw new UserError(`is larger than ${FILE_BYTES_MAX / 1_000_000} MB`, { code: "LIMIT", where: path, advice: "Configuration and queries are never this large: is this the right file?" });
    }
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // errors of node:fs carry one
    if (error instanceof UserError) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EACCES" || code === "EPERM") {
      throw new UserError("can't be read: permission denied", { code: "UNREADABLE", where: path, advice: "Give the user that runs foretop permission to read it.", cause: error });
    }
    throw new UserError("can't be read", { code: "UNREADABLE", where: path, cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError("is not UTF-8 text", { code: "UNREADABLE", where: path, advice: "Save it as UTF-8.", cause: error });
  }
}

/** Reads from texts by name, relative to the entry's folder (see ConfigFiles of the API). */
export function readFileFrom(files: Readonly<Record<string, string>>): ReadFile {
  const byName = new Map(Object.entries(files).map(([name, text]) => [posix.normalize(name), text]));
  return (path) => byName.get(posix.normalize(path)) ?? null;
}
