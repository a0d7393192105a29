/** Findings about detectors, each with its messages in one transaction: of two processes that see the same, one tells. */
import type { Kysely, Selectable } from "kysely";
import type { HealthFinding, HealthStore } from "../store.ts";
import { insertDeliveries } from "./deliveries.ts";
import { plainText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

export class PostgresHealth implements HealthStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async open(): Promise<readonly HealthFinding[]> {
    const rows = await this.#db.selectFrom("health_findings").selectAll().where("recovered_ms", "is", null).orderBy("raised_ms").orderBy("id").execute();
    return rows.map(findingOf);
  }

  async list(limit: number): Promise<readonly HealthFinding[]> {
    const rows = await this.#db.selectFrom("health_findings").selectAll().orderBy("raised_ms", "desc").orderBy("id").limit(limit).execute();
    return rows.map(findingOf);
  }

  raise(finding: HealthFinding, deliveries: Parameters<HealthStore["raise"]>[1]): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .insertInto("health_findings")
        .values({ id: finding.id, detector_id: finding.detectorId, kind: finding.kind, since_ms: finding.sinceMs, raised_ms: finding.raisedMs, message: plainText(finding.message), recovered_ms: null })
        .onConflict((conflict) => conflict.doNothing())
        .returning("id")
        .executeTakeFirst();
      if (row === undefined) return false;
      await insertDeliveries(trx, deliveries, finding.raisedMs);
      return true;
    });
  }

  recover(id: string, atMs: number, deliveries: Parameters<HealthStore["recover"]>[2]): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const row = await trx.updateTable("health_findings").set({ recovered_ms: atMs }).where("id", "=", id).where("recovered_ms", "is", null).returning("id").executeTakeFirst();
      if (row === undefined) return false;
      await insertDeliveries(trx, deliveries, atMs);
      return true;
    });
  }
}

function findingOf(row: Selectable<Tables["health_findings"]>): HealthFinding {
  return { id: row.id, detectorId: row.detector_id, kind: row.kind, sinceMs: row.since_ms, raisedMs: row.raised_ms, message: row.message, recoveredMs: row.recovered_ms };
}
