/** What every place of segments must do. Each kind runs this suite on the real thing. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import type { RawSegments } from "../store-contract.ts";
import type { PlacedFile, SegmentPlace } from "./segment-place.ts";

export interface PlaceUnderTest {
  readonly place: SegmentPlace;
  /** a second process's view of the same place */
  readonly other: SegmentPlace;
  readonly raw: RawSegments;
  clear(): void;
  remove(): Promise<void>;
}

export function testSegmentPlace(name: string, prepare: () => Promise<PlaceUnderTest>): void {
  let under: PlaceUnderTest;

  const bytes = (text: string): Buffer => Buffer.from(text);
  const write = (path: string, text: string, place = under.place) => place.write(path, [bytes(text.slice(0, 2)), bytes(text.slice(2))]);
  const textOf = async (file: { path: string; sha256: string }, place = under.place) => {
    const content = await place.read(file);
    return content === null ? null : Buffer.from(content).toString();
  };
  async function listed(): Promise<readonly PlacedFile[]> {
    const files: PlacedFile[] = [];
    for await (const portion of under.place.list()) files.push(...portion);
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  describe(`place of segments: ${name}`, () => {
    beforeAll(async () => {
      under = await prepare();
    });
    beforeEach(() => under.clear());
    afterAll(() => under.remove());

    test("what was written is read back by anybody, with its size and checksum", async () => {
      const written = await write("d/1/points/2026-03/a.parquet", "hello world");
      assert.deepEqual(written, { path: "d/1/points/2026-03/a.parquet", bytes: 11, sha256: createHash("sha256").update("hello world").digest("hex") });
      assert.equal(await textOf(written), "hello world");
      assert.equal(await textOf(written, under.other), "hello world");
    });

    test("a name that is taken stays with who was first; the next one gets a number", async () => {
      const first = await write("d/a.parquet", "first");
      const second = await write("d/a.parquet", "second", under.other);
      assert.equal(second.path, "d/a-2.parquet");
      assert.equal(await textOf(first), "first");
      assert.equal(await textOf(second), "second");
      const many = await Promise.all(Array.from({ length: 6 }, (_, i) => write("d/race.states", `racer ${i}`, i % 2 === 0 ? under.place : under.other)));
      assert.equal(new Set(many.map(({ path }) => path)).size, 6);
      assert.deepEqual(await Promise.all(many.map((file) => textOf(file))), many.map((_, i) => `racer ${i}`));
    });

    test("a file that is not there is null; an empty one is empty", async () => {
      assert.equal(await textOf({ path: "d/none.parquet", sha256: "00" }), null);
      assert.equal(await textOf(await under.place.write("d/empty.parquet", [])), "");
    });

    test("everything is listed once, over folders and pages, with size and age", async () => {
      const beforeMs = Date.now() - 5_000;
      for (let i = 0; i < 30; i++) under.raw.put(`d${i % 3}/1/points/2026-0${1 + (i % 4)}/${i}.parquet`, bytes("x".repeat(i)));
      under.raw.put("d0/1/points/.half.parquet.1.unfinished", bytes("half"));
      const files = await listed();
      assert.deepEqual(files.map(({ path }) => path), [...under.raw.paths()].sort());
      assert.equal(files.reduce((sum, file) => sum + file.bytes, 0), (29 * 30) / 2 + 4);
      assert.ok(files.every(({ modifiedMs }) => modifiedMs >= beforeMs && modifiedMs <= Date.now() + 5_000));
    });

    test("what is touched is as if written now; what is gone is left out", async () => {
      const written = await write("d/old.parquet", "old");
      under.raw.age(written.path);
      assert.ok((await listed())[0]!.modifiedMs < 1_000);
      await under.place.touch([written.path, "d/gone.parquet"]);
      assert.ok((await listed())[0]!.modifiedMs > Date.now() - 5_000);
      assert.equal(await textOf(written), "old");
      assert.deepEqual(under.raw.paths(), [written.path]);
    });

    test("more files than one request takes are removed, and nothing else; what is gone is left out", async () => {
      const paths = Array.from({ length: 1_005 }, (_, i) => `d/1/${i % 5}/${i}.parquet`);
      for (const path of paths) under.raw.put(path, bytes("x"));
      const kept = await write("d/1/kept.parquet", "kept");
      await under.place.remove([...paths, "d/gone.parquet"]);
      assert.deepEqual(under.raw.paths(), [kept.path]);
    });

    test("a place is empty until something is written, and when all of it is removed", async () => {
      assert.equal(await under.place.isEmpty(), true);
      const written = await write("d/1/a.parquet", "a");
      assert.equal(await under.place.isEmpty(), false);
      await under.place.remove([written.path]);
      assert.equal(await under.place.isEmpty(), true);
    });

    test("a backup comes back whole", async () => {
      const restoring = await under.place.beginRestore();
      for (const file of ["a", "b"]) await restoring.put(`d/1/${file}.parquet`, bytes(file));
      assert.equal(await under.place.isEmpty(), true, "until it is finished");
      await restoring.finish();
      assert.deepEqual([...under.raw.paths()].sort(), ["d/1/a.parquet", "d/1/b.parquet"]);
      assert.equal(under.raw.bytes("d/1/b.parquet").toString(), "b");
      assert.equal(await under.other.isEmpty(), false);
    });

    test("a restore that is given up leaves nothing; one that was cut off is cleared by the next", async () => {
      const given = await under.place.beginRestore();
      await given.put("d/1/a.parquet", bytes("a"));
      await given.abandon();
      assert.equal(await under.place.isEmpty(), true);
      const cut = await under.place.beginRestore();
      await cut.put("d/1/old.parquet", bytes("a"));
      const again = await under.other.beginRestore();
      await again.put("d/1/new.parquet", bytes("b"));
      await again.finish();
      assert.deepEqual(under.raw.paths(), ["d/1/new.parquet"]);
    });

    test("a file's name is one that a person finds it by", () => {
      assert.ok(under.place.nameOf("d/1/a.parquet").endsWith("/d/1/a.parquet"));
      assert.ok(under.place.nameOf("d/1/a.parquet").startsWith(under.place.nameOf("")));
    });
  });
}
