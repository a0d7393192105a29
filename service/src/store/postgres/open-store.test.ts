import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOn, testDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { testStore } from "../store-contract.ts";
import { rawFolder } from "../segments/raw-folder.ts";
import { openPostgresStore } from "./open-store.ts";

testStore("PostgreSQL", async () => {
  const database = await testDatabase();
  const segmentsFolder = mkdtempSync(join(tmpdir(), "foretop-segments-"));
  return {
    raw: rawFolder(segmentsFolder),
    open: () => openPostgresStore({ databaseUrl: database.url, segments: segmentsFolder, log: silentLogger }),
    async clear() {
      await runOn(database.url, "delete from foretop.detectors; delete from foretop.detector_names; delete from foretop.statements; delete from foretop.audit");
      for (const name of readdirSync(segmentsFolder)) rmSync(join(segmentsFolder, name), { recursive: true });
    },
    async remove() {
      await database.drop();
      rmSync(segmentsFolder, { recursive: true, force: true });
    },
  };
});
