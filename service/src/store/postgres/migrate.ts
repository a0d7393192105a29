/**
 * Brings the schema `foretop` up to date: numbered files of SQL, applied in order, each once, all in one transaction
 * under a lock, so that two processes may start together. A schema that is newer than this program is refused.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Pool } from "pg";
import { UserError } from "../../telemetry/errors.ts";

export interface Migration {
  readonly number: number;
  /** the file's name */
  readonly name: string;
  readonly sql: string;
}

const LOCK = 0x666f_7274; // "fort": any number that others don't use
const POSTGRES_MAJOR_MIN = 14;

/** Where the migrations that were applied are written down. */
export const CREATE_MIGRATIONS =
  "create schema if not exists foretop; create table foretop.migrations (number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())";

/** What is in the folder `migrations`, in order. */
export function ownMigrations(folder: URL = new URL("./migrations/", import.meta.url)): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number.parseInt(name, 10), name, sql: readFileSync(new URL(name, folder), "utf8") }));
}

/** @returns how many were applied */
export async function migrate(pool: Pool, migrations: readonly Migration[] = ownMigrations()): Promise<number> {
  const client = await pool.connect();
  try {
    const version = await client.query<{ number: string; encoding: string }>(
      "select current_setting('server_version_num') as number, current_setting('server_encoding') as encoding",
    );
    checkServer(version.rows[0]);
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
    // Looked up first: "create schema if not exists" asks for the right to create one even where it is there.
    const found = await client.query("select to_regclass('foretop.migrations') is not null as present");
    if (!(found.rows[0] as { present: boolean }).present) {
      await client.query(CREATE_MIGRATIONS);
    }
    const applied = await client.query<{ number: number; name: string; sha256: string }>(
      "select number, name, sha256 from foretop.migrations order by number",
    );
    checkApplied(applied.rows, migrations);
    const due = migrations.slice(applied.rows.length);
    for (const { number, name, sql } of due) {
      try {
        await client.query(sql);
      } catch (cause) {
        throw new Error(`migration ${name} failed`, { cause });
      }
      await client.query("insert into foretop.migrations (number, name, sha256) values ($1, $2, $3)", [number, name, hashOf(sql)]);
    }
    await client.query("commit");
    return due.length;
  } catch (cause) {
    await client.query("rollback").catch(() => {});
    throw cause;
  } finally {
    client.release();
  }
}

function checkServer({ number, encoding }: { number: string; encoding: string }): void {
  const major = Math.floor(Number(number) / 10_000);
  if (major < POSTGRES_MAJOR_MIN) {
    throw new UserError(`Foretop's database is PostgreSQL ${major}`, {
      code: "DATABASE",
      where: "DATABASE_URL",
      advice: `Use PostgreSQL ${POSTGRES_MAJOR_MIN} or newer.`,
    });
  }
  if (encoding !== "UTF8") {
    throw new UserError(`Foretop's database has the encoding ${encoding}`, {
      code: "DATABASE",
      where: "DATABASE_URL",
      advice: "Create the database with encoding UTF8: dimension values may hold any character.",
    });
  }
}

function checkApplied(applied: readonly { number: number; name: string; sha256: string }[], own: readonly Migration[]): void {
  const newest = applied.at(-1)?.number ?? 0;
  const known = own.at(-1)?.number ?? 0;
  if (newest > known) {
    throw new UserError(`Foretop's database was brought to schema ${newest} by a newer Foretop; this one knows ${known}`, {
      code: "NEWER_SCHEMA",
      where: "DATABASE_URL",
      advice: "Start the newer Foretop again. To go back, restore the backup that was made before upgrading.",
    });
  }
  applied.forEach(({ name, sha256 }, i) => {
    const migration = own[i];
    if (migration.name !== name || hashOf(migration.sql) !== sha256) {
      throw new UserError(`Foretop's database was made with another ${name} than this Foretop has (${migration.name})`, {
        code: "OTHER_SCHEMA",
        where: "DATABASE_URL",
        advice: "Use the released version that made this database: its schema is not one of this line.",
      });
    }
  });
}

function hashOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
