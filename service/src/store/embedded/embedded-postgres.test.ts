import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findBinaries } from "./binaries.ts";
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded-postgres.ts";
import { processStart } from "./owner-lock.ts";
import { ladderOf, type RunAs } from "./run-as.ts";

const isRoot = process.getuid!() === 0;

let home: string;
let running: EmbeddedPostgres[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "foretop-embedded-"));
  running = [];
});
afterEach(async () => {
  for (const postgres of running) await postgres.stop();
  await removeEmbeddedPostgres(home);
  rmSync(home, { recursive: true, force: true });
});

async function start(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(home, { durable: false, ...options });
  running.push(postgres);
  return postgres;
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

function serverPid(of = home): number {
  return Number.parseInt(readFileSync(join(of, "postgres", "data", "postmaster.pid"), "utf8"), 10);
}

async function until(fact: () => boolean, ms = 20_000): Promise<void> {
  for (const end = performance.now() + ms; !fact(); await sleep(20)) if (performance.now() > end) throw new Error("waited too long");
}

/** Another Node process that starts the server and goes on living; it has printed "up" when this returns. */
async function startElsewhere(): Promise<ChildProcess> {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("./embedded-postgres.ts", import.meta.url).href)};
    await startEmbeddedPostgres(${JSON.stringify(home)}, { durable: false });
    console.log("up");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  expect(String((await once(child.stdout, "data"))[0]).trim()).toBe("up");
  return child;
}

test("it starts, keeps databases and data over a restart, and stays at the same address", async () => {
  const first = await start();
  expect(first.isNew).toBe(true);
  expect(await first.createDatabase("it's \"quoted\" 🦊")).toBe(true);
  expect(await first.createDatabase("it's \"quoted\" 🦊")).toBe(false);
  await query(first.url("it's \"quoted\" 🦊"), "create table kept as select 42 as answer");
  await first.stop();
  await first.stop();

  const second = await start();
  expect(second.isNew).toBe(false);
  expect(second.url("x")).toBe(first.url("x"));
  expect(await query(second.url("it's \"quoted\" 🦊"), "select answer from kept")).toEqual([{ answer: 42 }]);
  await second.dropDatabase("it's \"quoted\" 🦊");
  await second.dropDatabase("it's \"quoted\" 🦊");
  await expect(query(second.url("it's \"quoted\" 🦊"), "select 1")).rejects.toMatchObject({ code: "3D000" });
});

