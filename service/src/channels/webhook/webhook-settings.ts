import { z } from "zod";
import { SECRET_REFERENCE } from "../../secrets/secret-reference.ts";


/** Who has such an address may post: it is a secret in itself. */
const HOSTS_OF_SECRET_URLS = /^(hooks\.slack\.com|(.*\.)?discord(app)?\.com|.*\.webhook\.office\.com|.*\.logic\.azure\.com|chat\.googleapis\.com)$/;

/** Ours to set: the message's form and the connection's. */
const HEADERS_REFUSED = new Set(["host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"]);

const reference = z.string().regex(SECRET_REFERENCE, "a secret is given by reference: env:NAME, file:PATH or secret:NAME");

export const webhookSettings = z
  .strictObject({
    url: z
      .string()
      .superRefine((url, context) => {
        const problem = SECRET_REFERENCE.test(url) ? null : (problemOfAddress(url) ?? problemOfLiteral(url));
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      })
      .describe("where to post: http(s)://…, or a reference (env:NAME, file:PATH, secret:NAME) where the address is a secret"),
    template: z
      .enum(["foretop", "lookout", "slack", "text"])
      .default("foretop")
      .describe("form of the body: all of the message, only what Lookout for Metrics sent, Slack's Block Kit, or plain text"),
    headers: z
      .record(
        z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "not a header's name").refine((name) => !HEADERS_REFUSED.has(name.toLowerCase()), "this header is set by the channel"),
        reference,
      )
      .default({})
      .describe("headers by reference, e.g. Authorization: env:HOOK_TOKEN; never sent to another host after a redirect"),
    secret: reference.optional().describe("reference to a secret to sign with (Standard Webhooks)"),
    timeoutSeconds: z.number().min(1).max(25).default(10).describe("for connecting, sending and the answer together, redirects included"),
    allowPrivate: z.boolean().default(false).describe("may this webhook reach private, loopback and link-local addresses?"),
    followUps: z.boolean().optional().describe("also tell when a group is over or taken back; default true, false with template lookout"),
  })
  .describe("An HTTP POST for each message.");
export type WebhookSettings = z.infer<typeof webhookSettings>;

export function isReference(text: string): boolean {
  return SECRET_REFERENCE.test(text);
}

/** What is wrong with an address to post to; null for nothing. Never quotes the address: it may be a secret. */
export function problemOfAddress(text: string): string | null {
  if (!URL.canParse(text)) return "not an address: it should look like https://host/path, or be a reference (env:NAME, file:PATH, secret:NAME)";
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return `only http and https are spoken, not ${url.protocol.slice(0, -1)}`;
  if (url.username !== "" || url.password !== "") return "a password in an address is refused: give an Authorization header by reference";
  return null;
}

function problemOfLiteral(text: string): string | null {
  const { hostname } = new URL(text);
  if (!HOSTS_OF_SECRET_URLS.test(hostname)) return null;
  return `an address at ${hostname} is a secret: put it into the environment or a file and give a reference, e.g. env:WEBHOOK_URL`;
}
