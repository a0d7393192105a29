/**
 * What `serve` runs, after an outage: all live hours of the world are due at once, and the queue works them off – in
 * this process, and in whatever others work on the same database. Ends when everything is done and sent.
 *
 * The clock stands still at the end of the world: what is due is due, and what is known is known at that instant,
 * whichever process found it.
 */
import { setTimeout as wait } from "node:timers/promises";
import { startQueue } from "../../src/jobs/queue.ts";
import { systemClock, type Clock } from "../../src/telemetry/clock.ts";
import { openWorldSystem, worldDetector } from "./open-world.ts";
import { LIVE_UNTIL_MS, OFFSET_SECONDS } from "./world.ts";

const LOOK_AGAIN_MS = 100;

const clock: Clock = { nowMs: () => LIVE_UNTIL_MS + OFFSET_SECONDS * 1000, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
const open = await openWorldSystem(clock);
const { store } = open.system;
const { id } = await worldDetector(open.system);
process.stdout.write("begun\n");

const queue = await startQueue(open.system, { databaseUrl: process.env["WORLD_DATABASE_URL"]!, signal: new AbortController().signal });
let isDone = false;
while (!isDone) {
  await wait(LOOK_AGAIN_MS);
  const [detector, pending] = await Promise.all([store.detectors.get(id), store.deliveries.list({ detectorId: id, status: "pending", limit: 1 })]);
  isDone = detector!.headMs === LIVE_UNTIL_MS && pending.length === 0;
}
await queue.stop();
await open.close();