describe("a running server", () => {
  let shared: string;
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), "foretop-embedded-"));
    // Variables of the person's shell must not reach it.
    process.env["PGPORT"] = "1";
    process.env["PGDATA"] = "/nowhere";
    postgres = await startEmbeddedPostgres(shared);
    delete process.env["PGPORT"];
    delete process.env["PGDATA"];
  });
  afterAll(async () => {
    await postgres.stop();
    await removeEmbeddedPostgres(shared);
    rmSync(shared, { recursive: true, force: true });
  });

  test("asks for the password, which only the owner of the folder can read", async () => {
    await expect(query(postgres.url("postgres").replace(encodeURIComponent(postgres.password), "wrong"), "select 1")).rejects.toMatchObject({ code: "28P01" });
    expect(statSync(join(shared, "postgres", "password")).mode & 0o777).toBe(0o600);
    const stored = await query(postgres.url("postgres"), "select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolname = 'foretop'");
    expect(stored).toEqual([{ scram: true }]);
    expect(readFileSync(join(shared, "postgres", "data", "pg_hba.conf"), "utf8")).not.toMatch(/^[^#]*\btrust\b/m);
  });

  test("listens on the loopback address only", async () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of own) {
      const socket = connect({ host: address, port: postgres.port });
      const answer = await new Promise((resolve) => socket.once("connect", () => resolve("connected")).once("error", () => resolve("refused")));
      expect(answer, address).toBe("refused");
    }
    expect(await query(postgres.url("postgres"), "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  });

  test("is durable unless a test says otherwise", async () => {
    const settings = ["data_checksums", "fsync", "full_page_writes", "synchronous_commit"];
    const found = await query(postgres.url("postgres"), `select name, setting from pg_settings where name in ('${settings.join("', '")}') order by name`);
    expect(found).toEqual(settings.map((name) => ({ name, setting: "on" })));
  });

  test("sorts texts by code point, whatever the machine's language", async () => {
    const sorted = await query(postgres.url("postgres"), "select v from (values ('a'), ('B'), ('é'), ('_'), ('Z')) as t (v) order by v");
    expect(sorted).toEqual(["B", "Z", "_", "a", "é"].map((v) => ({ v })));
  });

  test("is not in our process group: Ctrl-C in the terminal reaches Node alone, which ends its work first", () => {
    const groupOf = (pid: number) => spawnSync("ps", ["-o", "pgid=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
    expect(groupOf(serverPid(shared))).toMatch(/^\d+$/);
    expect(groupOf(serverPid(shared))).not.toBe(groupOf(process.pid));
  });
});

test("a second process on the same folder is refused and told who has it; the first goes on", async () => {
  const postgres = await start();
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ name: "UserError", code: "IN_USE", message: expect.stringContaining(String(process.pid)), advice: expect.stringContaining("DATABASE_URL") });
  expect(await query(postgres.url("postgres"), "select 1 as one")).toEqual([{ one: 1 }]);
});

test("the server ends when its Node process is killed, and the folder can be taken over at once", async () => {
  const child = await startElsewhere();
  const pid = serverPid();
  const end = once(child, "exit");
  child.kill("SIGKILL");
  await end;
  const postgres = await start(); // waits for the old server's end
  expect(processStart(pid)).toBeNull();
  expect(await query(postgres.url("postgres"), "select 1 as one")).toEqual([{ one: 1 }]);
  // A clean shutdown, not a crash: nothing had to be recovered.
  expect(readFileSync(join(home, "postgres", "server.log"), "utf8")).not.toMatch(/not properly shut down/);
});

test("the server ends when its watchdog is killed instead", async () => {
  if (process.platform !== "linux" || spawnSync("setpriv", ["--pdeathsig", "INT", "true"]).status !== 0) return; // only the kernel can do this
  const child = await startElsewhere();
  const pid = serverPid();
  const watchdog = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[1]);
  process.kill(watchdog, "SIGKILL");
  await until(() => processStart(pid) === null);
  expect(child.exitCode).toBeNull(); // Node itself lives
  const end = once(child, "exit");
  child.kill("SIGKILL");
  await end;
});

test("a program that forgets to stop the server can still end, and the server ends with it", async () => {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("./embedded-postgres.ts", import.meta.url).href)};
    await startEmbeddedPostgres(${JSON.stringify(home)}, { durable: false });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" });
  expect((await once(child, "exit"))[0]).toBe(0);
  expect((await start()).isNew).toBe(false);
});

test("a port that was taken meanwhile is replaced by a free one", async () => {
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(first.port, "127.0.0.1");
  await once(squatter, "listening");
  const second = await start();
  expect(second.port).not.toBe(first.port);
  expect(await query(second.url("postgres"), "select 1 as one")).toEqual([{ one: 1 }]);
  squatter.close();
});

test("a folder of another major version is refused with advice, and left as it is", async () => {
  await (await start()).stop();
  const version = join(home, "postgres", "data", "PG_VERSION");
  writeFileSync(version, "17\n");
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ code: "OTHER_VERSION", message: expect.stringMatching(/17.*18/), advice: expect.stringContaining("dump") });
  expect(readFileSync(version, "utf8")).toBe("17\n");
  expect(existsSync(join(home, "postgres", "owner.lock"))).toBe(false);
});

test("a start that was killed while the folder was being made leaves nothing that a later start trips over", async () => {
  mkdirSync(join(home, "postgres", "data.unfinished", "base"), { recursive: true });
  writeFileSync(join(home, "postgres", "data.password"), "old");
  const postgres = await start();
  expect(postgres.isNew).toBe(true);
  expect(existsSync(join(home, "postgres", "data.unfinished"))).toBe(false);
  expect(existsSync(join(home, "postgres", "data.password"))).toBe(false);
});

test("a missing or wrong password file is said, not worked around", async () => {
  await (await start()).stop();
  const file = join(home, "postgres", "password");
  const right = readFileSync(file, "utf8");
  rmSync(file);
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ code: "PASSWORD_MISSING" });
  writeFileSync(file, "wrong\n");
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ code: "PASSWORD_WRONG" });
  writeFileSync(file, right);
  await start();
});

