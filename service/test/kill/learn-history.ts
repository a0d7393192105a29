/** Only the beginning of the world of the kill tests: history, learned; for tests of what comes after it. */
import { activateDetector } from "../../src/pipeline/activate.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { openWorldSystem, worldDetector } from "./open-world.ts";
import { FIRST_NOW_MS } from "./world.ts";

const open = await openWorldSystem(new VirtualClock(FIRST_NOW_MS));
const { id } = await worldDetector(open.system);
await activateDetector(id, open.system);
await open.close();
