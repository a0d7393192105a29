/**
 * One operation of the /v1 API, declared once: the HTTP route, the OpenAPI document, the CLI's calls and the input check
 * all come from this. The table is operations/index.ts.
 */
import { z } from "zod";
import { UserError } from "../telemetry/errors.ts";
import type { System } from "../pipeline/system.ts";
import type { App } from "./app.ts";

export interface Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  /** verb and noun, camelCase; the file is named after it in kebab-case */
  readonly name: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** e.g. "/v1/detectors/:detector"; the parts after a colon are fields of the input */
  readonly path: string;
  /** one paragraph for the reference */
  readonly doc: string;
  /** fields not in the path come from the query string (GET, DELETE) or from the body (POST) */
  readonly input: Input;
  readonly output: Output;
  /** decode → rule → store → encode. Throws UserError for what the caller can put right. */
  handle(system: System, input: z.output<Input>, app: App): Promise<z.input<Output>>;
}

/** Checks an operation's types where it is declared and gives it back as it is. */
export function operation<Input extends z.ZodObject, Output extends z.ZodType>(
  declared: Operation<Input, Output>,
): Operation<Input, Output> {
  return declared;
}

/**
 * Runs an operation on input that nobody has checked yet. What leaves is exactly what is declared: fields that the output
 * does not name are dropped.
 *
 * @throws UserError code "INVALID" with the field in `where`
 */
export async function runOperation<Input extends z.ZodObject, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
  rawInput: unknown,
  { system, app }: { system: System; app: App },
): Promise<z.output<Output>> {
  const checked = operation.input.safeParse(rawInput);
  if (!checked.success) throw inputError(checked.error, operation.input);
  return operation.output.parse(await operation.handle(system, checked.data, app));
}

function inputError(error: z.ZodError, input: z.ZodObject): UserError {
  const [issue] = error.issues;
  if (issue!.code === "unrecognized_keys") {
    const known = Object.keys(input.shape);
    return new UserError(`unknown field ${issue!.keys.map((key) => `"${key}"`).join(", ")}`, {
      where: issue!.keys[0]!,
      advice: known.length === 0 ? "This operation takes no fields." : `Fields are: ${known.join(", ")}.`,
    });
  }
  const where = issue!.path.join(".") || null;
  const field = where === null ? undefined : input.shape[issue!.path[0] as string];
  return new UserError(`${where ?? "input"}: ${issue!.message}`, { where, advice: field?.description ?? null });
}
