import { UserError } from "../telemetry/errors.ts";

/** Cursors of lists that run back in time: where the next page ends, opaque to callers. */
export function instantCursor(beforeMs: number): string {
  return Buffer.from(`t${beforeMs}`).toString("base64url");
}

/** The range to ask the store for, from the caller's `from`, `to` and `cursor`. */
export function rangeOf({ from, to, cursor }: { from?: string | undefined; to?: string | undefined; cursor?: string | undefined }): {
  startMs?: number;
  endMs?: number;
} {
  const startMs = from === undefined ? undefined : Date.parse(from);
  const endMs = cursor === undefined ? (to === undefined ? undefined : Date.parse(to)) : instantOf(cursor);
  if (startMs !== undefined && to !== undefined && startMs >= Date.parse(to)) {
    throw new UserError(`the range is empty: from ${from} is not before to ${to}`, { where: "from" });
  }
  return { ...(startMs !== undefined && { startMs }), ...(endMs !== undefined && { endMs }) };
}

function instantOf(cursor: string): number {
  const [, ms] = /^t(-?\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (ms !== undefined) return Number(ms);
  throw new UserError("cursor: not one of this list", {
    where: "cursor",
    advice: "Pass nextCursor of the page before as it is, with the same other fields.",
  });
}
