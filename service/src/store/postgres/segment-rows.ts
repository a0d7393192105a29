/** Rows of the manifest as they are read. */
import type { Selectable } from "kysely";
import type { SegmentRow } from "../store.ts";
import type { Tables } from "./tables.ts";

export const SEGMENT_COLUMNS = [
  "segments.id",
  "segments.detector_id",
  "segments.generation",
  "segments.kind",
  "segments.start_ms",
  "segments.end_ms",
  "segments.path",
  "segments.bytes",
  "segments.rows",
  "segments.sha256",
] as const;

export type SegmentColumns = Omit<Selectable<Tables["segments"]>, "is_history" | "known_at_ms" | "has_scores">;

export function rowOf(row: SegmentColumns): SegmentRow {
  return {
    id: row.id,
    detectorId: row.detector_id,
    generation: row.generation,
    kind: row.kind,
    startMs: row.start_ms,
    endMs: row.end_ms,
    path: row.path,
    bytes: row.bytes,
    rows: row.rows,
    sha256: row.sha256,
  };
}
