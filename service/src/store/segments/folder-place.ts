/** Segments in a folder. */
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeDurably } from "./durable-file.ts";
import type { PlacedFile, RestoringPlace, SegmentPlace, WrittenFile } from "./segment-place.ts";

export class FolderPlace implements SegmentPlace {
  readonly #root: string;

  /** @param root  absolute, of segments only; made when something is written */
  constructor(root: string) {
    this.#root = root;
  }

  nameOf(path: string): string {
    return join(this.#root, path);
  }

  write(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
    return writeDurably(this.#root, path, pieces);
  }

  async read({ path }: Pick<WrittenFile, "path">): Promise<Uint8Array | null> {
    try {
      return await readFile(join(this.#root, path));
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw cause;
    }
  }

  async touch(paths: readonly string[]): Promise<void> {
    const now = new Date();
    for (const path of paths) {
      await utimes(join(this.#root, path), now, now).catch((cause: unknown) => {
        if (!isMissing(cause)) throw cause;
      });
    }
  }

  /** Folder by folder, so that memory holds one month of one detector at a time. */
  async *list(folder = ""): AsyncGenerator<readonly PlacedFile[], void, undefined> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
    const files: PlacedFile[] = [];
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(path);
      else if (entry.isFile()) {
        const found = await stat(join(this.#root, path)).catch(() => null); // removed meanwhile
        if (found !== null) files.push({ path, bytes: found.size, modifiedMs: found.mtimeMs });
      }
    }
    if (files.length > 0) yield files;
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(join(this.#root, path), { force: true });
    // Folders that are empty now go too; rmdir refuses one in which something was made meanwhile.
    for (const folder of new Set(paths.map((path) => dirname(path)))) {
      for (let empty = folder; empty !== "."; empty = dirname(empty)) {
        if (!(await rmdir(join(this.#root, empty)).then(() => true, () => false))) break;
      }
    }
  }

  async isEmpty(): Promise<boolean> {
    return (await readdir(this.#root).catch(() => [])).length === 0;
  }

  /** Beside, then renamed: an attempt that is cut off leaves nothing in the way. */
  async beginRestore(): Promise<RestoringPlace> {
    const root = this.#root;
    const beside = `${root}.restoring`;
    await rm(beside, { recursive: true, force: true }); // of an attempt that was cut off
    await mkdir(beside, { recursive: true, mode: 0o750 });
    return {
      async put(path, content) {
        await mkdir(dirname(join(beside, path)), { recursive: true, mode: 0o750 });
        await writeFile(join(beside, path), content, { flag: "wx", mode: 0o640, flush: true });
      },
      async finish() {
        await rmdir(root).catch(() => {}); // empty, or not there
        await rename(beside, root);
      },
      abandon: () => rm(beside, { recursive: true, force: true }),
    };
  }

  close(): void {}
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | null)?.code === "ENOENT";
}
