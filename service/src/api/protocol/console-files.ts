/**
 * The console's files, and its one page for every address that a person may type. When it has not been built, a page
 * says so and how to do it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { UserError } from "../../telemetry/errors.ts";

/** Files under assets/ carry a hash of their content in their name. */
const A_YEAR = "public, max-age=31536000, immutable";

export function serveConsole(server: FastifyInstance, folder: string): void {
  const built = existsSync(join(folder, "index.html"));
  if (built) {
    void server.register(fastifyStatic, {
      root: folder,
      index: false,
      cacheControl: false,
      setHeaders: (reply, path) => void reply.header("cache-control", path.includes("/assets/") ? A_YEAR : "no-cache"),
    });
  }
  const page = (reply: FastifyReply) => (built ? reply.header("cache-control", "no-cache").sendFile("index.html") : notBuilt(reply));
  // The folder itself is an address too, which the file server would refuse to list.
  server.get("/", (_request, reply) => page(reply));
  server.setNotFoundHandler((request, reply) => {
    if (!isPageAddress(request)) throw notFound(request);
    return page(reply);
  });
}

/** Pages have addresses like /groups/7f3a…; files and the API don't fall back to the page. */
function isPageAddress({ method, url }: FastifyRequest): boolean {
  const path = url.split("?")[0]!;
  return (method === "GET" || method === "HEAD") && !path.startsWith("/v1/") && !path.startsWith("/assets/") && !/\.\w+$/.test(path);
}

function notFound({ method, url }: FastifyRequest): UserError {
  return new UserError(`there is nothing at ${method} ${url.split("?")[0]}`, {
    code: "NOT_FOUND",
    advice: "All operations are listed at /v1/openapi.json.",
  });
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .status(503)
    .type("text/html; charset=utf-8")
    .send(
      `<!doctype html><html lang="en"><title>Foretop</title><h1>The console has not been built</h1>` +
        `<p>In a checkout run <code>node scripts/build-console.mjs</code>, then start the service again. ` +
        `The API is up: <a href="/v1/openapi.json">/v1/openapi.json</a>.</p></html>`,
    );
}
