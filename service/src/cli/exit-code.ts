/** What a program can tell from the exit code alone (docs/cli.md). */
import { SourceError, UserError } from "../telemetry/errors.ts";
import { Interrupted } from "./io.ts";

export const EXIT = {
  ok: 0,
  /** something went wrong that is neither of the following: our bug, a disk, Foretop's own database */
  failed: 1,
  /** wrong use: a flag, a file, a name that doesn't exist */
  usage: 2,
  /** the source of the data: unreachable, refused, too slow, other columns */
  source: 3,
  /** something else is in the way: a status, a name that is taken, a port, a second serve */
  conflict: 4,
  /** Ctrl-C (128 + SIGINT) */
  interrupted: 130,
  /** stopped by a supervisor (128 + SIGTERM) */
  terminated: 143,
} as const;

const CONFLICTS = new Set(["CONFLICT", "DUPLICATE", "IN_USE", "PORT_IN_USE"]);
const FAILURES = new Set(["UNREACHABLE", "NOT_READY", "INTERNAL"]);

export function exitCodeOf(error: unknown): number {
  for (let e = error; e !== null && e !== undefined; e = (e as { cause?: unknown }).cause) {
    if (e instanceof Interrupted) return e.signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
  }
  if (error instanceof SourceError) return EXIT.source;
  if (error instanceof UserError) {
    if (error.code === "SOURCE") return EXIT.source; // a SourceError that came over HTTP
    if (CONFLICTS.has(error.code)) return EXIT.conflict;
    return FAILURES.has(error.code) ? EXIT.failed : EXIT.usage;
  }
  return EXIT.failed;
}
