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
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Channel } from "../channel.ts";
import { failedForNow, sent } from "../send-results.ts";
import { namesIn, PARTS, RESULTS, RETRACTED, writeAtomically } from "./export-folder.ts";
import { exportParts, type ExportPart } from "./export-part.ts";
import { exportSettings, type ExportSettings } from "./export-settings.ts";
import { fileFailure } from "./file-failure.ts";
import { renderFiles } from "./render-files.ts";

export const exportChannel: Channel<ExportSettings> = {
  kind: "export",
  settings: exportSettings,
  followsUp: true,
  // Tables want every anomalous interval of a group, not only its first.
  everyRevision: true,

  async send({ message }, { folder }, { signal, homeFolder }) {
    const root = join(folder === undefined ? join(homeFolder, "export") : resolve(folder), message.foretop.detectorName, RESULTS);
    try {
      const stamps = new Set<string>();
      if (message.foretop.event === "retracted") {
        await writeAtomically(root, join(RETRACTED, message.anomalyGroupId), "");
        for (const stamp of await stampsOf(root, message.anomalyGroupId)) stamps.add(stamp);
      } else {
        for (const { stamp, part } of exportParts(message)) {
          signal.throwIfAborted();
          if (!(await isSaid(root, stamp, part))) stamps.add(stamp);
          await writeAtomically(root, join(PARTS, stamp, `${part.groupId}.${part.revision}.json`), JSON.stringify(part));
        }
      }
      for (const stamp of stamps) {
        signal.throwIfAborted();
        await renderFiles(root, stamp);
      }
      return sent(stamps.size === 0 ? `nothing new for ${root}` : `${stamps.size} ${stamps.size === 1 ? "interval" : "intervals"} in ${root}`);
    } catch (error) {
      if (signal.aborted) return failedForNow("stopped before all was written");
      return fileFailure(error, root);
    }
  },
};

/**
 * Whether the revision before said the same of this interval, so that its files stay as they are: a group that goes on
 * for days would render all its hours again with each. (The delivery of that revision renders it, now or when it is tried
 * again. The part is written all the same: a revision in between may still be on its way, and is older than this one.)
 */
async function isSaid(root: string, stamp: string, part: ExportPart): Promise<boolean> {
  const folder = join(root, PARTS, stamp);
  let last: ExportPart | null = null;
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(`${part.groupId}.`)) continue;
    const earlier = JSON.parse(await readFile(join(folder, name), "utf8")) as ExportPart;
    if (earlier.revision >= part.revision) return false;
    if (last === null || earlier.revision > last.revision) last = earlier;
  }
  // A part that is not about this interval adds nothing but its rows.
  const { contributions } = part;
  return last !== null && JSON.stringify({ ...last, revision: part.revision, contributions: contributions ?? last.contributions }) === JSON.stringify({ ...part, contributions: contributions ?? last.contributions });
}

/** The intervals of which a group has told something. */
async function stampsOf(root: string, groupId: string): Promise<string[]> {
  const found: string[] = [];
  for (const stamp of await namesIn(join(root, PARTS))) {
    if ((await namesIn(join(root, PARTS, stamp))).some((name) => name.startsWith(`${groupId}.`))) found.push(stamp);
  }
  return found;
}
