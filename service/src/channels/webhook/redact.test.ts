import { expect, test } from "vitest";
import { redact } from "./redact.ts";

test("a secret, its pieces and its usual encodings are replaced", () => {
  const secrets = ["Bearer s3cr3t-token", "https://hooks.example.com/services/T0001/B0002/abcdefghij"];
  for (const text of ["got Bearer s3cr3t-token", "token s3cr3t-token?", `"abcdefghij"`, "/services/T0001/B0002/abcdefghij", Buffer.from("s3cr3t-token").toString("base64"), encodeURIComponent("Bearer s3cr3t-token")]) {
    const clean = redact(text, secrets);
    expect(clean).toContain("•••");
    expect(clean).not.toMatch(/s3cr3t-token|abcdefghij|czNjcjN0/);
  }
});

test("a secret with quotes is found in JSON", () => {
  expect(redact(JSON.stringify({ saw: 'pa"ss\\word' }), ['pa"ss\\word'])).toBe('{"saw":"•••"}');
});

test("other text is left alone, and short pieces do not blank out everything", () => {
  expect(redact("invalid_blocks: a of b", ["a b of"])).toBe("invalid_blocks: a of b");
  expect(redact("nothing here", [])).toBe("nothing here");
});
