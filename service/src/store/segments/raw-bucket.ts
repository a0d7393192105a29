import type { TestKit } from "@foretop/test-kit";
import type { RawSegments } from "../store-contract.ts";

/** The segments in a bucket of the test kit as the tests see them past the store. */
export function rawBucket(kit: Pick<TestKit, "s3">, bucket: string, prefix: string): RawSegments {
  return {
    paths: () => kit.s3.keys(bucket, prefix).map((key) => key.slice(prefix.length)),
    bytes: (path) => kit.s3.get(bucket, prefix + path),
    put: (path, content) => void kit.s3.put(bucket, prefix + path, Buffer.from(content)),
    remove: (path) => void kit.s3.delete(bucket, prefix + path),
    age: (path) => void kit.s3.bucket(bucket).objects.set(prefix + path, { ...kit.s3.object(bucket, prefix + path), modifiedMs: 1 }),
  };
}
