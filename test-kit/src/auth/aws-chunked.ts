/**
 * Bodies in the aws-chunked encoding: chunks with their size in hex, each with a signature or without, and trailing
 * headers that carry a checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { timingSafeEqual } from "node:crypto";
import { AwsError } from "../http/aws-error.ts";
import { hmac, sha256Hex } from "./canonical-request.ts";
import type { Signed } from "./verify-signature.ts";

export interface ChunkedBody {
  readonly bytes: Buffer;
  /** names in lower case */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Throws AwsError for a body that is cut off, or whose chunks are not signed as the request says. */
export function decodeChunked(body: Buffer, signed: Signed): ChunkedBody {
  const isSigned = signed.payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const hasTrailer = signed.payloadHash.endsWith("-TRAILER");
  const chunks: Buffer[] = [];
  let previous = signed.signature;
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd < 0) throw incomplete();
    const [size = "", ...extensions] = body.toString("latin1", at, lineEnd).split(";");
    if (!/^[0-9a-fA-F]+$/.test(size)) throw new AwsError("InvalidRequest", "The chunk size is not a hexadecimal number");
    const start = lineEnd + 2;
    const end = start + Number.parseInt(size, 16);
    if (end > body.length) throw incomplete();
    const chunk = body.subarray(start, end);
    if (isSigned) previous = checkChunk(chunk, previous, extensions, signed);
    if (chunk.length === 0) {
      at = start;
      break;
    }
    chunks.push(chunk);
    if (body.toString("latin1", end, end + 2) !== "\r\n") throw incomplete();
    at = end + 2;
  }
  return { bytes: Buffer.concat(chunks), trailers: hasTrailer ? readTrailers(body.toString("latin1", at), previous, isSigned, signed) : {} };
}

function checkChunk(chunk: Buffer, previous: string, extensions: readonly string[], { key, scope, dateTime }: Signed): string {
  const given = extensions.find((extension) => extension.startsWith("chunk-signature="))?.slice("chunk-signature=".length) ?? "";
  const text = ["AWS4-HMAC-SHA256-PAYLOAD", dateTime, `${scope.day}/${scope.region}/s3/aws4_request`, previous, sha256Hex(""), sha256Hex(chunk)].join("\n");
  if (!isSame(given, hmac(key, text))) throw mismatch();
  return given;
}

function readTrailers(text: string, previous: string, isSigned: boolean, { key, scope, dateTime }: Signed): Record<string, string> {
  const trailers: Record<string, string> = {};
  let canonical = "";
  for (const line of text.split(/\r?\n/)) {
    const colonAt = line.indexOf(":");
    if (colonAt < 0) continue;
    const [name, value] = [line.slice(0, colonAt).trim().toLowerCase(), line.slice(colonAt + 1).trim()];
    trailers[name] = value;
    if (name !== "x-amz-trailer-signature") canonical += `${name}:${value}\n`;
  }
  if (isSigned) {
    const toSign = ["AWS4-HMAC-SHA256-TRAILER", dateTime, `${scope.day}/${scope.region}/s3/aws4_request`, previous, sha256Hex(canonical)].join("\n");
    if (!isSame(trailers["x-amz-trailer-signature"] ?? "", hmac(key, toSign))) throw mismatch();
  }
  return trailers;
}

function isSame(given: string, expected: Buffer): boolean {
  const bytes = Buffer.from(given, "hex");
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function incomplete(): AwsError {
  return new AwsError("IncompleteBody", "The request body terminated unexpectedly");
}

function mismatch(): AwsError {
  return new AwsError("SignatureDoesNotMatch", "The chunk signature we calculated does not match the signature you provided.", { status: 403 });
}
