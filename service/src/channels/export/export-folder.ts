/** Names of folders in an export, and how files get there. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Folders of reference §8.4. */
export const RESULTS = "anomalyResults";
export const METRIC_VALUES = "metricValue_AnomalyScore";
export const CONTRIBUTIONS = "dimensionContributions";

/** And ours beside them, hidden: parts by interval, ids of groups that were taken back, files being written. */
export const PARTS = ".parts";
export const RETRACTED = ".retracted";
const UNFINISHED = ".unfinished";

/** Empty where the folder is not there (yet). */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Readers see the old file or the new one, whole; what is renamed is on the disk already. */
export async function writeAtomically(root: string, path: string, text: string): Promise<void> {
  const target = join(root, path);
  const beside = join(root, UNFINISHED, randomUUID());
  await mkdir(join(root, UNFINISHED), { recursive: true });
  await mkdir(dirname(target), { recursive: true });
  try {
    const file = await open(beside, "wx");
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
