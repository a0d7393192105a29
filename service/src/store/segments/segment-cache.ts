/** Decoded pieces of segments, so that a second chart of the same days doesn't decode them again. */
import type { PointsSegment } from "../store.ts";

/** About 40 days of hourly intervals with thousands of series. */
export const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** Of how many files the directory is remembered: some hundred bytes each. */
const DIRECTORIES_MAX = 20_000;

export interface GroupRange {
  readonly seriesMin: number;
  readonly seriesMax: number;
}

export class SegmentCache {
  readonly #bytesMax: number;
  /** by what the file holds, so that nothing here is ever out of date; in order of last use, oldest first */
  readonly #entries = new Map<string, { readonly points: PointsSegment; readonly bytes: number }>();
  #bytes = 0;

  constructor(bytesMax: number = CACHE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  readonly #directories = new Map<string, readonly GroupRange[]>();

  /** Which series each row group of a file holds; undefined when the file wasn't opened lately. */
  directory(sha256: string): readonly GroupRange[] | undefined {
    return this.#directories.get(sha256);
  }

  setDirectory(sha256: string, groups: readonly GroupRange[]): void {
    this.#directories.set(sha256, groups.map(({ seriesMin, seriesMax }) => ({ seriesMin, seriesMax })));
    for (const oldest of this.#directories.keys()) {
      if (this.#directories.size <= DIRECTORIES_MAX) break;
      this.#directories.delete(oldest);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): PointsSegment | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.points;
  }

  set(key: string, points: PointsSegment): void {
    const bytes = bytesOf(points);
    if (bytes > this.#bytesMax / 4) return; // one piece of history must not push out everything else
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, { points, bytes });
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}

function bytesOf({ series, startMs, value, count, scores }: PointsSegment): number {
  const arrays = [series, startMs, value, count, ...(scores === null ? [] : Object.values(scores))];
  return arrays.reduce((sum, array) => sum + array.byteLength, 0);
}
