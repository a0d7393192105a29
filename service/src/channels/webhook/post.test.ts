import type { LookupAddress } from "node:dns";
import { createServer as createTcpServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../../../test/webhook-receiver.ts";
import { ANSWER_BYTES_MAX, post, PostError, REDIRECTS_MAX, type PostOptions } from "./post.ts";

let first: WebhookReceiver;
let second: WebhookReceiver;
beforeEach(async () => {
  first = await startWebhookReceiver("127.0.0.1");
  second = await startWebhookReceiver("127.0.0.2"); // the address that is off limits in these tests
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

/** As in production, but 127.0.0.1 plays the public internet and 127.0.0.2 the private network. */
const whyRefused = (address: string) => (address === "127.0.0.1" ? null : "private");

function postTo(url: string, options: Partial<PostOptions> = {}) {
  return post({ url: new URL(url), body: Buffer.from('{"a":"ä"}'), headers: { "content-type": "application/json" }, privateHeaders: { authorization: "Bearer t0ken" }, signal: AbortSignal.timeout(5000), whyRefused, ...options });
}
const resolvesTo = (answers: readonly (readonly string[])[], asked: string[] = []) =>
  ((name: string, _options: unknown, callback: (error: null, addresses: LookupAddress[]) => void) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(name);
    callback(null, addresses.map((address) => ({ address, family: 4 })));
  }) as unknown as NonNullable<PostOptions["resolve"]>;

test("the body arrives byte for byte with all headers, and the answer's beginning comes back", async () => {
  first.answer = (_request, response) => response.writeHead(418, { "retry-after": "7" }).end("teapot");
  expect(await postTo(`${first.url}/hook?x=1`)).toMatchObject({ status: 418, retryAfter: "7", text: "teapot" });
  expect(first.requests).toMatchObject([{ method: "POST", path: "/hook?x=1", body: '{"a":"ä"}', headers: { "content-type": "application/json", authorization: "Bearer t0ken", "content-length": "10" } }]);
});

test("by default only public addresses are reached: loopback in every spelling is refused before a connection is made", async () => {
  for (const host of ["127.0.0.1", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
    const { whyRefused: _none, ...rest } = { whyRefused };
    await expect(post({ url: new URL(`http://${host}:${first.port}/`), body: Buffer.from("x"), headers: {}, privateHeaders: {}, signal: AbortSignal.timeout(5000), ...rest }), host).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("allowPrivate") as string,
    });
  }
  expect(first.requests).toEqual([]);
});

test("a name that resolves to a refused address is refused, also beside a public one", async () => {
  for (const addresses of [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]]) {
    await expect(postTo(`http://hook.test:${second.port}/`, { resolve: resolvesTo([addresses]) })).rejects.toMatchObject({ kind: "refused" });
  }
  expect([...first.requests, ...second.requests]).toEqual([]);
});

test("a name that changes its mind is asked once: what was checked is what is connected to", async () => {
  const asked: string[] = [];
  await postTo(`http://hook.test:${first.port}/`, { resolve: resolvesTo([["127.0.0.1"], ["127.0.0.2"]], asked) });
  expect(asked).toEqual(["hook.test"]);
  expect(first.requests).toHaveLength(1);
  expect(first.requests[0]!.headers.host).toBe(`hook.test:${first.port}`);
});

test("after a redirect the rules hold again: literal address and name", async () => {
  for (const location of [`http://127.0.0.2:${second.port}/x`, `http://inside.test:${second.port}/x`]) {
    first.answer = (_request, response) => response.writeHead(307, { location }).end();
    const resolve = ((name: string, options: object, callback: (error: null, addresses: LookupAddress[]) => void) => resolvesTo([[name === "inside.test" ? "127.0.0.2" : "127.0.0.1"]])(name, options, callback as never)) as unknown as NonNullable<PostOptions["resolve"]>;
    await expect(postTo(`http://hook.test:${first.port}/`, { resolve })).rejects.toMatchObject({ kind: "refused" });
  }
  expect(second.requests).toEqual([]);
});

test("a redirect is followed with method and body; what authenticates us stays with the first host", async () => {
  for (const status of [301, 302, 307, 308]) {
    first.requests.length = 0;
    second.requests.length = 0;
    first.answer = ({ path }, response) => (path === "/a" ? response.writeHead(status, { location: "/b" }) : response.writeHead(status, { location: `${second.url}/c` })).end();
    await postTo(`${first.url}/a`, { whyRefused: () => null });
    expect(first.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([["/a", "Bearer t0ken"], ["/b", "Bearer t0ken"]]);
    expect(second.requests).toMatchObject([{ method: "POST", path: "/c", body: '{"a":"ä"}' }]);
    expect(second.requests[0]!.headers).not.toHaveProperty("authorization");
  }
});

test(`more than ${REDIRECTS_MAX} redirects, 303 and other protocols are refused`, async () => {
  let count = 0;
  first.answer = (_request, response) => response.writeHead(307, { location: `/${(count += 1)}` }).end();
  await expect(postTo(`${first.url}/`)).rejects.toThrow("more than 3 redirects");
  expect(first.requests).toHaveLength(REDIRECTS_MAX + 1);
  for (const [status, location] of [[303, "/x"], [302, "ftp://127.0.0.1/"], [302, "file:///etc/passwd"], [302, "http://"], [302, "http://a:b@127.0.0.1/"]] as const) {
    first.answer = (_request, response) => response.writeHead(status, { location }).end();
    await expect(postTo(`${first.url}/`), location).rejects.toMatchObject({ kind: "refused" });
  }
});

test("a redirect status without a location is an answer", async () => {
  first.answer = (_request, response) => response.writeHead(304).end();
  expect((await postTo(`${first.url}/`)).status).toBe(304);
});

test("an endless answer is cut off; its status stands", async () => {
  first.answer = (_request, response) => {
    response.writeHead(200);
    const write = () => {
      while (response.write("x".repeat(8192)));
      response.once("drain", write);
    };
    write();
  };
  const answer = await postTo(`${first.url}/`);
  expect(answer.status).toBe(200);
  expect(answer.text.length).toBe(ANSWER_BYTES_MAX);
});

test("an answer that never ends or breaks off counts by its status", async () => {
  first.answer = (_request, response) => response.writeHead(202, { "content-length": "100" }).write("so far");
  expect(await postTo(`${first.url}/`)).toMatchObject({ status: 202, text: "so far" });
  first.answer = (_request, response) => {
    response.writeHead(500, { "content-length": "100" }).write("so far");
    setTimeout(() => response.destroy(), 20);
  };
  expect(await postTo(`${first.url}/`)).toMatchObject({ status: 500, text: "so far" });
});

test("nobody listens, a closed connection, an unknown name: network, in words without path or header", async () => {
  const closing = createTcpServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
  const { port } = closing.address() as { port: number };
  await first.close();
  for (const url of [`http://127.0.0.1:${first.port}/s3cret`, `http://127.0.0.1:${port}/s3cret`, "http://no-such-name.invalid/s3cret"]) {
    const error = await postTo(url).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PostError);
    expect(error).toMatchObject({ kind: "network" });
    expect((error as PostError).message).not.toMatch(/s3cret|t0ken/);
  }
  await new Promise((resolve) => closing.close(resolve));
});

test("an abort ends it, also between two redirects", async () => {
  const stop = new AbortController();
  first.answer = (_request, response) => {
    response.writeHead(307, { location: "/again" }).end();
    stop.abort(new Error("stop"));
  };
  await expect(postTo(`${first.url}/`, { signal: stop.signal })).rejects.toThrow("stop");
  expect(first.requests).toHaveLength(1);
});
