/**
 * A channel that writes two CSV files for each anomalous interval, in the layouts that the retired service's workshop
 * wrote (docs/channels/export.md).
 *
 * The original read a CSV, changed it and wrote it back: two alerts of one interval lost each other's rows, a repeated
 * message doubled its rows, a new measure shifted columns. Here a message only ever adds *parts* – small files named
 * by group and revision, whose content follows from their name – and the CSV files are rendered anew from all parts of
 * their interval.
 *
 * No lock is needed, within a process or between processes, and none can be left behind: every writer first puts down
 * its parts, then lists, renders and renames, and lists again until nothing has come since. Of two writers, the one
 * that renames last either has listed the other's part or finds it when it lists again. A writer that dies in between
 * has not reported success, so its delivery comes again.
 */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { randomUUID } from "node:crypto";
import type { Channel, SendResult } from "../channel.ts";
import { failedForGood, failedForNow, sent } from "../send-results.ts";
import { exportParts, type ExportPart } from "./export-part.ts";
import { exportSettings, type ExportSettings } from "./export-settings.ts";
import { renderInterval } from "./render-interval.ts";

/** Folders of reference §8.4, and beside them ours: parts, groups taken back, files being written. */
const RESULTS = "anomalyResults";
const METRIC_VALUES = "metricValue_AnomalyScore";
const CONTRIBUTIONS = "dimensionContributions";
const PARTS = ".parts";
const RETRACTED = ".retracted";
const UNFINISHED = ".unfinished";

/** Rendering is repeated while others add parts to the same interval; so often in a row nobody is that busy. */
const RENDER_TRIES_MAX = 100;

export const exportChannel: Channel<ExportSettings> = {
  kind: "export",
  settings: exportSettings,
  followsUp: true,
  // Tables want every anomalous interval of a group, not only its first.
  everyRevision: true,

  async send({ message }, { folder }, { signal, homeFolder }) {
    const root = join(folder === undefined ? join(homeFolder, "exports") : resolve(folder), message.foretop.detectorName, RESULTS);
    try {
      const parts = exportParts(message);
      const stamps = new Set(parts.map(({ stamp }) => stamp));
      if (message.foretop.event === "retracted") {
        await writeAtomically(root, join(RETRACTED, message.anomalyGroupId), "");
        for (const stamp of await stampsOf(root, message.anomalyGroupId)) stamps.add(stamp);
      } else {
        for (const { stamp, part } of parts) {
          signal.throwIfAborted();
          await writeAtomically(root, join(PARTS, stamp, `${part.groupId}.${part.revision}.json`), JSON.stringify(part));
        }
      }
      for (const stamp of stamps) {
        signal.throwIfAborted();
        await renderFiles(root, stamp);
      }
      return sent(`${stamps.size} ${stamps.size === 1 ? "interval" : "intervals"} in ${root}`);
    } catch (error) {
      if (signal.aborted) return failedForNow("stopped before all was written");
      return resultOfError(error, root);
    }
  },
};

/** The intervals of which a group has told something. */
async function stampsOf(root: string, groupId: string): Promise<string[]> {
  const found: string[] = [];
  for (const stamp of await namesIn(join(root, PARTS))) {
    if ((await namesIn(join(root, PARTS, stamp))).some((name) => name.startsWith(`${groupId}.`))) found.push(stamp);
  }
  return found;
}

async function renderFiles(root: string, stamp: string): Promise<void> {
  const folder = join(root, PARTS, stamp);
  let names = await partNames(folder);
  let retracted = await namesIn(join(root, RETRACTED));
  for (let tries = 0; tries < RENDER_TRIES_MAX; tries++) {
    const parts = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as ExportPart));
    const files = renderInterval(stamp, parts, new Set(retracted));
    await writeAtomically(root, join(METRIC_VALUES, `${stamp}_${METRIC_VALUES}.csv`), files.metricValues);
    await writeAtomically(root, join(CONTRIBUTIONS, `${stamp}_${CONTRIBUTIONS}.csv`), files.contributions);
    const namesNow = await partNames(folder);
    const retractedNow = await namesIn(join(root, RETRACTED));
    // Both are only ever added to.
    if (namesNow.length === names.length && retractedNow.length === retracted.length) return;
    names = namesNow;
    retracted = retractedNow;
  }
  throw new Error(`parts of ${stamp} kept coming while it was rendered`);
}

async function partNames(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.endsWith(".json")).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Readers see the old file or the new one, whole; what is renamed is on the disk already. */
async function writeAtomically(root: string, path: string, text: string): Promise<void> {
  const target = join(root, path);
  const beside = join(root, UNFINISHED, randomUUID());
  await mkdir(join(root, UNFINISHED), { recursive: true });
  await mkdir(dirname(target), { recursive: true });
  try {
    const file = await open(beside, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** A full disk and a busy machine pass; a folder that may not be written to needs somebody. */
function resultOfError(error: unknown, root: string): SendResult {
  const { code = "" } = error as NodeJS.ErrnoException;
  const forGood: Readonly<Record<string, string>> = {
    EACCES: "the service may not write there",
    EPERM: "the service may not write there",
    EROFS: "the file system is read-only",
    ENOTDIR: "part of the path is a file, not a folder",
    ENAMETOOLONG: "the path is too long",
  };
  const forNow: Readonly<Record<string, string>> = { ENOSPC: "the disk is full", EDQUOT: "the quota is used up", EMFILE: "too many open files" };
  if (forGood[code] !== undefined) return failedForGood(`${root}: ${forGood[code]} (${code})`);
  return failedForNow(`${root}: ${forNow[code] ?? (error instanceof Error ? error.message : String(error))}${code === "" ? "" : ` (${code})`}`);
}
