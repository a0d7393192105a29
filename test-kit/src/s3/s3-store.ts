/** Buckets and objects, in memory. Tests read and write it directly; the protocol is in the files beside it. */
import { createHash } from "node:crypto";
import { AwsError } from "../http/aws-error.ts";
import type { ChecksumAlgorithm } from "./checksums.ts";
import { BUCKET_NAME } from "./limits.ts";

export interface StoredObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** with its quotes */
  readonly etag: string;
  readonly modifiedMs: number;
  /** content-type, content-encoding, cache-control … and x-amz-meta-*, names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum | null;
}

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** base64; of a composite one with -N for its number of parts */
  readonly value: string;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

export interface StoredPart {
  readonly number: number;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly checksum: Checksum | null;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksumAlgorithm: ChecksumAlgorithm | null;
  readonly checksumType: Checksum["type"];
  readonly parts: Map<number, StoredPart>;
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdMs: number;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, Upload>;
  /** keys in the order of their UTF-8 bytes; null when they have to be sorted again */
  sortedKeys: readonly string[] | null;
}

export class S3Store {
  readonly buckets = new Map<string, Bucket>();
  readonly #region: string;
  readonly #nowMs: () => number;

  constructor({ region, nowMs }: { region: string; nowMs: () => number }) {
    this.#region = region;
    this.#nowMs = nowMs;
  }

  createBucket(name: string, { region = this.#region }: { region?: string } = {}): Bucket {
    if (!BUCKET_NAME.test(name)) throw new AwsError("InvalidBucketName", "The specified bucket is not valid.", { details: { BucketName: name } });
    if (this.buckets.has(name)) throw new AwsError("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", { status: 409, details: { BucketName: name } });
    const bucket: Bucket = { name, region, createdMs: this.#nowMs(), objects: new Map(), uploads: new Map(), sortedKeys: null };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** Throws AwsError NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", { status: 404, details: { BucketName: name } });
    return bucket;
  }

  put(bucketName: string, key: string, body: Buffer | string, { headers = {}, etag, checksum = null }: { headers?: Readonly<Record<string, string>>; etag?: string; checksum?: Checksum | null } = {}): StoredObject {
    const bucket = this.bucket(bucketName);
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (!bucket.objects.has(key)) bucket.sortedKeys = null;
    const object: StoredObject = { key, bytes, etag: etag ?? `"${md5(bytes).toString("hex")}"`, modifiedMs: this.#nowMs(), headers, checksum };
    bucket.objects.set(key, object);
    return object;
  }

  /** The object's bytes; throws AwsError NoSuchKey. */
  get(bucketName: string, key: string): Buffer {
    return this.object(bucketName, key).bytes;
  }

  object(bucketName: string, key: string): StoredObject {
    const object = this.bucket(bucketName).objects.get(key);
    if (object === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", { status: 404, details: { Key: key } });
    return object;
  }

  /** Whether it was there. */
  delete(bucketName: string, key: string): boolean {
    const bucket = this.bucket(bucketName);
    const wasThere = bucket.objects.delete(key);
    if (wasThere) bucket.sortedKeys = null;
    return wasThere;
  }

  /** In the order in which S3 lists: that of the UTF-8 bytes. */
  keys(bucketName: string, prefix = ""): string[] {
    const bucket = this.bucket(bucketName);
    bucket.sortedKeys ??= [...bucket.objects.keys()].sort(byBytes);
    return bucket.sortedKeys.filter((key) => key.startsWith(prefix));
  }
}

export function md5(bytes: Buffer): Buffer {
  return createHash("md5").update(bytes).digest();
}

const ASCII = /^\p{ASCII}*$/u;

/** JavaScript compares UTF-16 units, S3 bytes of UTF-8: they differ for characters beyond U+FFFF. */
export function byBytes(a: string, b: string): number {
  if (ASCII.test(a) && ASCII.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
