import { expect, test } from "vitest";
import { signatureHeaders } from "./signature.ts";

// The example of the Standard Webhooks reference libraries (their own test vector).
test("the signature is the one of the Standard Webhooks reference", () => {
  expect(
    signatureHeaders({ key: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: Buffer.from('{"test": 2432232314}'), secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", atMs: 1_614_265_330_000 }),
  ).toEqual({ "webhook-timestamp": "1614265330", "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" });
});

test("a secret without the prefix is taken as it is", () => {
  const options = { key: "k", body: Buffer.from("{}"), atMs: 0 };
  const plain = signatureHeaders({ ...options, secret: "secret" });
  const encoded = signatureHeaders({ ...options, secret: `whsec_${Buffer.from("secret").toString("base64")}` });
  expect(plain).toEqual(encoded);
});
