/** Files in Amazon S3, and what speaks its protocol: CSV, JSON Lines, Parquet in a folder per interval. */
import { awsAccess } from "../../aws/aws-access.ts";
import type { Connector } from "../connector.ts";
import { Bucket } from "../../aws/bucket.ts";
import { splitS3Path } from "../../aws/split-s3-path.ts";
import { compilePathTemplate } from "./path-template.ts";
import { policyFor } from "./policy-for.ts";
import { s3Settings } from "./s3-settings.ts";
import type { S3Settings } from "./s3-settings.ts";
import { S3Source } from "./s3-source.ts";

export const s3Connector: Connector<S3Settings> = {
  kind: "s3",
  dialect: "files",
  settings: s3Settings,
  async open(settings, { secrets, zone, dataset = null }) {
    const access = await awsAccess(settings, secrets);
    const template = compilePathTemplate(settings.path);
    const past = settings.historicalPath === undefined ? null : splitS3Path(settings.historicalPath);
    const options = { profile: settings.profile };
    return new S3Source(
      settings,
      {
        bucket: new Bucket(template.bucket, access, options),
        template,
        historical: past === null ? null : { bucket: new Bucket(past.bucket, access, options), prefix: past.path === "" || past.path.endsWith("/") ? past.path : `${past.path}/` },
      },
      { zone, dataset },
    );
  },
  policyFor,
};
