/** An error for people on stderr: what happened, where, what to do. Stack traces only when asked for. */
import { adviceOf, describeError, SourceError, UserError } from "../telemetry/errors.ts";

export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  readonly advice: string | null;
}

export function shownError(error: unknown): ShownError {
  if (error instanceof UserError) return { code: error.code, message: describeError(error), where: error.where, advice: adviceOf(error) };
  if (error instanceof SourceError) return { code: error.code, message: describeError(error), where: null, advice: adviceOf(error) ?? (error.transient ? "Trying again may help." : null) };
  const advice = adviceOf(error) ?? "Run it again with --debug for details; if it stays, please report it with them.";
  return { code: "INTERNAL", message: describeError(error), where: null, advice };
}

/**
 * @example
 * // foretop: offset should be a number, not "300"
 * //   at params.json:46:15
 * //   Write it without quotes.
 */
export function errorText(error: unknown, { debug = false }: { debug?: boolean } = {}): string {
  const { message, where, advice } = shownError(error);
  const isSeveral = message.includes("\n"); // each line of them says where itself
  const lines = [`foretop: ${message}`];
  if (where !== null && !isSeveral && !message.includes(where)) lines.push(`  at ${where}`);
  if (advice !== null) lines.push(`  ${advice}`);
  if (debug) for (const stack of stacksOf(error)) lines.push("", stack);
  return `${lines.join("\n")}\n`;
}

function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  for (let e = error; e !== null && e !== undefined && stacks.length < 5; e = (e as { cause?: unknown }).cause) {
    stacks.push(e instanceof Error ? (e.stack ?? e.message) : JSON.stringify(e));
  }
  return stacks;
}
