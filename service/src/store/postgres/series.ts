/** Series of a detector's generation; written by commits only. */
import { createHash } from "node:crypto";
import { seriesKey, seriesKeyText, type SeriesKey } from "@foretop/engine";
import { sql, type Kysely } from "kysely";
import { HeadMovedError, type SeriesStore, type StoredSeries } from "../store.ts";
import type { Tables } from "./tables.ts";

export class PostgresSeries implements SeriesStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async list(detectorId: string, generation: number): Promise<readonly StoredSeries[]> {
    const rows = await this.#db
      .selectFrom("series")
      .select(["number", "key_text", "is_leaf", "first_seen_ms"])
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .orderBy("number")
      .execute();
    return rows.map((row) => ({
      number: row.number,
      key: keyOf(row.key_text),
      keyText: row.key_text,
      isLeaf: row.is_leaf,
      firstSeenMs: row.first_seen_ms,
    }));
  }
}

const ROWS_PER_INSERT = 10_000; // about 1 MB of keys a statement

/** Bulk: arrays are unnested, because 5,000 rows of 7 parameters exceed what a statement may have. */
export async function insertSeries(db: Kysely<Tables>, detectorId: string, generation: number, series: readonly StoredSeries[]): Promise<void> {
  for (let from = 0; from < series.length; from += ROWS_PER_INSERT) {
    const part = series.slice(from, from + ROWS_PER_INSERT);
    const result = await sql`
      insert into foretop.series (detector_id, generation, number, key_text, key_hash, is_leaf, first_seen_ms)
      select ${detectorId}::uuid, ${generation}::integer, number, key_text, key_hash, is_leaf, first_seen_ms
      from unnest(
        ${part.map(({ number }) => number)}::integer[],
        ${part.map(({ keyText }) => keyText)}::text[],
        ${part.map(({ keyText }) => createHash("sha256").update(keyText).digest())}::bytea[],
        ${part.map(({ isLeaf }) => isLeaf)}::boolean[],
        ${part.map(({ firstSeenMs }) => firstSeenMs)}::bigint[]
      ) as given (number, key_text, key_hash, is_leaf, first_seen_ms)
      -- A correction may find an earlier first row of a series that is known, or that its first rows are gone.
      on conflict (detector_id, generation, number) do update
        set first_seen_ms = excluded.first_seen_ms
        where foretop.series.key_hash = excluded.key_hash
      returning number`.execute(db);
    if (result.rows.length !== part.length) throw new HeadMovedError("another process has given these series numbers to others");
  }
}

/** The inverse of `seriesKeyText`. */
function keyOf(keyText: string): SeriesKey {
  const parts = JSON.parse(keyText) as (string | null)[];
  const dimensions = [];
  for (let i = 1; i < parts.length; i += 2) dimensions.push({ name: parts[i]!, value: parts[i + 1]! });
  return seriesKey(parts[0]!, dimensions);
}

/** Our bug, told before the database would: the key's text is not the key's. */
export function assertKeyTexts(series: readonly StoredSeries[]): void {
  for (const { key, keyText, number } of series) {
    if (seriesKeyText(key) !== keyText) throw new Error(`series ${number}: its key text is not that of its key`);
  }
}
