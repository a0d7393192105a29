/** The system around the fixture world: its clock stands still, nothing is crawled, nothing is sent. */
import type { App } from "../../src/api/app.ts";
import type { System } from "../../src/pipeline/system.ts";
import type { Store } from "../../src/store/store.ts";
import { UserError } from "../../src/telemetry/errors.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { WORLD_NOW_MS } from "./fill-world.ts";

export type WorldSystem = Pick<System, "store" | "clock" | "log">;

export function worldSystem(store: Store): System {
  const clock = new VirtualClock(WORLD_NOW_MS);
  const unused: never[] = [];
  return {
    store,
    clock,
    log: silentLogger,
    secrets: { resolve: (reference) => Promise.reject(new UserError(`no secrets here: ${reference}`)) },
    connectors: new Map(unused),
    channels: new Map(unused),
    models: undefined as never, // nothing in the API judges
    threads: 1,
    consoleUrl: "http://127.0.0.1:7373",
    homeFolder: "/nowhere",
  };
}

/** The lifecycle as the real one does it, without crawling. */
export function worldApp({ store, clock }: System): App {
  return {
    async activate({ id, status, config }) {
      if (status !== "INACTIVE" && status !== "FAILED") throw new UserError(`${config.name} is ${status}; only an INACTIVE or FAILED detector can be activated`, { code: "CONFLICT" });
      await store.detectors.setStatus(id, "ACTIVATING", null, clock.nowMs());
    },
    async deactivate({ id, status, config }) {
      if (status !== "ACTIVE" && status !== "LEARNING") throw new UserError(`${config.name} is ${status}; only an ACTIVE or LEARNING detector can be deactivated`, { code: "CONFLICT" });
      await store.detectors.setStatus(id, "INACTIVE", null, clock.nowMs());
    },
    delete: ({ id }) => store.detectors.delete(id),
    async rerunInterval({ id }, { startMs }) {
      return { ...(await store.intervals.get(id, startMs))!, version: 2 };
    },
    plan: async ({ entry }) => ({ detector: entry, action: "create", relearns: false, changes: [], warnings: [], estimate: null, statements: [], aggregation: null }),
    apply: async ({ entry }) => ({ detectorId: "d", detector: entry, action: "created", relearns: false, status: "INACTIVE", warnings: [] }),
    health: async () => ({ version: "0.1.0", startedMs: WORLD_NOW_MS - 86_400_000, notReady: [], queued: 0 }),
  };
}
