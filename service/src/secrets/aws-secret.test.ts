import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestKit } from "@foretop/test-kit";
import type { TestKit } from "@foretop/test-kit";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { openSecrets } from "./open-secrets.ts";
import { Redactor } from "./redactor.ts";
import type { Secrets } from "./secrets.ts";

let kit: TestKit;
let homeFolder: string;
const redactor = new Redactor();
beforeAll(async () => {
  kit = await startTestKit();
  homeFolder = mkdtempSync(join(tmpdir(), "foretop-aws-secret-"));
});
afterAll(async () => {
  await kit.stop();
  rmSync(homeFolder, { recursive: true });
});
beforeEach(() => kit.faults.clear());

function secretsOf(credentials = kit.credentials, more: Record<string, string> = {}): Secrets {
  const env = { AWS_ENDPOINT_URL: kit.endpoint, AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, ...more };
  return openSecrets({ homeFolder, env, redactor, log: silentLogger });
}
const refused = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof UserError && error.code === "SECRET", String(error));
    assert.match(error.message, message);
    return true;
  });

test("an ARN is asked in its own region, wherever the process is; #field takes one field", async () => {
  const arn = kit.secrets.put("shop/db", JSON.stringify({ username: "u", password: "a-long-password", port: 5439 }), { region: "ap-southeast-2" });
  const secrets = secretsOf(kit.credentials, { AWS_REGION: "us-east-1" });
  assert.equal(await secrets.resolve(arn), JSON.stringify({ username: "u", password: "a-long-password", port: 5439 }));
  assert.equal(await secrets.resolve(`${arn}#password`), "a-long-password");
  assert.equal(await secrets.resolve(`${arn}#port`), "5439");
  assert.equal(redactor.redact("it is a-long-password"), "it is •••");
});

test("13: a binary secret's bytes are its text: nothing is decoded twice", async () => {
  const arn = kit.secrets.put("binary", Buffer.from('{"password":"grün-geheim"}'));
  assert.equal(await secretsOf().resolve(`${arn}#password`), "grün-geheim");
  await refused(secretsOf().resolve(kit.secrets.put("bytes", Buffer.from([0xff, 0xfe, 0x00]))), /its bytes are no text/);
});

test("a rotated secret is the next reading's", async () => {
  const arn = kit.secrets.put("rotated", "first value");
  const secrets = secretsOf();
  assert.equal(await secrets.resolve(arn), "first value");
  kit.secrets.put("rotated", "second value");
  assert.equal(await secrets.resolve(arn), "second value");
});

test("what can't be had is told by its reference and reason: not there, deleted, not allowed, a missing field, no ARN", async () => {
  const arn = kit.secrets.put("db", JSON.stringify({ username: "u" }));
  const secrets = secretsOf();
  await refused(secrets.resolve(`${arn}#password`), /has no field "password"/);
  await refused(secrets.resolve(arn.replace(":db-", ":other-")), /other-\w+ can't be had: .*can't find the specified secret/);
  await refused(secrets.resolve("arn:aws:s3:::bucket"), /not the ARN of a secret/);
  await refused(secrets.resolve(kit.secrets.put("empty", " ")), /it is empty/);
  await refused(secrets.resolve(`${kit.secrets.put("text", "no json")}#password`), /is not valid JSON/);
  await refused(secretsOf(kit.addUser("nobody", { Version: "2012-10-17", Statement: [] })).resolve(arn), /not authorized to perform: secretsmanager:GetSecretValue/);
  await refused(secretsOf({ ...kit.credentials, secretAccessKey: "wrong" }).resolve(arn), /signature/i);
  kit.secrets.delete("db");
  await refused(secrets.resolve(arn), /marked for deletion/);
});

test("trouble that passes is not the configuration's fault: tried again, then told as transient", async () => {
  const arn = kit.secrets.put("shaky", "a value");
  kit.faults.add({ service: "secretsmanager", kind: "throttle", times: 2 });
  assert.equal(await secretsOf().resolve(arn), "a value");
  kit.faults.add({ service: "secretsmanager", kind: "error", times: Infinity });
  await assert.rejects(secretsOf().resolve(arn), (error) => error instanceof SourceError && error.transient && error.code === "CONNECT");
});
