/** The real store on a database of its own, and a way past it for the checkers. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, types } from "pg";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { FactReader } from "./facts.ts";
import type { SimServer } from "./run-seed.ts";

const INT8 = 20;
/** In memory where the system has such a folder: flushing thousands of small files to a disk is most of a run else. */
const SEGMENTS_PARENT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export async function openSimServer(databaseUrl: string): Promise<SimServer & { clear(): Promise<void>; close(): Promise<void> }> {
  const folder = await mkdtemp(join(SEGMENTS_PARENT, "foretop-simulation-"));
  const store = await openPostgresStore({ databaseUrl, segments: folder, log: silentLogger });
  const client = new Client({ connectionString: databaseUrl, types: { getTypeParser: (oid: number, format?: "text" | "binary") => (oid === INT8 ? Number : types.getTypeParser(oid, format)) as (value: string) => unknown } });
  client.on("error", () => {});
  await client.connect();
  return {
    store,
    facts: new FactReader(client),
    sql: async (text, parameters) => (await client.query(text, parameters ?? [])).rows,
    /** as if nothing had ever been: the same seed gives the same ids again */
    async clear() {
      await client.query("truncate foretop.detectors, foretop.detector_names, foretop.statements cascade");
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    },
    async close() {
      await client.end();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
