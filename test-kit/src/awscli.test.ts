/**
 * The awscli against the kit. Skipped, with the reason, where there is none; FORETOP_REQUIRE_AWSCLI=1 (set where the
 * environment installs it) makes its absence a failure.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, inject, test } from "vitest";
import "./provided.ts";
import { startTestKit } from "./start-test-kit.ts";
import type { TestKit } from "./start-test-kit.ts";

const run = promisify(execFile);
const version = await run("aws", ["--version"]).then(({ stdout }) => stdout.trim(), () => null);

let kit: TestKit;
let folder: string;
beforeAll(async () => {
  kit = await startTestKit({ postgresUrl: inject("postgresUrl") });
  kit.s3.createBucket("data");
  folder = mkdtempSync(join(tmpdir(), "awscli-"));
});
afterAll(async () => {
  await kit.stop();
  rmSync(folder, { recursive: true });
});

async function aws(...args: string[]): Promise<string> {
  const { stdout } = await run("aws", [...args, "--endpoint-url", kit.endpoint, "--region", kit.region], {
    env: { PATH: process.env["PATH"], HOME: folder, AWS_ACCESS_KEY_ID: kit.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: kit.credentials.secretAccessKey, AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "" },
  });
  return stdout;
}
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await aws(...args, "--output", "json"));

test("the awscli is here, or its absence has a reason", ({ skip }) => {
  if (version === null && process.env["FORETOP_REQUIRE_AWSCLI"] !== "1") skip("there is no `aws` on the path");
  assert.match(version ?? "none", /^aws-cli\//);
});

test.runIf(version !== null)("s3 cp, ls, sync, presign and rm, a file of several parts too", async () => {
  const file = join(folder, "big.bin");
  writeFileSync(file, Buffer.alloc(20 * 1024 ** 2, "foretop "));
  await aws("s3", "cp", file, "s3://data/folder/big ü.bin");
  assert.ok(kit.s3.get("data", "folder/big ü.bin").equals(readFileSync(file)));
  assert.match(kit.s3.object("data", "folder/big ü.bin").etag, /-3"$/);
  assert.match(await aws("s3", "ls", "s3://data/folder/"), /20971520 big ü\.bin/);
  await aws("s3", "cp", "s3://data/folder/big ü.bin", join(folder, "back.bin"));
  assert.ok(readFileSync(join(folder, "back.bin")).equals(readFileSync(file)));
  const url = (await aws("s3", "presign", "s3://data/folder/big ü.bin")).trim();
  assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 20 * 1024 ** 2);
  await aws("s3", "rm", "--recursive", "s3://data/folder/");
  assert.deepEqual(kit.s3.keys("data"), []);
});

test.runIf(version !== null)("redshift-data: execute, describe, result", async () => {
  const { Id } = (await json("redshift-data", "execute-statement", "--cluster-identifier", "kit-cluster", "--database", "postgres", "--sql", "select :a || 'b' as t", "--parameters", "name=a,value=x")) as { Id: string };
  for (let i = 0; ((await json("redshift-data", "describe-statement", "--id", Id)) as { Status: string }).Status !== "FINISHED"; i++) assert.ok(i < 20);
  const { Records } = (await json("redshift-data", "get-statement-result", "--id", Id)) as { Records: unknown };
  assert.deepEqual(Records, [[{ stringValue: "xb" }]]);
});

test.runIf(version !== null)("secretsmanager and sts", async () => {
  kit.secrets.put("cli", "{\"username\":\"u\"}");
  const { SecretString } = (await json("secretsmanager", "get-secret-value", "--secret-id", "cli")) as { SecretString: string };
  assert.equal(SecretString, "{\"username\":\"u\"}");
  assert.deepEqual(((await json("sts", "get-caller-identity")) as { Account: string }).Account, kit.accountId);
  const role = kit.addRole("r");
  const { Credentials } = (await json("sts", "assume-role", "--role-arn", role, "--role-session-name", "test")) as { Credentials: { AccessKeyId: string } };
  assert.match(Credentials.AccessKeyId, /^ASIA/);
});
