import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testDatabase } from "../../test/postgres.ts";
import { openPostgresStore } from "../store/postgres/open-store.ts";
import { aLearnedDetector, commitPoints, HEAD_MS, HOUR_MS, ownerOf, somePoints } from "../store/store-fixtures.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { tidySegments } from "./tidy-segments.ts";

test("what is four days older than the head is merged, what nobody names is removed after six hours, and a second run has nothing to do", async () => {
  const database = await testDatabase();
  const segmentsFolder = mkdtempSync(join(tmpdir(), "foretop-segments-"));
  const store = await openPostgresStore({ databaseUrl: database.url, segmentsFolder, log: silentLogger });
  try {
    const detector = await aLearnedDetector(store);
    for (let hour = 0; hour < 24 * 5; hour++) await commitPoints(store, detector, HEAD_MS + hour * HOUR_MS, 2);
    const forgotten = await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "crashed" }), somePoints([HEAD_MS], 2));
    await store.segments.writePoints(ownerOf(detector, HEAD_MS, { attempt: "running" }), somePoints([HEAD_MS], 2));
    const sevenHoursAgo = new Date(Date.now() - 7 * HOUR_MS);
    utimesSync(join(segmentsFolder, forgotten.path), sevenHoursAgo, sevenHoursAgo);

    expect(await tidySegments({ store, log: silentLogger })).toEqual({ merged: 24, into: 1, removedFiles: 1, removedBytes: forgotten.bytes });
    expect(await tidySegments({ store, log: silentLogger })).toEqual({ merged: 0, into: 0, removedFiles: 0, removedBytes: 0 });
    const inEffect = await store.segments.listPoints(detector.id, 1, { startMs: HEAD_MS, endMs: HEAD_MS + 1000 * HOUR_MS });
    expect(inEffect).toHaveLength(1 + 24 * 4);
    expect(readdirSync(segmentsFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(1 + 1 + 24 * 4 + 24 + 1);
  } finally {
    await store.close();
    await database.drop();
    rmSync(segmentsFolder, { recursive: true });
  }
});
