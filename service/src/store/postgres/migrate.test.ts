import { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "../../../test/postgres.ts";
import { migrate, ownMigrations, type Migration } from "./migrate.ts";

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase();
  pool = poolAt(database.url);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** Sessions that dropping the database ends, after the pool was ended, say so on the client. */
function poolAt(connectionString: string): Pool {
  const made = new Pool({ connectionString });
  made.on("connect", (client) => client.on("error", () => {}));
  return made;
}

const tables = async () =>
  (await pool.query<{ name: string }>("select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('foretop', 'public') order by 1")).rows.map(({ name }) => name);

const first: Migration = { number: 1, name: "0001_first.sql", sql: "create table foretop.a (x integer)" };
const second: Migration = { number: 2, name: "0002_second.sql", sql: "create table foretop.b (x integer); insert into foretop.b values (1)" };

test("migrations are numbered from 1 without holes", () => {
  const own = ownMigrations();
  expect(own.length).toBeGreaterThan(0);
  expect(own.map(({ number }) => number)).toEqual(own.map((_, i) => i + 1));
});

test("an empty database is brought up to date, in a schema of its own; a second time there is nothing to do", async () => {
  expect(await migrate(pool)).toBe(ownMigrations().length);
  expect(await migrate(pool)).toBe(0);
  const found = await tables();
  expect(found).toContain("foretop.detectors");
  expect(found.filter((name) => name.startsWith("public."))).toEqual([]);
});

test("only what is new is applied", async () => {
  expect(await migrate(pool, [first])).toBe(1);
  expect(await migrate(pool, [first, second])).toBe(1);
  expect(await tables()).toEqual(["foretop.a", "foretop.b", "foretop.migrations"]);
});

test("two processes that start together apply each migration once", async () => {
  const others = Array.from({ length: 4 }, () => poolAt(database.url));
  const applied = await Promise.all(others.map((other) => migrate(other, [first, second])));
  expect(applied.sort((a, b) => a - b)).toEqual([0, 0, 0, 2]);
  expect((await pool.query("select * from foretop.b")).rowCount).toBe(1);
  await Promise.all(others.map((other) => other.end()));
});

test("a migration that fails leaves the schema as it was, and names itself", async () => {
  const broken: Migration = { number: 2, name: "0002_broken.sql", sql: "create table foretop.b (x integer); select 1/0" };
  await expect(migrate(pool, [first, broken])).rejects.toMatchObject({ message: "migration 0002_broken.sql failed", cause: expect.objectContaining({ message: "division by zero" }) });
  expect(await tables()).toEqual([]);
  expect(await migrate(pool, [first, second])).toBe(2);
});

test("a schema of a newer Foretop is refused with advice, and not touched", async () => {
  await migrate(pool, [first, second]);
  await expect(migrate(pool, [first])).rejects.toMatchObject({ name: "UserError", code: "NEWER_SCHEMA", message: expect.stringMatching(/schema 2 .* knows 1/), advice: expect.stringContaining("newer Foretop") });
  expect(await tables()).toEqual(["foretop.a", "foretop.b", "foretop.migrations"]);
});

test("a schema that was made by other migrations than ours is refused", async () => {
  await migrate(pool, [first]);
  await expect(migrate(pool, [{ ...first, sql: `${first.sql} ` }, second])).rejects.toMatchObject({ code: "OTHER_SCHEMA" });
  await expect(migrate(pool, [{ ...first, name: "0001_renamed.sql" }])).rejects.toMatchObject({ code: "OTHER_SCHEMA" });
});

test("a user without the right to create is told what to grant; afterwards it needs no such right", async () => {
  const role = `limited_${Date.now()}`;
  await pool.query(`create role ${role} login password 'secret'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = "secret";
  const limited = poolAt(url.href);
  try {
    await expect(migrate(limited)).rejects.toMatchObject({ code: "42501" });
    await migrate(pool);
    await pool.query(`grant usage on schema foretop to ${role}; grant all on all tables in schema foretop to ${role}`);
    expect(await migrate(limited)).toBe(0);
  } finally {
    await limited.end();
    await pool.query(`drop owned by ${role}; drop role ${role}`);
  }
});
