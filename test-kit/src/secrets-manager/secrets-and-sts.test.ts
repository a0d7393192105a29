import assert from "node:assert/strict";
import { DescribeSecretCommand, GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, test } from "vitest";
import { startTestKit } from "../start-test-kit.ts";
import type { TestKit } from "../start-test-kit.ts";

let kit: TestKit;
let now = Date.now();
beforeAll(async () => {
  kit = await startTestKit({ nowMs: () => now });
});
afterAll(() => kit.stop());

const config = () => ({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, maxAttempts: 1 });
const secrets = (more = {}) => new SecretsManagerClient({ ...config(), ...more });
const sts = (more = {}) => new STSClient({ ...config(), ...more });
const rejects = (work: Promise<unknown>, name: string) => assert.rejects(work, { name });

test("a secret is read by name, ARN, or ARN without its suffix; versions by their stage", async () => {
  kit.secrets.put("shop/db", "old");
  const arn = kit.secrets.put("shop/db", "new");
  const get = async (SecretId: string, more = {}) => (await secrets().send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString;
  assert.deepEqual([await get("shop/db"), await get(arn), await get(arn.slice(0, -7))], ["new", "new", "new"]);
  assert.equal(await get(arn, { VersionStage: "AWSPREVIOUS" }), "old");
  const { Name, ARN } = await secrets().send(new DescribeSecretCommand({ SecretId: arn }));
  assert.deepEqual([Name, ARN], ["shop/db", arn]);
  assert.deepEqual((await secrets().send(new ListSecretsCommand({}))).SecretList!.map((one) => one.Name), ["shop/db"]);
});

test("a binary secret comes as its bytes", async () => {
  kit.secrets.put("binary", Buffer.from([0, 255, 7]));
  const { SecretBinary, SecretString } = await secrets().send(new GetSecretValueCommand({ SecretId: "binary" }));
  assert.deepEqual([Buffer.from(SecretBinary!), SecretString], [Buffer.from([0, 255, 7]), undefined]);
});

test("a secret that isn't there, is deleted, is elsewhere, or is not for this user", async () => {
  const arn = kit.secrets.put("gone", "x");
  kit.secrets.delete("gone");
  const far = kit.secrets.put("far", "x", { region: "us-west-2" });
  const get = (SecretId: string, more = {}) => secrets(more).send(new GetSecretValueCommand({ SecretId }));
  await rejects(get("never"), "ResourceNotFoundException");
  await rejects(get(arn), "InvalidRequestException");
  await rejects(get(far), "ResourceNotFoundException");
  assert.equal((await get(far, { region: "us-west-2" })).SecretString, "x");
  await rejects(get(far, { region: "us-west-2", credentials: kit.addUser("nobody", { Version: "2012-10-17", Statement: [] }) }), "AccessDeniedException");
});

test("STS tells who calls, and gives a role's temporary credentials, which run out", async () => {
  assert.deepEqual((await sts().send(new GetCallerIdentityCommand({}))).Arn, `arn:aws:iam::${kit.accountId}:user/kit`);
  kit.secrets.put("s", "for the role");
  const RoleArn = kit.addRole("reader", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" }] }, { externalId: "e-1" });
  const assume = (more = {}) => sts().send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test", ExternalId: "e-1", ...more }));
  await rejects(assume({ ExternalId: "e-2" }), "AccessDenied");
  await rejects(assume({ RoleArn: "arn:aws:iam::111122223333:role/no-such" }), "AccessDenied");
  await rejects(assume({ DurationSeconds: 10 }), "ValidationError");
  const { Credentials } = await assume({ DurationSeconds: 900 });
  const credentials = { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! };
  assert.equal((await secrets({ credentials }).send(new GetSecretValueCommand({ SecretId: "s" }))).SecretString, "for the role");
  await rejects(secrets({ credentials }).send(new ListSecretsCommand({})), "AccessDeniedException");
  await rejects(secrets({ credentials: { ...credentials, sessionToken: "x" } }).send(new GetSecretValueCommand({ SecretId: "s" })), "UnrecognizedClientException");
  assert.match((await sts({ credentials }).send(new GetCallerIdentityCommand({}))).Arn!, /^arn:aws:sts::111122223333:assumed-role\/reader\/test$/);
  now += 901_000;
  await rejects(secrets({ credentials, systemClockOffset: 901_000 }).send(new GetSecretValueCommand({ SecretId: "s" })), "ExpiredTokenException");
});
