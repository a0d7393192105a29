import { Client } from "pg";
import { expect, test } from "vitest";
import { testDatabase } from "./postgres.ts";

test("testDatabase hands out an empty PostgreSQL database of its own each time", async () => {
  const databases = await Promise.all([testDatabase(), testDatabase()]);
  expect(databases[0].url).not.toBe(databases[1].url);
  for (const { url } of databases) {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query("select count(*)::int as tables from pg_tables where schemaname = 'public'");
    expect(rows).toEqual([{ tables: 0 }]);
    await client.end();
  }
  await Promise.all(databases.map((database) => database.drop()));
  await expect(new Client({ connectionString: databases[0].url }).connect()).rejects.toThrow(/does not exist/);
});

test("a wrong password is refused: tests of it don't pass for the wrong reason", async () => {
  const database = await testDatabase();
  const url = new URL(database.url);
  url.password = "wrong";
  await expect(new Client({ connectionString: url.href }).connect()).rejects.toThrow(/password authentication failed/);
  await database.drop();
});
