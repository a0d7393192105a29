import { createHmac } from "node:crypto";

/**
 * Headers of the Standard Webhooks specification (standardwebhooks.com), for which every language has a verifier: the
 * receiver knows who sent it, that nothing was changed, and by `webhook-id` whether it has it already.
 *
 * @param secret  as given to the receiver; a `whsec_` in front says that the rest is base64
 */
export function signatureHeaders({ key, body, secret, atMs }: { key: string; body: Buffer; secret: string; atMs: number }): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const hmacKey = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  const signature = createHmac("sha256", hmacKey).update(`${key}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
