import { UserError } from "../telemetry/errors.ts";

/** Cursors of lists that are in memory and in a fixed order: an offset, opaque to callers. */
export function offsetCursor(offset: number, count: number): string | null {
  return offset >= count ? null : Buffer.from(`o${offset}`).toString("base64url");
}

export function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const [, offset] = /^o(\d{1,9})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (offset !== undefined) return Number(offset);
  throw new UserError("cursor: not one of this list", {
    where: "cursor",
    advice: "Pass nextCursor of the page before as it is, with the same other fields.",
  });
}
