/**
 * Checks a Signature Version 4, in the Authorization header or in a presigned URL, against the keys that are known.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { timingSafeEqual } from "node:crypto";
import type { KitRequest } from "../http/request.ts";
import { canonicalRequest, hmac, sha256Hex, signingKey, stringToSign } from "./canonical-request.ts";
import type { Scope } from "./canonical-request.ts";
import type { Identities, Identity } from "./identity.ts";

export type SignatureFailureKind =
  | "missing" // no signature at all
  | "malformed"
  | "unknown-key"
  | "mismatch"
  | "skewed" // the client's clock is off
  | "url-expired"
  | "unsigned-headers"
  | "wrong-region"
  | "token-invalid"
  | "token-expired"
  | "body-mismatch";

/** Each service answers it under codes of its own. */
export class SignatureFailure extends Error {
  override readonly name: string = "SignatureFailure";
  readonly kind: SignatureFailureKind;
  /** of "wrong-region": the region that was right */
  readonly expected: string | null;
  constructor(kind: SignatureFailureKind, message: string, expected: string | null = null) {
    super(message);
    this.kind = kind;
    this.expected = expected;
  }
}

export interface Signed {
  readonly identity: Identity;
  readonly scope: Scope;
  readonly dateTime: string;
  readonly signature: string;
  readonly key: Buffer;
  /** as the client gave it: a hash, UNSIGNED-PAYLOAD or STREAMING-… */
  readonly payloadHash: string;
}

