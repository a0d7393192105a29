const WORDS = "pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?|cookie";
/** The word alone, or after a separator: password, api_key, X-Auth-Token. */
const SEPARATED = new RegExp(`(^|[_.-])(${WORDS})$`, "i");
/** The word as the last of a camel-case name: dbPassword, webhookToken. */
const CAMEL_CASE = /[a-z0-9](Pass(word|wd|phrase)?|Pwd|Secret|Token|ApiKey|AccessKey|PrivateKey|Authorization|Credentials?|Cookie)$/;

/** Whether a field of this name holds a secret. Names that only mention one (secret_name, tokenCount) don't. */
export function isSecretField(name: string): boolean {
  return SEPARATED.test(name) || CAMEL_CASE.test(name);
}
