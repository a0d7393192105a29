/**
 * A real full disk: a file system of 1 MB in memory. Mounting one needs root with CAP_SYS_ADMIN; elsewhere (a container
 * without it, macOS) these tests have nothing to run on and pass empty, which the name of the first one says.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { somePoints } from "../store-fixtures.ts";
import { FolderPlace } from "./folder-place.ts";
import { SegmentFiles } from "./segment-files.ts";

const owner = { detectorId: "d", generation: 1, startMs: 0, endMs: 3_600_000, attempt: "1" };

let disk: string;
let mounted: boolean;
beforeAll(() => {
  disk = mkdtempSync(join(tmpdir(), "foretop-disk-"));
  mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0755", "tmpfs", disk]).status === 0;
});
beforeEach(() => {
  if (mounted) for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
});
afterAll(() => {
  if (mounted) spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

const files = () => readdirSync(disk, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

test("a segment that does not fit is an error with advice, nothing of it stays, and the next one that fits is written (where a disk can be mounted)", async () => {
  if (!mounted) return;
  const segments = new SegmentFiles(new FolderPlace(disk));
  const large = somePoints([0], 90_000);
  await expect(segments.writePoints(owner, large)).rejects.toMatchObject({
    name: "UserError",
    code: "DISK_FULL",
    message: expect.stringContaining("nothing of it was kept"),
    advice: expect.stringContaining("Make room"),
  });
  expect(files()).toEqual([]);

  const small = somePoints([0], 100);
  const row = await segments.writePoints(owner, small);
  expect(await segments.readPoints(row)).toEqual(small);
});

test("a checkpoint that does not fit leaves nothing either", async () => {
  if (!mounted) return;
  const states = new Uint8Array(3_000_000).map((_, i) => (i * 2_654_435_761) >>> (i % 24));
  await expect(new SegmentFiles(new FolderPlace(disk)).writeCheckpoint(owner, states)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(files()).toEqual([]);
});

test("a disk that is full to the last byte refuses the next segment and keeps the ones that are there", async () => {
  if (!mounted) return;
  const segments = new SegmentFiles(new FolderPlace(disk));
  const row = await segments.writePoints(owner, somePoints([0], 100));
  expect(() => writeFileSync(join(disk, "filler"), new Uint8Array(2_000_000))).toThrow(/ENOSPC/);
  await expect(segments.writePoints({ ...owner, attempt: "2" }, somePoints([0], 100))).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(await segments.readPoints(row)).toEqual(somePoints([0], 100));
  expect(files().sort()).toEqual([row.path.split("/").at(-1)!, "filler"].sort());
});

test("a database that does not fit is not made: nothing is left, and the error says how much it needs", async () => {
  if (!mounted) return;
  const home = join(disk, "home");
  mkdirSync(home);
  await expect(startEmbeddedPostgres(home)).rejects.toMatchObject({ code: "DISK_FULL", advice: expect.stringContaining("100 MB") });
  expect(readdirSync(join(home, "postgres")).sort()).toEqual(["password"]);
});

test("a folder that may not be written is an error that names it", async () => {
  const missing = join(disk, "a file");
  writeFileSync(missing, "");
  await expect(new SegmentFiles(new FolderPlace(missing)).writePoints(owner, somePoints([0], 1))).rejects.toThrow(/a file/);
});
