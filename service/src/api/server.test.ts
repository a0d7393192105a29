import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, test } from "vitest";
import { openWorld, type OpenWorld } from "../../test/world/open-world.ts";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { App } from "./app.ts";
import { httpClient } from "./client.ts";
import { listen, servingAt, type Listening } from "./listen.ts";
import { operations } from "./operations/index.ts";
import { buildServer } from "./server.ts";

const GOLDEN = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "docs", "openapi.json");

let world: OpenWorld;
let server: FastifyInstance;
let listening: Listening;
let folder: string;

beforeAll(async () => {
  world = await openWorld({ filled: false });
  folder = mkdtempSync(join(tmpdir(), "foretop-console-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>the page</title>");
  writeFileSync(join(folder, "assets", "index-1a2b.js"), "export {};");
  server = buildServer(world.system, world.app, { consoleFolder: folder, metrics: createMetrics() });
  listening = await listen(server, { port: 0, homeFolder: world.system.homeFolder });
});
afterAll(async () => {
  await listening?.close();
  await world?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(new URL(path, listening.address), init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("every operation of the table is in the OpenAPI document, with its path fields", async () => {
  const { paths } = JSON.parse((await ask("/v1/openapi.json")).body) as { paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>> };
  for (const { name, method, path } of Object.values(operations)) {
    const described = paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    assert.equal(described?.operationId, name, path);
    const inPath = (described.parameters ?? []).filter((parameter) => parameter.in === "path").map((parameter) => `:${parameter.name}`);
    assert.deepEqual(inPath, path.match(/:\w+/g) ?? []);
  }
  assert.equal(Object.values(paths).flatMap(Object.keys).length, Object.keys(operations).length);
});

test("the OpenAPI document is the one that is published (docs/openapi.json); UPDATE_GOLDEN=1 writes it anew", async () => {
  const document = `${JSON.stringify(JSON.parse((await ask("/v1/openapi.json")).body), null, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, document);
  assert.equal(document, readFileSync(GOLDEN, "utf8"));
});

test("schemas of the document stand alone: every $ref leads somewhere", async () => {
  const document = JSON.parse((await ask("/v1/openapi.json")).body) as Record<string, unknown>;
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  assert.ok(refs.length > 0);
  for (const ref of refs) {
    const target = ref.split("/").reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
    assert.ok(target !== undefined, ref);
  }
});

test("errors are JSON with code, message, place and advice", async () => {
  const { status, body } = await ask("/v1/detectors/nobody");
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(body), {
    error: { code: "NOT_FOUND", message: 'there is no detector "nobody"', where: "detector", advice: "No detector has been applied yet." },
  });
});

test("a misspelt field is refused with the fields that there are", async () => {
  const { status, body } = await ask("/v1/groups?severity=70");
  assert.equal(status, 400);
  const { error } = JSON.parse(body) as { error: { where: string; advice: string } };
  assert.equal(error.where, "severity");
  assert.ok(error.advice.includes("severityMin"));
});

test("malformed JSON, another content type, too large a body: each its own clear refusal", async () => {
  const post = (body: string, type: string) => ask("/v1/plan", { method: "POST", body, headers: { "content-type": type } });
  const malformed = await post('{"entry": ', "application/json");
  assert.equal(malformed.status, 400);
  assert.equal((JSON.parse(malformed.body) as { error: { code: string } }).error.code, "INVALID");
  const form = await post("entry=1", "application/x-www-form-urlencoded");
  assert.equal(form.status, 415);
  assert.ok(form.body.includes("application/json"));
  const large = await post(JSON.stringify({ entry: "a", files: { a: "x".repeat(9 * 1024 * 1024) } }), "application/json");
  assert.equal(large.status, 413);
  assert.equal((JSON.parse(large.body) as { error: { code: string } }).error.code, "LIMIT");
});

test("a request for another host name is refused: DNS rebinding", async () => {
  for (const host of ["evil.example", "evil.example:7373", "127.0.0.1.evil.example", "localhost.evil.example", "2130706433", "[::2]", ":7373", "a@127.0.0.1"]) {
    const { statusCode } = await server.inject({ method: "GET", url: "/v1/status", headers: { host } });
    assert.equal(statusCode, 403, host);
  }
  for (const host of ["127.0.0.1:1", "localhost", "LOCALHOST:80", "[::1]:7373", "foretop.localhost:1"]) {
    const { statusCode } = await server.inject({ method: "GET", url: "/v1/status", headers: { host } });
    assert.equal(statusCode, 200, host);
  }
});

test("a write from a page of another origin is refused, one from our own or from a program is not", async () => {
  const write = async (headers: Record<string, string>) =>
    (await server.inject({ method: "POST", url: "/v1/detectors/nobody/activate", headers: { host: "localhost:7373", ...headers } })).statusCode;
  assert.equal(await write({ origin: "https://evil.example" }), 403);
  assert.equal(await write({ origin: "http://localhost:3000" }), 403); // another port is another origin
  assert.equal(await write({ origin: "null" }), 403);
  assert.equal(await write({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await write({ "sec-fetch-site": "same-site" }), 403);
  assert.equal(await write({ origin: "http://localhost:7373", "sec-fetch-site": "same-origin" }), 404);
  assert.equal(await write({}), 404);
});

test("every answer carries the security headers, errors too", async () => {
  for (const path of ["/", "/v1/status", "/v1/nothing", "/assets/index-1a2b.js"]) {
    const { headers } = await ask(path);
    const policy = headers.get("content-security-policy")!;
    assert.ok(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && !policy.includes("unsafe"), path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("the page answers at every address of a page, not in place of a file or an operation", async () => {
  for (const path of ["/", "/groups/7f3a?x=1", "/detectors/a%20b"]) assert.ok((await ask(path)).body.includes("the page"), path);
  for (const path of ["/v1/nothing", "/assets/gone.js", "/../package.json", "/%2e%2e/package.json", "/favicon.ico"]) {
    const { status, body } = await ask(path);
    assert.equal(status, 404, path);
    assert.ok(!body.includes("the page"), path);
  }
  assert.equal((await ask("/", { method: "POST" })).status, 404);
});

test("files with a hash in their name may be kept, the page may not", async () => {
  assert.ok((await ask("/assets/index-1a2b.js")).headers.get("cache-control")!.includes("immutable"));
  assert.equal((await ask("/")).headers.get("cache-control"), "no-cache");
  assert.equal((await ask("/v1/status")).headers.get("cache-control"), "no-store");
});

test("a console that was not built says so and how to do it", async () => {
  const bare = buildServer(world.system, world.app, { consoleFolder: join(folder, "nowhere") });
  const { statusCode, body } = await bare.inject({ method: "GET", url: "/", headers: { host: "localhost" } });
  assert.equal(statusCode, 503);
  assert.ok(body.includes("scripts/build-console.mjs"));
});

test("/healthz is up while /readyz says what is not ready", async () => {
  assert.equal((await ask("/healthz")).status, 200);
  assert.equal((await ask("/readyz")).status, 200);
  const starting = buildServer(world.system, { ...world.app, health: async () => ({ ...(await world.app.health()), notReady: ["migrating the database"] }) });
  const { statusCode, body } = await starting.inject({ method: "GET", url: "/readyz", headers: { host: "localhost" } });
  assert.equal(statusCode, 503);
  assert.ok(body.includes("migrating the database"));
});

test("/metrics speaks Prometheus", async () => {
  const { body, headers } = await ask("/metrics");
  assert.ok(headers.get("content-type")!.startsWith("text/plain"));
  assert.ok(body.includes("# TYPE foretop_intervals_total counter"));
  assert.ok(body.includes("foretop_queued_jobs 0"));
});

test("what goes wrong inside stays inside: 500 without detail, and a line in the log", async () => {
  const logged: string[] = [];
  const system = { ...world.system, log: { ...world.system.log, error: (fields: Record<string, unknown>) => void logged.push(JSON.stringify(fields)) } };
  const broken: App = { ...world.app, health: () => Promise.reject(new Error("password=hunter2")) };
  const { statusCode, body } = await buildServer(system, broken).inject({ method: "GET", url: "/v1/status", headers: { host: "localhost" } });
  assert.equal(statusCode, 500);
  assert.ok(!body.includes("hunter2"));
  assert.equal(logged.length, 1);
});

test("a source that fails is 502, one that takes too long 504, both with the advice", async () => {
  for (const [code, status] of [["PERMISSION", 502], ["TIMEOUT", 504]] as const) {
    const app: App = { ...world.app, plan: () => Promise.reject(new SourceError("no", { code, transient: false, advice: "Grant SELECT." })) };
    const answer = await buildServer(world.system, app).inject({ method: "POST", url: "/v1/plan", headers: { host: "localhost" }, payload: { entry: "a", files: {} } });
    assert.equal(answer.statusCode, status);
    assert.equal(answer.json<{ error: { advice: string } }>().error.advice, "Grant SELECT.");
  }
});

test("the HTTP client gives the same results and errors as the handlers", async () => {
  const client = httpClient(listening.address);
  assert.deepEqual(await client.call("listDetectors", {}), { detectors: [] });
  await assert.rejects(client.call("getDetector", { detector: "a/b c" }), (error: unknown) => error instanceof UserError && error.code === "NOT_FOUND" && error.message === 'there is no detector "a/b c"');
  await assert.rejects(client.call("muteDetector", { detector: "x", muted: true }), (error: unknown) => error instanceof UserError && error.code === "NOT_FOUND");
  await assert.rejects(httpClient("http://127.0.0.1:1").call("getStatus", {}), (error: unknown) => error instanceof UserError && error.code === "UNREACHABLE");
});

test("while it listens, serve.json says where; afterwards it is gone", async () => {
  assert.equal(servingAt(world.system.homeFolder), listening.address);
  const other = buildServer(world.system, world.app);
  const home = mkdtempSync(join(tmpdir(), "foretop-home-"));
  const second = await listen(other, { port: 0, homeFolder: home });
  await second.close();
  assert.ok(!existsSync(join(home, "serve.json")));
  assert.equal(servingAt(home), null);
  writeFileSync(join(home, "serve.json"), '{"address": "http://127.0.0.1:1", "pid": 4194304}'); // above the largest pid of Linux
  assert.equal(servingAt(home), null);
  writeFileSync(join(home, "serve.json"), '{"addr');
  assert.equal(servingAt(home), null);
  rmSync(home, { recursive: true });
});

test("an address that others can reach is refused, and a tunnel is named instead", async () => {
  for (const host of ["0.0.0.0", "192.168.1.5", "::", "example.com"]) {
    await assert.rejects(listen(buildServer(world.system, world.app), { host, port: 0, homeFolder: folder }), (error: unknown) => error instanceof UserError && error.where === "--host" && error.advice!.includes("ssh -L"));
  }
});

test("a port that is taken is said with its number and what to do", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as { port: number };
  await assert.rejects(listen(buildServer(world.system, world.app), { port, homeFolder: folder }), (error: unknown) => error instanceof UserError && error.code === "PORT_IN_USE" && error.message.includes(String(port)) && error.advice!.includes("--port 0"));
  holder.close();
});
