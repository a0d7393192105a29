/** Where a database server is and how to log in, from settings and secrets: the same for every kind of server. */
import { readFile } from "node:fs/promises";
import type { DatabaseSecret, Secrets } from "../secrets/secrets.ts";
import { UserError } from "../telemetry/errors.ts";

/** The part of a connector's settings that says so; each connector declares these fields itself. */
export interface AddressSettings {
  readonly secret?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ssl?: "disable" | "require" | "verify-full" | undefined;
  readonly sslRootCertificate?: string | undefined;
  readonly connectSecondsMax: number;
}

/** Everything it takes to connect, secrets included: it never leaves a connector's folder. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly ssl: false | { readonly rejectUnauthorized: boolean; readonly ca?: string };
  readonly connectMs: number;
}

/** Throws UserError naming the reference or the field, never a value. */
export async function resolveAddress(settings: AddressSettings, secrets: Secrets, { defaultPort }: { defaultPort: number }): Promise<Address> {
  const secret = settings.secret === undefined ? null : parseSecret(settings.secret, await secrets.resolve(settings.secret));
  const host = required(settings, "host", settings.host ?? secret?.host);
  const password = settings.password === undefined ? (secret?.password ?? null) : await secrets.resolve(settings.password);
  return {
    host,
    port: settings.port ?? secret?.port ?? defaultPort,
    database: required(settings, "database", settings.database ?? secret?.db),
    user: required(settings, "user", settings.user ?? secret?.username),
    password,
    ssl: await sslOf(settings, host),
    connectMs: settings.connectSecondsMax * 1000,
  };
}

/** The JSON text of a secret in the original connector's form. Exported for its test. */
export function parseSecret(reference: string, text: string): Partial<DatabaseSecret> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the parser's own message: it quotes the text, which holds the password.
    throw secretError(reference, "is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw secretError(reference, "is not a JSON object");
  const fields = value as Record<string, unknown>;
  const textOf = (name: string): string | null => {
    const field = fields[name];
    if (field === undefined || field === null || field === "") return null;
    if (typeof field !== "string") throw secretError(reference, `has a ${name} that is not a text`);
    return field;
  };
  const port = fields["port"] === undefined || fields["port"] === null ? null : Number(fields["port"]);
  if (port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) throw secretError(reference, "has a port that is not a number from 1 to 65535");
  const [username, password] = [textOf("username"), textOf("password")];
  return {
    host: textOf("host"),
    port,
    db: textOf("db") ?? textOf("dbname"),
    ...(username !== null && { username }),
    ...(password !== null && { password }),
  };
}

function secretError(reference: string, what: string): UserError {
  return new UserError(`the secret ${reference} ${what}`, {
    code: "SECRET",
    where: reference,
    advice: 'It should look like {"username": "…", "password": "…", "host": "…", "port": 5432, "db": "…"}.',
  });
}

function required(settings: AddressSettings, field: string, value: string | null | undefined): string {
  if (value !== null && value !== undefined) return value;
  throw new UserError(`neither the settings nor the secret ${settings.secret ?? ""} tell the source's ${field}`, {
    code: "SETTINGS",
    where: `source.${field}`,
    advice: `Add ${field} to the secret's JSON or to the source's settings.`,
  });
}

async function sslOf(settings: AddressSettings, host: string): Promise<Address["ssl"]> {
  const mode = settings.ssl ?? (isThisMachine(host) ? "disable" : "require");
  if (mode === "disable") return false;
  if (mode === "require") return { rejectUnauthorized: false };
  if (settings.sslRootCertificate === undefined) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: await readFile(settings.sslRootCertificate, "utf8") };
  } catch (cause) {
    throw new UserError(`the certificate ${settings.sslRootCertificate} can't be read`, { code: "SETTINGS", where: "source.sslRootCertificate", advice: "Give the path of a PEM file.", cause });
  }
}

export function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.") || host.startsWith("/");
}
