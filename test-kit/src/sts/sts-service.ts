/**
 * STS: who am I, and roles.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { randomBytes } from "node:crypto";
import type { Identities } from "../auth/identity.ts";
import { isAllowed } from "../auth/policy.ts";
import type { PolicyDocument } from "../auth/policy.ts";
import type { Signed, SignatureFailure, SignatureFailureKind } from "../auth/verify-signature.ts";
import { AwsError } from "../http/aws-error.ts";
import { reply } from "../http/reply.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import { xml } from "../http/xml.ts";
import type { XmlElements } from "../http/xml.ts";
import { newAccessKey } from "../new-access-key.ts";
import type { KitService } from "../service.ts";

export interface Role {
  readonly arn: string;
  readonly policy: PolicyDocument | null;
  /** who assumes it has to know it, when there is one */
  readonly externalId: string | null;
}

const NAMESPACE = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const [DURATION_MIN, DURATION_DEFAULT, DURATION_MAX] = [900, 3600, 43_200];

export class StsService implements KitService {
  readonly name = "sts";
  readonly #identities: Identities;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #accountId: string;
  readonly #nowMs: () => number;

  constructor({ identities, roles, accountId, nowMs }: { identities: Identities; roles: ReadonlyMap<string, Role>; accountId: string; nowMs: () => number }) {
    this.#identities = identities;
    this.#roles = roles;
    this.#accountId = accountId;
    this.#nowMs = nowMs;
  }

  identify(request: KitRequest): { operation: string; target: string } {
    const form = formOf(request);
    return { operation: form.get("Action") ?? "Unknown", target: form.get("RoleArn") ?? "" };
  }

  handle(request: KitRequest, signed: Signed): KitReply {
    const form = formOf(request);
    switch (form.get("Action")) {
      case "GetCallerIdentity": // needs no permission
        return answer("GetCallerIdentity", { Arn: signed.identity.arn, UserId: signed.identity.userId, Account: this.#accountId });
      case "AssumeRole":
        return this.#assumeRole(form, signed);
      default:
        throw new AwsError("InvalidAction", `Could not find operation ${form.get("Action")} for version ${form.get("Version")}`);
    }
  }

  #assumeRole(form: URLSearchParams, { identity }: Signed): KitReply {
    const [arn, session] = [form.get("RoleArn") ?? "", form.get("RoleSessionName") ?? ""];
    if (!SESSION_NAME.test(session)) throw new AwsError("ValidationError", `Value '${session}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`);
    const seconds = Number(form.get("DurationSeconds") ?? DURATION_DEFAULT);
    if (!(seconds >= DURATION_MIN && seconds <= DURATION_MAX)) throw new AwsError("ValidationError", `DurationSeconds must be between ${DURATION_MIN} and ${DURATION_MAX}`);
    const role = this.#roles.get(arn);
    // A role that isn't there, or may not be assumed: the same answer.
    if (role === undefined || !isAllowed(identity.policy, { action: "sts:AssumeRole", resource: arn }) || (role.externalId !== null && role.externalId !== form.get("ExternalId"))) {
      throw new AwsError("AccessDenied", `User: ${identity.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`, { status: 403 });
    }
    const keys = newAccessKey("ASIA");
    const sessionToken = randomBytes(48).toString("base64");
    const expiresMs = this.#nowMs() + seconds * 1000;
    const assumedArn = `${arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${session}`;
    const userId = `AROAKITKITKITKITKITK:${session}`;
    this.#identities.add({ ...keys, sessionToken, expiresMs, arn: assumedArn, userId, policy: role.policy });
    return answer("AssumeRole", {
      AssumedRoleUser: { Arn: assumedArn, AssumedRoleId: userId },
      Credentials: { AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey, SessionToken: sessionToken, Expiration: new Date(expiresMs).toISOString() },
    });
  }

  signatureError({ kind, message }: SignatureFailure): AwsError {
    return new AwsError(SIGNATURE_CODES[kind], message, { status: 403 });
  }

  throttled(): AwsError {
    return new AwsError("Throttling", "Rate exceeded");
  }

  encodeError({ code, message, status }: AwsError, _request: KitRequest, requestId: string): KitReply {
    return reply(status, { "content-type": "text/xml" }, xml("ErrorResponse", { Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message }, RequestId: requestId }, NAMESPACE));
  }
}

function formOf({ body, query }: KitRequest): URLSearchParams {
  return body.length > 0 ? new URLSearchParams(body.toString()) : new URLSearchParams([...query]);
}

function answer(operation: string, result: XmlElements): KitReply {
  return reply(200, { "content-type": "text/xml" }, xml(`${operation}Response`, { [`${operation}Result`]: result, ResponseMetadata: { RequestId: "kit" } }, NAMESPACE));
}

const SIGNATURE_CODES: Readonly<Record<SignatureFailureKind, string>> = {
  missing: "MissingAuthenticationToken",
  malformed: "IncompleteSignature",
  "unknown-key": "InvalidClientTokenId",
  mismatch: "SignatureDoesNotMatch",
  skewed: "SignatureDoesNotMatch",
  "url-expired": "SignatureDoesNotMatch",
  "unsigned-headers": "SignatureDoesNotMatch",
  "wrong-region": "SignatureDoesNotMatch",
  "token-invalid": "InvalidClientTokenId",
  "token-expired": "ExpiredToken",
  "body-mismatch": "SignatureDoesNotMatch",
};
