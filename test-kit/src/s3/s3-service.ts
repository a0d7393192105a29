/**
 * S3's REST interface.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { decodeChunked } from "../auth/aws-chunked.ts";
import type { ChunkedBody } from "../auth/aws-chunked.ts";
import { isAllowed } from "../auth/policy.ts";
import type { SignatureFailure, SignatureFailureKind, Signed } from "../auth/verify-signature.ts";
import { AwsError } from "../http/aws-error.ts";
import { reply, xmlReply } from "../http/reply.ts";
import type { KitReply } from "../http/reply.ts";
import { decodeQuery } from "../http/request.ts";
import type { KitRequest } from "../http/request.ts";
import { elementOf, elementsOf, xml } from "../http/xml.ts";
import type { KitService } from "../service.ts";
import { checksumHeader } from "./checksums.ts";
import { getObject, isChanged, rangeOf } from "./get-object.ts";
import { COPY_BYTES_MAX, DELETE_KEYS_MAX, LIST_KEYS_MAX } from "./limits.ts";
import { listObjects } from "./list-objects.ts";
import { abortUpload, completeUpload, createUpload, listParts, listUploads, storePart, uploadOf } from "./multipart.ts";
import { checkKey, checkWriteConditions, keptHeaders, verifiedChecksum } from "./put-checks.ts";
import { actionsOf } from "./s3-actions.ts";
import { s3Request } from "./s3-request.ts";
import type { S3Request } from "./s3-request.ts";
import type { Bucket, S3Store, StoredObject } from "./s3-store.ts";

export interface S3Options {
  readonly store: S3Store;
  readonly nowMs: () => number;
  /** fewer than the documented 1,000 keys a page, so that tests see pages without a thousand objects */
  readonly pageKeysMax?: number;
}

export class S3Service implements KitService {
  readonly name = "s3";
  readonly #store: S3Store;
  readonly #nowMs: () => number;
  readonly #pageKeysMax: number;

