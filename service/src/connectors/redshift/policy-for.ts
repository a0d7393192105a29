/**
 * The least that a source of Redshift needs: an IAM policy for whom Foretop runs as, one for the role that UNLOAD takes on,
 * and SQL grants. Placeholders in capitals are what the settings don't tell.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html
 */
import { regionOfArn } from "../../aws/aws-access.ts";
import type { PolicyReads, SourcePolicy } from "../connector.ts";
import { quoteName } from "../sql/quote-name.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";
import { locationOf } from "./s3-location.ts";

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export function policyFor(settings: RedshiftSettings, { tables }: PolicyReads): readonly SourcePolicy[] {
  const policies: SourcePolicy[] = [{ title: "IAM policy for the user or role that Foretop runs as", kind: "iam", text: document(callerStatements(settings)) }];
  if (settings.unload !== undefined) {
    policies.push({ title: `IAM policy for the role that UNLOAD takes on (${settings.unload.iamRole}); its trust policy names redshift.amazonaws.com, and the role is attached to the cluster`, kind: "iam", text: document(unloadRoleStatements(settings.unload.to)) });
  }
  policies.push({ title: "SQL, to be run by an administrator of the database", kind: "sql", text: grants(settings, tables) });
  return policies;
}

function document(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2);
}

function callerStatements(settings: RedshiftSettings): Statement[] {
  const { clusterIdentifier, workgroupName, secretArn, dbUser, database, unload, publish, assumeRole } = settings;
  const region = settings.region ?? regionOfArn(secretArn) ?? regionOfArn(workgroupName) ?? "REGION";
  const account = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(secretArn ?? "")?.[1] ?? /:(\d{12}):/.exec(workgroupName ?? unload?.iamRole ?? assumeRole ?? "")?.[1] ?? "ACCOUNT";
  const redshift = `arn:aws:redshift:${region}:${account}`;
  const cluster = clusterIdentifier ?? "CLUSTER";
  // The ARN of a workgroup has an id, not its name.
  const warehouse = workgroupName === undefined ? `${redshift}:cluster:${cluster}` : workgroupName.startsWith("arn:") ? workgroupName : `arn:aws:redshift-serverless:${region}:${account}:workgroup/*`;
  const statements: Statement[] = [
    { Sid: "RunStatements", Effect: "Allow", Action: ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"], Resource: warehouse },
    {
      Sid: "OwnStatements",
      Effect: "Allow",
      Action: ["redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:CancelStatement", "redshift-data:ListStatements"],
      Resource: "*", // these know no resources; the condition keeps to one's own statements
      Condition: { StringEquals: { "redshift-data:statement-owner-iam-userid": "${aws:userid}" } },
    },
  ];
  if (secretArn !== undefined) statements.push({ Sid: "ReadTheSecret", Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: secretArn.startsWith("arn:") ? secretArn : `arn:aws:secretsmanager:${region}:${account}:secret:${secretArn}-??????` });
  else if (workgroupName !== undefined) statements.push({ Sid: "LogIn", Effect: "Allow", Action: ["redshift-serverless:GetCredentials"], Resource: warehouse });
  else if (dbUser !== undefined) statements.push({ Sid: "LogIn", Effect: "Allow", Action: ["redshift:GetClusterCredentials"], Resource: [`${redshift}:dbname:${cluster}/${database}`, `${redshift}:dbuser:${cluster}/${dbUser}`] });
  else statements.push({ Sid: "LogIn", Effect: "Allow", Action: ["redshift:GetClusterCredentialsWithIAM"], Resource: `${redshift}:dbname:${cluster}/${database}` });
  if (unload !== undefined) {
    const { bucket, key } = locationOf(unload.to);
    statements.push({ Sid: "ListUnloaded", Effect: "Allow", Action: ["s3:ListBucket"], Resource: `arn:aws:s3:::${bucket}`, Condition: { StringLike: { "s3:prefix": `${key}attempts/*` } } });
    statements.push({ Sid: "ReadAndDeleteUnloaded", Effect: "Allow", Action: ["s3:GetObject", "s3:DeleteObject"], Resource: `arn:aws:s3:::${bucket}/${key}attempts/*` });
  }
  if (publish !== undefined) {
    const folders = [publish.live, ...(publish.history === undefined ? [] : [publish.history])].map(locationOf);
    statements.push({ Sid: "Publish", Effect: "Allow", Action: ["s3:PutObject", "s3:AbortMultipartUpload"], Resource: folders.map(({ bucket, key }) => `arn:aws:s3:::${bucket}/${key}*`) });
  }
  return statements;
}

function unloadRoleStatements(to: string): Statement[] {
  const { bucket, key } = locationOf(to);
  return [
    { Sid: "SeeWhetherItIsEmpty", Effect: "Allow", Action: ["s3:ListBucket", "s3:GetBucketLocation"], Resource: `arn:aws:s3:::${bucket}` },
    { Sid: "WriteUnloaded", Effect: "Allow", Action: ["s3:PutObject"], Resource: `arn:aws:s3:::${bucket}/${key}attempts/*` },
  ];
}

function grants({ dbUser, workgroupName, secretArn }: RedshiftSettings, tables: readonly string[]): string {
  const user = dbUser ?? "foretop_reader";
  const name = quoteName(user);
  const create = secretArn !== undefined ? `create user ${name} password '…';  -- its name and password go into the secret` : workgroupName !== undefined ? `-- IAM's own name for the caller: create user "IAMR:ROLE-NAME" password disable;` : `create user ${name} password disable;  -- it logs in by IAM only`;
  const schemas = [...new Set(tables.map((table) => (table.includes(".") ? table.slice(0, table.lastIndexOf(".")) : "public")))];
  return [create, ...schemas.map((schema) => `grant usage on schema ${schema} to ${name};`), tables.length === 0 ? `grant select on TABLES-OF-THE-QUERY to ${name};` : `grant select on ${tables.join(", ")} to ${name};`].join("\n");
}
