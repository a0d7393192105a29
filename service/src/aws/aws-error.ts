/** Every failure of a call to AWS in the project's words: what it means, whether trying again helps, what to do. */
import { SourceError } from "../telemetry/errors.ts";
import type { SourceErrorCode } from "../telemetry/errors.ts";

interface Context {
  /** e.g. "reading the result of statement 7f3a…" */
  readonly doing: string;
  readonly signal?: AbortSignal;
}

interface Meaning {
  readonly code: SourceErrorCode;
  readonly transient: boolean;
  readonly advice: string;
}

export function awsSourceError(error: unknown, { doing, signal }: Context): SourceError {
  if (error instanceof SourceError) return error;
  if (signal?.aborted === true) return new SourceError(`${doing} was cancelled`, { code: "CANCELLED", transient: true, cause: error });
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : String(error);
  const meaning = MEANINGS.find(([pattern]) => pattern.test(name))?.[1] ?? fromNetwork(error, message);
  return new SourceError(`${doing} failed: ${message || name}`, { ...meaning, cause: new Error(name === "" ? message : `${name}: ${message}`) });
}

/** By the error's name, as the services' API references list them; the first that fits. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/^(AccessDenied|AccessDeniedException|UnauthorizedException|Forbidden|403)$/, { code: "PERMISSION", transient: false, advice: "GRANT what is missing to the user or role: `foretop source policy` prints the least it needs." }],
  [/^(RequestTimeTooSkewed|RequestExpired)$/, { code: "AUTHENTICATE", transient: true, advice: "This machine's clock is more than 15 minutes off: run NTP." }],
  [/^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired)$/, { code: "AUTHENTICATE", transient: true, advice: "The temporary credentials have ended: new ones are fetched with the next try." }],
  [/^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|UnrecognizedClientException|InvalidClientTokenId|MissingAuthentication.*|InvalidToken|IncompleteSignature.*|AuthorizationHeaderMalformed|CredentialsProviderError)$/, { code: "AUTHENTICATE", transient: false, advice: "Check the AWS credentials that the source uses, and its region." }],
  [/^(PermanentRedirect|TemporaryRedirect|301|IllegalLocationConstraintException)$/, { code: "NOT_FOUND", transient: false, advice: "The bucket is in another region: set region to the bucket's." }],
  [/^(NoSuchBucket|NoSuchKey|NotFound|ResourceNotFoundException|ResourceNotFound)$/, { code: "NOT_FOUND", transient: false, advice: "Check name and region in the source's settings." }],
  [/^(Throttling.*|SlowDown|TooManyRequestsException|RequestLimitExceeded|ProvisionedThroughputExceededException|ActiveStatementsExceededException|ActiveSessionsExceededException|BandwidthLimitExceeded)$/, { code: "CONNECT", transient: true, advice: "AWS asked to slow down; it is tried again." }],
  [/^(InternalError|InternalServerException|InternalServerError|InternalFailure|ServiceUnavailable|DatabaseConnectionException|500|503)$/, { code: "CONNECT", transient: true, advice: "AWS had trouble of its own; it is tried again." }],
  [/^(BadDigest|IncompleteBody)$/, { code: "INTERRUPTED", transient: true, advice: "The bytes did not arrive whole; it is tried again." }],
  [/^(ValidationException|InvalidRequest|InvalidRequestException|InvalidParameterException|InvalidArgument|SerializationException)$/, { code: "QUERY", transient: false, advice: "Check the source's settings: cluster or workgroup, database, secret or user." }],
];

function fromNetwork(error: unknown, message: string): Meaning {
  const given = (error as { code?: unknown } | null)?.code;
  const code = typeof given === "string" ? given : "";
  const text = `${code} ${message} ${error instanceof Error ? error.name : ""}`;
  if (/certificate|self.signed|CERT_|ALTNAME/i.test(text)) return { code: "CONNECT", transient: false, advice: "The endpoint's certificate can't be trusted: check the endpoint's name." };
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return { code: "CONNECT", transient: true, advice: "The endpoint's name is not known: check region and endpoint, or the DNS." };
  if (/ECONNREFUSED/.test(text)) return { code: "CONNECT", transient: true, advice: "Nothing listens at the endpoint: check it." };
  if (/timeout|timed out/i.test(text)) return { code: "TIMEOUT", transient: true, advice: "AWS did not answer within requestSecondsMax; it is tried again." };
  return { code: "INTERRUPTED", transient: true, advice: "The connection broke; it is tried again." };
}

/** A result that breaks off is an interrupted reading, whatever kept the next call from getting through. */
export function asInterrupted(error: unknown): unknown {
  if (!(error instanceof SourceError) || (error.code !== "CONNECT" && error.code !== "TIMEOUT")) return error;
  return new SourceError(error.message, { code: "INTERRUPTED", transient: true, advice: error.advice, cause: error.cause });
}
