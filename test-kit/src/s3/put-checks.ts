/** What S3 checks of bytes that come in: the digests that were sent with them, and conditions on what is there. */
import type { ChunkedBody } from "../auth/aws-chunked.ts";
import { AwsError } from "../http/aws-error.ts";
import type { KitRequest } from "../http/request.ts";
import { CHECKSUM_ALGORITHMS, checksumHeader, checksumOf } from "./checksums.ts";
import { KEY_BYTES_MAX, METADATA_BYTES_MAX } from "./limits.ts";
import { md5 } from "./s3-store.ts";
import type { Checksum, StoredObject } from "./s3-store.ts";

/**
 * The checksum that came in a header or trailer, verified; CRC64NVME when none came, as S3 adds one itself.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function verifiedChecksum(request: KitRequest, { bytes, trailers }: ChunkedBody): Checksum {
  const md5Given = request.headers["content-md5"];
  if (md5Given !== undefined) {
    if (Buffer.from(md5Given, "base64").length !== 16) throw new AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.");
    if (md5(bytes).toString("base64") !== md5Given) throw new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  const lengthGiven = request.headers["x-amz-decoded-content-length"];
  if (lengthGiven !== undefined && Number(lengthGiven) !== bytes.length) throw new AwsError("IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header.");
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const given = trailers[checksumHeader(algorithm)] ?? request.headers[checksumHeader(algorithm)];
    if (given === undefined) continue;
    const value = checksumOf(bytes, algorithm);
    if (value !== given) throw new AwsError("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);
    return { algorithm, value, type: "FULL_OBJECT" };
  }
  return { algorithm: "CRC64NVME", value: checksumOf(bytes, "CRC64NVME"), type: "FULL_OBJECT" };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function checkWriteConditions({ headers }: KitRequest, existing: StoredObject | undefined): void {
  const failed = (condition: string): AwsError =>
    new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412, details: { Condition: condition } });
  if (headers["if-none-match"] !== undefined) {
    if (headers["if-none-match"] !== "*") throw new AwsError("NotImplemented", "A header you provided implies functionality that is not implemented", { status: 501, details: { Header: "If-None-Match" } });
    if (existing !== undefined) throw failed("If-None-Match");
  }
  const wanted = headers["if-match"];
  if (wanted !== undefined) {
    if (existing === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", { status: 404 });
    if (wanted !== "*" && wanted.replaceAll('"', "") !== existing.etag.replaceAll('"', "")) throw failed("If-Match");
  }
}

const KEPT_HEADERS = ["content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires", "x-amz-storage-class"];

/** What is kept with the object and told again on GET and HEAD. */
export function keptHeaders({ headers }: KitRequest): Record<string, string> {
  const kept: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("x-amz-meta-")) {
      metadataBytes += Buffer.byteLength(name.slice("x-amz-meta-".length)) + Buffer.byteLength(value);
      kept[name] = value;
    } else if (KEPT_HEADERS.includes(name)) kept[name] = value;
  }
  if (metadataBytes > METADATA_BYTES_MAX) throw new AwsError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size");
  // aws-chunked is how it came, not what it is.
  const encodings = (kept["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim()).filter((encoding) => encoding !== "" && encoding !== "aws-chunked");
  delete kept["content-encoding"];
  if (encodings.length > 0) kept["content-encoding"] = encodings.join(",");
  return { "content-type": "binary/octet-stream", ...kept };
}

export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw new AwsError("KeyTooLongError", "Your key is too long", { details: { MaxSizeAllowed: String(KEY_BYTES_MAX) } });
}
