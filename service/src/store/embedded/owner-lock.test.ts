import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processStart, takeOwnerLock } from "./owner-lock.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "foretop-lock-"));
  path = join(folder, "owner.lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the lock is taken once, and free again after its release", () => {
  const lock = takeOwnerLock(path);
  expect(() => takeOwnerLock(path)).toThrow(expect.objectContaining({ code: "IN_USE", message: expect.stringContaining(`process ${process.pid}`) }));
  lock.release();
  expect(existsSync(path)).toBe(false);
  takeOwnerLock(path).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock of a process that is gone is taken over", () => {
  const gone = spawnSync("true").pid;
  writeFileSync(path, JSON.stringify({ pid: gone, startedAt: "then" }));
  takeOwnerLock(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
  expect(readdirSync(folder)).toEqual(["owner.lock"]);
});

test("the lock of a process whose id has gone to another one is taken over", () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: "before the machine was started again" }));
  takeOwnerLock(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ pid: process.pid, startedAt: processStart(process.pid) });
});

test("a lock that was cut off by a power failure is taken over", () => {
  for (const text of ["", "{\"pid\": 1", "null", "[]"]) {
    writeFileSync(path, text);
    takeOwnerLock(path).release();
    expect(existsSync(path)).toBe(false);
  }
});

test("a process that was killed while it took over leaves nothing that stops the next one", () => {
  const stale = JSON.stringify({ pid: spawnSync("true").pid, startedAt: "then" });
  writeFileSync(path, stale);
  const name = `owner.lock.after-${createHash("sha256").update(stale).digest("hex").slice(0, 16)}`;
  writeFileSync(join(folder, name), JSON.stringify({ pid: spawnSync("true").pid, startedAt: "a little later" }));
  takeOwnerLock(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
  expect(readdirSync(folder)).toEqual(["owner.lock"]);
});

test("a lock that somebody else took over meanwhile is not removed by its old owner", () => {
  const lock = takeOwnerLock(path);
  const theirs = JSON.stringify({ pid: 1, startedAt: processStart(1) });
  writeFileSync(path, theirs);
  lock.release();
  expect(readFileSync(path, "utf8")).toBe(theirs);
});

test("of many processes that find the same stale lock exactly one becomes the owner", async () => {
  const program = `
    import { takeOwnerLock } from ${JSON.stringify(new URL("./owner-lock.ts", import.meta.url).href)};
    process.stdin.once("data", () => {
      try { takeOwnerLock(${JSON.stringify(path)}); console.log("mine"); } catch (error) { console.log(error.code); }
      process.stdin.once("data", () => process.exit());
    });
    console.log("ready");`;
  for (let round = 0; round < 3; round++) {
    writeFileSync(path, JSON.stringify({ pid: spawnSync("true").pid, startedAt: `round ${round}` }));
    const racers = Array.from({ length: 6 }, () => spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] }));
    const said = async (racer: (typeof racers)[number]) => String((await once(racer.stdout, "data"))[0]).trim();
    expect(await Promise.all(racers.map(said))).toEqual(racers.map(() => "ready"));
    const answers = Promise.all(racers.map(said));
    for (const racer of racers) racer.stdin.write("go");
    expect((await answers).sort()).toEqual(["IN_USE", "IN_USE", "IN_USE", "IN_USE", "IN_USE", "mine"]);
    const ends = racers.map((racer) => once(racer, "exit"));
    for (const racer of racers) racer.stdin.end("stop");
    await Promise.all(ends);
  }
});
