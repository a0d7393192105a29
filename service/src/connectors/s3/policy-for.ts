/** The least that a source of S3 needs: listing and reading below its folders. */
import type { SourcePolicy } from "../connector.ts";
import { splitS3Path } from "../../aws/split-s3-path.ts";
import { compilePathTemplate } from "./path-template.ts";
import type { S3Settings } from "./s3-settings.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html */
export function policyFor(settings: S3Settings): readonly SourcePolicy[] {
  const { bucket, staticPrefix } = compilePathTemplate(settings.path);
  const places = [{ bucket, prefix: staticPrefix }];
  if (settings.historicalPath !== undefined) {
    const past = splitS3Path(settings.historicalPath);
    places.push({ bucket: past.bucket, prefix: past.path });
  }
  const statements = places.flatMap((place, i) => [
    { Sid: `List${i + 1}`, Effect: "Allow", Action: ["s3:ListBucket"], Resource: `arn:aws:s3:::${place.bucket}`, ...(place.prefix !== "" && { Condition: { StringLike: { "s3:prefix": `${place.prefix}*` } } }) },
    { Sid: `Read${i + 1}`, Effect: "Allow", Action: ["s3:GetObject"], Resource: `arn:aws:s3:::${place.bucket}/${place.prefix}*` },
  ]);
  return [
    { title: `IAM policy for the user or role that Foretop runs as${settings.assumeRole === undefined ? "" : ` (${settings.assumeRole})`}`, kind: "iam", text: JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2) },
    { title: "Where the bucket is encrypted with a key of yours (SSE-KMS)", kind: "text", text: "Allow kms:Decrypt on the key, through S3 (kms:ViaService s3.REGION.amazonaws.com)." },
  ];
}
