import { SourceError } from "../telemetry/errors.ts";
import { awsSourceError } from "./aws-error.ts";

/** A download that breaks goes on where it was, this often. */
export const RESUMES_MAX = 4;

export interface ResumedDownload {
  /** s3://bucket/key, for messages */
  readonly place: string;
  /** bytes [0, endBytes) are wanted */
  readonly endBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** The body from `offset` on, of the object as it was in the beginning (IfMatch). */
  readonly get: (offset: number) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * An object's bytes in chunks. What breaks off goes on where it was; an object that was replaced or deleted meanwhile is an error that
 * passes, never other bytes. Calls that aren't answered are the client's to repeat. Throws SourceError.
 */
export async function* resumedBytes({ place, endBytes, signal, get }: ResumedDownload): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0, resumes = 0; offset < endBytes; ) {
    try {
      for await (const chunk of await get(offset)) {
        offset += chunk.length;
        yield chunk;
      }
      if (offset < endBytes) throw new Error(`the connection ended after ${offset} of ${endBytes} bytes`);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name === "PreconditionFailed" || name === "NoSuchKey") {
        throw new SourceError(`${place} was replaced or deleted while it was read`, { code: "INTERRUPTED", transient: true, advice: "It is tried again with what is there then." });
      }
      const failure = awsSourceError(error, { doing: `reading ${place}`, ...(signal && { signal }) });
      if (!failure.transient || signal?.aborted === true || resumes >= RESUMES_MAX) throw failure;
      resumes += 1;
    }
  }
}
