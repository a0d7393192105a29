/**
 * A secret in AWS Secrets Manager, by its ARN: `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX`. It is asked in the
 * ARN's region, with the credentials that the AWS SDK finds; AWS_ENDPOINT_URL_SECRETS_MANAGER or AWS_ENDPOINT_URL changes
 * the address (a VPC endpoint, a test kit). Asked each time, so that a rotated password is the next reading's.
 */
import { awsSourceError } from "../aws/aws-error.ts";
import { UserError } from "../telemetry/errors.ts";

const SECRET_ARN = /^arn:aws[\w-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]+$/;
const REQUEST_MS_MAX = 10_000;

/** Throws UserError naming the reference, never the value. */
export async function awsSecretText(reference: string, arn: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const [, region] = SECRET_ARN.exec(arn) ?? [];
  if (region === undefined) {
    throw new UserError(`the secret ${reference} can't be had: this is not the ARN of a secret in AWS Secrets Manager`, { code: "SECRET", where: reference, advice: "It looks like arn:aws:secretsmanager:eu-central-1:111122223333:secret:name-AbCdEf." });
  }
  // Only whoever keeps secrets at AWS pays for loading its client.
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const endpoint = env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] ?? env["AWS_ENDPOINT_URL"];
  const [accessKeyId, secretAccessKey, sessionToken] = [env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"]];
  const client = new SecretsManagerClient({
    region,
    ...(endpoint !== undefined && endpoint !== "" && { endpoint }),
    // Else whatever the SDK finds: profile, container, instance.
    ...(accessKeyId !== undefined && secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } }),
    requestHandler: { connectionTimeout: REQUEST_MS_MAX, requestTimeout: REQUEST_MS_MAX, throwOnRequestTimeout: true },
  });
  try {
    const { SecretString, SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    // The client has decoded the base64 of a binary secret already: its bytes are the text.
    const text = SecretString ?? (SecretBinary === undefined ? "" : new TextDecoder("utf-8", { fatal: true }).decode(SecretBinary));
    if (text.trim() !== "") return text;
  } catch (error) {
    if (error instanceof TypeError && /encoded data|decode/i.test(error.message)) {
      throw new UserError(`the secret ${reference} can't be had: its bytes are no text (UTF-8)`, { code: "SECRET", where: reference, advice: "Store a text, e.g. the JSON with username and password." });
    }
    const meaning = awsSourceError(error, { doing: "asking AWS Secrets Manager" });
    // Trouble that passes is the source's; what somebody has to mend is the reference's.
    if (meaning.transient) throw meaning;
    throw new UserError(`the secret ${reference} can't be had: ${meaning.message}`, { code: "SECRET", where: reference, advice: meaning.advice, cause: meaning.cause });
  } finally {
    client.destroy();
  }
  throw new UserError(`the secret ${reference} can't be had: it is empty`, { code: "SECRET", where: reference, advice: "Store the JSON with username and password in it." });
}
