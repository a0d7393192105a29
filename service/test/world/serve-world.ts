/**
 * Serves the fixture world, to look at the page while working on it: `node service/test/world/serve-world.ts [port]`,
 * then `npm run dev -w console`, which passes /v1 on to port 7373.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_PORT, listen } from "../../src/api/listen.ts";
import { buildServer } from "../../src/api/server.ts";
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "../../src/store/embedded/embedded-postgres.ts";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { fillWorld } from "./fill-world.ts";
import { worldApp, worldSystem } from "./world-system.ts";

const folder = mkdtempSync(join(tmpdir(), "foretop-world-"));
const postgres = await startEmbeddedPostgres(folder, { durable: false });
await postgres.createDatabase("world");
const store = await openPostgresStore({ databaseUrl: postgres.url("world"), segments: join(folder, "segments"), log: silentLogger });
console.time("filled");
await fillWorld(store);
console.timeEnd("filled");
const system = worldSystem(store);
const server = buildServer(system, worldApp(system), { metrics: createMetrics() });
const listening = await listen(server, { port: Number(process.argv[2] ?? DEFAULT_PORT), homeFolder: folder });
console.log(listening.address);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  await listening.close();
  await store.close();
  await postgres.stop();
  await removeEmbeddedPostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}
