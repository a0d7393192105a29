import { createHash } from "node:crypto";
import { seriesKeyText, type SeriesKey } from "@foretop/engine";

/**
 * A series' id on the wire: the SHA-512 of its detector and its key, as 128 hex digits (reference §3.4). Opaque for
 * receivers; the same in every message, table and file, and after a restart.
 */
export function timeSeriesId(detectorId: string, key: SeriesKey): string {
  // The line feed can't occur in a detector's id, so that no two pairs give the same text.
  return createHash("sha512").update(`${detectorId}\n${seriesKeyText(key)}`).digest("hex");
}