test("a folder that is no database is refused", async () => {
  mkdirSync(join(home, "postgres", "data"), { recursive: true });
  if (isRoot) chownSync(join(home, "postgres", "data"), 65534, 65534);
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ code: "NOT_DATA" });
});

test("where nothing works the error says what was tried and names DATABASE_URL", async () => {
  const broken: RunAs = { method: "plain", owner: null, prefix: ["/nonexistent/program"] };
  await expect(startEmbeddedPostgres(home, { ladder: [broken] })).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("/nonexistent/program"),
    advice: expect.stringContaining("DATABASE_URL"),
  });
});

test("a platform without a package is refused with advice", async () => {
  await expect(findBinaries("sunos-sparc")).rejects.toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("@embedded-postgres/sunos-sparc"), advice: expect.stringContaining("DATABASE_URL") });
  await expect(findBinaries("win32-x64")).rejects.toMatchObject({ code: "UNSUPPORTED", advice: expect.stringContaining("Windows Subsystem for Linux") });
});

test("the ladder: plainly as anybody, as nobody or the data's owner for root", () => {
  const methods = (uid: number, owner: { uid: number; gid: number } | null) => ladderOf(uid, owner).map(({ method, owner: as }) => [method, as?.uid]);
  expect(methods(1000, null)).toEqual([["plain", undefined]]);
  expect(methods(0, null)).toEqual([["setuid", 65534], ["namespace", undefined]]);
  expect(methods(0, { uid: 1000, gid: 1000 })).toEqual([["setuid", 1000]]);
  expect(methods(0, { uid: 0, gid: 0 })).toEqual([["namespace", undefined]]);
});

test("root runs the server as nobody, also when nobody can't enter the home folder", async () => {
  if (!isRoot) return; // nothing to climb
  const outer = home;
  const closed = join(outer, "closed"); // as /root is
  mkdirSync(closed, { mode: 0o700 });
  home = join(closed, "home");
  const postgres = await start();
  const data = join(home, "postgres", "data");
  expect(lstatSync(data).isSymbolicLink()).toBe(true);
  expect(statSync(data).uid).toBe(65534);
  expect(statSync(closed).mode & 0o777).toBe(0o700);
  await postgres.stop();
  await (await start()).stop();
  await removeEmbeddedPostgres(home);
  expect(existsSync(data)).toBe(false);
  home = outer;
});

test("root without the right to change its user runs the server in a user namespace", async () => {
  if (!isRoot || spawnSync("unshare", ["--user", "true"]).status !== 0) return; // forbidden here: nothing to try
  const ladder = ladderOf(0, { uid: 0, gid: 0 });
  const first = await start({ ladder });
  await first.createDatabase("kept");
  expect(statSync(join(home, "postgres", "data")).uid).toBe(0);
  await first.stop();
  // The folder's owner says how it was made: the ladder is found again.
  const second = await start();
  expect(await second.createDatabase("kept")).toBe(false);
});

test("a user who is not root runs it plainly, from programs in a checkout that others can't write", async () => {
  if (!isRoot) return; // every other test has shown it
  chmodSync(home, 0o777);
  const theirs = join(home, "theirs");
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("./embedded-postgres.ts", import.meta.url).href)};
    const postgres = await startEmbeddedPostgres(${JSON.stringify(theirs)}, { durable: false });
    await postgres.createDatabase("x");
    await postgres.stop();
    console.log("done");`;
  const result = spawnSync(process.execPath, ["--input-type=module", "-e", program], { uid: 65534, gid: 65534, cwd: "/", encoding: "utf8", timeout: 60_000 });
  expect(result.stderr).toBe("");
  expect(result.stdout.trim()).toBe("done");
  // Root then runs it as that user: the data stays theirs.
  const own = await startEmbeddedPostgres(theirs, { durable: false });
  expect(await own.createDatabase("x")).toBe(false);
  await own.stop();
  expect(statSync(join(theirs, "postgres", "data")).uid).toBe(65534);
  await removeEmbeddedPostgres(theirs);
});
