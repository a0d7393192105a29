import { SourceError } from "../../telemetry/errors.ts";

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** @example locationOf("s3://bucket/a/b") // → { bucket: "bucket", key: "a/b" } */
export function locationOf(url: string): S3Location {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url) ?? [];
  if (bucket === undefined) throw new SourceError(`${url} is not an address of S3`, { code: "SHAPE", transient: false });
  return { bucket, key: key! };
}
