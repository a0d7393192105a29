/**
 * One HTTP(S) POST that can't be turned against the network it runs in. Plain `fetch` resolves the name itself after
 * any check we could make, so that a name may point elsewhere a moment later; here the check sits in the connection's
 * own `lookup`, and what was checked is what is connected to. Every redirect is a new connection under the same rules.
 */
import { lookup as resolveName, type LookupAddress } from "node:dns";
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { whyNotPublic } from "./address-guard.ts";

export const REDIRECTS_MAX = 3;

/** As much of an answer is read; what is left of it is not waited for. */
export const ANSWER_BYTES_MAX = 16 * 1024;
export const ANSWER_MS_MAX = 2000;

export interface PostOptions {
  readonly url: URL;
  readonly body: Buffer;
  /** sent to every host on the way */
  readonly headers: Readonly<Record<string, string>>;
  /** sent to the first origin only: what authenticates us there is nobody else's business */
  readonly privateHeaders: Readonly<Record<string, string>>;
  /** ends all of it, redirects included */
  readonly signal: AbortSignal;
  /** why an address may not be connected to; null = it may. Default: only public ones */
  readonly whyRefused?: (address: string) => string | null;
  /** replaced in tests of names that change their mind */
  readonly resolve?: typeof resolveName;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** the beginning of the body */
  readonly text: string;
}

/** `refused`: by our own rules, the same again next time. `network`: not reached, or cut off. */
export class PostError extends Error {
  override readonly name = "PostError";
  readonly kind: "refused" | "network";
  constructor(kind: "refused" | "network", message: string, options?: { cause: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** @throws the signal's reason; PostError, whose message holds neither header nor body nor more of the URL than host and port */
export async function post(options: PostOptions): Promise<Answer> {
  let url = options.url;
  for (let redirects = 0; ; redirects++) {
    const answer = await postOnce(url, options);
    if (answer.location === null) return answer;
    if (redirects === REDIRECTS_MAX) throw new PostError("refused", `more than ${REDIRECTS_MAX} redirects`);
    url = redirectTarget(url, answer.location, answer.status);
  }
}

function redirectTarget(from: URL, location: string, status: number): URL {
  if (status === 303) throw new PostError("refused", "the receiver answered 303 (fetch another page instead): give the address that takes the message");
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw new PostError("refused", "redirected to something that is no address");
  }
  if (to.protocol !== "https:" && to.protocol !== "http:") throw new PostError("refused", `redirected to ${to.protocol} – only http and https are spoken`);
  if (from.protocol === "https:" && to.protocol === "http:") throw new PostError("refused", "redirected from https to http: the message would travel in clear");
  if (to.username !== "" || to.password !== "") throw new PostError("refused", "redirected to an address with a password in it");
  return to;
}

async function postOnce(url: URL, options: PostOptions): Promise<Answer & { location: string | null }> {
  const whyRefused = options.whyRefused ?? whyNotPublic;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A literal address is connected to without a lookup.
  if (isIP(host) !== 0) checkAddress(host, whyRefused);
  options.signal.throwIfAborted();

  const headers: OutgoingHttpHeaders = {
    ...(url.origin === options.url.origin ? options.privateHeaders : {}),
    ...options.headers,
    "content-length": options.body.length,
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      headers,
      agent: false,
      signal: options.signal,
      lookup: guardedLookup(whyRefused, options.resolve ?? resolveName),
    });
    request.once("response", resolve);
    request.once("error", (error) => {
      if (options.signal.aborted) return reject(options.signal.reason as Error);
      reject(error instanceof PostError ? error : new PostError("network", networkText(error, url), { cause: error }));
    });
    request.end(options.body);
  });
  const status = response.statusCode!;
  const isRedirect = [301, 302, 303, 307, 308].includes(status);
  const text = await beginningOf(response);
  return {
    status,
    retryAfter: response.headers["retry-after"] ?? null,
    text,
    location: isRedirect ? (response.headers.location ?? null) : null,
  };
}

/** Resolves once, refuses when any of the addresses is refused, and gives the connection exactly those. */
function guardedLookup(whyRefused: (address: string) => string | null, resolve: typeof resolveName): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { family: options.family ?? 0, hints: options.hints ?? 0, all: true }, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, "", 0);
      try {
        for (const { address } of addresses) checkAddress(address, whyRefused);
      } catch (refused) {
        return callback(refused as PostError, "", 0);
      }
      if (options.all === true) return callback(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function checkAddress(address: string, whyRefused: (address: string) => string | null): void {
  const why = whyRefused(address);
  if (why === null) return;
  throw new PostError("refused", `the address is not a public one (${why}); set allowPrivate: true where that is meant`);
}

/** What went wrong on the way, in words that fit a table; by code, because texts of errors may quote what was sent. */
function networkText(error: NodeJS.ErrnoException, { hostname, port, protocol }: URL): string {
  const at = `${hostname}:${port === "" ? (protocol === "https:" ? 443 : 80) : port}`;
  const code = error.code ?? error.name;
  const words: Readonly<Record<string, string>> = {
    ENOTFOUND: `the name ${hostname} is not known`,
    EAI_AGAIN: `the name ${hostname} could not be looked up`,
    ECONNREFUSED: `nothing listens at ${at}`,
    ECONNRESET: `${at} closed the connection`,
    ETIMEDOUT: `${at} does not answer`,
    EHOSTUNREACH: `${at} can't be reached`,
    ENETUNREACH: `${at} can't be reached`,
    EPIPE: `${at} closed the connection`,
  };
  return words[code] ?? `no connection to ${at} (${code})`;
}

function beginningOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(done, ANSWER_MS_MAX);
    function done() {
      clearTimeout(timer);
      response.off("data", take).destroy();
      resolve(Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8"));
    }
    function take(chunk: Buffer) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ANSWER_BYTES_MAX) done();
    }
    // The status has arrived and says what is needed: an answer that breaks off is as good as one that ends.
    response.on("data", take).once("end", done).once("close", done).once("error", done);
  });
}
