/**
 * Settings as they may be shown. Secrets come by reference (`env:`, `file:`, `secret:`) and a literal one is refused
 * when a file is applied; this is the second lock: what looks like a secret and is no reference is not shown, and of a
 * URL only its origin is, because web hooks carry their secret in the path.
 */
import { SECRET_REFERENCE } from "../secrets/secret-reference.ts";
const SECRET_NAME = /pass|secret|token|credential|api_?key|private|authorization/i;
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const HIDDEN = "(hidden)";

export function shownSettings(settings: Readonly<Record<string, unknown>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, shown(name, value)]));
}

function shown(name: string, value: unknown): Json {
  if (typeof value === "string") {
    if (SECRET_REFERENCE.test(value)) return value;
    return SECRET_NAME.test(name) ? HIDDEN : withoutUrlSecrets(value);
  }
  if (Array.isArray(value)) return value.map((item) => shown(name, item));
  if (typeof value === "object" && value !== null) return shownSettings(value as Readonly<Record<string, unknown>>); // a plain object of a parsed file
  if (SECRET_NAME.test(name) && value !== null && typeof value !== "boolean") return HIDDEN;
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function withoutUrlSecrets(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text;
  const { protocol, host, pathname, search } = new URL(text);
  return `${protocol}//${host}${pathname.length > 1 || search !== "" ? "/…" : ""}`;
}
