import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOn, testDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { rawFolder } from "../segments/raw-folder.ts";
import type { StoreUnderTest } from "../store-contract.ts";
import { openPostgresStore } from "./open-store.ts";

/** A store on a database and a folder of its own, for the contract's tests. */
export async function postgresUnderTest(): Promise<StoreUnderTest> {
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
}
