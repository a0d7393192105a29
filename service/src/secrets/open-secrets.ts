/**
 * Resolves references to secrets. `env:NAME` is an environment variable, `file:PATH` a file's text (relative to
 * FORETOP_HOME; the line end that editors add is taken off), `secret:NAME` the JSON text of NAME.json in the folder of
 * secrets, as the original connector had it in AWS Secrets Manager; `secret:NAME#field` is one field of it. The ARN of a
 * secret in AWS Secrets Manager is a reference, too, with #field if wanted (see aws-secret.ts).
 *
 * Errors name the reference and never what it resolves to; what was resolved is remembered by the redactor.
 */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../telemetry/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import { awsSecretText } from "./aws-secret.ts";
import type { Redactor } from "./redactor.ts";
import type { Secrets } from "./secrets.ts";

export const SECRET_BYTES_MAX = 65_536;
/** As AWS Secrets Manager has it; slashes are folders. */
const SECRET_NAME = /^[A-Za-z0-9_+=.@-]+(\/[A-Za-z0-9_+=.@-]+)*$/;

export interface SecretsOptions {
  /** FORETOP_HOME; the folder of secrets is `secrets` in it unless `folder` says otherwise */
  readonly homeFolder: string;
  readonly folder?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
  readonly log: Logger;
}

export function openSecrets({ homeFolder, folder = join(homeFolder, "secrets"), env, redactor, log }: SecretsOptions): Secrets {
  const warned = new Set<string>();

  return {
    async resolve(reference) {
      const text = await textOf(reference);
      redactor.remember(text);
      return text;
    },
  };

  async function textOf(reference: string): Promise<string> {
    const [, kind, rest] = /^(env|file|secret|arn):(.+)$/s.exec(reference) ?? [];
    switch (kind) {
      case "arn": {
        const [arn = "", field, ...more] = reference.split("#");
        if (more.length > 0) throw refusal(reference, "this is not a secret's ARN", "One field follows after #.");
        const text = await awsSecretText(reference, arn, env);
        return field === undefined ? text : fieldOf(reference, text, field, "the secret's value");
      }
      case "env": {
        const value = env[rest!];
        if (value === undefined || value === "") throw refusal(reference, `the environment variable ${rest} is ${value === "" ? "empty" : "not set"}`, `Set ${rest} for the process that runs foretop.`);
        return value;
      }
      case "file": {
        const path = isAbsolute(rest!) ? rest! : resolve(homeFolder, rest!);
        return (await textOfFile(reference, path)).replace(/\r?\n$/, "");
      }
      case "secret":
        return namedSecret(reference, rest!);
      default:
        // Not quoted: a literal password may have been given where a reference belongs.
        throw new UserError("a secret is given by reference only", { code: "SECRET", advice: "Write env:NAME, file:PATH, secret:NAME or the ARN of a secret." });
    }
  }

  async function namedSecret(reference: string, rest: string): Promise<string> {
    const [name = "", field, ...more] = rest.split("#");
    if (!SECRET_NAME.test(name) || name.split("/").some((part) => /^\.+$/.test(part)) || more.length > 0) {
      throw refusal(reference, "this is not a secret's name", "Names have letters, digits and _ + = . @ - and / for folders; a field follows after #.");
    }
    const path = join(folder, `${name}.json`);
    const text = await textOfFile(reference, path);
    if (field !== undefined) return fieldOf(reference, text, field, path);
    objectOf(reference, text, path);
    return text;
  }

  async function textOfFile(reference: string, path: string): Promise<string> {
    try {
      const facts = await stat(path);
      if (facts.size > SECRET_BYTES_MAX) throw refusal(reference, `${path} is larger than ${SECRET_BYTES_MAX} bytes`, "Is it the right file?");
      if ((facts.mode & 0o077) !== 0 && process.platform !== "win32" && !warned.has(path)) {
        warned.add(path);
        log.warn({ reference, path, mode: (facts.mode & 0o777).toString(8) }, `${path} holds a secret and can be read by other users: chmod 600 ${path}`);
      }
      const text = await readFile(path, "utf8");
      if (text.trim() === "") throw refusal(reference, `${path} is empty`, "Write the secret into it.");
      return text;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const code = (error as NodeJS.ErrnoException).code; // errors of node:fs carry one
      if (code === "ENOENT" || code === "ENOTDIR") throw refusal(reference, `there is no file ${path}`, "Create it, readable for the user that runs foretop only (chmod 600).");
      if (code === "EACCES" || code === "EPERM") throw refusal(reference, `${path} can't be read: permission denied`, "It must be readable for the user that runs foretop.");
      if (code === "EISDIR") throw refusal(reference, `${path} is a folder`, "Name the file itself.");
      throw refusal(reference, `${path} can't be read (${code ?? "unknown reason"})`, null);
    }
  }
}

function fieldOf(reference: string, text: string, field: string, place: string): string {
  const value = objectOf(reference, text, place);
  const found = Object.hasOwn(value, field) ? value[field] : undefined;
  if (typeof found !== "string" && typeof found !== "number") throw refusal(reference, `${place} has no field "${field}"`, `It has: ${Object.keys(value).join(", ")}.`);
  return String(found);
}

function objectOf(reference: string, text: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the parser's message: it quotes the text.
    throw refusal(reference, `${place} is not valid JSON`, 'It should look like {"username": …, "password": …, "host": …, "port": …, "db": …}.');
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refusal(reference, `${place} does not hold a JSON object`, 'It should look like {"username": …, "password": …}.');
}

function refusal(reference: string, message: string, advice: string | null): UserError {
  return new UserError(`the secret ${reference} can't be had: ${message}`, { code: "SECRET", where: reference, advice });
}
