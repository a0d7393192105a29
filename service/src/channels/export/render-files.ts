import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CONTRIBUTIONS, METRIC_VALUES, namesIn, PARTS, RETRACTED, writeAtomically } from "./export-folder.ts";
import type { ExportPart } from "./export-part.ts";
import { renderInterval } from "./render-interval.ts";

/** Rendering is repeated while others add parts to the same interval; so often in a row nobody is that busy. */
const RENDER_TRIES_MAX = 100;

/**
 * Writes the CSV files of an interval from all its parts, again until no part has come since they were listed (export.ts
 * says why that is enough).
 *
 * @param onWritten  called after each writing, before the parts are listed again; for tests of what comes in between
 */
export async function renderFiles(root: string, stamp: string, onWritten: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const folder = join(root, PARTS, stamp);
  let names = await partNames(folder);
  let retracted = await namesIn(join(root, RETRACTED));
  for (let tries = 0; tries < RENDER_TRIES_MAX; tries++) {
    const parts = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as ExportPart));
    const files = renderInterval(stamp, parts, new Set(retracted));
    await Promise.all([
      writeAtomically(root, join(METRIC_VALUES, `${stamp}_${METRIC_VALUES}.csv`), files.metricValues),
      writeAtomically(root, join(CONTRIBUTIONS, `${stamp}_${CONTRIBUTIONS}.csv`), files.contributions),
    ]);
    await onWritten();
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
