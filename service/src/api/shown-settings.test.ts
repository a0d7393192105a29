import assert from "node:assert/strict";
import { test } from "vitest";
import { shownSettings } from "./shown-settings.ts";

test("references are shown, what looks like a secret is not", () => {
  assert.deepEqual(
    shownSettings({ password: "hunter2", passwordFile: "file:/run/secrets/db", apiKey: "secret:shop", token: 42, ssl: true, port: 5432, secretRequired: false }),
    { password: "(hidden)", passwordFile: "file:/run/secrets/db", apiKey: "secret:shop", token: "(hidden)", ssl: true, port: 5432, secretRequired: false },
  );
});

test("of a URL only the origin is shown: web hooks carry their secret in the path, databases in front of the host", () => {
  assert.deepEqual(
    shownSettings({ url: "https://hooks.example.com/services/T0/B0/x?k=v", home: "https://example.com", database: "postgres://me:pw@db:5432/shop" }),
    { url: "https://hooks.example.com/…", home: "https://example.com", database: "postgres://db:5432/…" },
  );
});

test("nested settings are looked into", () => {
  assert.deepEqual(shownSettings({ headers: { Authorization: "Bearer x", Accept: "text/csv" }, hosts: ["a", "b"], none: null }), {
    headers: { Authorization: "(hidden)", Accept: "text/csv" },
    hosts: ["a", "b"],
    none: null,
  });
});
