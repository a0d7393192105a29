/** The few things that are done with objects below a folder of S3: read whole or in ranges, list, delete. */
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { AwsAccess } from "../../aws/aws-access.ts";
import { awsSourceError } from "../../aws/aws-error.ts";
import { RESUMES_MAX, resumedBytes } from "../../aws/resumed-bytes.ts";
import { SourceError } from "../../telemetry/errors.ts";
import type { S3Location } from "./s3-location.ts";

const DELETE_KEYS_MAX = 1000;

export function openS3(access: AwsAccess): S3Client {
  // An address of one's own rarely has a name for each bucket.
  return new S3Client({ ...access, forcePathStyle: access.endpoint !== undefined || process.env["AWS_ENDPOINT_URL"] !== undefined });
}

/** The whole of a small object, as text. */
export async function readText(s3: S3Client, at: S3Location, signal?: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBytes(s3, at, null, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/**
 * An object's bytes in chunks, as `resumedBytes` gives them; one that has another length than it should is an error.
 *
 * @param length  as the manifest has it; null: whatever it has
 */
export async function* readBytes(s3: S3Client, at: S3Location, length: number | null, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const place = `s3://${at.bucket}/${at.key}`;
  const first = await get(s3, at, {}, signal);
  const total = length ?? first.ContentLength ?? 0;
  if (first.ContentLength !== total) {
    throw new SourceError(`reading ${place} failed: it has ${first.ContentLength} bytes, the manifest says ${total}`, { code: "INTERRUPTED", transient: true, advice: "The file is half written, or not the one that UNLOAD wrote; it is unloaded again." });
  }
  let answer: GetObjectCommandOutput | null = first;
  yield* resumedBytes({
    place,
    endBytes: total,
    signal,
    get: async (offset) => {
      const { Body } = answer ?? (await s3.send(new GetObjectCommand({ Bucket: at.bucket, Key: at.key, IfMatch: first.ETag, Range: `bytes=${offset}-` }), { ...(signal && { abortSignal: signal }) }));
      answer = null;
      return Body as AsyncIterable<Uint8Array>; // always there on success
    },
  });
}

/** Bytes [start, end) of an object. */
export async function readRange(s3: S3Client, at: S3Location, start: number, end: number, signal?: AbortSignal): Promise<ArrayBuffer> {
  for (let tries = 0; ; tries++) {
    const { Body } = await get(s3, at, { Range: `bytes=${start}-${end - 1}` }, signal);
    try {
      const bytes = await Body!.transformToByteArray(); // always there on success
      if (bytes.length !== end - start) throw new Error(`the connection ended after ${bytes.length} of ${end - start} bytes`);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer; // of a body's bytes, never shared
    } catch (error) {
      if (signal?.aborted === true || tries >= RESUMES_MAX) throw awsSourceError(error, { doing: `reading s3://${at.bucket}/${at.key}`, ...(signal && { signal }) });
    }
  }
}

async function get(s3: S3Client, { bucket, key }: S3Location, more: { readonly Range?: string }, signal: AbortSignal | undefined): Promise<GetObjectCommandOutput> {
  try {
    return await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }), { ...(signal && { abortSignal: signal }) });
  } catch (error) {
    throw awsSourceError(error, { doing: `reading s3://${bucket}/${key}`, ...(signal && { signal }) });
  }
}

export async function listKeys(s3: S3Client, { bucket, key: prefix }: S3Location, signal?: AbortSignal): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    try {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token !== undefined && { ContinuationToken: token }) }), { ...(signal && { abortSignal: signal }) });
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key!)); // always has a key
      token = page.NextContinuationToken;
    } catch (error) {
      throw awsSourceError(error, { doing: `listing s3://${bucket}/${prefix}`, ...(signal && { signal }) });
    }
  } while (token !== undefined);
  return keys;
}

export async function deleteKeys(s3: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += DELETE_KEYS_MAX) {
    try {
      await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Quiet: true, Objects: keys.slice(from, from + DELETE_KEYS_MAX).map((Key) => ({ Key })) } }));
    } catch (error) {
      throw awsSourceError(error, { doing: `deleting files below s3://${bucket}/` });
    }
  }
}
