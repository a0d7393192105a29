/** Any error as an HTTP answer: `{error: {code, message, where, advice}}`. */
import { HeadMovedError } from "../../store/store.ts";
import { describeError, SourceError, UserError } from "../../telemetry/errors.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: ErrorBody };
  /** our bug, or something nobody foresaw: to be logged with its whole chain */
  readonly unexpected: boolean;
}

export interface ErrorBody {
  /** closed list per kind of mistake, e.g. INVALID, NOT_FOUND, CONFLICT, DUPLICATE, LIMIT, SOURCE, INTERNAL */
  readonly code: string;
  readonly message: string;
  /** the field, or the file with line and column; null when it is about no one place */
  readonly where: string | null;
  readonly advice: string | null;
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  CONFLICT: 409,
  DUPLICATE: 409,
  FORBIDDEN: 403,
  NOT_READY: 503,
};

export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof UserError) {
    const { code, message, where, advice } = error;
    return answer(STATUS_OF_CODE[code] ?? 400, { code, message, where, advice });
  }
  if (error instanceof SourceError) {
    const { message, advice } = error;
    return answer(error.code === "TIMEOUT" ? 504 : 502, { code: "SOURCE", message, where: null, advice });
  }
  if (error instanceof HeadMovedError) {
    return answer(409, { code: "CONFLICT", message: describeError(error), where: null, advice: "Another process was faster; ask again." });
  }
  const refused = refusedByServer(error);
  if (refused !== null) return refused;
  const body = { code: "INTERNAL", message: "something went wrong inside the service", where: null, advice: "Its log has the details." };
  return { status: 500, body: { error: body }, unexpected: true };
}

/** What Fastify itself refuses before a handler sees it: malformed JSON, a body over the limit, a wrong content type. */
function refusedByServer(error: unknown): ErrorAnswer | null {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return null;
  const advice = code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" ? "Send JSON with content-type: application/json." : null;
  return answer(statusCode, { code: statusCode === 413 ? "LIMIT" : "INVALID", message: message ?? "refused", where: null, advice });
}

function answer(status: number, error: ErrorBody): ErrorAnswer {
  return { status, body: { error }, unexpected: false };
}