  constructor({ store, nowMs, pageKeysMax = LIST_KEYS_MAX }: S3Options) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#pageKeysMax = pageKeysMax;
  }

  identify(request: KitRequest): { operation: string; target: string } {
    const { operation, bucket, key } = s3Request(request);
    const prefix = operation.startsWith("ListObjects") ? (request.query.get("prefix") ?? "") : key;
    return { operation, target: bucket === "" ? "" : `s3://${bucket}/${prefix}` };
  }

  handle(request: KitRequest, signed: Signed): KitReply {
    const wanted = s3Request(request);
    if (wanted.operation === "Unknown") throw new AwsError("NotImplemented", "A header or parameter you provided implies functionality that is not implemented in the test kit", { status: 501 });
    this.#authorise(request, wanted, signed);
    if (wanted.operation === "ListBuckets") return this.#listBuckets();
    if (wanted.operation === "CreateBucket") return this.#createBucket(request, wanted.bucket, signed);
    return this.#onBucket(request, wanted, this.#bucketInRegion(wanted.bucket, signed), signed);
  }

  #onBucket(request: KitRequest, { operation, key }: S3Request, bucket: Bucket, signed: Signed): KitReply {
    checkKey(key);
    switch (operation) {
      case "HeadBucket":
        return reply(200, { "x-amz-bucket-region": bucket.region });
      case "GetBucketLocation":
        // us-east-1 is the empty text, for historical reasons: API_GetBucketLocation.html
        return xmlReply(xml("LocationConstraint", bucket.region === "us-east-1" ? "" : bucket.region, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'));
      case "DeleteBucket":
        if (bucket.objects.size > 0) throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", { status: 409 });
        this.#store.buckets.delete(bucket.name);
        return reply(204);
      case "ListObjectsV2":
        return listObjects(request, bucket, this.#store, { version: 2, pageKeysMax: this.#pageKeysMax });
      case "ListObjects":
        return listObjects(request, bucket, this.#store, { version: 1, pageKeysMax: this.#pageKeysMax });
      case "GetObject":
      case "HeadObject":
        return getObject(request, this.#objectFor(bucket, key, signed));
      case "PutObject":
        return this.#putObject(request, bucket, key, signed);
      case "CopyObject":
        return this.#copyObject(request, bucket, key);
      case "DeleteObject":
        checkWriteConditions(request, bucket.objects.get(key));
        this.#store.delete(bucket.name, key); // a key that isn't there is fine: API_DeleteObject.html
        return reply(204);
      case "DeleteObjects":
        return this.#deleteObjects(request, bucket, signed);
      case "CreateMultipartUpload":
        return createUpload(request, bucket, key, this.#nowMs());
      case "UploadPart":
        return this.#uploadPart(request, bucket, key, signed);
      case "UploadPartCopy":
        return this.#uploadPartCopy(request, bucket, key);
      case "CompleteMultipartUpload":
        return completeUpload(request, bucket, uploadOf(request, bucket, key), this.#store);
      case "AbortMultipartUpload":
        return abortUpload(bucket, uploadOf(request, bucket, key));
      case "ListParts":
        return listParts(request, bucket, uploadOf(request, bucket, key));
      case "ListMultipartUploads":
        return listUploads(request, bucket);
      default:
        throw new Error(`${operation} is recognised but not answered`);
    }
  }

  #authorise(request: KitRequest, wanted: S3Request, { identity }: Signed): void {
    for (const need of actionsOf(wanted, request)) {
      if (!isAllowed(identity.policy, need)) {
        throw new AwsError("AccessDenied", `User: ${identity.arn} is not authorized to perform: ${need.action} on resource: "${need.resource}" because no identity-based policy allows the ${need.action} action`, { status: 403 });
      }
    }
  }

  /** A bucket answers only in its own region: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html */
  #bucketInRegion(name: string, { scope }: Signed): Bucket {
    const bucket = this.#store.bucket(name);
    if (bucket.region === scope.region) return bucket;
    throw new AwsError("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.", {
      status: 301,
      details: { Endpoint: `s3.${bucket.region}.amazonaws.com`, Bucket: name },
      headers: { "x-amz-bucket-region": bucket.region },
    });
  }

  /** Without the right to list, a key that isn't there looks forbidden: API_GetObject.html, "Permissions". */
  #objectFor(bucket: Bucket, key: string, { identity }: Signed): StoredObject {
    const object = bucket.objects.get(key);
    if (object !== undefined) return object;
    if (!isAllowed(identity.policy, { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket.name}`, context: { "s3:prefix": key } })) {
      throw new AwsError("AccessDenied", "Access Denied", { status: 403 });
    }
    return this.#store.object(bucket.name, key);
  }

  #listBuckets(): KitReply {
    const buckets = [...this.#store.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return xmlReply(xml("ListAllMyBucketsResult", { Owner: { ID: "kit" }, Buckets: { Bucket: buckets.map(({ name, createdMs, region }) => ({ Name: name, CreationDate: new Date(createdMs).toISOString(), BucketRegion: region })) } }));
  }

  #createBucket(request: KitRequest, name: string, { scope }: Signed): KitReply {
    const constraint = elementOf(request.body.toString(), "LocationConstraint");
    this.#store.createBucket(name, { region: constraint ?? scope.region });
    return reply(200, { location: `/${name}` });
  }

  #putObject(request: KitRequest, bucket: Bucket, key: string, signed: Signed): KitReply {
    const body = bodyOf(request, signed);
    const checksum = verifiedChecksum(request, body);
    checkWriteConditions(request, bucket.objects.get(key));
    const { etag } = this.#store.put(bucket.name, key, body.bytes, { headers: keptHeaders(request), checksum });
    return reply(200, { etag, [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type });
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
  #copyObject(request: KitRequest, bucket: Bucket, key: string): KitReply {
    const source = this.#copySource(request);
    if (source.bytes.length > COPY_BYTES_MAX) throw new AwsError("InvalidRequest", `The specified copy source is larger than the maximum allowable size for a copy source: ${COPY_BYTES_MAX}`);
    checkWriteConditions(request, bucket.objects.get(key));
    const headers = request.headers["x-amz-metadata-directive"] === "REPLACE" ? keptHeaders(request) : source.headers;
    const object = this.#store.put(bucket.name, key, source.bytes, { headers, checksum: source.checksum });
    return xmlReply(xml("CopyObjectResult", { ETag: object.etag, LastModified: new Date(object.modifiedMs).toISOString() }));
  }

  #copySource({ headers }: KitRequest): StoredObject {
    const [bucketName = "", ...rest] = decodeQuery(headers["x-amz-copy-source"]!.replaceAll("+", "%2B")).replace(/^\//, "").split("/");
    const object = this.#store.object(bucketName, rest.join("/"));
    const conditions: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) if (name.startsWith("x-amz-copy-source-if-")) conditions[name.slice("x-amz-copy-source-".length)] = value;
    if (!isChanged({ headers: conditions } as KitRequest, object)) throw new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412 }); // only the headers are looked at
    return object;
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
  #deleteObjects(request: KitRequest, bucket: Bucket, signed: Signed): KitReply {
    const body = bodyOf(request, signed);
    verifiedChecksum(request, body);
    const text = body.bytes.toString();
    const keys = elementsOf(text, "Object").map((object) => elementOf(object, "Key") ?? "");
    if (keys.length === 0 || keys.length > DELETE_KEYS_MAX || keys.includes("")) throw new AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
    const results = keys.map((key) => {
      const resource = `arn:aws:s3:::${bucket.name}/${key}`;
      if (!isAllowed(signed.identity.policy, { action: "s3:DeleteObject", resource })) return { error: { Key: key, Code: "AccessDenied", Message: "Access Denied" } };
      this.#store.delete(bucket.name, key);
      return { deleted: { Key: key } };
    });
    const isQuiet = elementOf(text, "Quiet") === "true";
    return xmlReply(xml("DeleteResult", { Deleted: isQuiet ? [] : results.flatMap(({ deleted }) => deleted ?? []), Error: results.flatMap(({ error }) => error ?? []) }));
  }

  #uploadPart(request: KitRequest, bucket: Bucket, key: string, signed: Signed): KitReply {
    const body = bodyOf(request, signed);
    const checksum = verifiedChecksum(request, body);
    const { etag } = storePart(request, uploadOf(request, bucket, key), body.bytes, checksum, this.#nowMs());
    return reply(200, { etag, [checksumHeader(checksum.algorithm)]: checksum.value });
  }

  #uploadPartCopy(request: KitRequest, bucket: Bucket, key: string): KitReply {
    const source = this.#copySource(request);
    const range = rangeOf(request.headers["x-amz-copy-source-range"], source.bytes.length);
    const bytes = range === null ? source.bytes : source.bytes.subarray(range.start, range.end);
    const part = storePart(request, uploadOf(request, bucket, key), bytes, null, this.#nowMs());
    return xmlReply(xml("CopyPartResult", { ETag: part.etag, LastModified: new Date(part.modifiedMs).toISOString() }));
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
  signatureError({ kind, message, expected }: SignatureFailure): AwsError {
    const [code, status] = SIGNATURE_CODES[kind];
    return new AwsError(code, message, { status, ...(expected !== null && { details: { Region: expected } }) });
  }

  throttled(): AwsError {
    return new AwsError("SlowDown", "Please reduce your request rate.", { status: 503 });
  }

  encodeError(error: AwsError, request: KitRequest, requestId: string): KitReply {
    const body = xml("Error", { Code: error.code, Message: error.message, ...error.details, RequestId: requestId, HostId: "kit" });
    return xmlReply(request.method === "HEAD" ? "" : body, error);
  }
}

const SIGNATURE_CODES: Readonly<Record<SignatureFailureKind, readonly [code: string, status: number]>> = {
  missing: ["AccessDenied", 403],
  malformed: ["AuthorizationHeaderMalformed", 400],
  "unknown-key": ["InvalidAccessKeyId", 403],
  mismatch: ["SignatureDoesNotMatch", 403],
  skewed: ["RequestTimeTooSkewed", 403],
  "url-expired": ["AccessDenied", 403],
  "unsigned-headers": ["AccessDenied", 403],
  "wrong-region": ["AuthorizationHeaderMalformed", 400],
  "token-invalid": ["InvalidToken", 400],
  "token-expired": ["ExpiredToken", 400],
  "body-mismatch": ["XAmzContentSHA256Mismatch", 400],
};

function bodyOf(request: KitRequest, signed: Signed): ChunkedBody {
  if (!signed.payloadHash.startsWith("STREAMING-")) return { bytes: request.body, trailers: {} };
  return decodeChunked(request.body, signed);
}
