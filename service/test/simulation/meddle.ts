/** What people and schedulers do beside the processes: at random times, twice, on the wrong interval, in the wrong order. */
import { HeadMovedError } from "../../src/store/store.ts";
import { UserError } from "../../src/telemetry/errors.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import { rerunInterval } from "../../src/pipeline/rerun-interval.ts";
import { runInterval } from "../../src/pipeline/run-interval.ts";
import { injected } from "./injected.ts";
import type { SimProcess } from "./sim-process.ts";
import type { SimWorld } from "./sim-world.ts";

export async function meddle(world: SimWorld): Promise<void> {
  const { random, store, detectorId, scenario } = world;
  const closed = scenario.starts.filter((startMs) => startMs + world.lengthMs * 1.1 + world.config.offsetSeconds * 1000 < world.scheduler.nowMs).length;
  if (closed === 0) return;
  const i = Math.floor(random() * Math.min(closed, scenario.noisyCount));
  const interval = { startMs: scenario.starts[i], endMs: scenario.starts[i + 1] };
  const detector = (await store.detectors.get(detectorId))!;
  const kind = Math.floor(random() * 6);
  await world.task(`meddling ${kind}`, (process) => refusalsAreFine(() => act(process, kind)));

  async function act(process: SimProcess, what: number): Promise<unknown> {
    const { system } = process;
    switch (what) {
      case 0:
        return rerunInterval(detector, interval, system);
      case 1:
        return backfill(detector, { startMs: interval.startMs, endMs: scenario.starts[scenario.noisyCount] }, system);
      case 2:
        return runInterval(detector, interval, system); // as a scheduler would that does not know what is next
      case 3:
        return system.store.segments.compact(detectorId, system.clock.nowMs() - 2 * world.lengthMs);
      case 4: {
        const [one] = await system.store.deliveries.list({ detectorId, limit: 1 });
        return one === undefined ? undefined : system.store.deliveries.resend(one.key, system.clock.nowMs());
      }
      default:
        return system.store.detectors.setMuted(detectorId, random() < 0.3, system.clock.nowMs());
    }
  }
}

/** Told that it can't be done, or that somebody was faster: nothing has happened. */
async function refusalsAreFine(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof UserError || error instanceof HeadMovedError) throw injected(error.message);
    throw error;
  }
}
