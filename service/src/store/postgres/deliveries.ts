/** The outbox: rows of commits, sent afterwards. The key is the delivery; a second insert of it changes nothing. */
import { sql, type Insertable, type Kysely, type Selectable } from "kysely";
import type { AlertMessage } from "../../alerts/message.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { Delivery, DeliveryStore } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["deliveries"]>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DETAIL_LENGTH_MAX = 2_000; // a receiver's whole error page is nobody's detail

export class PostgresDeliveries implements DeliveryStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async hasDue(nowMs: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom("deliveries")
      .select("key")
      .where("status", "=", "pending")
      .where("next_try_ms", "<=", nowMs)
      .where("lease_until_ms", "<=", nowMs)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async claimDue(nowMs: number, leaseMs: number, limit: number): Promise<readonly Delivery[]> {
    const rows = await this.#db
      .updateTable("deliveries")
      .set({ lease_until_ms: nowMs + leaseMs })
      .where("key", "in", (eb) =>
        eb
          .selectFrom("deliveries")
          .select("key")
          .where("status", "=", "pending")
          .where("next_try_ms", "<=", nowMs)
          .where("lease_until_ms", "<=", nowMs)
          .orderBy("next_try_ms")
          .orderBy("created_ms")
          .orderBy("key")
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .execute();
    // RETURNING has no order of its own.
    return rows.sort((a, b) => a.next_try_ms - b.next_try_ms || a.created_ms - b.created_ms || (a.key < b.key ? -1 : 1)).map(deliveryOf);
  }

  async recordSent(key: string, detail: string, nowMs: number): Promise<void> {
    await this.#withEvent(key, nowMs, (trx) =>
      trx
        .updateTable("deliveries")
        .set({ status: "sent", sent_ms: nowMs, attempts: sql`attempts + 1`, last_detail: detailOf(detail), lease_until_ms: 0 })
        .where("key", "=", key)
        .where("status", "<>", "sent")
        .returning(EVENT_COLUMNS)
        .executeTakeFirst(),
    );
  }

  async recordFailed(key: string, detail: string, nextTryMs: number | null, nowMs: number): Promise<void> {
    await this.#withEvent(key, nowMs, (trx) =>
      trx
        .updateTable("deliveries")
        .set({
          attempts: sql`attempts + 1`,
          last_detail: detailOf(detail),
          lease_until_ms: 0,
          ...(nextTryMs === null ? { status: "failed" as const } : { next_try_ms: nextTryMs }),
        })
        .where("key", "=", key)
        // Somebody else may have sent it after our claim ran out: sent stays sent.
        .where("status", "=", "pending")
        .returning(EVENT_COLUMNS)
        .executeTakeFirst(),
    );
  }

  async list(filter: Parameters<DeliveryStore["list"]>[0]): Promise<readonly Delivery[]> {
    const { detectorId, status, groupId, asOfMs, limit } = filter;
    if (detectorId !== undefined && !UUID.test(detectorId)) return [];
    if (asOfMs !== undefined) return this.#listThen(filter, asOfMs);
    const rows = await this.#db
      .selectFrom("deliveries")
      .selectAll()
      .$if(detectorId !== undefined, (query) => query.where("detector_id", "=", detectorId!))
      .$if(status !== undefined, (query) => query.where("status", "=", status!))
      .$if(groupId !== undefined, (query) => query.where("group_id", "=", groupId!))
      .orderBy("created_ms", "desc")
      .orderBy("revision", "desc")
      .orderBy("key")
      .limit(limit)
      .execute();
    return rows.map(deliveryOf);
  }

  async resend(key: string, nowMs: number): Promise<void> {
    const isChanged = await this.#withEvent(key, nowMs, (trx) =>
      trx
        .updateTable("deliveries")
        // The tries count from 0 again, so that it gets as many as a new one.
        .set({ status: "pending", attempts: 0, next_try_ms: nowMs, lease_until_ms: 0, sent_ms: null })
        .where("key", "=", key)
        .where("status", "<>", "pending")
        .returning(EVENT_COLUMNS)
        .executeTakeFirst(),
    );
    if (isChanged) return;
    const found = await this.#db.selectFrom("deliveries").select("key").where("key", "=", key).executeTakeFirst();
    if (found === undefined) throw new UserError(`there is no delivery ${key}`, { code: "NOT_FOUND", advice: "List the deliveries to see their keys." });
  }

  async newest(groupIds: readonly string[]): Promise<readonly { delivery: Delivery; isHeard: boolean }[]> {
    if (groupIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom("deliveries")
      .selectAll()
      .select(sql<boolean>`bool_or(status <> 'muted') over (partition by alert_name, group_id)`.as("is_heard"))
      .distinctOn(["alert_name", "group_id"])
      .where("group_id", "in", groupIds)
      .orderBy("alert_name")
      .orderBy("group_id")
      .orderBy("revision", "desc")
      .execute();
    return rows.map(({ is_heard: isHeard, ...row }) => ({ delivery: deliveryOf(row), isHeard }));
  }

  async lastTold(alertName: string, groupId: string): Promise<number | null> {
    const { revision } = await this.#db
      .selectFrom("deliveries")
      .select(({ fn }) => fn.max<number | null>("revision").as("revision"))
      .where("alert_name", "=", alertName)
      .where("group_id", "=", groupId)
      .where("status", "in", ["pending", "sent"])
      .executeTakeFirstOrThrow();
    return revision;
  }

  async countSince(alertName: string, sinceMs: number): Promise<number> {
    const { count } = await this.#db
      .selectFrom("deliveries")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("alert_name", "=", alertName)
      .where((eb) => eb.or([eb("status", "=", "pending"), eb.and([eb("status", "=", "sent"), eb("sent_ms", ">=", sinceMs)])]))
      .executeTakeFirstOrThrow();
    return count;
  }

  /** Each as the last event up to then left it. */
  async #listThen({ detectorId, status, groupId, limit }: Parameters<DeliveryStore["list"]>[0], asOfMs: number): Promise<readonly Delivery[]> {
    const conditions = [sql`d.created_ms <= ${asOfMs}::bigint`];
    if (detectorId !== undefined) conditions.push(sql`d.detector_id = ${detectorId}::uuid`);
    if (groupId !== undefined) conditions.push(sql`d.group_id = ${groupId}`);
    if (status !== undefined) conditions.push(sql`e.status = ${status}`);
    const { rows } = await sql<Row>`
      select d.key, d.detector_id, d.alert_name, d.channel, d.group_id, d.revision, d.message, d.lease_until_ms, d.created_ms,
        e.status, e.attempts, e.next_try_ms, e.last_detail, e.sent_ms
      from foretop.deliveries d
      cross join lateral (
        select * from foretop.delivery_events e where e.key = d.key and e.at_ms <= ${asOfMs}::bigint order by e.number desc limit 1
      ) e
      where ${sql.join(conditions, sql` and `)}
      order by d.created_ms desc, d.revision desc, d.key
      limit ${limit}`.execute(this.#db);
    return rows.map(deliveryOf);
  }

  /** A change and its event in one transaction, dated after whatever somebody has asked about (see fix-instant.ts). */
  #withEvent(key: string, nowMs: number, change: (trx: Kysely<Tables>) => Promise<Omit<Event, "at_ms"> | undefined>): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const detector = await trx
        .selectFrom("detectors")
        .innerJoin("deliveries", "deliveries.detector_id", "detectors.id")
        .select("detectors.asked_ms")
        .where("deliveries.key", "=", key)
        .forShare("detectors")
        .executeTakeFirst();
      if (detector === undefined) return false;
      const event = await change(trx);
      if (event === undefined) return false;
      await trx.insertInto("delivery_events").values({ ...event, at_ms: Math.max(nowMs, detector.asked_ms + 1) }).execute();
      return true;
    });
  }
}

