/** The fixture world on a real PostgreSQL, for tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "../../src/api/app.ts";
import type { System } from "../../src/pipeline/system.ts";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { testDatabase } from "../postgres.ts";
import { fillWorld, type World } from "./fill-world.ts";
import { worldApp, worldSystem } from "./world-system.ts";

export interface OpenWorld extends World, AsyncDisposable {
  readonly system: System;
  readonly app: App;
}

/** @param options.filled  false: an installation without any detector */
export async function openWorld({ filled = true }: { filled?: boolean } = {}): Promise<OpenWorld> {
  const database = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), "foretop-world-"));
  const store = await openPostgresStore({ databaseUrl: database.url, segments: join(folder, "segments"), log: silentLogger });
  const system = { ...worldSystem(store), homeFolder: folder };
  const world = filled ? await fillWorld(store) : { active: undefined as never, groups: [] };
  return {
    ...world,
    system,
    app: worldApp(system),
    async [Symbol.asyncDispose]() {
      await store.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
