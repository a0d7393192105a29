/**
 * What is done with a bucket of S3: list below a prefix, read an object as it was when it was listed, write a small one. And
 * for those who keep objects of their own there: put one that must not replace another, get, touch and remove.
 */
import { CopyObjectCommand, DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsAccess } from "./aws-access.ts";
import { awsSourceError } from "./aws-error.ts";
import { RESUMES_MAX, resumedBytes } from "./resumed-bytes.ts";

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedMs: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const DELETE_KEYS_MAX = 1000;

export class Bucket {
  readonly name: string;
  readonly #client: S3Client;

  /** @param options.isPathStyle  whether the bucket's name goes into the path; default: where the address is not AWS's own */
  constructor(name: string, access: AwsAccess, { profile, isPathStyle }: { profile?: string | undefined; isPathStyle?: boolean | undefined } = {}) {
    this.name = name;
    // An address of one's own rarely has a name for each bucket.
    const forcePathStyle = isPathStyle ?? (access.endpoint !== undefined || process.env["AWS_ENDPOINT_URL"] !== undefined || process.env["AWS_ENDPOINT_URL_S3"] !== undefined);
    // Checked where the object has one; reading in ranges can't.
    this.#client = new S3Client({ ...access, forcePathStyle, responseChecksumValidation: "WHEN_REQUIRED", ...(profile !== undefined && { profile }) });
  }

  /** s3://bucket/key, for messages. */
  place(key: string): string {
    return `s3://${this.name}/${key}`;
  }

  /**
   * Objects with the prefix in the order of their keys, without markers of folders.
   *
   * @param options.after   keys after this one only
   * @param options.upTo    ends at the first key that is greater and doesn't begin with it
   * @param options.isFlat  only those directly below the prefix
   */
  async *list(prefix: string, { after, upTo, isFlat = false, signal }: { after?: string; upTo?: string; isFlat?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    let token: string | undefined;
    do {
      const page = await this.#send(`listing ${this.place(prefix)}`, signal, () =>
        this.#client.send(
          new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ...(isFlat && { Delimiter: "/" }), ...(after !== undefined && { StartAfter: after }), ...(token !== undefined && { ContinuationToken: token }) }),
          { ...(signal && { abortSignal: signal }) },
        ),
      );
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        const key = Key!; // always has one
        if (upTo !== undefined && key > upTo && !key.startsWith(upTo)) return;
        if (key.endsWith("/")) continue;
        yield { key, bytes: Size ?? 0, etag: ETag ?? "", modifiedMs: LastModified?.getTime() ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** The object's bytes. One that was replaced or deleted since it was listed is an error that passes, never other bytes. */
  async *read({ key, bytes, etag }: ObjectInfo, { signal, bytesMax = Infinity }: { signal?: AbortSignal | undefined; bytesMax?: number } = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const end = Math.min(bytes, bytesMax);
    yield* resumedBytes({
      place: this.place(key),
      endBytes: end,
      signal,
      get: async (offset) => {
        const isWhole = offset === 0 && end === bytes;
        const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key, IfMatch: etag, ...(!isWhole && { Range: `bytes=${offset}-${end - 1}` }) }), { ...(signal && { abortSignal: signal }) });
        return Body as AsyncIterable<Uint8Array>; // always there on success
      },
    });
  }

  async write(key: string, text: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#send(`writing ${this.place(key)}`, signal, () => this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: text, ContentType: "application/json" }), { ...(signal && { abortSignal: signal }) }));
  }

  /**
   * In one request, which S3 refuses when the bytes are not those of the checksum.
   *
   * @param sha256  of the content, base64
   * @returns false when there is an object of that name: it stays as it is
   */
  async putNew(key: string, content: Uint8Array, sha256: string): Promise<boolean> {
    try {
      await this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: content, ContentLength: content.byteLength, ChecksumSHA256: sha256, IfNoneMatch: "*" }));
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "PreconditionFailed") return false;
      throw awsSourceError(error, { doing: `writing ${this.place(key)}` });
    }
  }

  /** The whole object, null when there is none. */
  async get(key: string): Promise<Uint8Array | null> {
    const doing = `reading ${this.place(key)}`;
    for (let tries = 0; ; tries++) {
      const { Body, ContentLength } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key })).catch((error: unknown) => {
        if (error instanceof Error && error.name === "NoSuchKey") return { Body: null, ContentLength: 0 };
        throw awsSourceError(error, { doing });
      });
      if (Body === null) return null;
      try {
        const content = await Body!.transformToByteArray(); // a GET that succeeds has one
        if (content.byteLength === ContentLength) return content;
        throw new Error(`the connection ended after ${content.byteLength} of ${ContentLength} bytes`);
      } catch (error) {
        // The client tries a request again, not a body that breaks off.
        if (tries >= RESUMES_MAX) throw awsSourceError(error, { doing });
      }
    }
  }

  /** The object is as if written now; nothing happens when it is gone. S3 knows no other way than a copy onto itself. */
  async touch(key: string): Promise<void> {
    const CopySource = `${this.name}/${key.split("/").map(encodeURIComponent).join("/")}`;
    try {
      await this.#client.send(new CopyObjectCommand({ Bucket: this.name, Key: key, CopySource, MetadataDirective: "REPLACE" }));
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return;
      throw awsSourceError(error, { doing: `touching ${this.place(key)}` });
    }
  }

  /** Those that are gone are left out. */
  async remove(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DELETE_KEYS_MAX) {
      const some = keys.slice(from, from + DELETE_KEYS_MAX);
      const doing = `removing ${some.length} objects, ${this.place(some[0]!)} the first`;
      const { Errors: [failed] = [] } = await this.#send(doing, undefined, () => this.#client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects: some.map((Key) => ({ Key })), Quiet: true } })));
      if (failed !== undefined) throw awsSourceError(Object.assign(new Error(failed.Message ?? "refused"), { name: failed.Code ?? "Error" }), { doing: `removing ${this.place(failed.Key ?? some[0]!)}` });
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #send<T>(doing: string, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw awsSourceError(error, { doing, ...(signal && { signal }) });
    }
  }
}
