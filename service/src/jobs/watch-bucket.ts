/**
 * `serve --watch s3://bucket/prefix`: a `params.json` that is uploaded is applied, as the original connector's trigger did – that file name
 * and no other – together with the query files below its folder. The result is written beside it as `params.json.result.json`.
 *
 * Each such folder is mirrored into a folder of ours, which is watched as any other (watch-folder.ts): what was applied is known by its
 * content, over restarts, too. S3's own notifications would need a queue and rights on the bucket; a listing needs neither.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { App } from "../api/app.ts";
import type { Bucket, ObjectInfo } from "../aws/bucket.ts";
import { describeError, SourceError } from "../telemetry/errors.ts";
import { FolderWatcher, RETRY_MS } from "./watch-folder.ts";
import type { WatchSystem } from "./watch-folder.ts";

export const LOOK_BUCKET_MS = 10_000;
/** Configurations are small; what is larger is none. */
export const MIRRORED_BYTES_MAX = 1_000_000;
export const MIRRORED_OBJECTS_MAX = 10_000;
const ENTRY = "params.json";
const RESULT = `${ENTRY}.result.json`;

export interface WatchedBucket {
  readonly bucket: Bucket;
  /** of keys; "" or ending in a slash */
  readonly prefix: string;
  /** where the mirror is kept */
  readonly mirrorFolder: string;
}

/** Resolves when aborted; never rejects. */
export async function watchBucket(watched: WatchedBucket, app: Pick<App, "apply">, system: WatchSystem, signal: AbortSignal, { lookMs = LOOK_BUCKET_MS }: { lookMs?: number } = {}): Promise<void> {
  const watcher = new BucketWatcher(watched, app, system);
  while (!signal.aborted) {
    await watcher.look(signal);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lookMs);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
  watched.bucket.close();
}

export class BucketWatcher {
  readonly #watched: WatchedBucket;
  readonly #system: WatchSystem;
  readonly #folders: FolderWatcher;
  /** key → ETag of what is mirrored */
  readonly #mirrored = new Map<string, string>();
  /** key of a params.json → text of the result that was uploaded last */
  readonly #told = new Map<string, string>();
  #complaint: string | null = null;
  #hasComplainedOfWriting = false;

  constructor(watched: WatchedBucket, app: Pick<App, "apply">, system: WatchSystem) {
    this.#watched = watched;
    this.#system = system;
    mkdirSync(watched.mirrorFolder, { recursive: true, mode: 0o700 });
    this.#folders = new FolderWatcher(watched.mirrorFolder, app, system, RETRY_MS);
  }

  /** One look at the bucket: what is new is applied, results are uploaded. */
  async look(signal?: AbortSignal): Promise<void> {
    const { bucket, prefix } = this.#watched;
    try {
      const entries = await this.#mirror(signal);
      // An object is whole when it is listed: the second look that a file of a folder has to wait for follows at once.
      await this.#folders.look(signal);
      await this.#folders.look(signal);
      for (const key of entries) await this.#tell(key, signal);
      this.#complaint = null;
    } catch (error) {
      if (signal?.aborted === true) return;
      const message = describeError(error);
      // Once, not at every look.
      if (message !== this.#complaint) this.#system.log.warn({ bucket: bucket.place(prefix) }, `the watched bucket can't be read: ${message}`);
      this.#complaint = message;
    }
  }

  /** @returns keys of the params.json that are there */
  async #mirror(signal?: AbortSignal): Promise<string[]> {
    const { bucket, prefix, mirrorFolder } = this.#watched;
    const objects: ObjectInfo[] = [];
    for await (const object of bucket.list(prefix, { ...(signal && { signal }) })) {
      if (objects.length >= MIRRORED_OBJECTS_MAX) {
        throw new SourceError(`there are more than ${MIRRORED_OBJECTS_MAX} objects below ${bucket.place(prefix)} (MIRRORED_OBJECTS_MAX)`, { code: "LIMIT", transient: false, advice: "Watch a prefix of its own, without data." });
      }
      objects.push(object);
    }
    const entries = objects.filter(({ key }) => key === `${prefix}${ENTRY}` || key.endsWith(`/${ENTRY}`)).map(({ key }) => key);
    const wanted = new Set<string>();
    for (const entry of entries) {
      const folder = entry.slice(0, -ENTRY.length);
      for (const object of objects) {
        const isQuery = object.key.startsWith(folder) && /\.sql$/i.test(object.key) && belongsTo(object.key, entries) === entry;
        if (object.key !== entry && !isQuery) continue;
        const path = safePath(object.key.slice(folder.length));
        if (path === null || object.bytes > MIRRORED_BYTES_MAX) continue;
        const local = join(mirrorFolder, folderNameOf(folder), path);
        wanted.add(local);
        if (this.#mirrored.get(object.key) === object.etag && existsSync(local)) continue;
        await this.#fetch(object, local, signal);
      }
    }
    for (const name of readdirSync(mirrorFolder)) if (!entries.some((entry) => folderNameOf(entry.slice(0, -ENTRY.length)) === name)) rmSync(join(mirrorFolder, name), { recursive: true, force: true });
    for (const path of filesBelow(mirrorFolder)) if (!wanted.has(path) && !path.endsWith(RESULT)) rmSync(path);
    return entries;
  }

  async #fetch(object: ObjectInfo, local: string, signal?: AbortSignal): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#watched.bucket.read(object, { signal })) pieces.push(piece);
    mkdirSync(dirname(local), { recursive: true });
    const beside = join(dirname(local), ".being-written");
    writeFileSync(beside, Buffer.concat(pieces), { mode: 0o600 });
    renameSync(beside, local);
    this.#mirrored.set(object.key, object.etag);
  }

  async #tell(entry: string, signal?: AbortSignal): Promise<void> {
    const path = join(this.#watched.mirrorFolder, folderNameOf(entry.slice(0, -ENTRY.length)), RESULT);
    if (!existsSync(path)) return;
    const text = readFileSync(path, "utf8");
    if (this.#told.get(entry) === text) return;
    this.#told.set(entry, text); // whether or not it may be written: it is tried once for each result
    try {
      await this.#watched.bucket.write(`${entry}.result.json`, text, { signal });
    } catch (error) {
      if (this.#hasComplainedOfWriting) return;
      this.#hasComplainedOfWriting = true;
      this.#system.log.warn({ error: describeError(error) }, "the result can't be written beside params.json: allow s3:PutObject on params.json.result.json to have it");
    }
  }
}

/** A query file belongs to the nearest params.json above it. */
function belongsTo(key: string, entries: readonly string[]): string | null {
  let best: string | null = null;
  for (const entry of entries) if (key.startsWith(entry.slice(0, -ENTRY.length)) && (best === null || entry.length > best.length)) best = entry;
  return best;
}

/** Keys may hold anything; paths of ours stay below the mirror. */
function safePath(path: string): string | null {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/[\0\\]/.test(part)) ? path : null;
}

/** One level, whatever the key's depth: that is how far a watched folder is looked into. */
function folderNameOf(folder: string): string {
  return `bucket-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}
