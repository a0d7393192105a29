/**
 * Anomaly groups: a row a group as it stands, and each revision as it was committed, never changed. What a revision
 * doesn't count (how many quiet intervals have passed) is kept on the group's row.
 */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { AnomalyGroup } from "@foretop/engine";
import { sql, type Kysely, type RawBuilder, type SqlBool } from "kysely";
import { UserError } from "../../telemetry/errors.ts";
import type { GroupFilter, GroupStore, StoredGroup } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

type Body = Omit<StoredGroup, "group" | "knownAtMs"> & { readonly group: Omit<AnomalyGroup, "members"> };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface RevisionRow {
  readonly body: string;
  readonly members: Buffer;
  readonly known_at_ms: number;
}

interface LatestRow extends RevisionRow {
  readonly status: AnomalyGroup["status"];
  readonly quiet_intervals: number;
}

interface ListedRow extends LatestRow {
  readonly id: string;
  readonly severity: number;
  readonly start_ms: number;
}

interface ListedRows {
  readonly rows: readonly ListedRow[];
  readonly total: number;
}

/** Groups with the columns they are listed by, each as its latest revision at `asOfMs` had them. */
function knownThen(asOfMs: number): RawBuilder<ListedRow> {
  return sql<ListedRow>`
    select distinct on (g.id) g.id, g.detector_id, g.measure, g.quiet_intervals, r.severity, r.start_ms, r.last_ms, r.end_ms,
      -- learning anew closes groups without a revision
      case when r.status = 'open' and g.closed_ms <= ${asOfMs}::bigint then 'closed' else r.status end as status,
      r.body, r.members, r.known_at_ms
    from foretop.groups g join foretop.group_revisions r on r.group_id = g.id
    where r.known_at_ms <= ${asOfMs}::bigint
    order by g.id, r.revision desc`;
}

export class PostgresGroups implements GroupStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async open(detectorId: string, generation: number): Promise<readonly AnomalyGroup[]> {
    const rows = await this.#latest()
      .where("groups.detector_id", "=", detectorId)
      .where("groups.generation", "=", generation)
      .where("groups.status", "=", "open")
      .orderBy("groups.start_ms")
      .orderBy("groups.id")
      .execute();
    return rows.map((row) => latestOf(row).group);
  }

  async get(groupId: string, asOfMs?: number): Promise<StoredGroup | null> {
    if (!UUID.test(groupId)) return null;
    if (asOfMs !== undefined) {
      const { rows } = await sql<LatestRow>`select * from (${knownThen(asOfMs)}) as groups where id = ${groupId}::uuid`.execute(this.#db);
      return rows[0] === undefined ? null : latestOf(rows[0]);
    }
    const row = await this.#latest().where("groups.id", "=", groupId).executeTakeFirst();
    return row === undefined ? null : latestOf(row);
  }

  async revisions(groupId: string, asOfMs?: number): Promise<readonly StoredGroup[]> {
    if (!UUID.test(groupId)) return [];
    const rows = await this.#db
      .selectFrom("group_revisions")
      .select(["body", "members", "known_at_ms"])
      .where("group_id", "=", groupId)
      .$if(asOfMs !== undefined, (query) => query.where("known_at_ms", "<=", asOfMs!))
      .orderBy("revision")
      .execute();
    return rows.map(revisionOf);
  }

  async expire(detectorId: string, beforeMs: number): Promise<{ groups: number; deliveries: number }> {
    return this.#db.transaction().execute(async (trx) => {
      const groups = await trx
        .deleteFrom("groups")
        .where("detector_id", "=", detectorId)
        .where("status", "<>", "open")
        .where("end_ms", "<", beforeMs)
        .executeTakeFirstOrThrow();
      const deliveries = await trx
        .deleteFrom("deliveries")
        .where("detector_id", "=", detectorId)
        .where("created_ms", "<", beforeMs)
        .where("status", "<>", "pending")
        // What was told of a group that is kept keeps it from being told again.
        .where((eb) => eb.not(eb.exists(eb.selectFrom("groups").select("groups.id").where(sql<boolean>`groups.id::text = deliveries.group_id`))))
        .executeTakeFirstOrThrow();
      return { groups: Number(groups.numDeletedRows), deliveries: Number(deliveries.numDeletedRows) };
    });
  }

  async list(filter: GroupFilter): Promise<{ groups: readonly StoredGroup[]; total: number; nextCursor: string | null }> {
    const { rows, total } = filter.asOfMs === undefined ? await this.#listNow(filter) : await this.#listThen(filter, filter.asOfMs);
    const page = rows.slice(0, filter.limit);
    const last = page.at(-1);
    return {
      groups: page.map(latestOf),
      total,
      nextCursor: rows.length > filter.limit && last !== undefined ? cursorOf(last) : null,
    };
  }

  async #listNow(filter: GroupFilter): Promise<ListedRows> {
    const rows = await this.#latest()
      .where(isShown(filter))
      .where(isAfter(filter.cursor))
      .orderBy("groups.start_ms", "desc")
      .orderBy("groups.severity", "desc")
      .orderBy("groups.id")
      .limit(filter.limit + 1)
      .execute();
    const { total } = await this.#db
      .selectFrom("groups")
      .select(({ fn }) => fn.countAll<number>().as("total"))
      .where(isShown(filter))
      .executeTakeFirstOrThrow();
    return { rows, total };
  }

  /** The same by the figures of the revisions that were the latest then. */
  async #listThen(filter: GroupFilter, asOfMs: number): Promise<ListedRows> {
    const { rows } = await sql<ListedRow>`
      select * from (${knownThen(asOfMs)}) as groups
      where ${isShown(filter)} and ${isAfter(filter.cursor)}
      order by start_ms desc, severity desc, id
      limit ${filter.limit + 1}`.execute(this.#db);
    const counted = await sql<{ total: number }>`select count(*) as total from (${knownThen(asOfMs)}) as groups where ${isShown(filter)}`.execute(this.#db);
    return { rows, total: counted.rows[0]!.total };
  }

  #latest() {
    return this.#db
      .selectFrom("groups")
      .innerJoin("group_revisions", (join) =>
        join.onRef("group_revisions.group_id", "=", "groups.id").onRef("group_revisions.revision", "=", "groups.revision"),
      )
      .select([
        "groups.id",
        "groups.status",
        "groups.severity",
        "groups.start_ms",
        "groups.quiet_intervals",
        "group_revisions.body",
        "group_revisions.members",
        "group_revisions.known_at_ms",
      ]);
  }
}

