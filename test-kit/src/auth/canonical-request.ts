/**
 * The text that a Signature Version 4 is made over.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from "node:crypto";
import type { KitRequest } from "../http/request.ts";
import { decodeQuery } from "../http/request.ts";

export interface Scope {
  /** yyyyMMdd */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export function canonicalRequest(request: KitRequest, service: string, { signedHeaders, payloadHash }: { signedHeaders: readonly string[]; payloadHash: string }): string {
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replaceAll(/ +/g, " ")}\n`).join("");
  return [request.method, canonicalPath(request.rawPath, service), canonicalQuery(request), headers, signedHeaders.join(";"), payloadHash].join("\n");
}

/** Each segment is encoded twice, except for S3. */
function canonicalPath(rawPath: string, service: string): string {
  return rawPath
    .split("/")
    .map((segment) => (service === "s3" ? uriEncode(decodePath(segment)) : uriEncode(segment)))
    .join("/");
}

function canonicalQuery({ rawQuery }: KitRequest): string {
  return rawQuery
    .map(([name, value]) => [uriEncode(decodeQuery(name)), uriEncode(decodeQuery(value))] as const)
    .filter(([name]) => name !== "X-Amz-Signature")
    .sort(([aName, aValue], [bName, bValue]) => compare(aName, bName) || compare(aValue, bValue))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

export function stringToSign(canonical: string, { day, region, service }: Scope, dateTime: string): string {
  return ["AWS4-HMAC-SHA256", dateTime, `${day}/${region}/${service}/aws4_request`, sha256Hex(canonical)].join("\n");
}

export function signingKey(secretAccessKey: string, { day, region, service }: Scope): Buffer {
  return [day, region, service, "aws4_request"].reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secretAccessKey}`));
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function sha256Hex(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** RFC 3986: letters, digits and - . _ ~ stay. */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** In a path a plus is a plus. */
export function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
