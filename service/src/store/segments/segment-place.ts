/**
 * Where segments lie: a folder, a bucket. A place knows names and bytes; what the bytes mean is SegmentFiles' business. Both
 * kinds keep the same promises (segment-place-contract.ts): a file is there whole or not at all, never changes, and is never
 * replaced; who was first keeps the name.
 */
export interface SegmentPlace {
  /** for people: where a file is, or with "" the place itself */
  nameOf(path: string): string;
  /**
   * Durable when it resolves; nothing is there when it throws, or something that nobody was told of (swept).
   *
   * @param path  relative, with slashes
   * @param pieces  of the content, in order
   */
  write(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile>;
  /** null when there is no such file. The caller compares the checksum. */
  read(file: Pick<WrittenFile, "path" | "sha256">): Promise<Uint8Array | null>;
  /** As if they had just been written; those that are gone are left out. */
  touch(paths: readonly string[]): Promise<void>;
  /** Every file, in portions that fit into memory; unfinished ones too, where they can be seen. */
  list(): AsyncIterable<readonly PlacedFile[]>;
  remove(paths: readonly string[]): Promise<void>;
  /** Whether nothing at all is here, but what is left of a restore that was cut off. */
  isEmpty(): Promise<boolean>;
  /** For a place that is empty. */
  beginRestore(): Promise<RestoringPlace>;
  close(): void;
}

export interface WrittenFile {
  /** as asked for, or with a number at its end when that name was taken */
  readonly path: string;
  readonly bytes: number;
  /** hex */
  readonly sha256: string;
}

export interface PlacedFile {
  readonly path: string;
  readonly bytes: number;
  /** epoch ms, by the clock of whoever keeps the file */
  readonly modifiedMs: number;
}

/** Files of a backup on their way back: all of them, or none. */
export interface RestoringPlace {
  put(path: string, content: Uint8Array): Promise<void>;
  /** What was put takes its place. */
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/** Numbers that are tried after a name: only crashes and races use any. */
export const NAMES_TRIED_MAX = 1000;

/** `path`, or from the second try on the same with a number before its ending. */
export function numberedPath(path: string, number: number): string {
  if (number === 1) return path;
  const dot = path.lastIndexOf(".");
  return `${path.slice(0, dot)}-${number}${path.slice(dot)}`;
}