export interface VerifyOptions {
  readonly identities: Identities;
  readonly nowMs: number;
  /** services that belong here, each with the regions that answer; null = any region */
  readonly region: string | null;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: RequestTimeTooSkewed */
const SKEW_MS_MAX = 15 * 60_000;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html: seven days */
const URL_SECONDS_MAX = 604_800;

interface Claim {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly dateTime: string;
  readonly sessionToken: string | null;
  readonly payloadHash: string;
  /** of a presigned URL */
  readonly expiresSeconds: number | null;
}

/** Throws SignatureFailure. */
export function verifySignature(request: KitRequest, { identities, nowMs, region }: VerifyOptions): Signed {
  const claim = claimOf(request);
  const { scope, dateTime } = claim;
  const identity = identities.get(claim.accessKeyId);
  if (identity === null) throw new SignatureFailure("unknown-key", "the access key id is not known");
  checkTimes(claim, nowMs);
  if (region !== null && scope.region !== region) throw new SignatureFailure("wrong-region", `the region '${scope.region}' is wrong; expecting '${region}'`, region);
  if (!claim.signedHeaders.includes("host")) throw new SignatureFailure("unsigned-headers", "the host header is not signed");
  if (scope.service === "s3") {
    const unsigned = Object.keys(request.headers).filter((name) => name.startsWith("x-amz-") && !claim.signedHeaders.includes(name));
    if (unsigned.length > 0) throw new SignatureFailure("unsigned-headers", `There were headers present in the request which were not signed: ${unsigned.join(", ")}`);
  }
  const key = signingKey(identity.secretAccessKey, scope);
  const expected = hmac(key, stringToSign(canonicalRequest(request, scope.service, claim), scope, dateTime));
  const given = Buffer.from(claim.signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new SignatureFailure("mismatch", "The request signature we calculated does not match the signature you provided.");
  checkToken(identity, claim.sessionToken, nowMs);
  checkBody(request, claim.payloadHash);
  return { identity, scope, dateTime, signature: claim.signature, key, payloadHash: claim.payloadHash };
}

/** The service that a request is for, from its signature; null when there is none. */
export function signedService(request: KitRequest): string | null {
  const credential = /Credential=([^,\s]+)/.exec(request.headers["authorization"] ?? "")?.[1] ?? request.query.get("X-Amz-Credential");
  return credential?.split("/").at(-2) ?? null;
}

function claimOf(request: KitRequest): Claim {
  const header = request.headers["authorization"];
  if (header !== undefined) return headerClaim(request, header);
  if (request.query.has("X-Amz-Signature")) return urlClaim(request);
  throw new SignatureFailure("missing", "the request is not signed");
}

function headerClaim(request: KitRequest, header: string): Claim {
  const [, fields] = /^AWS4-HMAC-SHA256\s+(.+)$/.exec(header) ?? [];
  const field = (name: string): string => new RegExp(`(?:^|[,\\s])${name}=([^,\\s]+)`).exec(fields ?? "")?.[1] ?? "";
  const dateTime = request.headers["x-amz-date"] ?? "";
  return {
    ...credentialOf(field("Credential")),
    signedHeaders: signedHeadersOf(field("SignedHeaders")),
    signature: field("Signature"),
    dateTime,
    sessionToken: request.headers["x-amz-security-token"] ?? null,
    payloadHash: request.headers["x-amz-content-sha256"] ?? sha256Hex(request.body),
    expiresSeconds: null,
  };
}

function urlClaim({ query }: KitRequest): Claim {
  if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") throw new SignatureFailure("malformed", "X-Amz-Algorithm only supports AWS4-HMAC-SHA256");
  const expiresSeconds = Number(query.get("X-Amz-Expires"));
  if (!(expiresSeconds >= 1 && expiresSeconds <= URL_SECONDS_MAX)) throw new SignatureFailure("malformed", "X-Amz-Expires must be between 1 and 604800 seconds");
  return {
    ...credentialOf(query.get("X-Amz-Credential") ?? ""),
    signedHeaders: signedHeadersOf(query.get("X-Amz-SignedHeaders") ?? ""),
    signature: query.get("X-Amz-Signature") ?? "",
    dateTime: query.get("X-Amz-Date") ?? "",
    sessionToken: query.get("X-Amz-Security-Token") ?? null,
    payloadHash: query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expiresSeconds,
  };
}

function credentialOf(text: string): { accessKeyId: string; scope: Scope } {
  const parts = text.split("/");
  const [accessKeyId, day, region, service, end] = parts;
  if (parts.length !== 5 || end !== "aws4_request" || accessKeyId === "" || !/^\d{8}$/.test(day!)) {
    throw new SignatureFailure("malformed", "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"");
  }
  return { accessKeyId: accessKeyId!, scope: { day: day!, region: region!, service: service! } };
}

function signedHeadersOf(text: string): string[] {
  if (text === "") throw new SignatureFailure("malformed", "SignedHeaders is missing");
  return text.split(";");
}

function checkTimes({ dateTime, scope, expiresSeconds }: Claim, nowMs: number): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(dateTime) ?? [];
  if (year === undefined) throw new SignatureFailure("malformed", "the date of the request is not ISO 8601 in its basic form");
  if (!dateTime.startsWith(scope.day)) throw new SignatureFailure("malformed", "the day in the Credential is not that of the date");
  const signedMs = Date.UTC(+year, +month! - 1, +day!, +hour!, +minute!, +second!);
  if (expiresSeconds !== null) {
    if (signedMs - nowMs > SKEW_MS_MAX) throw new SignatureFailure("skewed", "the URL is not valid yet");
    if (nowMs > signedMs + expiresSeconds * 1000) throw new SignatureFailure("url-expired", "Request has expired");
  } else if (Math.abs(nowMs - signedMs) > SKEW_MS_MAX) {
    throw new SignatureFailure("skewed", "The difference between the request time and the current time is too large.");
  }
}

/** Temporary credentials come with their token, others without. */
function checkToken({ sessionToken, expiresMs }: Identity, given: string | null, nowMs: number): void {
  if (sessionToken !== given) throw new SignatureFailure("token-invalid", "The security token included in the request is invalid");
  if (expiresMs !== null && nowMs >= expiresMs) throw new SignatureFailure("token-expired", "The provided token has expired.");
}

function checkBody({ body }: KitRequest, payloadHash: string): void {
  if (!/^[0-9a-f]{64}$/.test(payloadHash)) return;
  if (sha256Hex(body) !== payloadHash) throw new SignatureFailure("body-mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
}
