/** How a secret is named where one is needed; what each means is in open-secrets.ts. */
export const SECRET_REFERENCE = /^(?:env|file|secret|arn:aws[\w-]*:secretsmanager):.+$/s;

export const NOT_A_REFERENCE = "must be a reference to a secret (env:NAME, file:PATH, secret:NAME or the ARN of one in AWS Secrets Manager), never the secret itself";
