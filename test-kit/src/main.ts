/**
 * `npm run kit`: the test kit on its own, for trying things out with the awscli, an SDK or `foretop`, and for tests that
 * measure memory (see spawn-test-kit.ts).
 *
 * KIT_PORT (default 4599), KIT_REGION (eu-central-1), KIT_BUCKETS (names, separated by commas), KIT_POSTGRES_URL (for the
 * Data API's cluster kit-cluster and workgroup kit-workgroup), KIT_SECRETS (JSON: name → text), KIT_ROLES (names, separated
 * by commas). With KIT_JSON=1 the first line of the output is JSON for programs.
 */
import { startTestKit } from "./start-test-kit.ts";

const { env } = process;
const list = (text = ""): string[] => text.split(",").filter((name) => name !== "");

const kit = await startTestKit({
  port: Number(env["KIT_PORT"] ?? 4599),
  ...(env["KIT_REGION"] !== undefined && { region: env["KIT_REGION"] }),
  ...(env["KIT_POSTGRES_URL"] !== undefined && { postgresUrl: env["KIT_POSTGRES_URL"] }),
  credentials: { accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "AKIAKITKITKITKITKITK", secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "kit-secret-for-trials-only" },
});
for (const name of list(env["KIT_BUCKETS"])) kit.s3.createBucket(name);
const roles = list(env["KIT_ROLES"]).map((name) => kit.addRole(name));
const secrets = Object.entries(JSON.parse(env["KIT_SECRETS"] ?? "{}") as Record<string, string>).map(([name, value]) => kit.secrets.put(name, value)); // ours: names and texts
const { endpoint, region, credentials } = kit;

process.stdout.write(
  env["KIT_JSON"] === "1"
    ? `${JSON.stringify({ endpoint, port: kit.port, region, accountId: kit.accountId, credentials, roles, secrets })}\n`
    : `The kit answers at ${endpoint} until you stop it (Ctrl-C). It forgets everything then.

export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}
${[...roles, ...secrets].map((arn) => `${arn}\n`).join("")}`,
);
const stop = (): void => void kit.stop().finally(() => process.exit());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
// Started by a test: when that is gone, so is this.
if (process.send !== undefined) process.once("disconnect", stop);
