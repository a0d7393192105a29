import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testDatabase } from "../../test/postgres.ts";
import { openPostgresStore } from "../store/postgres/open-store.ts";
import { aLearnedDetector, commitPoints, HEAD_MS, HOUR_MS, ownerOf, somePoints } from "../store/store-fixtures.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { VirtualClock } from "../telemetry/clock.ts";
import type { System } from "../pipeline/system.ts";
import { maintain } from "./maintain.ts";

test("what is two days old is merged, what nobody names is removed after a day, and a second run has nothing to do", async () => {
  const database = await testDatabase();
  const segmentsFolder = mkdtempSync(join(tmpdir(), "foretop-segments-"));
  const store = await openPostgresStore({ databaseUrl: database.url, segments: segmentsFolder, log: silentLogger });
  try {
    const detector = await aLearnedDetector(store);
    for (let hour = 0; hour < 24 * 3; hour++) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 2);
    const forgotten = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "crashed" }), somePoints([HEAD_MS], 2));
    await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "running" }), somePoints([HEAD_MS], 2));
    const yesterday = new Date(Date.now() - 25 * HOUR_MS);
    utimesSync(join(segmentsFolder, forgotten.path), yesterday, yesterday);

    const needed: Pick<System, "store" | "log" | "clock"> = { store, log: silentLogger, clock: new VirtualClock(HEAD_MS + 3 * 24 * HOUR_MS) };
    const system = needed as System; // housekeeping looks at nothing else
    expect(await maintain(system)).toEqual({ segmentsMerged: 24, filesSwept: 1, bytesSwept: forgotten.bytes });
    expect(await maintain(system)).toEqual({ segmentsMerged: 0, filesSwept: 0, bytesSwept: 0 });
    const inEffect = await store.segments.listPoints(detector.id, 1, { startMs: HEAD_MS, endMs: HEAD_MS + 1000 * HOUR_MS });
    expect(inEffect).toHaveLength(1 + 24 * 2);
    expect(readdirSync(segmentsFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(1 + 1 + 24 * 2 + 24 + 1);
  } finally {
    await store.close();
    await database.drop();
    rmSync(segmentsFolder, { recursive: true });
  }
});
