/** One HTTP server for all services: which one a request is for stands in its signature. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Identities } from "../auth/identity.ts";
import { SignatureFailure, signedService, verifySignature } from "../auth/verify-signature.ts";
import type { Call, Calls } from "../calls.ts";
import type { FaultKind, Faults } from "../faults/faults.ts";
import type { KitService } from "../service.ts";
import { AwsError } from "./aws-error.ts";
import type { KitReply } from "./reply.ts";
import { readRequest } from "./request.ts";
import type { KitRequest } from "./request.ts";

export interface ServeOptions {
  readonly services: readonly KitService[];
  readonly identities: Identities;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly nowMs: () => number;
  /** 0: any that is free */
  readonly port: number;
}

export interface KitServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function serve(options: ServeOptions): Promise<KitServer> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => void answer(message, response, options));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }; // it listens on a port, so it is not a pipe's name
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections(); // hanging ones, too
  await closed;
}

async function answer(message: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  const request = await readRequest(message);
  if (request === null) return void response.destroy();
  // S3 is what is asked for without a signature: a browser, curl, a health check.
  const service = options.services.find(({ name }) => name === (signedService(request) ?? "s3"));
  if (service === undefined) return send(request, response, { status: 404, headers: {}, body: Buffer.from(`the kit does not have the service ${signedService(request)}\n`) }, null);
  const call: Call = { service: service.name, ...service.identify(request), atMs: options.nowMs() };
  const fault = options.faults.take(call);
  const finished = (status: number | null): void => options.calls.add({ ...call, fault, status });
  if (fault === "hang") return finished(null); // the client, or close(), ends it
  if (fault === "cut") {
    finished(null);
    return void message.socket.destroy();
  }
  const result = await replyOf(request, service, fault, options);
  finished(fault === "lost-reply" || fault === "half" ? null : result.status);
  if (fault === "lost-reply") return void message.socket.destroy();
  send(request, response, result, fault);
}

async function replyOf(request: KitRequest, service: KitService, fault: FaultKind | null, { identities, nowMs }: ServeOptions): Promise<KitReply> {
  const requestId = randomUUID();
  // The date by our clock: clients correct theirs by it.
  const date = new Date(nowMs()).toUTCString();
  const ids = { date, ...(service.name === "s3" ? { "x-amz-request-id": requestId, "x-amz-id-2": "kit" } : { "x-amzn-requestid": requestId }) };
  try {
    if (fault === "error") throw new AwsError("InternalError", "We encountered an internal error. Please try again.", { status: 500 });
    if (fault === "throttle") throw service.throttled();
    const signed = verifySignature(request, { identities, nowMs: nowMs(), region: null });
    const result = await service.handle(request, signed);
    return { ...result, headers: { ...ids, ...result.headers } };
  } catch (error) {
    const result = service.encodeError(asAwsError(error, service), request, requestId);
    return { ...result, headers: { ...ids, ...result.headers } };
  }
}

function asAwsError(error: unknown, service: KitService): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof SignatureFailure) return service.signatureError(error);
  // A mistake of the kit: the test that meets it should see where.
  return new AwsError("InternalError", `the test kit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { status: 500 });
}

function send({ method }: KitRequest, response: ServerResponse, { status, headers, body }: KitReply, fault: FaultKind | null): void {
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { "content-length": String(body.length) }) });
  if (method === "HEAD" || !hasBody) return void response.end();
  if (fault !== "half") return void response.end(body);
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}
