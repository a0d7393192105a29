/** Which operation a request of S3's REST interface is: method, path and the marks in the query say it. */
import { decodePath } from "../auth/canonical-request.ts";
import type { KitRequest } from "../http/request.ts";

export interface S3Request {
  readonly operation: string;
  /** "" for the service itself */
  readonly bucket: string;
  /** "" for the bucket itself */
  readonly key: string;
}

/**
 * Path-style or virtual-hosted: `bucket.s3.localhost`, `bucket.localhost`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function s3Request(request: KitRequest): S3Request {
  const hostBucket = bucketOfHost(request.headers["host"] ?? "");
  const path = decodePath(request.rawPath).slice(1);
  const slashAt = path.indexOf("/");
  const bucket = hostBucket ?? (slashAt < 0 ? path : path.slice(0, slashAt));
  const key = hostBucket !== null ? path : slashAt < 0 ? "" : path.slice(slashAt + 1);
  return { bucket, key, operation: operationOf(request, bucket, key) };
}

function bucketOfHost(host: string): string | null {
  const [, bucket] = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/.exec(host.toLowerCase()) ?? [];
  return bucket === undefined || bucket === "s3" ? null : bucket;
}

function operationOf({ method, query, headers }: KitRequest, bucket: string, key: string): string {
  if (bucket === "") return method === "GET" ? "ListBuckets" : "Unknown";
  const isCopy = headers["x-amz-copy-source"] !== undefined;
  if (key === "") {
    switch (method) {
      case "PUT":
        return query.size === 0 || query.has("x-id") ? "CreateBucket" : "Unknown";
      case "HEAD":
        return "HeadBucket";
      case "DELETE":
        return query.size === 0 || query.has("x-id") ? "DeleteBucket" : "Unknown";
      case "POST":
        return query.has("delete") ? "DeleteObjects" : "Unknown";
      case "GET":
        if (query.has("location")) return "GetBucketLocation";
        if (query.has("uploads")) return "ListMultipartUploads";
        return query.get("list-type") === "2" ? "ListObjectsV2" : BUCKET_SETTINGS.some((name) => query.has(name)) ? "Unknown" : "ListObjects";
      default:
        return "Unknown";
    }
  }
  if (OBJECT_SETTINGS.some((name) => query.has(name))) return "Unknown";
  switch (method) {
    case "GET":
      return query.has("uploadId") ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (query.has("partNumber")) return isCopy ? "UploadPartCopy" : "UploadPart";
      return isCopy ? "CopyObject" : "PutObject";
    case "POST":
      if (query.has("uploads")) return "CreateMultipartUpload";
      return query.has("uploadId") ? "CompleteMultipartUpload" : "Unknown";
    case "DELETE":
      return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return "Unknown";
  }
}

/** Sub-resources that the kit does not have: better said than answered wrongly. */
const BUCKET_SETTINGS = ["acl", "policy", "versioning", "versions", "lifecycle", "cors", "tagging", "encryption", "notification", "replication", "website", "logging", "object-lock", "publicAccessBlock", "ownershipControls"];
const OBJECT_SETTINGS = ["acl", "tagging", "torrent", "retention", "legal-hold", "attributes", "select", "restore", "versionId"];
