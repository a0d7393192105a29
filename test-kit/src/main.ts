/**
 * `npm run kit`: the test kit on its own, for trying things out with the awscli, an SDK or `foretop`.
 *
 * KIT_PORT (default 4599), KIT_REGION (eu-central-1), KIT_BUCKETS (names, separated by commas).
 */
import { startTestKit } from "./start-test-kit.ts";

const kit = await startTestKit({
  port: Number(process.env["KIT_PORT"] ?? 4599),
  ...(process.env["KIT_REGION"] !== undefined && { region: process.env["KIT_REGION"] }),
  credentials: { accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "AKIAKITKITKITKITKITK", secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "kit-secret-for-trials-only" },
});
for (const name of (process.env["KIT_BUCKETS"] ?? "").split(",").filter((text) => text !== "")) kit.s3.createBucket(name);

process.stdout.write(`The kit answers at ${kit.endpoint} until you stop it (Ctrl-C). It forgets everything then.

export AWS_ENDPOINT_URL=${kit.endpoint} AWS_REGION=${kit.region} AWS_DEFAULT_REGION=${kit.region}
export AWS_ACCESS_KEY_ID=${kit.credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${kit.credentials.secretAccessKey}
`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void kit.stop());
