import assert from "node:assert/strict";
import { test } from "vitest";
import { serviceConfig, SETTINGS } from "./config.ts";
import { UserError } from "./telemetry/errors.ts";

const refusal = (env: Record<string, string>, flags = {}) => {
  try {
    serviceConfig(env, flags, "/here");
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error;
  }
  assert.fail("was accepted");
};

test("without anything set: the embedded database in .foretop, loopback, port 7373", () => {
  const { threads, ...rest } = serviceConfig({}, {}, "/here");
  assert.deepEqual(rest, {
    homeFolder: "/here/.foretop",
    databaseUrl: null,
    secretsFolder: "/here/.foretop/secrets",
    segments: { kind: "folder", folder: "/here/.foretop/segments" },
    host: "127.0.0.1",
    port: 7373,
    consoleUrl: null,
    logLevel: "info",
  });
  assert.ok(threads >= 1 && threads <= 8);
});

test("a flag wins over its variable, a variable over the default, an empty variable is an unset one", () => {
  const env = { FORETOP_HOME: "/var/lib/foretop", FORETOP_PORT: "8080", FORETOP_SECRETS: "keys", DATABASE_URL: "postgres://u:p@h/d", FORETOP_LOG_LEVEL: "" };
  const config = serviceConfig(env, { port: "9090" }, "/here");
  assert.equal(config.homeFolder, "/var/lib/foretop");
  assert.equal(config.port, 9090);
  assert.equal(config.secretsFolder, "/here/keys");
  assert.equal(config.databaseUrl, "postgres://u:p@h/d");
  assert.equal(config.logLevel, "info");
});

test("a wrong value is told with the flag or variable it came from", () => {
  assert.equal(refusal({ FORETOP_PORT: "80x" }).message, 'FORETOP_PORT should be a whole number, not "80x"');
  assert.equal(refusal({}, { port: "70000" }).message, '--port should be at most 65535, not "70000"');
  assert.equal(refusal({ FORETOP_THREADS: "0" }).message, 'FORETOP_THREADS should be at least 1, not "0"');
  assert.equal(refusal({ FORETOP_LOG_LEVEL: "loud" }).where, "FORETOP_LOG_LEVEL");
  assert.equal(refusal({ FORETOP_URL: "my host" }).where, "FORETOP_URL");
});

test("segments are kept in a folder, or in a bucket with all that belongs to it", () => {
  assert.deepEqual(serviceConfig({ FORETOP_SEGMENTS: "../shared" }, {}, "/here").segments, { kind: "folder", folder: "/shared" });
  const bucket = { kind: "s3", bucket: "my-bucket", cacheFolder: "/here/.foretop/cache/segments", cacheMb: 1000 };
  assert.deepEqual(serviceConfig({ FORETOP_SEGMENTS: "s3://my-bucket" }, {}, "/here").segments, { ...bucket, prefix: "", region: null, endpoint: null, isPathStyle: null, credentials: null });
  const env = {
    FORETOP_SEGMENTS: "s3://my-bucket/a/b",
    FORETOP_SEGMENTS_REGION: "eu-central-1",
    FORETOP_SEGMENTS_ENDPOINT: "https://minio.example:9000",
    FORETOP_SEGMENTS_PATH_STYLE: "false",
    FORETOP_SEGMENTS_CREDENTIALS: "secret:bucket",
    FORETOP_SEGMENTS_CACHE_MB: "0",
  };
  assert.deepEqual(serviceConfig(env, {}, "/here").segments, { ...bucket, prefix: "a/b/", region: "eu-central-1", endpoint: "https://minio.example:9000", isPathStyle: false, credentials: "secret:bucket", cacheMb: 0 });
  assert.equal(refusal({ FORETOP_SEGMENTS: "s3://My_Bucket/" }).message, 'FORETOP_SEGMENTS should look like s3://bucket/prefix/, not "s3://My_Bucket/"');
  assert.equal(refusal({ ...env, FORETOP_SEGMENTS_PATH_STYLE: "yes" }).message, 'FORETOP_SEGMENTS_PATH_STYLE should be true or false, not "yes"');
  assert.equal(refusal({ ...env, FORETOP_SEGMENTS_ENDPOINT: "minio" }).where, "FORETOP_SEGMENTS_ENDPOINT");
  const secret = refusal({ ...env, FORETOP_SEGMENTS_CREDENTIALS: "AKIAhunter2" });
  assert.match(secret.message, /^FORETOP_SEGMENTS_CREDENTIALS must be a reference/);
  assert.ok(!`${secret.message}${secret.advice}`.includes("hunter2"));
});

test("a wrong DATABASE_URL is never quoted", () => {
  const error = refusal({ DATABASE_URL: "mysql://u:hunter2@h/d" });
  assert.match(error.message, /^DATABASE_URL should look like postgres:/);
  assert.ok(!`${error.message}${error.advice}`.includes("hunter2"));
});

test("every setting says what it means and has a flag or a variable", () => {
  for (const [name, { flag, variable, doc }] of Object.entries(SETTINGS)) {
    assert.ok(flag !== null || variable !== null, name);
    assert.ok(doc.endsWith("."), name);
  }
});
