/** Which warehouse, database and login: settings, completed from the secret in the original connector's form. */
import type { AwsAccess } from "../../aws/aws-access.ts";
import { awsSourceError } from "../../aws/aws-error.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";

/** As the Data API takes it. */
export interface Place {
  readonly ClusterIdentifier?: string;
  readonly WorkgroupName?: string;
  readonly Database: string;
  readonly SecretArn?: string;
  readonly DbUser?: string;
}

/** For messages. */
export function placeText({ ClusterIdentifier, WorkgroupName, Database }: Place): string {
  return `${ClusterIdentifier === undefined ? `workgroup ${WorkgroupName}` : `cluster ${ClusterIdentifier}`}, database ${Database}`;
}

/**
 * The secret is asked only for what the settings leave open; user and password stay in it, the Data API reads them itself.
 * Throws UserError, SourceError.
 */
export async function resolvePlace(settings: RedshiftSettings, access: AwsAccess): Promise<Place> {
  const { secretArn, dbUser, workgroupName } = settings;
  let { clusterIdentifier, database } = settings;
  let arn = secretArn;
  if (secretArn !== undefined && (database === undefined || (clusterIdentifier === undefined && workgroupName === undefined) || !secretArn.startsWith("arn:"))) {
    const secret = await readSecret(secretArn, access);
    arn = secret.arn;
    database ??= secret.text("db") ?? secret.text("dbname") ?? undefined;
    if (workgroupName === undefined) clusterIdentifier ??= secret.text("dbClusterIdentifier") ?? undefined;
    const missing = database === undefined ? "db" : clusterIdentifier === undefined && workgroupName === undefined ? "dbClusterIdentifier" : null;
    if (missing !== null) {
      throw new UserError(`the secret ${secretArn} has no field "${missing}"`, { code: "SETTINGS", where: "source.secretArn", advice: `Add ${missing} to the secret's JSON, or ${missing === "db" ? "database" : "clusterIdentifier or workgroupName"} to the source's settings.` });
    }
  }
  return {
    Database: database!, // given, or from the secret
    ...(workgroupName === undefined ? { ClusterIdentifier: clusterIdentifier! } : { WorkgroupName: workgroupName }),
    ...(arn !== undefined && { SecretArn: arn }),
    ...(dbUser !== undefined && { DbUser: dbUser }),
  };
}

interface ReadSecret {
  readonly arn: string;
  text(field: string): string | null;
}

async function readSecret(id: string, access: AwsAccess): Promise<ReadSecret> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient(access);
  let answer: { ARN?: string | undefined; SecretString?: string | undefined; SecretBinary?: Uint8Array | undefined };
  try {
    answer = await client.send(new GetSecretValueCommand({ SecretId: id }));
  } catch (error) {
    throw awsSourceError(error, { doing: `reading the secret ${id}` });
  } finally {
    client.destroy();
  }
  const text = answer.SecretString ?? Buffer.from(answer.SecretBinary ?? []).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null; // without the parser's message: it quotes the text
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`the secret ${id} does not hold a JSON object`, { code: "SECRET", where: "source.secretArn", advice: 'It should look like {"username": "…", "password": "…", "dbClusterIdentifier": "…", "db": "…"}.' });
  }
  const fields = value as Record<string, unknown>;
  return {
    arn: answer.ARN ?? id,
    text(field) {
      const found = Object.hasOwn(fields, field) ? fields[field] : undefined;
      return typeof found === "string" && found !== "" ? found : null;
    },
  };
}

