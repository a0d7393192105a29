/**
 * Listing: prefix, delimiter, pages.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
import { AwsError } from "../http/aws-error.ts";
import { xmlReply } from "../http/reply.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import { xml } from "../http/xml.ts";
import type { XmlElements } from "../http/xml.ts";
import { LIST_KEYS_MAX } from "./limits.ts";
import { byBytes } from "./s3-store.ts";
import type { Bucket, S3Store, StoredObject } from "./s3-store.ts";

const S3_NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export function listObjects({ query }: KitRequest, bucket: Bucket, store: S3Store, { version, pageKeysMax }: { version: 1 | 2; pageKeysMax: number }): KitReply {
  const keysMax = countOf(query.get("max-keys"));
  const encoding = query.get("encoding-type") ?? null;
  if (encoding !== null && encoding !== "url") throw new AwsError("InvalidArgument", "Invalid Encoding Method specified in Request");
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
  const token = query.get("continuation-token");
  const after = token === undefined ? (query.get(version === 2 ? "start-after" : "marker") ?? "") : lastOfToken(token);
  const { entries, isTruncated } = pageOf(store.keys(bucket.name, prefix), { prefix, delimiter, after, count: Math.min(keysMax, pageKeysMax) });
  const encoded = (text: string): string => (encoding === "url" ? encodeKey(text) : text);
  const last = entries.at(-1);
  const common: XmlElements = {
    Name: bucket.name,
    Prefix: encoded(prefix),
    MaxKeys: keysMax,
    Delimiter: delimiter === "" ? null : encoded(delimiter),
    EncodingType: encoding,
    IsTruncated: isTruncated,
    Contents: entries.filter((entry) => !entry.isPrefix).map(({ name }) => describeObject(bucket.objects.get(name)!, encoded)),
    CommonPrefixes: entries.filter((entry) => entry.isPrefix).map(({ name }) => ({ Prefix: encoded(name) })),
  };
  const paging: XmlElements =
    version === 2
      ? {
          KeyCount: entries.length,
          ContinuationToken: token ?? null,
          StartAfter: query.has("start-after") ? encoded(query.get("start-after")!) : null,
          NextContinuationToken: isTruncated ? tokenAfter(last!.name) : null,
        }
      : { Marker: encoded(after), NextMarker: isTruncated && delimiter !== "" ? encoded(last!.name) : null };
  return xmlReply(xml("ListBucketResult", { ...common, ...paging }, S3_NAMESPACE));
}

interface Entry {
  readonly name: string;
  readonly isPrefix: boolean;
}

/** Keys after `after`, those with the delimiter behind the prefix rolled up to one entry; a prefix counts as a key. */
function pageOf(keys: readonly string[], { prefix, delimiter, after, count }: { prefix: string; delimiter: string; after: string; count: number }): { entries: Entry[]; isTruncated: boolean } {
  const entries: Entry[] = [];
  for (const key of keys) {
    const delimiterAt = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const isPrefix = delimiterAt >= 0;
    const name = isPrefix ? key.slice(0, delimiterAt + delimiter.length) : key;
    // After a rolled-up prefix nothing below it comes again.
    if (after !== "" && (byBytes(key, after) <= 0 || name === after)) continue;
    if (isPrefix && entries.at(-1)?.name === name) continue;
    if (entries.length === count) return { entries, isTruncated: count > 0 };
    entries.push({ name, isPrefix });
  }
  return { entries, isTruncated: false };
}

function describeObject({ key, bytes, etag, modifiedMs, checksum, headers }: StoredObject, encoded: (text: string) => string): XmlElements {
  return {
    Key: encoded(key),
    LastModified: new Date(modifiedMs).toISOString(),
    ETag: etag,
    ...(checksum !== null && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    Size: bytes.length,
    StorageClass: headers["x-amz-storage-class"] ?? "STANDARD",
  };
}

function countOf(text: string | undefined): number {
  if (text === undefined) return LIST_KEYS_MAX;
  if (!/^\d+$/.test(text)) throw new AwsError("InvalidArgument", "Provided max-keys not an integer or within integer range", { details: { ArgumentName: "max-keys", ArgumentValue: text } });
  return Math.min(Number(text), LIST_KEYS_MAX);
}

/** Opaque for clients: whoever builds one himself is told so. */
function tokenAfter(name: string): string {
  return Buffer.from(`1:${name}`).toString("base64");
}

function lastOfToken(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (!text.startsWith("1:")) throw new AwsError("InvalidArgument", "The continuation token provided is incorrect", { details: { ArgumentName: "continuation-token" } });
  return text.slice(2);
}

export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}
