/**
 * What IAM asks for each operation of S3.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
import type { Wanted } from "../auth/policy.ts";
import { decodeQuery } from "../http/request.ts";
import type { KitRequest } from "../http/request.ts";
import type { S3Request } from "./s3-request.ts";

const ACTIONS: Readonly<Record<string, string>> = {
  ListBuckets: "ListAllMyBuckets",
  CreateBucket: "CreateBucket",
  DeleteBucket: "DeleteBucket",
  HeadBucket: "ListBucket",
  GetBucketLocation: "GetBucketLocation",
  ListObjects: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListMultipartUploads: "ListBucketMultipartUploads",
  GetObject: "GetObject",
  HeadObject: "GetObject",
  PutObject: "PutObject",
  CopyObject: "PutObject",
  CreateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  UploadPartCopy: "PutObject",
  CompleteMultipartUpload: "PutObject",
  AbortMultipartUpload: "AbortMultipartUpload",
  ListParts: "ListMultipartUploadParts",
  DeleteObject: "DeleteObject",
};

/** DeleteObjects is asked key by key, in its answer. */
export function actionsOf({ operation, bucket, key }: S3Request, { headers, query }: KitRequest): Wanted[] {
  const action = ACTIONS[operation];
  if (action === undefined) return [];
  const resource = bucket === "" ? "*" : `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`;
  const prefix = query.get("prefix");
  const wanted: Wanted[] = [{ action: `s3:${action}`, resource, context: { ...(prefix !== undefined && { "s3:prefix": prefix }) } }];
  const source = headers["x-amz-copy-source"];
  if (source !== undefined) wanted.push({ action: "s3:GetObject", resource: `arn:aws:s3:::${decodeQuery(source).replace(/^\//, "")}` });
  return wanted;
}
