/** The restore drill: what was backed up while it ran is put back elsewhere, and goes on as if nothing had been. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { backUp } from "../../src/store/backup/back-up.ts";
import { restore } from "../../src/store/backup/restore.ts";
import { TAR_END, tarEntry, tarFiles } from "../../src/store/backup/tar.ts";
import { FolderPlace } from "../../src/store/segments/folder-place.ts";
import type { SegmentPlace } from "../../src/store/segments/segment-place.ts";
import { UserError } from "../../src/telemetry/errors.ts";
import { HOUR, LIVE_FROM_MS } from "../kill/world.ts";
import { runOn, testDatabase, type TestDatabase } from "../postgres.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

const VERSION = "9.9.9";
let world: TruthWorld;
let folder: string;
let file: string;
const databases: TestDatabase[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretop-backup-"));
  file = join(folder, "backup.tar");
  world = await truthWorld();
  await world.live(LIVE_FROM_MS + 6 * HOUR);
});
afterAll(async () => {
  await world.close();
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function emptyPlace(): Promise<{ databaseUrl: string; segments: SegmentPlace; homeFolder: string }> {
  const database = await testDatabase();
  databases.push(database);
  const homeFolder = await mkdtemp(join(folder, "home-"));
  return { databaseUrl: database.url, segments: new FolderPlace(join(homeFolder, "segments")), homeFolder };
}

const from = () => ({ databaseUrl: world.databaseUrl, segments: new FolderPlace(join(world.system.homeFolder, "segments")), version: VERSION, nowMs: 0 });

/** Every table as text, what the machine's clock put there left out. */
async function tablesAt(databaseUrl: string): Promise<Record<string, unknown[]>> {
  const names = (await runOn(databaseUrl, "select table_name as name from information_schema.tables where table_schema = 'foretop' order by 1")) as { name: string }[];
  const tables: Record<string, unknown[]> = {};
  for (const { name } of names) tables[name] = (await runOn(databaseUrl, `select t::text as row from foretop."${name}" t order by 1`)) as unknown[];
  return tables;
}

test("a backup made while intervals are committed is of one moment: put back, it goes on to what the original came to", async () => {
  const during = world.live(LIVE_FROM_MS + 9 * HOUR);
  const made = await backUp({ ...from(), file });
  await during;
  assert.equal(made.bytes, (await stat(file)).size);
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  const place = await emptyPlace();
  const put = await restore({ ...place, file });
  assert.deepEqual([put.foretop, put.rows, put.segments], [VERSION, made.rows, made.segments]);
  const copy = await world.openCopy(place);
  try {
    const head = (await copy.detector()).headMs!;
    assert.ok(head >= LIVE_FROM_MS + 6 * HOUR && head <= LIVE_FROM_MS + 9 * HOUR, "of a moment in between");
    await Promise.all([copy.live(), world.live()]);
    assert.deepEqual(await copy.told(), await world.told());
  } finally {
    await copy.close();
  }
});

test("every row of every table comes back to the letter, and generated numbers go on", async () => {
  const whole = join(folder, "whole.tar");
  await backUp({ ...from(), file: whole });
  const place = await emptyPlace();
  await restore({ ...place, file: whole });
  assert.deepEqual(await tablesAt(place.databaseUrl), await tablesAt(world.databaseUrl));
  await runOn(place.databaseUrl, "insert into foretop.audit (at_ms, actor, action, subject, detail) values (0, 'a', 'b', 'c', '{}')");
});

test("any tar reads it; a newer file never replaces an older one; an error leaves nothing behind", async () => {
  const listed = execFileSync("tar", ["-tf", file], { encoding: "utf8" }).trim().split("\n");
  assert.equal(listed[0], "manifest.json");
  assert.equal(listed.at(-1), "end.json");
  assert.ok(listed.some((name) => name.endsWith(".parquet")));
  await assert.rejects(backUp({ ...from(), file }), /exists already/);
  await assert.rejects(backUp({ ...from(), file: join(folder, "no", "such", "folder.tar") }), /there is no folder/);
  const { databaseUrl } = await emptyPlace();
  await assert.rejects(backUp({ ...from(), databaseUrl, file: join(folder, "empty.tar") }), /nothing to back up/);
  assert.deepEqual((await readdir(folder)).filter((name) => name.includes("unfinished") || name === "empty.tar"), []);
});

