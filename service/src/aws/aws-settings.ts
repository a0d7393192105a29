import { z } from "zod";
import { NOT_A_REFERENCE, SECRET_REFERENCE } from "../secrets/secret-reference.ts";

const reference = z.string().regex(SECRET_REFERENCE, NOT_A_REFERENCE);

/** The fields with which every source on AWS says where and as whom; spread into its own settings. */
export const awsSettingsShape = {
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region like eu-central-1").optional().describe("AWS region; default AWS_REGION, or the region of an ARN in these settings"),
  endpoint: z.url({ protocol: /^https?$/ }).optional().describe("address that answers instead of AWS's own: a VPC endpoint, a test kit; default AWS_ENDPOINT_URL or AWS"),
  credentials: reference
    .optional()
    .describe('reference to a JSON text {"accessKeyId", "secretAccessKey", "sessionToken"}; default: what the AWS SDK finds (environment, profile, container, instance)'),
  assumeRole: z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/, "must be the ARN of a role").optional().describe("role to take on with these credentials"),
  externalId: z.string().min(2).max(1224).optional().describe("external id that the role asks for"),
  requestSecondsMax: z.number().min(0.1).max(300).default(30).describe("how long one request to AWS may take before it is tried again"),
} as const;

export type AwsSettings = z.infer<z.ZodObject<typeof awsSettingsShape>>;
