/** Bytes by what they hold: files from the manifest, tables from PostgreSQL's own count (indexes and TOAST included). */
import { sql, type Kysely } from "kysely";
import type { DetectorSpace, StoreSpace } from "../store.ts";
import type { Tables } from "./tables.ts";

/** What people call the tables; the rest is small. */
const KIND_OF_TABLE: Readonly<Record<string, keyof StoreSpace["tables"]>> = {
  attempts: "ledger",
  statements: "ledger",
  intervals: "intervals",
  groups: "groups",
  group_revisions: "groups",
  deliveries: "messages",
  delivery_events: "messages",
};

export async function space(db: Kysely<Tables>): Promise<StoreSpace> {
  const files = await sql<{ detector_id: string; kind: string; is_history: boolean; has_scores: boolean; files: number; bytes: number; rows: number }>`
    select detector_id::text, kind, is_history, has_scores, count(*) as files, sum(bytes)::bigint as bytes, sum(rows)::bigint as rows
    from foretop.segments group by 1, 2, 3, 4`.execute(db);
  const counts = await sql<{ detector_id: string; intervals: number }>`
    select detector_id::text, count(distinct start_ms) as intervals from foretop.intervals where status = 'COMPLETED' group by 1`.execute(db);
  const latest = await sql<{ detector_id: string; bytes: number }>`
    select distinct on (detector_id) detector_id::text, bytes from foretop.segments where kind = 'checkpoint' order by detector_id, end_ms desc`.execute(db);
  const detectors = new Map<string, DetectorSpace>();
  for (const { id } of await db.selectFrom("detectors").select("id").execute()) {
    const own = files.rows.filter(({ detector_id }) => detector_id === id);
    const sum = (of: "bytes" | "files" | "rows", chosen: (row: (typeof own)[number]) => boolean) => own.filter(chosen).reduce((total, row) => total + row[of], 0);
    const isPoints = (scored: boolean) => (row: (typeof own)[number]) => row.kind === "points" && !row.is_history && row.has_scores === scored;
    detectors.set(id, {
      detectorId: id,
      files: sum("files", () => true),
      historyBytes: sum("bytes", (row) => row.kind === "points" && row.is_history),
      historyRows: sum("rows", (row) => row.kind === "points" && row.is_history),
      scoredBytes: sum("bytes", isPoints(true)),
      scoredRows: sum("rows", isPoints(true)),
      plainBytes: sum("bytes", isPoints(false)),
      plainRows: sum("rows", isPoints(false)),
      checkpointBytes: sum("bytes", (row) => row.kind === "checkpoint"),
      checkpointBytesEach: latest.rows.find(({ detector_id }) => detector_id === id)?.bytes ?? 0,
      intervals: counts.rows.find(({ detector_id }) => detector_id === id)?.intervals ?? 0,
    });
  }
  const tables = { ledger: 0, intervals: 0, groups: 0, messages: 0, other: 0 };
  const sizes = await sql<{ name: string; bytes: number }>`
    select c.relname::text as name, pg_total_relation_size(c.oid)::bigint as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('foretop', 'foretop_jobs') and c.relkind = 'r'`.execute(db);
  for (const { name, bytes } of sizes.rows) tables[KIND_OF_TABLE[name] ?? "other"] += bytes;
  return { detectors: [...detectors.values()], tables };
}
