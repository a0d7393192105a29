import type { SendResult } from "../channel.ts";
import { failedForGood, failedForNow } from "../send-results.ts";

const FOR_GOOD: Readonly<Record<string, string>> = {
  EACCES: "the service may not write there",
  EPERM: "the service may not write there",
  EROFS: "the file system is read-only",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "part of the path is a file, not a folder",
  ENAMETOOLONG: "the path is too long",
};

const FOR_NOW: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
};

/** A full disk and a busy machine pass; a folder that may not be written to needs somebody. What is unknown may pass. */
export function fileFailure(error: unknown, folder: string): SendResult {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return failedForNow(`${folder}: ${error instanceof Error ? error.message : "unknown failure"}`);
  const forGood = FOR_GOOD[code];
  if (forGood !== undefined) return failedForGood(`${folder}: ${forGood} (${code})`);
  return failedForNow(`${folder}: ${FOR_NOW[code] ?? "the file system refused"} (${code})`);
}
