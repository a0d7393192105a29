import { z } from "zod";
import { lagOf } from "../lag.ts";
import { operation } from "../operation.ts";
import { instant, instantText } from "../shapes/common.ts";

export const getStatus = operation({
  name: "getStatus",
  method: "GET",
  path: "/v1/status",
  doc: "How the whole installation is doing: version, readiness, detectors by status, the longest lag, what could not be delivered.",
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    started: instant,
    now: instant.describe("the service's clock"),
    notReady: z.array(z.string()).describe("empty when ready; else what is not yet"),
    detectors: z.record(z.string(), z.number()).describe("how many by status"),
    lagSecondsMax: z.number(),
    queued: z.number().describe("jobs waiting"),
    openGroupCount: z.number(),
    undeliveredCount: z.number().describe("deliveries given up; at most 500 are counted"),
  }),
  async handle({ store, clock }, _input, app) {
    const nowMs = clock.nowMs();
    const { version, startedMs, notReady, queued } = await app.health();
    const detectors = await store.detectors.list();
    const byStatus: Record<string, number> = {};
    for (const { status } of detectors) byStatus[status] = (byStatus[status] ?? 0) + 1;
    return {
      version,
      started: instantText(startedMs),
      now: instantText(nowMs),
      notReady: [...notReady],
      detectors: byStatus,
      lagSecondsMax: Math.max(0, ...detectors.map((detector) => lagOf(detector, nowMs).lagSeconds)),
      queued,
      openGroupCount: (await store.groups.list({ status: "open", limit: 1 })).total,
      undeliveredCount: (await store.deliveries.list({ status: "failed", limit: 500 })).length,
    };
  },
});
