/**
 * Secrets come by reference only. A password, token or key that stands in a configuration file as such is refused with
 * its line, and its value is in no message: files like these end up in repositories.
 */
import { isSecretField } from "../secrets/secret-field.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { pathText, type LocatedDocument, type PathStep } from "./located-document.ts";
import { SECRET_REFERENCE } from "../secrets/secret-reference.ts";

const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*:[^\s/?#@]+@/i;
const URL_WITH_SECRET_PARAMETER = /^[a-z][a-z0-9+.-]*:\/\/\S*[?&](password|passwd|pwd|token|secret|api[_-]?key|access[_-]?key|sig|signature)=[^&\s]/i;
/** Addresses that are themselves the key: whoever knows them may post. */
const SECRET_ADDRESS = /^https:\/\/(hooks\.slack\.com\/(services|workflows|triggers)\/|[\w.-]*\.webhook\.office\.com\/|discord(app)?\.com\/api\/webhooks\/|chat\.googleapis\.com\/v1\/spaces\/)/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const AWS_KEY_ID = /\b(AKIA|ASIA)[A-Z0-9]{16}\b/;

const ADVICE = 'Write a reference instead: env:NAME (environment), file:PATH (a file), or secret:NAME (a JSON file in the folder of secrets).';

export function isReference(text: string): boolean {
  return SECRET_REFERENCE.test(text);
}

export function literalSecrets(document: LocatedDocument): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document.value, []);
  return problems;

  function visit(value: unknown, path: PathStep[]): void {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) visit(item, [...path, i]);
    else if (typeof value === "object" && value !== null) for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
    else if (typeof value === "string" || typeof value === "number") {
      const finding = findingOf(String(value), path);
      if (finding !== null) problems.push({ message: `${pathText(path)} ${finding}`, where: document.locate(path), advice: ADVICE });
    }
  }
}

function findingOf(text: string, path: readonly PathStep[]): string | null {
  if (text === "" || isReference(text)) return null;
  if (URL_WITH_PASSWORD.test(text)) return "holds a password inside a URL";
  if (URL_WITH_SECRET_PARAMETER.test(text)) return "holds a secret inside a URL's parameters";
  if (SECRET_ADDRESS.test(text)) return "is an address that lets whoever knows it send messages: it is a secret itself";
  if (PRIVATE_KEY.test(text)) return "holds a private key";
  if (AWS_KEY_ID.test(text)) return "holds an AWS access key";
  const field = path.findLast((step) => typeof step === "string");
  if (typeof field === "string" && isSecretField(field)) return "holds a secret as it is";
  return null;
}
