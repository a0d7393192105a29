/** Settings and secrets → what the AWS SDK's clients take. */
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "@smithy/types";
import type { Secrets } from "../secrets/secrets.ts";
import { UserError } from "../telemetry/errors.ts";
import type { AwsSettings } from "./aws-settings.ts";

/** One call and three more: throttling and broken connections pass in seconds; what lasts is the job's to try again. */
export const REQUEST_ATTEMPTS_MAX = 4;
const CONNECT_MS_MAX = 5000;
const SESSION_SECONDS = 3600;
/** New ones are fetched this long before the old ones end. */
const RENEW_BEFORE_MS = 5 * 60_000;

export interface AwsAccess {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: AwsCredentialIdentityProvider;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number; readonly socketTimeout: number; readonly throwOnRequestTimeout: true };
}

/** Throws UserError without a region, or for credentials that are none. `arnRegion` is that of an ARN in the settings. */
export async function awsAccess(settings: AwsSettings, secrets: Secrets, arnRegion: string | null = null): Promise<AwsAccess> {
  const region = settings.region ?? arnRegion ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
  if (region === undefined || region === "") {
    throw new UserError("the source's AWS region is not known", { code: "SETTINGS", where: "source.region", advice: "Add region to the source's settings, or set AWS_REGION." });
  }
  const access: AwsAccess = {
    region,
    ...(settings.endpoint !== undefined && { endpoint: settings.endpoint }),
    maxAttempts: REQUEST_ATTEMPTS_MAX,
    // Without throwOnRequestTimeout the SDK only warns, and waits for ever.
    requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: settings.requestSecondsMax * 1000, socketTimeout: settings.requestSecondsMax * 1000, throwOnRequestTimeout: true },
  };
  const fixed = settings.credentials === undefined ? undefined : parseCredentials(settings.credentials, await secrets.resolve(settings.credentials));
  const base: AwsAccess = fixed === undefined ? access : { ...access, credentials: () => Promise.resolve(fixed) };
  return settings.assumeRole === undefined ? base : { ...base, credentials: roleCredentials(base, settings.assumeRole, settings.externalId) };
}

function parseCredentials(reference: string, text: string): AwsCredentialIdentity {
  const refusal = (what: string): UserError =>
    new UserError(`the secret ${reference} ${what}`, { code: "SECRET", where: reference, advice: 'It should look like {"accessKeyId": "…", "secretAccessKey": "…"}.' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal("is not JSON"); // without the parser's message: it quotes the text
  }
  const { accessKeyId, secretAccessKey, sessionToken } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  for (const [name, field] of Object.entries({ accessKeyId, secretAccessKey })) {
    if (typeof field !== "string" || field === "") throw refusal(`has no field "${name}"`);
  }
  return { accessKeyId: accessKeyId as string, secretAccessKey: secretAccessKey as string, ...(typeof sessionToken === "string" && { sessionToken }) }; // looked at above
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
function roleCredentials(base: AwsAccess, RoleArn: string, ExternalId: string | undefined): AwsCredentialIdentityProvider {
  let held: Promise<AwsCredentialIdentity> | null = null;
  let renewAtMs = 0;
  const assume = async (): Promise<AwsCredentialIdentity> => {
    const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
    const sts = new STSClient(base);
    try {
      const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "foretop", DurationSeconds: SESSION_SECONDS, ...(ExternalId !== undefined && { ExternalId }) }));
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials!; // always there on success
      renewAtMs = Expiration!.getTime() - RENEW_BEFORE_MS;
      return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken!, expiration: Expiration! };
    } finally {
      sts.destroy();
    }
  };
  return () => {
    if (held === null || Date.now() >= renewAtMs) {
      renewAtMs = Infinity; // while the call is under way
      held = assume();
      held.catch(() => (held = null));
    }
    return held;
  };
}

/** Of arn:aws:service:REGION:account:…; null for what is no ARN. */
export function regionOfArn(arn: string | undefined): string | null {
  return /^arn:[^:]*:[^:]*:([^:]+):/.exec(arn ?? "")?.[1] ?? null;
}