/** Part of a commit. */
export async function upsertGroups(db: Kysely<Tables>, groups: readonly StoredGroup[], knownAtMs: number): Promise<void> {
  for (const stored of groups) {
    const { group, detectorId, generation, evidence } = stored;
    const listed = {
      status: group.status,
      severity: group.severity,
      start_ms: group.startMs,
      last_ms: group.lastMs,
      end_ms: group.lastMs + (evidence.interval.endMs - evidence.interval.startMs),
    };
    const figures = { ...listed, revision: group.revision, measure: plainText(group.measure), quiet_intervals: group.quietIntervals };
    await db
      .insertInto("groups")
      .values({ id: group.id, detector_id: detectorId, generation, ...figures })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(figures))
      .execute();
    await db
      .insertInto("group_revisions")
      .values({ group_id: group.id, revision: group.revision, ...encode(stored), ...listed, known_at_ms: knownAtMs })
      .onConflict((conflict) => conflict.columns(["group_id", "revision"]).doNothing())
      .execute();
  }
}

function encode({ group, knownAtMs: _knownAtMs, ...rest }: StoredGroup): { body: string; members: Buffer } {
  const { members, ...groupBody } = group;
  const body: Body = { ...rest, group: groupBody };
  return { body: toJsonText(body), members: zstdCompressSync(toJsonText(members)) };
}

function revisionOf({ body, members, known_at_ms }: RevisionRow): StoredGroup {
  const { group, ...rest } = fromJsonText<Body>(body);
  const text = zstdDecompressSync(members).toString("utf8");
  return { ...rest, group: { ...group, members: fromJsonText<AnomalyGroup["members"]>(text) }, knownAtMs: known_at_ms };
}

function latestOf(row: LatestRow): StoredGroup {
  const stored = revisionOf(row);
  return { ...stored, group: { ...stored.group, status: row.status, quietIntervals: row.quiet_intervals } };
}

/** Retracted and merged groups stay in the store, but are in no list. */
function isShown({ detectorId, severityMin, measure, fromMs, toMs, status }: GroupFilter): RawBuilder<SqlBool> {
  const conditions = [status === undefined ? sql`groups.status in ('open', 'closed')` : sql`groups.status = ${status}`];
  if (detectorId !== undefined) conditions.push(UUID.test(detectorId) ? sql`groups.detector_id = ${detectorId}::uuid` : sql`false`);
  if (severityMin !== undefined) conditions.push(sql`groups.severity >= ${severityMin}::double precision`);
  if (measure !== undefined) conditions.push(sql`groups.measure = ${plainText(measure)}`);
  if (fromMs !== undefined) conditions.push(sql`groups.end_ms > ${fromMs}::bigint`);
  if (toMs !== undefined) conditions.push(sql`groups.start_ms < ${toMs}::bigint`);
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

/** Behind the last row of the page before: start and severity descend, the id ascends. */
function isAfter(cursor: string | undefined): RawBuilder<SqlBool> {
  if (cursor === undefined) return sql<SqlBool>`true`;
  const { startMs, severity, id } = parseCursor(cursor);
  return sql<SqlBool>`((groups.start_ms, groups.severity) < (${startMs}::bigint, ${severity}::double precision)
    or (groups.start_ms = ${startMs}::bigint and groups.severity = ${severity}::double precision and groups.id > ${id}::uuid))`;
}

function cursorOf({ start_ms, severity, id }: { start_ms: number; severity: number; id: string }): string {
  return Buffer.from(JSON.stringify([start_ms, severity, id])).toString("base64url");
}

function parseCursor(cursor: string): { startMs: number; severity: number; id: string } {
  try {
    const [startMs, severity, id] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    if (Number.isSafeInteger(startMs) && typeof severity === "number" && typeof id === "string" && UUID.test(id)) {
      return { startMs: startMs as number, severity, id }; // checked in the line above
    }
  } catch {
    // said below
  }
  throw new UserError("the cursor is not one of a list of groups", {
    code: "CURSOR",
    where: "cursor",
    advice: "Pass nextCursor of the page before, unchanged; leave it out for the first page.",
  });
}