/** What changes in the life of a delivery. */
type Event = Insertable<Tables["delivery_events"]>;
const EVENT_COLUMNS = ["key", "status", "attempts", "next_try_ms", "last_detail", "sent_ms"] as const;

/** Part of a commit. */
export async function insertDeliveries(db: Kysely<Tables>, deliveries: readonly Delivery[], knownAtMs: number): Promise<void> {
  for (const delivery of deliveries) {
    const row = await db
      .insertInto("deliveries")
      .values({
        key: delivery.key,
        detector_id: delivery.detectorId,
        alert_name: delivery.alertName,
        channel: toJsonText(delivery.channel),
        group_id: delivery.groupId,
        revision: delivery.revision,
        message: toJsonText(delivery.message),
        status: delivery.status,
        attempts: delivery.attempts,
        next_try_ms: delivery.nextTryMs,
        last_detail: delivery.lastDetail === null ? null : detailOf(delivery.lastDetail),
        created_ms: Math.max(delivery.createdMs, knownAtMs),
        sent_ms: delivery.sentMs,
      })
      .onConflict((conflict) => conflict.column("key").doNothing())
      .returning([...EVENT_COLUMNS, "created_ms"])
      .executeTakeFirst();
    if (row === undefined) continue; // it is there already
    const { created_ms: at_ms, ...event } = row;
    await db.insertInto("delivery_events").values({ ...event, at_ms }).execute();
  }
}

function detailOf(detail: string): string {
  return plainText(detail.slice(0, DETAIL_LENGTH_MAX));
}

function deliveryOf(row: Row): Delivery {
  return {
    key: row.key,
    detectorId: row.detector_id,
    alertName: row.alert_name,
    channel: fromJsonText<Delivery["channel"]>(row.channel),
    groupId: row.group_id,
    revision: row.revision,
    message: fromJsonText<AlertMessage>(row.message),
    status: row.status,
    attempts: row.attempts,
    nextTryMs: row.next_try_ms,
    lastDetail: row.last_detail,
    createdMs: row.created_ms,
    sentMs: row.sent_ms,
  };
}
