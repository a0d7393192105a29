import { expect, test } from "vitest";
import { webhookSettings } from "./webhook-settings.ts";

const complaint = (settings: Record<string, unknown>) => webhookSettings.safeParse(settings).error?.issues.map(({ message }) => message).join("; ") ?? null;

test("an address is enough; the rest has defaults", () => {
  expect(webhookSettings.parse({ url: "https://hooks.example.com/x" })).toEqual({ url: "https://hooks.example.com/x", template: "foretop", headers: {}, timeoutSeconds: 10, allowPrivate: false });
});

test("the address may be a reference to a secret", () => {
  for (const url of ["env:HOOK", "file:/run/secrets/hook", "secret:hook"]) expect(complaint({ url })).toBeNull();
});

test("what is no address, another protocol or a password in it is refused, with what would be right", () => {
  expect(complaint({ url: "hooks.example.com" })).toMatch(/it should look like https:\/\/host\/path/);
  expect(complaint({ url: "ftp://example.com/x" })).toBe("only http and https are spoken, not ftp");
  expect(complaint({ url: "https://user:pw@example.com/" })).toBe("a password in an address is refused: give an Authorization header by reference");
});

test("an address that is a secret in itself must come by reference", () => {
  for (const url of ["https://hooks.slack.com/services/T/B/x", "https://discord.com/api/webhooks/1/x", "https://acme.webhook.office.com/x"]) expect(complaint({ url })).toMatch(/is a secret: .* give a reference, e\.g\. env:WEBHOOK_URL/);
});

test("headers come by reference only, and not those that are the channel's", () => {
  const url = "https://example.com/";
  expect(complaint({ url, headers: { Authorization: "Bearer abc" } })).toMatch(/by reference/);
  expect(complaint({ url, headers: { "Bad Header": "env:X" } })).toMatch(/Invalid key|not a header's name/);
  expect(complaint({ url, headers: { Host: "env:X" } })).not.toBeNull();
  expect(complaint({ url, headers: { "Idempotency-Key": "env:X" } })).not.toBeNull();
  expect(complaint({ url, headers: { "X-Api-Key": "env:X" } })).toBeNull();
});

test("no send may outlive the lease of its delivery", () => {
  expect(complaint({ url: "https://example.com/", timeoutSeconds: 26 })).not.toBeNull();
  expect(complaint({ url: "https://example.com/", timeoutSeconds: 0 })).not.toBeNull();
});
