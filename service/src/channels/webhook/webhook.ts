/** A channel that posts each message over HTTP(S) (docs/channels/webhook.md). */
import type { Secrets } from "../../secrets/secrets.ts";
import { describeError } from "../../telemetry/errors.ts";
import type { Channel, SendResult } from "../channel.ts";
import { failedForGood, failedForNow, sent } from "../send-results.ts";
import { post, PostError, type Answer } from "./post.ts";
import { redact } from "./redact.ts";
import { retryAfterMs } from "./retry-after.ts";
import { signatureHeaders } from "./signature.ts";
import { webhookBody } from "./webhook-body.ts";
import { isReference, problemOfAddress, webhookSettings, type WebhookSettings } from "./webhook-settings.ts";

/** As much of a receiver's answer goes into the detail of a failure. */
const ANSWER_LENGTH_MAX = 200;

export const webhookChannel: Channel<WebhookSettings> = {
  kind: "webhook",
  settings: webhookSettings,
  // Receivers built for Lookout for Metrics know no message about an end.
  followsUp: (settings) => settings["template"] !== "lookout",

  async send({ key, message }, settings, { secrets, signal }) {
    let resolved: Resolved;
    try {
      resolved = await resolveSecrets(settings, secrets);
    } catch (error) {
      // Whoever forgot the secret may yet put it there. The error names the reference, never a value.
      return failedForNow(describeError(error));
    }
    const problem = resolved.problem;
    if (problem !== null) return failedForGood(problem);

    const body = webhookBody(message, settings.template);
    const signed = resolved.secret === null ? {} : signatureHeaders({ key, body: body.bytes, secret: resolved.secret, atMs: wallClockMs() });
    const timeout = AbortSignal.timeout(settings.timeoutSeconds * 1000);
    try {
      const answer = await post({
        url: new URL(resolved.url),
        body: body.bytes,
        headers: { "content-type": body.contentType, "user-agent": "foretop", "idempotency-key": key, "webhook-id": key },
        privateHeaders: { ...resolved.headers, ...signed },
        signal: AbortSignal.any([signal, timeout]),
        ...(settings.allowPrivate ? { whyRefused: () => null } : {}),
      });
      return resultOf(answer, resolved.hidden);
    } catch (error) {
      if (signal.aborted) return failedForNow("stopped before the receiver answered");
      if (timeout.aborted) return failedForNow(`no answer within ${settings.timeoutSeconds} s`);
      if (!(error instanceof PostError)) throw error;
      const detail = redact(error.message, resolved.hidden);
      return error.kind === "refused" ? failedForGood(detail) : failedForNow(detail);
    }
  },
};

interface Resolved {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string | null;
  /** everything that must not be seen */
  readonly hidden: readonly string[];
  readonly problem: string | null;
}

async function resolveSecrets({ url, headers, secret }: WebhookSettings, secrets: Secrets): Promise<Resolved> {
  const hidden: string[] = [];
  const resolve = async (reference: string) => {
    // Files of secrets tend to end with a line feed that is no part of the secret.
    const value = (await secrets.resolve(reference)).trim();
    hidden.push(value);
    return value;
  };
  const resolvedUrl = isReference(url) ? await resolve(url) : url;
  const resolvedHeaders: Record<string, string> = {};
  const problemOfUrl = problemOfAddress(resolvedUrl);
  let problem = problemOfUrl === null ? null : `the url (${url}): ${problemOfUrl}`;
  for (const [name, reference] of Object.entries(headers)) {
    const value = await resolve(reference);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) problem = `the secret for header ${name} (${reference}) holds a character that no header may hold`;
    resolvedHeaders[name] = value;
  }
  return { url: resolvedUrl, headers: resolvedHeaders, secret: secret === undefined ? null : await resolve(secret), hidden, problem };
}

function resultOf({ status, retryAfter, text }: Answer, hidden: readonly string[]): SendResult {
  if (status >= 200 && status < 300) return sent(`HTTP ${status}`);
  const said = redact(text, hidden).replace(/\s+/g, " ").trim().slice(0, ANSWER_LENGTH_MAX);
  const detail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  const isTransient = status === 408 || status === 425 || status === 429 || status >= 500;
  return isTransient ? failedForNow(detail, retryAfterMs(retryAfter, wallClockMs())) : failedForGood(detail);
}

/**
 * Not the system's clock: a signature's time and a date in `Retry-After` are compared with a clock outside, also where
 * the message is about a replayed week of last year.
 */
function wallClockMs(): number {
  return Date.now();
}
