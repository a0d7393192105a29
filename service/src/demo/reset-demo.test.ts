import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DemoHost, DemoPostgres } from "./demo-host.ts";
import { resetDemo } from "./reset-demo.ts";

const NAMES = { detectorName: "demo-redshift", warehouse: "demo_warehouse" };

function setUp(detectors: readonly string[]) {
  const homeFolder = mkdtempSync(join(tmpdir(), "foretop-reset-"));
  const segments = join(homeFolder, "segments");
  mkdirSync(segments);
  writeFileSync(join(segments, "a.parquet"), "");
  writeFileSync(join(homeFolder, "mine.txt"), "");
  const dropped: string[] = [];
  const host = { homeFolder, stateDatabase: "foretop", stateFolders: [segments], detectorNames: () => Promise.resolve(detectors) };
  const postgres = { dropDatabase: (name: string) => Promise.resolve(void dropped.push(name)) };
  // Only what a reset uses of the two.
  return { homeFolder, segments, dropped, reset: () => resetDemo(host as unknown as DemoHost, postgres as unknown as DemoPostgres, NAMES) };
}

test.each([[["demo-redshift"]], [[]]])("both databases and the segments go when only the demo lives there: %j", async (detectors) => {
  const { homeFolder, segments, dropped, reset } = setUp(detectors);
  await reset();
  expect(dropped.sort()).toEqual(["demo_warehouse", "foretop"]);
  expect(existsSync(segments)).toBe(false);
  expect(existsSync(join(homeFolder, "mine.txt"))).toBe(true);
});

test("with a detector of the user's own nothing is touched, and the error names it", async () => {
  const { segments, dropped, reset } = setUp(["demo-redshift", "orders"]);
  await expect(reset()).rejects.toThrow("also holds detectors that are not the demo's: orders");
  expect(dropped).toEqual([]);
  expect(existsSync(segments)).toBe(true);
});
