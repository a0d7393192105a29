/** Faults that the world makes, told apart from errors that nobody made. */
import { SourceError, UserError, type SourceErrorCode } from "../../src/telemetry/errors.ts";

const INJECTED = Symbol("made by the simulation");

export function injected(message: string): Error {
  return mark(new Error(message));
}

export function injectedSourceError(code: SourceErrorCode, transient: boolean): SourceError {
  return mark(new SourceError(`simulated: ${code}`, { code, transient }));
}

export function injectedDiskFull(): UserError {
  return mark(new UserError("the disk is full: simulated", { code: "DISK_FULL" }));
}

/** Anywhere in the chain of causes. */
export function isInjected(error: unknown): boolean {
  for (let e: unknown = error; typeof e === "object" && e !== null; e = (e as { cause?: unknown }).cause) if (INJECTED in e) return true;
  return false;
}

function mark<T extends Error>(error: T): T {
  return Object.assign(error, { [INJECTED]: true });
}
