import { createHash } from "node:crypto";

/** 128 bits of SHA-256 in the shape of a UUID, as the wire wants it (lower case, 8-4-4-4-12). */
export function groupId(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
