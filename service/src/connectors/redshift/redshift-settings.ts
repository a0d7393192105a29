import { z } from "zod";
import { awsSettingsShape } from "../../aws/aws-settings.ts";

const folder = z.string().regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(?:[^\s'"\\]*\/)?$/, "must be a folder: s3://bucket/prefix/ with a slash at its end");
const role = z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of a role");

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const redshiftSettings = z
  .strictObject({
    ...awsSettingsShape,
    clusterIdentifier: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be a cluster's identifier").optional().describe("provisioned cluster; default the secret's dbClusterIdentifier"),
    workgroupName: z.string().regex(/^(?:[a-z0-9-]{3,64}|arn:aws[\w-]*:redshift-serverless:[a-z0-9-]+:\d{12}:workgroup\/[\w-]+)$/, "must be a workgroup's name or ARN").optional().describe("Serverless workgroup, by name or ARN"),
    database: z.string().min(1).max(127).optional().describe("name of the database; default the secret's db"),
    secretArn: z.string().min(1).max(512).optional().describe("ARN or name of the secret in AWS Secrets Manager with username and password, as the original connector had it"),
    dbUser: z.string().min(1).max(127).optional().describe("database user for IAM's temporary credentials, on a cluster; instead of secretArn"),
    unload: z
      .strictObject({
        to: folder.describe("folder for UNLOAD's files, which are deleted when they are read"),
        iamRole: z.union([role, z.literal("default")]).describe("role of the cluster that may write there"),
        format: z.enum(["parquet", "csv"]).default("parquet").describe("of the files"),
        parallel: z.boolean().default(false).describe("true: files per slice, faster for very large results"),
        bucketRegion: z.string().optional().describe("the bucket's region, where it isn't the cluster's"),
      })
      .optional()
      .describe("read by UNLOAD to S3 instead of through the Data API: for results over 100 MB"),
    publish: z
      .strictObject({
        live: folder.describe("each interval as CSV at <live>yyyyMMdd/HHmm/, named by its start"),
        history: folder.optional().describe("the history as CSV there"),
      })
      .optional()
      .describe("also write what is read to S3 in the original connector's layout, for whoever reads it"),
    pollSecondsMax: z.number().min(0.05).max(30).default(5).describe("longest pause between two questions whether the statement has ended; it begins with a tenth of a second"),
  })
  .superRefine((settings, context) => {
    const { clusterIdentifier, workgroupName, secretArn, dbUser, database } = settings;
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (clusterIdentifier !== undefined && workgroupName !== undefined) issue("workgroupName", "clusterIdentifier and workgroupName are both given: it is one of them");
    if (clusterIdentifier === undefined && workgroupName === undefined && secretArn === undefined) issue("clusterIdentifier", "clusterIdentifier or workgroupName is missing");
    if (secretArn !== undefined && dbUser !== undefined) issue("dbUser", "secretArn and dbUser are both given: it is one of them");
    if (workgroupName !== undefined && dbUser !== undefined) issue("dbUser", "a workgroup has no dbUser: IAM tells it who you are");
    if (database === undefined && secretArn === undefined) issue("database", "database is missing");
  })
  .describe("Amazon Redshift through its Data API, directly or by UNLOAD to S3.");

export type RedshiftSettings = z.infer<typeof redshiftSettings>;
