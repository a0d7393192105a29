/**
 * A process that lives through the world of the kill tests on a virtual clock – history, then hour by hour what `serve`
 * does – and takes up where an earlier one died. Started by the tests with FORETOP_FAILPOINT set, or killed by them.
 */
import { activateDetector } from "../../src/pipeline/activate.ts";
import { checkpointAll } from "../../src/pipeline/checkpoint.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { deliverDue, LEASE_MS } from "../../src/jobs/deliver.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { openWorldSystem, worldDetector } from "./open-world.ts";
import { addLateRows, FIRST_NOW_MS, HOUR, LATE_FROM_HEAD_MS, LIVE_FROM_MS, LIVE_UNTIL_MS, OFFSET_SECONDS } from "./world.ts";

/** `serve` checkpoints when it stops; here it is done as if it had stopped and started every so many hours. */
const CHECKPOINT_EVERY = 4;

/** where late rows are to come */
const lateWarehouseUrl = process.env["WORLD_LATE_WAREHOUSE_URL"];

const clock = new VirtualClock(FIRST_NOW_MS);
const open = await openWorldSystem(clock);
const { system } = open;
const { id } = await worldDetector(system);
process.stdout.write("begun\n");

if ((await system.store.detectors.get(id))!.headMs === null) await activateDetector(id, system);
for (;;) {
  const detector = (await system.store.detectors.get(id))!;
  if (detector.headMs! >= LIVE_UNTIL_MS) break;
  clock.advanceTo(nextDueMs(detector)!);
  if (lateWarehouseUrl !== undefined && detector.headMs! >= LATE_FROM_HEAD_MS) await addLateRows(lateWarehouseUrl);
  const { failed, waitUntilMs } = await runDue(system);
  if (waitUntilMs !== null) clock.advanceTo(waitUntilMs); // two processes died in this hour: the third waits (retry-rule.ts)
  if (failed > 0) throw new Error("an interval could not be read");
  await deliverDue(system);
  if (((detector.headMs! - LIVE_FROM_MS) / HOUR) % CHECKPOINT_EVERY === CHECKPOINT_EVERY - 1) await checkpointAll(system);
}
// What an earlier process had claimed is due when its lease has run out – and perhaps that of the one after it.
clock.advanceTo(LIVE_UNTIL_MS + OFFSET_SECONDS * 1000);
while ((await system.store.deliveries.list({ detectorId: id, status: "pending", limit: 1 })).length > 0) {
  clock.advanceTo(clock.nowMs() + LEASE_MS);
  await deliverDue(system);
}
await open.close();
