/**
 * A place far away with copies of what was read or written lately in a folder on this machine, at most `bytesMax` of them:
 * corrections, merges and charts read the files of the last days again and again. A copy's name is its checksum, so it can
 * only be right or damaged, and a damaged one is fetched again. Several processes may share the folder.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlacedFile, RestoringPlace, SegmentPlace, WrittenFile } from "./segment-place.ts";

/** After making room there is this share of the bound: not every further file makes room again. */
const SHARE_AFTER_MAKING_ROOM = 0.8;
/** A copy's time of use is as exact as this. */
const USE_MS = 60_000;

export class CachedPlace implements SegmentPlace {
  readonly #far: SegmentPlace;
  readonly #folder: string;
  readonly #bytesMax: number;
  /** what is in the folder as far as this process knows; null before it has looked */
  #bytes: number | null = null;
  #unfinished = 0;

  /** @param folder  absolute, of copies only; may be removed at any time */
  constructor(far: SegmentPlace, { folder, bytesMax }: { folder: string; bytesMax: number }) {
    this.#far = far;
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  nameOf(path: string): string {
    return this.#far.nameOf(path);
  }

  async write(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
    const kept = [...pieces];
    const written = await this.#far.write(path, kept);
    await this.#keep(written.sha256, Buffer.concat(kept));
    return written;
  }

  async read(file: Pick<WrittenFile, "path" | "sha256">): Promise<Uint8Array | null> {
    const copy = await this.#copyOf(file.sha256);
    if (copy !== null) return copy;
    const content = await this.#far.read(file);
    if (content !== null && sha256Of(content) === file.sha256) await this.#keep(file.sha256, content);
    return content;
  }

  touch(paths: readonly string[]): Promise<void> {
    return this.#far.touch(paths);
  }

  list(): AsyncIterable<readonly PlacedFile[]> {
    return this.#far.list();
  }

  remove(paths: readonly string[]): Promise<void> {
    return this.#far.remove(paths);
  }

  isEmpty(): Promise<boolean> {
    return this.#far.isEmpty();
  }

  beginRestore(): Promise<RestoringPlace> {
    return this.#far.beginRestore();
  }

  close(): void {
    this.#far.close();
  }

  async #copyOf(sha256: string): Promise<Uint8Array | null> {
    const path = join(this.#folder, sha256);
    const content = await readFile(path).catch(() => null);
    if (content === null) return null;
    if (sha256Of(content) !== sha256) {
      await rm(path, { force: true });
      return null;
    }
    const now = new Date();
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < now.getTime() - USE_MS) await utimes(path, now, now).catch(() => {}); // removed meanwhile
    return content;
  }

  /** A copy that can't be kept (a full disk) is only fetched again. */
  async #keep(sha256: string, content: Uint8Array): Promise<void> {
    if (content.byteLength > this.#bytesMax / 4) return; // one history must not push out everything else
    const unfinished = join(this.#folder, `.${process.pid}-${++this.#unfinished}`);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o750 });
      await writeFile(unfinished, content, { mode: 0o640 });
      await rename(unfinished, join(this.#folder, sha256));
      this.#bytes = this.#bytes === null ? await this.#makeRoom() : this.#bytes + content.byteLength;
      if (this.#bytes > this.#bytesMax) this.#bytes = await this.#makeRoom();
    } catch {
      await rm(unfinished, { force: true }).catch(() => {});
    }
  }

  /** Removes what was used longest ago, if there is too much. @returns bytes that are left */
  async #makeRoom(): Promise<number> {
    const copies: { path: string; bytes: number; usedMs: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null); // another process makes room, too
      if (found !== null) copies.push({ path, bytes: found.size, usedMs: found.mtimeMs });
    }
    let bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
    if (bytes <= this.#bytesMax) return bytes;
    copies.sort((a, b) => a.usedMs - b.usedMs);
    for (const copy of copies) {
      if (bytes <= this.#bytesMax * SHARE_AFTER_MAKING_ROOM) break;
      await rm(copy.path, { force: true });
      bytes -= copy.bytes;
    }
    return bytes;
  }
}

function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