test("a backup is refused where something is: a segment, or a detector; nothing is touched", async () => {
  const taken = await emptyPlace();
  await restore({ ...taken, file });
  const before = await tablesAt(taken.databaseUrl);
  const error = await restore({ ...taken, file }).then(() => assert.fail("not refused"), (thrown: UserError) => thrown);
  assert.match(error.message, /is not empty, and the database has detectors \(orders\)/);
  assert.equal(error.code, "CONFLICT");
  assert.deepEqual(await tablesAt(taken.databaseUrl), before);
});

test("cut off, one bit flipped, or no backup at all: named, nothing restored, and a second attempt finds an empty place", async () => {
  const place = await emptyPlace();
  const { size } = await stat(file);
  const variants: [string, RegExp, (copy: string) => Promise<void>][] = [
    ["cut", /it ends at byte \d+, in the middle|its end is missing/, (copy) => truncate(copy, size - 5_000)],
    ["without its end", /its end is missing/, async (copy) => {
      await truncate(copy, size - 1024 - 1024); // the description of the end takes a header and a block
      await appendFile(copy, new Uint8Array(1024));
    }],
    ["flipped", /its checksum is wrong/, async (copy) => flipBit(copy, (await readFile(copy)).indexOf("PAR1", Math.floor(size / 2)) + 20)], // not in what fills up a block
    ["flipped at its beginning", /is damaged: /, (copy) => flipBit(copy, Math.floor(size * 0.02))],
    ["text", /no header of a file|does not begin with a manifest|it ends at byte/, (copy) => writeFile(copy, "hello ".repeat(200))],
    ["garbage behind its end", /^$/, (copy) => appendFile(copy, "garbage")],
  ];
  for (const [name, expected, spoil] of variants) {
    const copy = join(folder, `${name}.tar`);
    await writeFile(copy, await readFile(file));
    await spoil(copy);
    if (expected.source === "^$") {
      await restore({ ...place, file: copy }); // what lies behind the end is nobody's
      continue;
    }
    await assert.rejects(restore({ ...place, file: copy }), (error: Error) => expected.test(error.message) && error instanceof UserError, name);
    assert.deepEqual(await readdir(place.homeFolder), [], name);
  }
});

test("a backup of a newer Foretop is refused with the version that reads it", async () => {
  const place = await emptyPlace();
  const newer = join(folder, "newer.tar");
  const hash = createHash("sha256");
  const handle = await open(file);
  const pieces: Uint8Array[] = [];
  for await (const { name, content } of tarFiles(handle)) {
    const later = name === "manifest.json" ? Buffer.from(content.toString().replace(/"schema": \d+/, '"schema": 99')) : content;
    const end = { ...(name === "end.json" && { ...(JSON.parse(content.toString()) as object), sha256: hash.copy().digest("hex") }) };
    pieces.push(...tarEntry(name, name === "end.json" ? Buffer.from(JSON.stringify(end)) : later));
    hash.update(later);
  }
  await handle.close();
  await writeFile(newer, Buffer.concat([...pieces, TAR_END]));
  await assert.rejects(restore({ ...place, file: newer }), (error: UserError) => error.code === "NEWER_SCHEMA" && error.advice!.includes(VERSION));
});

test("missing and damaged segments are all named, and no backup is made that lacks them", async () => {
  const segmentsFolder = join(world.system.homeFolder, "segments");
  const parquet = (await readdir(segmentsFolder, { recursive: true })).filter((name) => name.endsWith(".parquet")).sort();
  const [lost, flipped] = [join(segmentsFolder, parquet[1]!), join(segmentsFolder, parquet[2]!)];
  const [lostBytes, flippedBytes] = [await readFile(lost), await readFile(flipped)];
  await rm(lost);
  await flipBit(flipped, 1000);
  const error = await backUp({ ...from(), file: join(folder, "lacking.tar") }).then(() => assert.fail("made"), (thrown: UserError) => thrown);
  assert.match(error.message, new RegExp(`${parquet[1]} is missing; ${parquet[2]} is damaged`));
  await writeFile(lost, lostBytes);
  await writeFile(flipped, flippedBytes);
  assert.equal((await backUp({ ...from(), file: join(folder, "whole again.tar") })).segments > 0, true);
});

async function flipBit(path: string, at: number): Promise<void> {
  const handle = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0]! ^= 1;
  await handle.write(byte, 0, 1, at);
  await handle.close();
}
