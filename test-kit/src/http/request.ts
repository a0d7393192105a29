/** A request as it came over the wire: nothing decoded, since signatures are made over the exact bytes. */
import type { IncomingMessage } from "node:http";

export interface KitRequest {
  readonly method: string;
  /** as sent, still percent-encoded, without the query */
  readonly rawPath: string;
  /** pairs as sent, still percent-encoded, in order */
  readonly rawQuery: readonly (readonly [name: string, value: string])[];
  /** decoded; of a repeated name the first */
  readonly query: ReadonlyMap<string, string>;
  /** names in lower case, repeated ones joined with a comma */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A single PUT may have 5 GiB at AWS; one process that keeps all in memory draws the line earlier. */
export const BODY_BYTES_MAX = 1024 ** 3;

/** Null when the client went away in the middle, or sent more than BODY_BYTES_MAX. */
export async function readRequest(message: IncomingMessage): Promise<KitRequest | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) return null;
      chunks.push(chunk);
    }
  } catch {
    return null; // half a request is none
  }
  const url = message.url ?? "/";
  const queryAt = url.indexOf("?");
  const rawQuery = queryAt < 0 ? [] : pairsOf(url.slice(queryAt + 1));
  const query = new Map<string, string>();
  for (const [name, value] of rawQuery) {
    const decoded = decodeQuery(name);
    if (!query.has(decoded)) query.set(decoded, decodeQuery(value));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return { method: message.method ?? "GET", rawPath: queryAt < 0 ? url : url.slice(0, queryAt), rawQuery, query, headers, body: Buffer.concat(chunks) };
}

function pairsOf(text: string): [string, string][] {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equalsAt = pair.indexOf("=");
      return equalsAt < 0 ? [pair, ""] : [pair.slice(0, equalsAt), pair.slice(equalsAt + 1)];
    });
}

/** In a query a plus is a space; text that is not percent-encoded rightly stays as it is. */
export function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
