import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runOn, testDatabase, type TestDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { aCommit, aDelivery, aGroup, aLearnedDetector, HEAD_MS, HOUR_MS } from "../store-fixtures.ts";
import { HeadMovedError } from "../store.ts";
import { openPostgresStore } from "./open-store.ts";

let database: TestDatabase;
let segmentsFolder: string;
beforeEach(async () => {
  database = await testDatabase();
  segmentsFolder = mkdtempSync(join(tmpdir(), "foretop-segments-"));
});
afterEach(async () => {
  await database.drop();
  rmSync(segmentsFolder, { recursive: true });
});

const open = (databaseUrl: string) => openPostgresStore({ databaseUrl, segments: segmentsFolder, log: silentLogger });
const changed = (change: (url: URL) => void) => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};

test("why the database can't be used is said in words, with what to do, and without the password", async () => {
  const cases: [string, RegExp, RegExp][] = [
    [changed((url) => (url.password = "wrong-secret")), /refuses the user or password/, /Correct/],
    [changed((url) => (url.pathname = "/no_such_database")), /does not exist/, /createdb/],
    [changed((url) => (url.port = "1")), /can't be reached/, /host and port/],
    [changed((url) => (url.hostname = "no-such-host.invalid")), /can't be reached/, /host and port/],
  ];
  for (const [url, message, advice] of cases) {
    const error = await open(url).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: "UserError", code: "DATABASE", where: "DATABASE_URL", message: expect.stringMatching(message), advice: expect.stringMatching(advice) });
    expect(String((error as Error).message)).not.toContain("secret");
  }
});

test("connections that are cut while idle are replaced", async () => {
  const store = await open(database.url);
  const detector = await aLearnedDetector(store);
  await runOn(database.url, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'foretop' and datname = current_database()");
  // The pool may not have seen it yet: the first call may fail, the second may not.
  await store.detectors.list().catch(() => {});
  expect(await store.detectors.get(detector.id)).toEqual(detector);
  await store.close();
});

test("closing twice is no error, and leaves no connection, also of a store that was never used", async () => {
  const store = await open(database.url);
  await Promise.all([store.close(), store.close()]);
  await expect(store.detectors.list()).rejects.toThrow(/pool after calling end/);
  const left = await runOn(database.url, "select from pg_stat_activity where application_name = 'foretop' and datname = current_database()");
  expect(left).toEqual([]);
});

/** Between us and PostgreSQL: cuts the line at the next COMMIT, before or after the server has got it. */
async function lineCutter(): Promise<{ url: string; server: Server; cutAtCommit(when: "before" | "after"): void }> {
  const target = new URL(database.url);
  let cut: "before" | "after" | null = null;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    let deaf = false;
    client.on("data", (chunk) => {
      if (cut !== null && chunk.includes("commit")) {
        if (cut === "before") {
          client.destroy();
          upstream.destroy();
          cut = null;
          return;
        }
        deaf = true;
        cut = null;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (deaf) client.destroy(); // the server has answered, so it has committed
      else client.write(chunk);
    });
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = changed((u) => (u.port = String((server.address() as AddressInfo).port)));
  return { url, server, cutAtCommit: (when) => (cut = when) };
}

/** The second is what the driver says when it is asked to roll back on the lost connection. */
const LOST = /Connection terminated|Client has encountered a connection error/;

test("a connection lost during COMMIT: the caller reads the head again, and nothing is lost or done twice", async () => {
  const line = await lineCutter();
  const store = await open(line.url);
  const detector = await aLearnedDetector(store);
  const commit = aCommit(detector, HEAD_MS, { groups: [aGroup(detector, 1)], deliveries: [aDelivery(detector, "a")] });

  line.cutAtCommit("before");
  await expect(store.commitInterval(commit)).rejects.toThrow(LOST);
  expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS);
  expect(await store.deliveries.list({ limit: 10 })).toEqual([]);

  line.cutAtCommit("after");
  await expect(store.commitInterval(commit)).rejects.toThrow(LOST);
  expect((await store.detectors.get(detector.id))!.headMs).toBe(HEAD_MS + HOUR_MS);
  expect(await store.deliveries.list({ limit: 10 })).toHaveLength(1);
  // Whoever tries again without looking is stopped by the fence.
  await expect(store.commitInterval(commit)).rejects.toThrow(HeadMovedError);

  await store.close();
  line.server.close();
});
