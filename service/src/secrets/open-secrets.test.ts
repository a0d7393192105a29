import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { openSecrets } from "./open-secrets.ts";
import { Redactor } from "./redactor.ts";

const home = mkdtempSync(join(tmpdir(), "foretop-secrets-"));
afterAll(() => rmSync(home, { recursive: true }));
mkdirSync(join(home, "secrets/prod"), { recursive: true });
const put = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(home, name), text);
  chmodSync(join(home, name), mode);
};

const PASSWORD = "correct horse battery";
const ORIGINAL = JSON.stringify({ password: PASSWORD, username: "awsuser", dbClusterIdentifier: "cluster-1", db: "dev", host: "10.0.0.7", port: 8192 });
put("secrets/redshift-l4mintegration.json", ORIGINAL);
put("secrets/prod/orders.json", ORIGINAL);
put("secrets/broken.json", `{"password": "${PASSWORD}",}`);
put("secrets/list.json", `["${PASSWORD}"]`);
put("secrets/empty.json", " \n");
put("token.txt", "dG9rZW4tdG9rZW4=\n");

function open({ env = {} as Record<string, string>, log = silentLogger } = {}) {
  const redactor = new Redactor();
  return { secrets: openSecrets({ homeFolder: home, env, redactor, log }), redactor };
}

async function refusal(reference: string): Promise<UserError> {
  try {
    await open({ env: { EMPTY: "" } }).secrets.resolve(reference);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error;
  }
  assert.fail(`${reference} was resolved`);
}

test("env:, file: and secret: give the secret's text; secret:NAME#field one field of it", async () => {
  const { secrets } = open({ env: { PGPASSWORD: PASSWORD } });
  assert.equal(await secrets.resolve("env:PGPASSWORD"), PASSWORD);
  assert.equal(await secrets.resolve("file:token.txt"), "dG9rZW4tdG9rZW4=");
  assert.equal(await secrets.resolve(`file:${join(home, "token.txt")}`), "dG9rZW4tdG9rZW4=");
  assert.equal(await secrets.resolve("secret:redshift-l4mintegration"), ORIGINAL);
  assert.equal(await secrets.resolve("secret:prod/orders#password"), PASSWORD);
  assert.equal(await secrets.resolve("secret:prod/orders#port"), "8192");
});

test("what can't be had is told with its reference, the reason and what to do, and never with a value", async () => {
  const cases: [string, RegExp][] = [
    ["env:NOPE", /the secret env:NOPE can't be had: the environment variable NOPE is not set/],
    ["env:EMPTY", /is empty/],
    ["file:nope.txt", /there is no file .*nope\.txt/],
    ["file:secrets", /is a folder/],
    ["secret:nope", /there is no file .*secrets\/nope\.json/],
    ["secret:broken", /is not valid JSON/],
    ["secret:list", /does not hold a JSON object/],
    ["secret:empty", /is empty/],
    ["secret:prod/orders#pasword", /has no field "pasword"/],
    ["secret:../token", /not a secret's name/],
    ["secret:prod/../../token", /not a secret's name/],
    ["secret:/etc/passwd", /not a secret's name/],
    ["secret:a#b#c", /not a secret's name/],
  ];
  for (const [reference, message] of cases) {
    const error = await refusal(reference);
    assert.match(error.message, message, reference);
    assert.equal(error.code, "SECRET");
    assert.equal(error.where, reference);
    assert.ok(error.advice !== null, reference);
    assert.ok(!JSON.stringify([error.message, error.advice, String(error.cause)]).includes("horse"), reference);
  }
});

test("a literal password where a reference belongs is not quoted", async () => {
  const error = await refusal(PASSWORD);
  assert.match(error.message, /by reference only/);
  assert.ok(!`${error.message}${error.advice}${error.where}`.includes("horse"));
});

test("a file of secrets that others may read is warned of, once, with what to do", async () => {
  put("secrets/open.json", ORIGINAL, 0o644);
  const warnings: string[] = [];
  const { secrets } = open({ log: { ...silentLogger, warn: (_fields, message) => warnings.push(message) } });
  await secrets.resolve("secret:open");
  await secrets.resolve("secret:open");
  await secrets.resolve("secret:prod/orders");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /open\.json holds a secret and can be read by other users: chmod 600/);
});

test("what was resolved is masked in every text from then on, in each form it may take", async () => {
  const { secrets, redactor } = open({ env: { URL: "postgres://me:p%40ssw0rd-1@db:5432/x?sslmode=require&password=other-one-2", AUTH: "Bearer abcdef123456" } });
  for (const reference of ["secret:prod/orders", "env:URL", "env:AUTH"]) await secrets.resolve(reference);
  for (const leaked of [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(PASSWORD).toString("base64"), ORIGINAL, "p%40ssw0rd-1", "p@ssw0rd-1", "abcdef123456", "other-one-2"]) {
    const clean = redactor.redact(`before ${leaked} after`);
    assert.equal(clean.startsWith("before ") && clean.endsWith(" after"), true);
    assert.ok(!clean.includes("horse") && !clean.includes("ssw0rd") && !clean.includes("abcdef") && !clean.includes("other-one"), clean);
  }
  // The rest of the connection stays readable: it is what the operator needs.
  assert.equal(redactor.redact("awsuser@10.0.0.7 dev, TLS is required"), "awsuser@10.0.0.7 dev, TLS is required");
});

test("a protected logger masks messages, fields, and errors with their causes and stacks", async () => {
  const seen: string[] = [];
  const { secrets, redactor } = open();
  await secrets.resolve("secret:prod/orders#password");
  const log = redactor.protect({ ...silentLogger, error: (fields, message) => seen.push(JSON.stringify(fields) + message) });
  const error = new Error(`login with ${PASSWORD} failed`, { cause: new Error(`URL was x:${PASSWORD}@y`) });
  log.error({ error, settings: { nested: [PASSWORD] }, rows: 3 }, `could not connect: ${PASSWORD}`);
  assert.equal(seen.length, 1);
  assert.ok(!seen[0]!.includes("horse"), seen[0]);
  assert.match(seen[0]!, /login with ••• failed/);
  assert.match(seen[0]!, /"rows":3/);
});
