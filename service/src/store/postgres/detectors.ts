/** Detectors: configuration and lifecycle. */
import { createHash } from "node:crypto";
import { sql, type Kysely, type Selectable } from "kysely";
import type { Detector, DetectorConfig, DetectorStatus } from "../../resources/detector.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { DetectorStore } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

const UNIQUE_VIOLATION = "23505";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export class PostgresDetectors implements DetectorStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async create(config: DetectorConfig, configHash: string, nowMs: number): Promise<Detector> {
    const { name } = config;
    try {
      return await this.#db.transaction().execute(async (trx) => {
        const { created_count } = await trx
          .insertInto("detector_names")
          .values({ name, created_count: 1 })
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ created_count: sql`detector_names.created_count + 1` }))
          .returning("created_count")
          .executeTakeFirstOrThrow();
        const row = await trx
          .insertInto("detectors")
          .values({
            id: uuidOf(`detector\n${name}\n${created_count}`),
            name,
            generation: 1,
            config: toJsonText(config),
            config_hash: configHash,
            status: "INACTIVE",
            failure_reason: null,
            created_ms: nowMs,
            modified_ms: nowMs,
            head_ms: null,
            live_from_ms: null,
            late_until_ms: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return detectorOf(row);
      });
    } catch (cause) {
      if ((cause as { code?: string }).code !== UNIQUE_VIOLATION) throw cause;
      throw new UserError(`a detector named "${name}" exists already`, {
        code: "DUPLICATE",
        where: "name",
        advice: "Choose another name, or delete the one that is there.",
        cause,
      });
    }
  }

  async get(id: string): Promise<Detector | null> {
    if (!UUID.test(id)) return null;
    const row = await this.#db.selectFrom("detectors").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : detectorOf(row);
  }

  async getByName(name: string): Promise<Detector | null> {
    const row = await this.#db.selectFrom("detectors").selectAll().where("name", "=", name).executeTakeFirst();
    return row === undefined ? null : detectorOf(row);
  }

  async list(): Promise<readonly Detector[]> {
    return (await this.#db.selectFrom("detectors").selectAll().orderBy("name").execute()).map(detectorOf);
  }

  async update(id: string, config: DetectorConfig, configHash: string, { relearn }: { relearn: boolean }, nowMs: number): Promise<Detector> {
    return this.#db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("detectors")
      .set({
        config: toJsonText(config),
        config_hash: configHash,
        modified_ms: nowMs,
        // A generation that has learned nothing isn't active: activation follows, in this process or after a crash.
        ...(relearn ? { generation: sql<number>`generation + 1`, head_ms: null, live_from_ms: null, late_until_ms: null, kept_from_ms: null, status: "INACTIVE" as const, failure_reason: null } : {}),
      })
      .where("id", "=", id)
      .where("name", "=", config.name)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw notFound(id);
    // What was learned ends, and its open groups with it: no later interval would ever close them.
    if (relearn) await trx.updateTable("groups").set({ status: "closed", closed_ms: sql<number>`greatest(${nowMs}::bigint, ${row.asked_ms}::bigint + 1)` }).where("detector_id", "=", id).where("status", "=", "open").execute();
    return detectorOf(row);
    });
  }

  async setStatus(
    id: string,
    status: DetectorStatus,
    failureReason: string | null,
    nowMs: number,
    expected?: { readonly statuses: readonly DetectorStatus[]; readonly generation: number },
  ): Promise<boolean> {
    const reason = failureReason === null ? null : plainText(failureReason);
    const values = { status, failure_reason: reason, modified_ms: nowMs };
    if (expected === undefined) {
      await this.#set(id, values);
      return true;
    }
    const result = await this.#db
      .updateTable("detectors")
      .set(values)
      .where("id", "=", id)
      .where("status", "in", expected.statuses)
      .where("generation", "=", expected.generation)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  async lateRowsUntil(id: string): Promise<number | null> {
    const row = await this.#db.selectFrom("detectors").select("late_until_ms").where("id", "=", id).executeTakeFirst();
    return row?.late_until_ms ?? null;
  }

  async setLateRowsUntil(id: string, generation: number, headMs: number): Promise<void> {
    await this.#db
      .updateTable("detectors")
      .set({ late_until_ms: headMs })
      .where("id", "=", id)
      .where("generation", "=", generation)
      .where((eb) => eb.or([eb("late_until_ms", "is", null), eb("late_until_ms", "<", headMs)]))
      .execute();
  }

  async claim(id: string, { by, doing, untilMs }: { by: string; doing: string; untilMs: number }, nowMs: number): Promise<string | null> {
    const taken = await this.#db
      .updateTable("detectors")
      .set({ claimed_by: by, claimed_for: doing, claimed_until_ms: untilMs })
      .where("id", "=", id)
      .where((eb) => eb.or([eb("claimed_by", "is", null), eb("claimed_by", "=", by), eb("claimed_until_ms", "<=", nowMs)]))
      .executeTakeFirst();
    if (taken.numUpdatedRows === 1n) return null;
    return (await this.claimedFor(id, nowMs)) ?? "it was claimed a moment ago, or deleted";
  }

  async releaseClaim(id: string, by: string): Promise<void> {
    await this.#db.updateTable("detectors").set({ claimed_by: null, claimed_for: null, claimed_until_ms: null }).where("id", "=", id).where("claimed_by", "=", by).execute();
  }

  async claimedFor(id: string, nowMs: number): Promise<string | null> {
    const row = await this.#db.selectFrom("detectors").select("claimed_for").where("id", "=", id).where("claimed_until_ms", ">", nowMs).executeTakeFirst();
    return row?.claimed_for ?? null;
  }

  async setMuted(id: string, muted: boolean, nowMs: number): Promise<void> {
    await this.#set(id, { muted, modified_ms: nowMs });
  }

  async delete(id: string): Promise<void> {
    if (!UUID.test(id)) return;
    await this.#db.deleteFrom("detectors").where("id", "=", id).execute();
  }

  async #set(id: string, values: Partial<{ status: DetectorStatus; failure_reason: string | null; muted: boolean; modified_ms: number }>): Promise<void> {
    const result = UUID.test(id) ? await this.#db.updateTable("detectors").set(values).where("id", "=", id).executeTakeFirst() : null;
    if (result === null || result.numUpdatedRows === 0n) throw notFound(id);
  }
}

function notFound(id: string): UserError {
  return new UserError(`there is no detector ${id}`, { code: "NOT_FOUND", advice: "It may have been deleted." });
}

function detectorOf(row: Selectable<Tables["detectors"]>): Detector {
  return {
    id: row.id,
    generation: row.generation,
    config: fromJsonText<DetectorConfig>(row.config),
    configHash: row.config_hash,
    status: row.status,
    failureReason: row.failure_reason,
    muted: row.muted,
    createdMs: row.created_ms,
    modifiedMs: row.modified_ms,
    headMs: row.head_ms,
    lineage: row.lineage,
    liveFromMs: row.live_from_ms,
  };
}

/** A UUID (version 8: "of its own making") that is a hash of a text. */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16], 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
