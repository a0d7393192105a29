/** Calls the API. Three kinds of trouble look different to a person, so they are different here. */
export type Trouble =
  | { readonly kind: "unreachable" }
  | { readonly kind: "not found"; readonly message: string; readonly advice: string | null }
  | { readonly kind: "refused" | "broken"; readonly message: string; readonly advice: string | null };

export class ApiTrouble extends Error {
  override readonly name = "ApiTrouble";
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.kind === "unreachable" ? "the service does not answer" : trouble.message);
    this.trouble = trouble;
  }
}

/** A service that has not answered after this long counts as unreachable. */
const ANSWER_MS_MAX = 30_000;

export async function getJson<T>(path: string, query: Readonly<Record<string, string | number | undefined>>, signal: AbortSignal): Promise<T> {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  const search = new URLSearchParams(given).toString();
  return request<T>(search === "" ? path : `${path}?${search}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]) });
}

export async function postJson<T>(path: string, body: object): Promise<T> {
  return request<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, init).catch((error: unknown) => {
    // A page that goes away aborts its requests on purpose; everything else means that nobody answered.
    if (init.signal?.aborted === true && (init.signal.reason as Error).name === "AbortError") throw error;
    throw new ApiTrouble({ kind: "unreachable" });
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok && body !== null) return body as T; // the service parses every answer against the shape it declares
  const error = (body as { error?: { message?: string; advice?: string | null } } | null)?.error;
  const message = error?.message ?? `the service answered ${response.status}`;
  const kind = response.status === 404 ? "not found" : response.status < 500 ? "refused" : "broken";
  throw new ApiTrouble({ kind, message, advice: error?.advice ?? null });
}
