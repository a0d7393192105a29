import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { testStore } from "../store-contract.ts";
import { openPostgresStore } from "./open-store.ts";

testStore("PostgreSQL", async () => {
  const database = await testDatabase();
  const segmentsFolder = mkdtempSync(join(tmpdir(), "foretop-segments-"));
  return {
    segmentsFolder,
    open: () => openPostgresStore({ databaseUrl: database.url, segmentsFolder, log: silentLogger }),
    async remove() {
      await database.drop();
      rmSync(segmentsFolder, { recursive: true, force: true });
    },
  };
});
