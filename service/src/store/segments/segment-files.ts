/** Segments in their place: encodes and writes them, reads them back with their checksum verified, removes what nobody names. */
import { createHash } from "node:crypto";
import { SegmentDamagedError, type PointsSegment, type SegmentOwner, type SegmentRow } from "../store.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
import type { PointsColumn } from "./points-columns.ts";
import { decodePoints, encodePoints, readDirectory, type PointsDirectory } from "./points-file.ts";
import type { SegmentPlace, WrittenFile } from "./segment-place.ts";

/** The rows are still in the source: a back-fill over the file's intervals writes new points. */
const REPAIR = "bring it back from a backup, or read its intervals again: foretop interval backfill";

export class SegmentFiles {
  readonly #place: SegmentPlace;

  constructor(place: SegmentPlace) {
    this.#place = place;
  }

  async writePoints(owner: SegmentOwner, points: PointsSegment): Promise<SegmentRow> {
    checkOrder(points);
    const file = await this.#place.write(pathOf(owner, "points"), encodePoints(points));
    return rowOf(owner, "points", file, points.series.length);
  }

  async writeCheckpoint(owner: SegmentOwner, states: Uint8Array): Promise<SegmentRow> {
    const file = await this.#place.write(pathOf(owner, "checkpoint"), await encodeCheckpoint(states));
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
  touch(rows: readonly SegmentRow[]): Promise<void> {
    return this.#place.touch(rows.map(({ path }) => path));
  }

  /** Removes files last written before `olderThanMs` (epoch ms) for which `isNamed` is false. */
  async sweep(olderThanMs: number, isNamed: (paths: readonly string[]) => Promise<ReadonlySet<string>>): Promise<{ files: number; bytes: number }> {
    const swept = { files: 0, bytes: 0 };
    for await (const files of this.#place.list()) {
      const old = files.filter(({ modifiedMs }) => modifiedMs < olderThanMs);
      const named = old.length === 0 ? new Set<string>() : await isNamed(old.map(({ path }) => path));
      const unnamed = old.filter(({ path }) => !named.has(path));
      if (unnamed.length > 0) await this.#place.remove(unnamed.map(({ path }) => path));
      swept.files += unnamed.length;
      swept.bytes += unnamed.reduce((sum, { bytes }) => sum + bytes, 0);
    }
    return swept;
  }

  async #read(row: SegmentRow): Promise<ArrayBuffer> {
    const name = this.#place.nameOf(row.path);
    const file = await this.#place.read(row);
    if (file === null) throw new SegmentDamagedError(`${name} is missing; ${REPAIR}`);
    const sha256 = createHash("sha256").update(file).digest("hex");
    if (sha256 !== row.sha256) {
      throw new SegmentDamagedError(
        `${name} is damaged: ${file.byteLength} bytes with checksum ${sha256.slice(0, 12)}…, written were ${row.bytes} with ${row.sha256.slice(0, 12)}…; ${REPAIR}`,
      );
    }
    // A small file is a piece of a buffer that others share.
    return file.byteOffset === 0 && file.byteLength === file.buffer.byteLength
      ? (file.buffer as ArrayBuffer) // no place allocates shared memory
      : (file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  }

  /** What can't be decoded although its checksum is right was written by another version, or wrongly. */
  async #decode<T>(row: SegmentRow, decode: () => T | Promise<T>): Promise<T> {
    try {
      return await decode();
    } catch (cause) {
      throw new SegmentDamagedError(`${this.#place.nameOf(row.path)} can't be read`, { cause });
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
