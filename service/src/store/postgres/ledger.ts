/** The ledger of readings: a row per (dataset, interval, attempt). */
import { createHash } from "node:crypto";
import { sql, type Kysely, type Selectable } from "kysely";
import type { Interval } from "../../crawl/batch.ts";
import type { LedgerAttempt, LedgerStore } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["attempts"]> & { statement: string };

export class PostgresLedger implements LedgerStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async open(attempt: Parameters<LedgerStore["open"]>[0]): Promise<LedgerAttempt> {
    const { detectorId, generation, interval, statement } = attempt;
    const hash = createHash("sha256").update(statement).digest();
    return this.#db.transaction().execute(async (trx) => {
      // Two processes may open the same interval's next attempt: one after the other.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${detectorId}:${generation}:${interval.startMs}`}, 0))`.execute(trx);
      await trx
        .updateTable("attempts")
        .set({ outcome: "abandoned", ended_ms: attempt.startedMs })
        .where("detector_id", "=", detectorId)
        .where("generation", "=", generation)
        .where((eb) =>
          eb.or([
            eb.and([eb("start_ms", "=", interval.startMs), eb("end_ms", "=", interval.endMs)]),
            // The range for late rows moves on with the head: an attempt at the one before has no successor of its own.
            ...(attempt.purpose === "late" || attempt.purpose === "check" ? [eb("purpose", "=", attempt.purpose)] : []),
          ]),
        )
        .where("outcome", "=", "running")
        .execute();
      const isCheck = attempt.purpose === "check";
      const { next } = await trx
        .selectFrom("attempts")
        .select((isCheck ? sql<number>`least(min(attempt), 0) - 1` : sql<number>`greatest(max(attempt), 0) + 1`).as("next"))
        .where("detector_id", "=", detectorId)
        .where("generation", "=", generation)
        .where("start_ms", "=", interval.startMs)
        .where("end_ms", "=", interval.endMs)
        .executeTakeFirstOrThrow();
      await trx
        .insertInto("statements")
        .values({ hash, statement: plainText(statement) })
        .onConflict((conflict) => conflict.column("hash").doNothing())
        .execute();
      const row = await trx
        .insertInto("attempts")
        .values({
          id: `${detectorId}:${generation}:${interval.startMs}-${interval.endMs}:${next}`,
          detector_id: detectorId,
          generation,
          purpose: attempt.purpose,
          start_ms: interval.startMs,
          end_ms: interval.endMs,
          attempt: next,
          statement_hash: hash,
          parameters: toJsonText(attempt.parameters),
          query_hash: attempt.queryHash,
          statement_id: null,
          outcome: "running",
          error_code: null,
          error: null,
          transient: null,
          rows: 0,
          bytes: 0,
          max_timestamp_ms: null,
          started_ms: attempt.startedMs,
          ended_ms: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return attemptOf({ ...row, statement });
    });
  }

  async setStatementId(id: string, statementId: string): Promise<void> {
    await this.#db
      .updateTable("attempts")
      .set({ statement_id: plainText(statementId) })
      .where("id", "=", id)
      .where("outcome", "=", "running")
      .execute();
  }

  async close(id: string, result: Parameters<LedgerStore["close"]>[1]): Promise<boolean> {
    const closed = await this.#db
      .updateTable("attempts")
      .set({
        outcome: result.outcome,
        error_code: result.errorCode,
        error: result.error === null ? null : plainText(result.error),
        transient: result.transient,
        rows: result.rows,
        bytes: result.bytes,
        max_timestamp_ms: result.maxTimestampMs,
        ended_ms: result.endedMs,
      })
      .where("id", "=", id)
      // Never updated once closed: one that was given up for dead stays so, its rows are not used by anybody.
      .where("outcome", "=", "running")
      .executeTakeFirst();
    return closed.numUpdatedRows === 1n;
  }

  async get(id: string): Promise<LedgerAttempt | null> {
    const row = await this.#select().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : attemptOf(row);
  }

  async list(detectorId: string, { startMs, endMs, limit, withChecks = false }: Parameters<LedgerStore["list"]>[1]): Promise<readonly LedgerAttempt[]> {
    const rows = await this.#select()
      .where("detector_id", "=", detectorId)
      .$if(!withChecks, (query) => query.where("purpose", "<>", "check"))
      .$if(startMs !== undefined, (query) => query.where("start_ms", ">=", startMs!))
      .$if(endMs !== undefined, (query) => query.where("start_ms", "<", endMs!))
      .orderBy("start_ms", "desc")
      .orderBy("started_ms", "desc")
      .orderBy("attempt", "desc")
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(attemptOf);
  }

  async asked(detectorId: string, { startMs, endMs }: Interval, asOfMs?: number): Promise<{ readings: number; checks: number }> {
    const { readings, checks } = await this.#db
      .selectFrom("attempts")
      .select([sql<number>`count(*) filter (where purpose <> 'check')::int`.as("readings"), sql<number>`count(*) filter (where purpose = 'check')::int`.as("checks")])
      .where("detector_id", "=", detectorId)
      .where("purpose", "<>", "history")
      .where("start_ms", "<", endMs)
      .where("end_ms", ">", startMs)
      .$if(asOfMs !== undefined, (query) => query.where("ended_ms", "<=", asOfMs!))
      .executeTakeFirstOrThrow();
    return { readings, checks };
  }

  async expire(detectorId: string, beforeMs: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("attempts")
      .where("detector_id", "=", detectorId)
      .where("ended_ms", "<", beforeMs)
      .where("outcome", "<>", "running")
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  async recentRowCounts(detectorId: string, generation: number, limit: number): Promise<readonly { startMs: number; endMs: number; rows: number; maxTimestampMs: number | null }[]> {
    // The newest attempt of an interval is what counts: a re-reading replaces what was read before.
    const rows = await this.#db
      .selectFrom("attempts")
      .distinctOn("start_ms")
      .select(["start_ms as startMs", "end_ms as endMs", "rows", "max_timestamp_ms as maxTimestampMs"])
      .where("detector_id", "=", detectorId)
      .where("generation", "=", generation)
      .where("outcome", "=", "succeeded")
      .where("purpose", "in", ["live", "history"])
      .orderBy("start_ms", "desc")
      .orderBy("attempt", "desc")
      .limit(limit)
      .execute();
    return rows;
  }

  #select() {
    return this.#db
      .selectFrom("attempts")
      .innerJoin("statements", "statements.hash", "attempts.statement_hash")
      .selectAll("attempts")
      .select("statements.statement");
  }
}

function attemptOf(row: Row): LedgerAttempt {
  return {
    id: row.id,
    detectorId: row.detector_id,
    generation: row.generation,
    purpose: row.purpose,
    interval: { startMs: row.start_ms, endMs: row.end_ms },
    attempt: row.attempt,
    statement: row.statement,
    parameters: fromJsonText<readonly number[]>(row.parameters),
    queryHash: row.query_hash,
    statementId: row.statement_id,
    outcome: row.outcome,
    errorCode: row.error_code,
    error: row.error,
    transient: row.transient,
    rows: row.rows,
    bytes: row.bytes,
    maxTimestampMs: row.max_timestamp_ms,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
  };
}
