/** Who did what to which resource, in order. Never changed. */
import type { Kysely } from "kysely";
import type { AuditStore } from "../store.ts";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";
import type { Tables } from "./tables.ts";

export class PostgresAudit implements AuditStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async record({ atMs, actor, action, subject, detail }: Parameters<AuditStore["record"]>[0]): Promise<void> {
    await this.#db
      .insertInto("audit")
      .values({ at_ms: atMs, actor: plainText(actor), action: plainText(action), subject: plainText(subject), detail: toJsonText(detail) })
      .execute();
  }

  async list(subject: string, limit: number): ReturnType<AuditStore["list"]> {
    const rows = await this.#db.selectFrom("audit").selectAll().where("subject", "=", plainText(subject)).orderBy("number", "desc").limit(limit).execute();
    return rows.map(({ at_ms, actor, action, subject: of, detail }) => ({
      atMs: at_ms,
      actor,
      action,
      subject: of,
      detail: fromJsonText<Readonly<Record<string, unknown>>>(detail),
    }));
  }
}
