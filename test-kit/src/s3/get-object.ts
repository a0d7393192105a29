/**
 * GET and HEAD of an object: conditions, ranges, checksums.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { AwsError } from "../http/aws-error.ts";
import { reply } from "../http/reply.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import { checksumHeader } from "./checksums.ts";
import type { StoredObject } from "./s3-store.ts";

export function getObject(request: KitRequest, object: StoredObject): KitReply {
  const headers: Record<string, string> = {
    ...object.headers,
    etag: object.etag,
    "last-modified": new Date(object.modifiedMs).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const [name, header] of RESPONSE_OVERRIDES) {
    const value = request.query.get(name);
    if (value !== undefined) headers[header] = value;
  }
  if (!isChanged(request, object)) return reply(304, { etag: object.etag, "last-modified": headers["last-modified"]! });
  const range = rangeOf(request.headers["range"], object.bytes.length);
  if (range !== null) {
    const { start, end } = range;
    return reply(206, { ...headers, "content-range": `bytes ${start}-${end - 1}/${object.bytes.length}` }, object.bytes.subarray(start, end));
  }
  // Of a part of the object the whole's checksum would be wrong.
  if (request.headers["x-amz-checksum-mode"] === "ENABLED" && object.checksum !== null) {
    headers[checksumHeader(object.checksum.algorithm)] = object.checksum.value;
    headers["x-amz-checksum-type"] = object.checksum.type;
  }
  return reply(200, headers, object.bytes);
}

const RESPONSE_OVERRIDES = [
  ["response-content-type", "content-type"],
  ["response-content-disposition", "content-disposition"],
  ["response-content-encoding", "content-encoding"],
  ["response-cache-control", "cache-control"],
] as const;

/** False: 304. Throws 412. If-Match comes before If-Unmodified-Since, If-None-Match before If-Modified-Since. */
export function isChanged({ headers }: KitRequest, object: StoredObject): boolean {
  const has = (list: string): boolean => list.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "").replaceAll('"', "") === object.etag.replaceAll('"', ""));
  const secondMs = Math.floor(object.modifiedMs / 1000) * 1000; // HTTP's dates have no fractions
  const failed = (condition: string): AwsError => new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412, details: { Condition: condition } });
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined && !has(ifMatch)) throw failed("If-Match");
  const unmodifiedSince = headers["if-unmodified-since"];
  if (ifMatch === undefined && unmodifiedSince !== undefined && secondMs > Date.parse(unmodifiedSince)) throw failed("If-Unmodified-Since");
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return !has(ifNoneMatch);
  const modifiedSince = headers["if-modified-since"];
  return modifiedSince === undefined || !(secondMs <= Date.parse(modifiedSince));
}

/** One range of bytes, end exclusive; null for none or for several, which S3 answers with everything. */
export function rangeOf(header: string | undefined, length: number): { readonly start: number; readonly end: number } | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || (first === "" && last === "")) return null;
  const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? length : Math.min(length, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  if (start >= length || start >= end) {
    throw new AwsError("InvalidRange", "The requested range is not satisfiable", { status: 416, details: { RangeRequested: header!, ActualObjectSize: String(length) }, headers: { "content-range": `bytes */${length}` } });
  }
  return { start, end };
}
