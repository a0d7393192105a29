/**
 * Objects in parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { randomUUID } from "node:crypto";
import { AwsError } from "../http/aws-error.ts";
import { reply, xmlReply } from "../http/reply.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import { elementOf, elementsOf, xml } from "../http/xml.ts";
import { CHECKSUM_ALGORITHMS, checksumHeader, checksumOf } from "./checksums.ts";
import type { ChecksumAlgorithm } from "./checksums.ts";
import { PART_BYTES_MIN, PART_NUMBER_MAX } from "./limits.ts";
import { checkWriteConditions, keptHeaders } from "./put-checks.ts";
import { md5 } from "./s3-store.ts";
import type { Bucket, Checksum, S3Store, StoredPart, Upload } from "./s3-store.ts";

export function createUpload(request: KitRequest, bucket: Bucket, key: string, nowMs: number): KitReply {
  const algorithm = (request.headers["x-amz-checksum-algorithm"] ?? null) as ChecksumAlgorithm | null;
  if (algorithm !== null && !CHECKSUM_ALGORITHMS.includes(algorithm)) throw new AwsError("InvalidRequest", "Checksum algorithm provided is unsupported.");
  const upload: Upload = {
    id: randomUUID().replaceAll("-", ""),
    key,
    initiatedMs: nowMs,
    headers: keptHeaders(request),
    checksumAlgorithm: algorithm,
    // CRC-64 knows only whole objects; the others are composite unless asked.
    checksumType: algorithm === null || algorithm === "CRC64NVME" || request.headers["x-amz-checksum-type"] === "FULL_OBJECT" ? "FULL_OBJECT" : "COMPOSITE",
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  const headers: Record<string, string> = algorithm === null ? {} : { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": upload.checksumType };
  return xmlReply(xml("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: upload.id }), { headers });
}

export function uploadOf({ query }: KitRequest, bucket: Bucket, key: string): Upload {
  const upload = bucket.uploads.get(query.get("uploadId") ?? "");
  if (upload?.key === key) return upload;
  throw new AwsError("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", { status: 404 });
}

/** The same number again replaces the part. */
export function storePart({ query }: KitRequest, upload: Upload, bytes: Buffer, checksum: Checksum | null, nowMs: number): StoredPart {
  const number = Number(query.get("partNumber"));
  if (!(Number.isInteger(number) && number >= 1 && number <= PART_NUMBER_MAX)) throw new AwsError("InvalidArgument", `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`);
  const part: StoredPart = { number, bytes, etag: `"${md5(bytes).toString("hex")}"`, modifiedMs: nowMs, checksum };
  upload.parts.set(number, part);
  return part;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export function completeUpload(request: KitRequest, bucket: Bucket, upload: Upload, store: S3Store): KitReply {
  checkWriteConditions(request, bucket.objects.get(upload.key));
  const wanted = elementsOf(request.body.toString(), "Part");
  if (wanted.length === 0) throw new AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  const parts = wanted.map((text) => partOf(text, upload));
  if (parts.some((part, i) => i > 0 && part.number <= parts[i - 1]!.number)) throw new AwsError("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.");
  for (const [i, part] of parts.entries()) {
    if (i < parts.length - 1 && part.bytes.length < PART_BYTES_MIN) {
      throw new AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", { details: { ProposedSize: String(part.bytes.length), MinSizeAllowed: String(PART_BYTES_MIN), PartNumber: String(part.number) } });
    }
  }
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const etag = `"${md5(Buffer.concat(parts.map((part) => md5(part.bytes)))).toString("hex")}-${parts.length}"`;
  const checksum = wholeChecksum(upload, parts, bytes);
  const given = request.headers[checksumHeader(checksum.algorithm)];
  if (given !== undefined && given !== checksum.value) throw new AwsError("BadDigest", `The ${checksum.algorithm} you specified did not match the calculated checksum.`);
  store.put(bucket.name, upload.key, bytes, { headers: upload.headers, etag, checksum });
  bucket.uploads.delete(upload.id);
  return xmlReply(xml("CompleteMultipartUploadResult", { Bucket: bucket.name, Key: upload.key, ETag: etag, [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }));
}

function partOf(text: string, upload: Upload): StoredPart {
  const part = upload.parts.get(Number(elementOf(text, "PartNumber")));
  const etag = (elementOf(text, "ETag") ?? "").replaceAll('"', "");
  const isChecksumRight = CHECKSUM_ALGORITHMS.every((algorithm) => {
    const given = elementOf(text, `Checksum${algorithm}`);
    return given === null || (part !== undefined && given === checksumOf(part.bytes, algorithm));
  });
  if (part !== undefined && part.etag.replaceAll('"', "") === etag && isChecksumRight) return part;
  throw new AwsError("InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.");
}

/** Composite: the checksum of the parts' checksums, with their number behind it. */
function wholeChecksum({ checksumAlgorithm, checksumType }: Upload, parts: readonly StoredPart[], bytes: Buffer): Checksum {
  const algorithm = checksumAlgorithm ?? "CRC64NVME";
  if (checksumType === "FULL_OBJECT") return { algorithm, type: checksumType, value: checksumOf(bytes, algorithm) };
  const digests = Buffer.concat(parts.map((part) => Buffer.from(checksumOf(part.bytes, algorithm), "base64")));
  return { algorithm, type: checksumType, value: `${checksumOf(digests, algorithm)}-${parts.length}` };
}

export function abortUpload(bucket: Bucket, upload: Upload): KitReply {
  bucket.uploads.delete(upload.id);
  return reply(204);
}

export function listParts({ query }: KitRequest, bucket: Bucket, upload: Upload): KitReply {
  const after = Number(query.get("part-number-marker") ?? 0);
  const count = Math.min(Number(query.get("max-parts") ?? PARTS_LISTED_MAX), PARTS_LISTED_MAX);
  const rest = [...upload.parts.values()].filter((part) => part.number > after).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, count);
  return xmlReply(
    xml("ListPartsResult", {
      Bucket: bucket.name,
      Key: upload.key,
      UploadId: upload.id,
      PartNumberMarker: after,
      NextPartNumberMarker: page.at(-1)?.number ?? 0,
      MaxParts: count,
      IsTruncated: rest.length > page.length,
      Part: page.map((part) => ({ PartNumber: part.number, LastModified: new Date(part.modifiedMs).toISOString(), ETag: part.etag, Size: part.bytes.length })),
    }),
  );
}

const PARTS_LISTED_MAX = 1000;

export function listUploads({ query }: KitRequest, bucket: Bucket): KitReply {
  const prefix = query.get("prefix") ?? "";
  const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  return xmlReply(
    xml("ListMultipartUploadsResult", {
      Bucket: bucket.name,
      Prefix: prefix,
      MaxUploads: PARTS_LISTED_MAX,
      IsTruncated: false,
      Upload: uploads.map(({ id, key, initiatedMs }) => ({ Key: key, UploadId: id, Initiated: new Date(initiatedMs).toISOString() })),
    }),
  );
}
