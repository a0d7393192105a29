/**
 * Segments in a bucket of S3, or of what speaks its protocol: an object each, named as the file in a folder would be.
 *
 * An object is put in one request that S3 refuses as a whole if a bit of it was lost (its SHA-256 goes with it) and if there
 * is one of that name (If-None-Match), so neither a race nor a retry after a lost answer replaces anything: who comes second
 * takes the next name, and the first, which nobody names, is swept.
 */
import { createHash } from "node:crypto";
import type { Bucket } from "../../aws/bucket.ts";
import { SourceError, UserError, type SourceErrorCode } from "../../telemetry/errors.ts";
import { failpoint } from "../../telemetry/failpoints.ts";
import { NAMES_TRIED_MAX, numberedPath, type PlacedFile, type RestoringPlace, type SegmentPlace, type WrittenFile } from "./segment-place.ts";

/** What one request of S3 may bring: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
export const OBJECT_BYTES_MAX = 5 * 1024 ** 3;
/** Requests at a time where files are handled one by one. */
const AT_ONCE = 16;
/** Its object is there while a backup is put back; what else is there then is of no use. */
const RESTORING = ".restoring";

export class S3Place implements SegmentPlace {
  readonly #bucket: Bucket;
  readonly #prefix: string;

  /** @param prefix  of all keys: empty, or with a slash at its end; of segments only */
  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  nameOf(path: string): string {
    return this.#bucket.place(this.#prefix + path);
  }

  async write(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
    failpoint("segment.before-write");
    const content = Buffer.concat([...pieces]);
    if (content.byteLength > OBJECT_BYTES_MAX) throw new UserError(`${this.nameOf(path)} would have ${content.byteLength} bytes, more than ${OBJECT_BYTES_MAX} (OBJECT_BYTES_MAX)`, { code: "LIMIT", advice: "Split the detector, or keep segments in a folder." });
    const sha256 = createHash("sha256").update(content).digest();
    for (let number = 1; number <= NAMES_TRIED_MAX; number++) {
      const free = numberedPath(path, number);
      if (!(await own(this.#bucket.putNew(this.#prefix + free, content, sha256.toString("base64"))))) continue;
      failpoint("segment.after-rename");
      return { path: free, bytes: content.byteLength, sha256: sha256.toString("hex") };
    }
    throw new Error(`${this.nameOf(path)} and ${NAMES_TRIED_MAX - 1} more names are taken`);
  }

  read({ path }: Pick<WrittenFile, "path">): Promise<Uint8Array | null> {
    return own(this.#bucket.get(this.#prefix + path));
  }

  async touch(paths: readonly string[]): Promise<void> {
    await manyAtOnce(paths, (path) => own(this.#bucket.touch(this.#prefix + path)));
  }

  async *list(): AsyncGenerator<readonly PlacedFile[], void, undefined> {
    let files: PlacedFile[] = [];
    const objects = this.#bucket.list(this.#prefix);
    for (let next = await own(objects.next()); next.done !== true; next = await own(objects.next())) {
      const { key, bytes, modifiedMs } = next.value;
      files.push({ path: key.slice(this.#prefix.length), bytes, modifiedMs });
      if (files.length < PORTION) continue;
      yield files;
      files = [];
    }
    if (files.length > 0) yield files;
  }

  remove(paths: readonly string[]): Promise<void> {
    return own(this.#bucket.remove(paths.map((path) => this.#prefix + path)));
  }

  async isEmpty(): Promise<boolean> {
    // A key that begins with a dot sorts before those of detectors, whose ids are hexadecimal.
    for await (const [first] of this.list()) return first!.path === RESTORING;
    return true;
  }

  /** Under the names themselves, for S3 renames nothing; a marker says that they are not to be used yet. */
  async beginRestore(): Promise<RestoringPlace> {
    const removeAll = async () => {
      for await (const files of this.list()) await this.remove(files.map(({ path }) => path).filter((path) => path !== RESTORING));
      await this.remove([RESTORING]);
    };
    await removeAll(); // of an attempt that was cut off
    const marker = Buffer.from("a backup is being put back here\n");
    const isOurs = await own(this.#bucket.putNew(this.#prefix + RESTORING, marker, createHash("sha256").update(marker).digest("base64")));
    if (!isOurs) throw new UserError(`another backup is being put back into ${this.nameOf("")}`, { code: "CONFLICT", advice: "Wait for it, or use another prefix." });
    return {
      put: async (path, content) => {
        const written = await this.write(path, [content]);
        if (written.path !== path) throw new Error(`${this.nameOf(path)} was there already`);
      },
      finish: () => this.remove([RESTORING]),
      abandon: removeAll,
    };
  }

  close(): void {
    this.#bucket.close();
  }
}

/** Files told in one go: what a page of S3 has. */
const PORTION = 1000;

/** What the error means for segments: it is not the user's source that is in trouble. */
const ADVICE: Partial<Record<SourceErrorCode, string>> = {
  PERMISSION: "Allow s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject there: docs/operate/segments.md has the policy.",
  AUTHENTICATE: "Check FORETOP_SEGMENTS_CREDENTIALS (or what the AWS SDK finds), and this machine's clock.",
  NOT_FOUND: "Check FORETOP_SEGMENTS and FORETOP_SEGMENTS_REGION.",
  CONNECT: "What is due is tried again, nothing is lost. Check FORETOP_SEGMENTS_ENDPOINT and the network if it lasts.",
};
const TRIED_AGAIN = "What is due is tried again, nothing is lost.";

async function own<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(`the segments' bucket: ${error.message}`, { code: error.code, transient: error.transient, advice: ADVICE[error.code] ?? TRIED_AGAIN, cause: error.cause });
  }
}

async function manyAtOnce<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) await Promise.all(items.slice(from, from + AT_ONCE).map(work));
}
