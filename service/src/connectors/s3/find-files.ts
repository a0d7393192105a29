/**
 * Which files belong to a range of time. An interval's files are those directly in its folder. An interval whose folder has none is read
 * from the historical folder, if there is one with files that were written after the interval began: what was written before can't hold it.
 */
import { intervalStartAt, nextIntervalStart } from "@foretop/engine";
import type { Frequency } from "@foretop/engine";
import type { Interval } from "../../crawl/batch.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { Bucket, ObjectInfo } from "../../aws/bucket.ts";
import type { PathTemplate } from "./path-template.ts";

/** Files that stand for the same intervals. */
export interface FileGroup {
  readonly bucket: Bucket;
  readonly files: readonly ObjectInfo[];
  /** rows of other intervals don't count */
  readonly within: readonly Interval[];
}

export interface FileSearch {
  readonly bucket: Bucket;
  readonly template: PathTemplate;
  readonly historical: { readonly bucket: Bucket; readonly prefix: string } | null;
  readonly frequency: Frequency;
  readonly zone: string;
  readonly filesMax: number;
  readonly signal?: AbortSignal | undefined;
}

/** Listings that are under way at a time. */
const LISTINGS_MAX = 8;

/** Groups in the order of their first interval, history first. Throws SourceError. */
export async function findFiles(range: Interval, search: FileSearch): Promise<FileGroup[]> {
  const { frequency, zone, template, historical, filesMax } = search;
  const byFolder = new Map<string, Interval[]>();
  for (let startMs = intervalStartAt(range.startMs, frequency, zone); startMs < range.endMs; ) {
    const endMs = nextIntervalStart(startMs, frequency, zone);
    const folder = template.folderOf(startMs, zone);
    const known = byFolder.get(folder);
    if (known === undefined) byFolder.set(folder, [{ startMs, endMs }]);
    else known.push({ startMs, endMs });
    startMs = endMs;
  }
  const filesByFolder = await listFolders([...byFolder.keys()], search);
  let count = 0;
  const groups: FileGroup[] = [];
  const empty: Interval[] = [];
  for (const [folder, within] of byFolder) {
    const files = filesByFolder.get(folder) ?? [];
    count += files.length;
    if (files.length > 0) groups.push({ bucket: search.bucket, files, within });
    else empty.push(...within);
  }
  if (historical !== null && empty.length > 0) {
    const files = await historicalFiles(historical, empty[0]!.startMs, search);
    count += files.length;
    if (files.length > 0) groups.unshift({ bucket: historical.bucket, files, within: empty });
  }
  if (count <= filesMax) return groups;
  throw tooMany(filesMax);
}

/**
 * Folders that lie in the same folder are listed together: a day of hours is one listing, two and a half thousand intervals a hundred.
 * Each listing begins at its first folder and ends after its last.
 */
async function listFolders(folders: readonly string[], { bucket, filesMax, signal }: FileSearch): Promise<Map<string, ObjectInfo[]>> {
  const byParent = new Map<string, string[]>();
  for (const folder of folders) {
    const parent = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [folder]);
    else siblings.push(folder);
  }
  const found = new Map<string, ObjectInfo[]>();
  const waiting = [...byParent.values()];
  const work = async (): Promise<void> => {
    for (let siblings = waiting.pop(); siblings !== undefined; siblings = waiting.pop()) {
      const sorted = siblings.toSorted((a, b) => (a < b ? -1 : 1));
      const wanted = new Set(sorted);
      const [first, last] = [sorted[0]!, sorted.at(-1)!];
      let count = 0;
      for await (const object of bucket.list(commonPrefix(first, last), { after: first, upTo: last, ...(signal && { signal }) })) {
        const folder = object.key.slice(0, object.key.lastIndexOf("/") + 1);
        if (!wanted.has(folder)) continue;
        const files = found.get(folder);
        if (files === undefined) found.set(folder, [object]);
        else files.push(object);
        if (++count > filesMax) throw tooMany(filesMax);
      }
    }
  };
  await Promise.all(Array.from({ length: LISTINGS_MAX }, work));
  return found;
}

async function historicalFiles(historical: NonNullable<FileSearch["historical"]>, earliestMs: number, { filesMax, signal }: FileSearch): Promise<ObjectInfo[]> {
  const files: ObjectInfo[] = [];
  for await (const object of historical.bucket.list(historical.prefix, { isFlat: true, ...(signal && { signal }) })) {
    if (object.modifiedMs > earliestMs) files.push(object);
    if (files.length > filesMax) throw tooMany(filesMax);
  }
  return files;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

function tooMany(filesMax: number): SourceError {
  return new SourceError(`the reading needs more than ${filesMax} files (filesMax)`, { code: "LIMIT", transient: false, advice: "Fewer, larger files are faster, too; else lower history.intervalsMax or raise filesMax." });
}
