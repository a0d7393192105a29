/** The folder of segments: writes them, reads them back with their checksum verified, removes what nobody names. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, rmdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { SegmentDamagedError, type PointsSegment, type SegmentOwner, type SegmentRow } from "../store.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
import { writeDurably, type WrittenFile } from "./durable-file.ts";
import type { PointsColumn } from "./points-columns.ts";
import { decodePoints, encodePoints, readDirectory, type PointsDirectory } from "./points-file.ts";

/** The rows are still in the source: a back-fill over the file's intervals writes new points. */
const REPAIR = "bring it back from a backup, or read its intervals again: foretop interval backfill";

export class SegmentFiles {
  readonly root: string;

  /** @param root  an existing folder, of segments only */
  constructor(root: string) {
    this.root = root;
  }

  async writePoints(owner: SegmentOwner, points: PointsSegment): Promise<SegmentRow> {
    checkOrder(points);
    const file = await writeDurably(this.root, pathOf(owner, "points"), encodePoints(points));
    return rowOf(owner, "points", file, points.series.length);
  }

  async writeCheckpoint(owner: SegmentOwner, states: Uint8Array): Promise<SegmentRow> {
    const file = await writeDurably(this.root, pathOf(owner, "checkpoint"), await encodeCheckpoint(states));
    return rowOf(owner, "checkpoint", file, 0);
  }

  /** The whole file, verified, and its directory. */
  async openPoints(row: SegmentRow): Promise<{ file: ArrayBuffer; directory: PointsDirectory }> {
    const file = await this.#read(row);
    return this.#decode(row, () => ({ file, directory: readDirectory(file) }));
  }

  async readPoints(row: SegmentRow): Promise<PointsSegment> {
    const { file, directory } = await this.openPoints(row);
    return this.#decode(row, () => decodePoints(file, directory, { from: 0, to: directory.rowCount }));
  }

  /** Some columns of rows of an opened file; columns that aren't wanted are empty. */
  async readRows(
    row: SegmentRow,
    { file, directory }: { file: ArrayBuffer; directory: PointsDirectory },
    range: { from: number; to: number },
    wanted: ReadonlySet<PointsColumn>,
  ): Promise<PointsSegment> {
    return this.#decode(row, () => decodePoints(file, directory, range, wanted));
  }

  async readCheckpoint(row: SegmentRow): Promise<Uint8Array> {
    const file = await this.#read(row);
    return this.#decode(row, () => decodeCheckpoint(new Uint8Array(file)));
  }

  /** As if they had just been written: a sweep leaves them alone for a while. */
  async touch(rows: readonly SegmentRow[]): Promise<void> {
    const now = new Date();
    for (const { path } of rows) await utimes(join(this.root, path), now, now);
  }

  /** Removes files last written before `olderThanMs` (epoch ms) for which `isNamed` is false. */
  async sweep(olderThanMs: number, isNamed: (paths: readonly string[]) => Promise<ReadonlySet<string>>): Promise<{ files: number; bytes: number }> {
    const swept = { files: 0, bytes: 0 };
    await this.#sweepFolder("", olderThanMs, isNamed, swept);
    return swept;
  }

  /** Folder by folder, so that memory holds one month of one detector at a time. */
  async #sweepFolder(
    folder: string,
    olderThanMs: number,
    isNamed: (paths: readonly string[]) => Promise<ReadonlySet<string>>,
    swept: { files: number; bytes: number },
  ): Promise<void> {
    const entries = await readdir(join(this.root, folder), { withFileTypes: true });
    const old: { path: string; bytes: number }[] = [];
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await this.#sweepFolder(path, olderThanMs, isNamed, swept);
      else if (entry.isFile()) {
        const { mtimeMs, size } = await stat(join(this.root, path)).catch(() => ({ mtimeMs: Infinity, size: 0 }));
        if (mtimeMs < olderThanMs) old.push({ path, bytes: size });
      }
    }
    const named = old.length === 0 ? new Set<string>() : await isNamed(old.map(({ path }) => path));
    for (const { path, bytes } of old) {
      if (named.has(path)) continue;
      await rm(join(this.root, path), { force: true });
      swept.files += 1;
      swept.bytes += bytes;
    }
    // Empty folders go too; rmdir refuses one in which something was made meanwhile.
    if (folder !== "" && entries.length === 0) await rmdir(join(this.root, folder)).catch(() => {});
  }

  async #read(row: SegmentRow): Promise<ArrayBuffer> {
    const path = join(this.root, row.path);
    let file: Buffer;
    try {
      file = await readFile(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      throw new SegmentDamagedError(`${path} is missing; ${REPAIR}`, { cause });
    }
    const sha256 = createHash("sha256").update(file).digest("hex");
    if (sha256 !== row.sha256) {
      throw new SegmentDamagedError(
        `${path} is damaged: ${file.byteLength} bytes with checksum ${sha256.slice(0, 12)}…, written were ${row.bytes} with ${row.sha256.slice(0, 12)}…; ${REPAIR}`,
      );
    }
    // A small file is a piece of a buffer that others share.
    return file.byteOffset === 0 && file.byteLength === file.buffer.byteLength
      ? (file.buffer as ArrayBuffer) // readFile allocates no shared memory
      : (file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  }

  /** What can't be decoded although its checksum is right was written by another version, or wrongly. */
  async #decode<T>(row: SegmentRow, decode: () => T | Promise<T>): Promise<T> {
    try {
      return await decode();
    } catch (cause) {
      throw new SegmentDamagedError(`${join(this.root, row.path)} can't be read`, { cause });
    }
  }
}

/** `<detector>/<generation>/<kind>/<month>/<start>_<attempt>.<ending>`: no folder grows without end, names sort by time. */
function pathOf(owner: SegmentOwner, kind: SegmentRow["kind"]): string {
  const start = new Date(owner.startMs).toISOString();
  const attempt = createHash("sha256").update(`${owner.attempt}\n${owner.startMs}-${owner.endMs}`).digest("hex").slice(0, 12);
  const name = `${start.slice(0, 19).replaceAll(":", "-")}_${attempt}`;
  return `${owner.detectorId}/${owner.generation}/${kind}/${start.slice(0, 7)}/${name}.${kind === "points" ? "parquet" : "states"}`;
}

function rowOf(owner: SegmentOwner, kind: SegmentRow["kind"], file: WrittenFile, rows: number): SegmentRow {
  const { detectorId, generation, startMs, endMs } = owner;
  return {
    id: file.path.slice(0, file.path.lastIndexOf(".")),
    detectorId,
    generation,
    kind,
    startMs,
    endMs,
    path: file.path,
    bytes: file.bytes,
    rows,
    sha256: file.sha256,
  };
}

/** Reading one series relies on the order. */
function checkOrder({ series, startMs }: PointsSegment): void {
  for (let row = 1; row < series.length; row++) {
    const isSorted = series[row] > series[row - 1] || (series[row] === series[row - 1] && startMs[row] > startMs[row - 1]);
    if (!isSorted) throw new Error(`points are not sorted by series, then interval, at row ${row}`);
  }
}
