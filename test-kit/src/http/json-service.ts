/**
 * AWS's JSON protocol, version 1.1: the operation is in X-Amz-Target, input and output are JSON bodies.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
import type { Signed, SignatureFailure, SignatureFailureKind } from "../auth/verify-signature.ts";
import { isAllowed } from "../auth/policy.ts";
import type { Wanted } from "../auth/policy.ts";
import { AwsError } from "./aws-error.ts";
import { reply } from "./reply.ts";
import type { KitReply } from "./reply.ts";
import type { KitRequest } from "./request.ts";

export type JsonInput = Readonly<Record<string, unknown>>;

export function jsonOperation({ headers }: KitRequest): string {
  return (headers["x-amz-target"] ?? "").split(".").at(-1) || "Unknown";
}

/** Throws AwsError SerializationException for what is no JSON object. */
export function jsonInput({ body }: KitRequest): JsonInput {
  try {
    const value: unknown = JSON.parse(body.toString() || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonInput;
  } catch {
    // answered below, like every other body that is no object
  }
  throw new AwsError("SerializationException", "the request's body is not a JSON object");
}

export function jsonReply(text: string, status = 200, headers: Readonly<Record<string, string>> = {}): KitReply {
  return reply(status, { "content-type": "application/x-amz-json-1.1", ...headers }, text);
}

export function encodeJsonError({ code, message, status, details, headers }: AwsError): KitReply {
  return jsonReply(JSON.stringify({ __type: code, message, Message: message, ...details }), status, { "x-amzn-errortype": code, ...headers });
}

/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/CommonErrors.html */
export function jsonSignatureError({ kind, message }: SignatureFailure): AwsError {
  const code = SIGNATURE_CODES[kind];
  return new AwsError(code, message, { status: code === "UnrecognizedClientException" ? 403 : 400 });
}

const SIGNATURE_CODES: Readonly<Record<SignatureFailureKind, string>> = {
  missing: "MissingAuthenticationTokenException",
  malformed: "IncompleteSignatureException",
  "unknown-key": "UnrecognizedClientException",
  mismatch: "InvalidSignatureException",
  skewed: "InvalidSignatureException",
  "url-expired": "InvalidSignatureException",
  "unsigned-headers": "InvalidSignatureException",
  "wrong-region": "InvalidSignatureException",
  "token-invalid": "UnrecognizedClientException",
  "token-expired": "ExpiredTokenException",
  "body-mismatch": "InvalidSignatureException",
};

/** Throws AwsError AccessDeniedException. */
export function authorise({ identity }: Signed, wanted: Wanted): void {
  if (isAllowed(identity.policy, { ...wanted, context: { "aws:userid": identity.userId, ...wanted.context } })) return;
  throw new AwsError("AccessDeniedException", `User: ${identity.arn} is not authorized to perform: ${wanted.action} on resource: ${wanted.resource} because no identity-based policy allows the ${wanted.action} action`);
}

/** The text of a field, null when it isn't there; throws ValidationException for another type or a missing required one. */
export function textField(input: JsonInput, name: string, options?: { required?: false; lengthMax?: number }): string | null;
export function textField(input: JsonInput, name: string, options: { required: true; lengthMax?: number }): string;
export function textField(input: JsonInput, name: string, { required = false, lengthMax }: { required?: boolean; lengthMax?: number } = {}): string | null {
  const value = input[name];
  if (value === undefined || value === null) {
    if (required) throw new AwsError("ValidationException", `1 validation error detected: Value at '${lowerFirst(name)}' failed to satisfy constraint: Member must not be null`);
    return null;
  }
  if (typeof value !== "string") throw new AwsError("SerializationException", `${name} is not a text`);
  if (lengthMax !== undefined && value.length > lengthMax) {
    throw new AwsError("ValidationException", `1 validation error detected: Value at '${lowerFirst(name)}' failed to satisfy constraint: Member must have length less than or equal to ${lengthMax}`);
  }
  return value;
}

/** A whole number within bounds, the default when it isn't there. */
export function countField(input: JsonInput, name: string, { fallback, max }: { fallback: number; max: number }): number {
  const value = input[name] ?? 0;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) throw new AwsError("ValidationException", `${name} must be a number from 0 to ${max}`);
  return value === 0 ? fallback : value;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
