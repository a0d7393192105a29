/**
 * The last line of defence: every secret that was resolved is remembered here, and what goes to logs, errors and
 * terminals is searched for it. Code must not pass secrets on in the first place; drivers and receivers sometimes do.
 */
import type { Logger } from "../telemetry/logger.ts";
import { isSecretField } from "./secret-field.ts";

/** Shorter values are words of everyday texts too: masking "demo" everywhere would hide more than it protects. */
export const REDACTED_LENGTH_MIN = 6;
const MASK = "•••";
const VALUE_DEPTH_MAX = 8;

export class Redactor {
  /** what to look for: values and the forms they take in JSON, URLs and headers */
  readonly #forms = new Set<string>();
  #sorted: readonly string[] = [];

  /** Remembers a resolved secret: of a JSON text its secret fields, of a URL its password, else the text itself. */
  remember(text: string): void {
    for (const value of secretValuesOf(text)) {
      if (value.length < REDACTED_LENGTH_MIN) continue;
      for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString("base64")]) this.#forms.add(form);
    }
    // Longest first: a secret that holds another one is masked whole.
    this.#sorted = [...this.#forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  }

  redact(text: string): string {
    let clean = text;
    for (const form of this.#sorted) if (clean.includes(form)) clean = clean.replaceAll(form, MASK);
    return clean;
  }

  /** A copy of plain data with every text in it redacted; errors keep name, code, message and cause. */
  redactValue(value: unknown, depth = 0): unknown {
    if (typeof value === "string") return this.redact(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= VALUE_DEPTH_MAX) return "…";
    if (value instanceof Error) {
      const { name, message, stack, cause, code } = value as Error & { code?: unknown };
      return {
        type: name,
        message: this.redact(message),
        ...(typeof code === "string" && { code }),
        ...(stack !== undefined && { stack: this.redact(stack) }),
        ...(cause !== undefined && { cause: this.redactValue(cause, depth + 1) }),
      };
    }
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.redactValue(item, depth + 1)]));
  }

  /** A logger that redacts whatever it is given. */
  protect(log: Logger): Logger {
    const at = (level: keyof Logger) => (fields: Record<string, unknown>, message: string) =>
      log[level](this.redactValue(fields) as Record<string, unknown>, this.redact(message)); // a record in, a record out
    return { info: at("info"), warn: at("warn"), error: at("error"), debug: at("debug") };
  }
}

function secretValuesOf(text: string): string[] {
  const whole = text.trim();
  const json = objectOf(whole);
  if (json !== null) {
    const fields = Object.entries(json).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const secret = fields.filter(([name]) => isSecretField(name));
    return [whole, ...(secret.length > 0 ? secret : fields).map(([, value]) => value)];
  }
  const values = [whole];
  if (URL.canParse(whole)) {
    const { password, searchParams } = new URL(whole);
    values.push(password, safelyDecoded(password));
    // Only the parameters that are secrets: `sslmode=require` must not mask the word "require" in every text.
    for (const [name, value] of searchParams) if (isSecretField(name)) values.push(value);
  }
  // "Bearer xyz": the token alone is as good as the header.
  const scheme = /^(?:bearer|basic|token)\s+(\S+)$/i.exec(whole);
  if (scheme !== null) values.push(scheme[1]!);
  return values;
}

function objectOf(text: string): Record<string, unknown> | null {
  if (!text.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
