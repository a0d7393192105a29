import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { sampleMessage } from "../../../test/sample-group.ts";
import { startWebhookReceiver, type ReceivedRequest } from "../../../test/webhook-receiver.ts";
import type { Channel, SendResult } from "../channel.ts";
import { testChannel } from "../channel-contract.ts";
import { webhookChannel } from "./webhook.ts";
import { webhookSettings } from "./webhook-settings.ts";

for (const template of ["foretop", "lookout", "slack", "text"] as const) {
  testChannel(`webhook with template ${template}`, {
    channel: webhookChannel as Channel,
    homeFolder: "",
    cannot: {},
    async open() {
      const receiver = await startWebhookReceiver();
      const quote = ({ path, headers, body }: ReceivedRequest) => `you sent ${path} with ${headers.authorization} and ${JSON.stringify(headers["x-key"])}: ${body.slice(0, 20)}`;
      return {
        settings: { url: "env:HOOK_URL", template, allowPrivate: true, headers: { Authorization: "env:HOOK_TOKEN", "X-Key": "file:/run/key" }, secret: "secret:signing" },
        secrets: { "env:HOOK_URL": `${receiver.url}/services/T0A1B2C3D/very-secret-path`, "env:HOOK_TOKEN": "Bearer s3cr3t-t0ken", "file:/run/key": 'key-with-"quotes"\n', "secret:signing": "whsec_c2lnbmluZy1zZWNyZXQ=" },
        received: () => Promise.resolve(receiver.requests.map(({ headers, body }) => ({ id: headers["idempotency-key"] as string, content: body }))),
        fail(how) {
          receiver.answer = (request, response) => {
            if (how === "without an answer") return;
            response.writeHead(how === "for now" ? 503 : 400).end(quote(request));
          };
        },
        close: () => receiver.close(),
      };
    },
  });
}

async function sendTo(receiver: { url: string }, settings: Record<string, unknown> = {}, secrets: Record<string, string> = {}): Promise<SendResult> {
  const message = sampleMessage();
  return webhookChannel.send({ key: message.foretop.deliveryKey, message, attempt: 1 }, webhookSettings.parse({ url: `${receiver.url}/hook`, allowPrivate: true, ...settings }), {
    secrets: { resolve: (reference) => Promise.resolve(secrets[reference]!) },
    signal: new AbortController().signal,
    homeFolder: "",
    log: () => {},
  });
}

test("statuses: 2xx is sent, 408, 425, 429 and 5xx pass, the rest needs somebody", async () => {
  await using receiver = await disposableReceiver();
  const expected = { 200: "sent", 201: "sent", 204: "sent", 304: false, 400: false, 401: false, 403: false, 404: false, 410: false, 408: true, 425: true, 429: true, 500: true, 502: true, 503: true, 504: true };
  for (const [status, outcome] of Object.entries(expected)) {
    receiver.answer = (_request, response) => response.writeHead(Number(status)).end();
    expect(await sendTo(receiver), status).toMatchObject(outcome === "sent" ? { outcome, detail: `HTTP ${status}` } : { outcome: "failed", transient: outcome, detail: `HTTP ${status}` });
  }
});

test("the receiver's words are in the detail, in one line and cut", async () => {
  await using receiver = await disposableReceiver();
  receiver.answer = (_request, response) => response.writeHead(400).end(`invalid_blocks\n\n${"x".repeat(5000)}`);
  const { detail } = await sendTo(receiver);
  expect(detail).toMatch(/^HTTP 400: invalid_blocks x+$/);
  expect(detail.length).toBe("HTTP 400: ".length + 200);
});

test("what the receiver asks to wait is handed on", async () => {
  await using receiver = await disposableReceiver();
  receiver.answer = (_request, response) => response.writeHead(429, { "retry-after": "120" }).end();
  expect(await sendTo(receiver)).toMatchObject({ transient: true, afterMs: 120_000 });
  receiver.answer = (_request, response) => response.writeHead(503).end();
  expect(await sendTo(receiver)).not.toHaveProperty("afterMs");
});

test("a receiver that does not answer is given up after timeoutSeconds, and may be tried again", async () => {
  await using receiver = await disposableReceiver();
  receiver.answer = () => {};
  expect(await sendTo(receiver, { timeoutSeconds: 1 })).toEqual({ outcome: "failed", transient: true, detail: "no answer within 1 s" });
});

test("a private address is refused for good unless allowed, and nothing is sent", async () => {
  await using receiver = await disposableReceiver();
  const result = await sendTo(receiver, { allowPrivate: false });
  expect(result).toEqual({ outcome: "failed", transient: false, detail: "the address is not a public one (loopback); set allowPrivate: true where that is meant" });
  expect(receiver.requests).toEqual([]);
});

test("every request has the delivery key as its id, and a signature that the receiver can check over the body", async () => {
  await using receiver = await disposableReceiver();
  await sendTo(receiver, { secret: "env:S" }, { "env:S": "hush-hush" });
  const [{ headers, body }] = receiver.requests as [ReceivedRequest];
  const key = sampleMessage().foretop.deliveryKey;
  expect(headers).toMatchObject({ "idempotency-key": key, "webhook-id": key, "content-type": "application/json; charset=utf-8", "user-agent": "foretop" });
  const signature = createHmac("sha256", "hush-hush").update(`${key}.${headers["webhook-timestamp"] as string}.${body}`).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  expect(Math.abs(Number(headers["webhook-timestamp"]) * 1000 - Date.now())).toBeLessThan(60_000);
});

test("without a secret nothing is signed", async () => {
  await using receiver = await disposableReceiver();
  await sendTo(receiver);
  expect(receiver.requests[0]!.headers).not.toHaveProperty("webhook-signature");
});

test("a secret that no header may hold, or that is no address, is named by its reference", async () => {
  await using receiver = await disposableReceiver();
  expect(await sendTo(receiver, { headers: { Authorization: "env:T" } }, { "env:T": "a\nb: c" })).toEqual({ outcome: "failed", transient: false, detail: "the secret for header Authorization (env:T) holds a character that no header may hold" });
  expect(await sendTo(receiver, { url: "env:U" }, { "env:U": "hooks.example.com/xyz" })).toMatchObject({ transient: false, detail: expect.stringMatching(/^the url \(env:U\): not an address/) as string });
  expect(receiver.requests).toEqual([]);
});

async function disposableReceiver() {
  const receiver = await startWebhookReceiver();
  return Object.assign(receiver, { [Symbol.asyncDispose]: () => receiver.close() });
}
