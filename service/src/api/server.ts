/**
 * The service over HTTP: /v1 from the table of operations, its OpenAPI document, health, metrics and the console. No
 * accounts yet, so it answers on loopback only (see protocol/guard.ts).
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fastify, type FastifyInstance } from "fastify";
import type { System } from "../pipeline/system.ts";
import { describeError } from "../telemetry/errors.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { App } from "./app.ts";
import { runOperation, type Operation } from "./operation.ts";
import { operations } from "./operations/index.ts";
import { serveConsole } from "./protocol/console-files.ts";
import { errorAnswer } from "./protocol/error-answer.ts";
import { guard } from "./protocol/guard.ts";
import { openApi } from "./protocol/open-api.ts";
import { SECURITY_HEADERS } from "./protocol/security-headers.ts";
import { refreshGauges } from "./refresh-gauges.ts";

export const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** Delivery keys and interval starts are parts of paths. */
const PATH_PART_LENGTH_MAX = 500;
const REQUEST_HEADERS_SECONDS_MAX = 15;

export interface ServerOptions {
  /** where the console was built */
  readonly consoleFolder?: string;
  readonly metrics?: Metrics;
}

const HERE = dirname(fileURLToPath(import.meta.url));
/** As published the console lies beside the one file of the service; in a checkout it is a workspace of its own. */
const CONSOLE_FOLDER = import.meta.url.endsWith(".ts") ? join(HERE, "..", "..", "..", "console", "dist") : join(HERE, "console");

export function buildServer(system: System, app: App, { consoleFolder = CONSOLE_FOLDER, metrics }: ServerOptions = {}): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PATH_PART_LENGTH_MAX },
    forceCloseConnections: true, // a browser's idle connection must not keep a stopping service alive
    requestTimeout: 0, // a re-run takes as long as its query may
    http: { headersTimeout: REQUEST_HEADERS_SECONDS_MAX * 1000 },
  });

  server.addHook("onRequest", (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    guard(request);
    done();
  });
  server.setErrorHandler((error, request, reply) => {
    const { status, body, unexpected } = errorAnswer(error);
    if (unexpected) system.log.error({ error: describeError(error), request: `${request.method} ${request.url}` }, "request failed");
    return reply.status(status).send(body);
  });
  // An empty body is an empty input: `curl -X POST …/activate -H content-type:application/json` should simply work.
  const parseJson = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, text, done) => {
    if (text === "") return done(null, {});
    return parseJson(request, text.toString(), done);
  });

  for (const operation of Object.values<Operation>(operations)) addRoute(server, operation, { system, app });
  addDocuments(server, { system, app, metrics });
  serveConsole(server, consoleFolder);
  return server;
}

function addRoute(server: FastifyInstance, operation: Operation, context: { system: System; app: App }): void {
  server.route({
    method: operation.method,
    url: operation.path,
    async handler({ params, query, body }, reply) {
      const rest = operation.method === "POST" ? fieldsOf(body) : fieldsOf(query);
      void reply.header("cache-control", "no-store");
      return runOperation(operation, { ...rest, ...fieldsOf(params) }, context);
    },
  });
}

/** The fields of a query or body; anything but an object is left to the input check, which names what it wants. */
function fieldsOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function addDocuments(server: FastifyInstance, { system, app, metrics }: { system: System; app: App; metrics: Metrics | undefined }): void {
  server.get("/v1/openapi.json", async () => openApi(Object.values<Operation>(operations), { version: (await app.health()).version }));
  server.get("/healthz", async () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const { notReady } = await app.health();
    return reply.status(notReady.length === 0 ? 200 : 503).send({ status: notReady.length === 0 ? "ready" : "not ready", notReady });
  });
  if (metrics === undefined) return;
  server.get("/metrics", async (_request, reply) => {
    await refreshGauges(metrics, { system, app });
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}
