import { statfs } from "node:fs/promises";
import { z } from "zod";
import type { System } from "../../pipeline/system.ts";
import type { Detector } from "../../resources/detector.ts";
import { lagOf } from "../lag.ts";
import { operation } from "../operation.ts";
import { lastFailureOf } from "../last-failure.ts";
import { instant, instantText, instantTextOrNull } from "../shapes/common.ts";
import { detectorStatus } from "../shapes/detector.ts";

/** Detectors that are listed one by one. */
const DETECTORS_MAX = 500;

export const getStatus = operation({
  name: "getStatus",
  method: "GET",
  path: "/v1/status",
  doc: "How the whole installation is doing: version, readiness, detectors with their lag and last commit, what is wrong with them, the queue, what could not be delivered, room on the disk.",
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
    lastCommit: instant.nullable().describe("when the newest interval of any detector became known"),
    detectorList: z
      .array(
        z.object({
          name: z.string(),
          status: detectorStatus,
          muted: z.boolean(),
          head: instant.nullable().describe("judged until"),
          lagSeconds: z.number(),
          dueIntervals: z.number(),
          lastCommit: instant.nullable(),
          lastFailure: z.string().nullable(),
        }),
      )
      .describe(`by name; at most ${DETECTORS_MAX}`),
    findings: z
      .array(z.object({ detector: z.string(), kind: z.enum(["failed", "behind", "silent"]), since: instant, message: z.string() }))
      .describe("what is wrong with detectors themselves, as long as it lasts"),
    disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }).nullable().describe("where FORETOP_HOME is; null where the system does not say"),
  }),
  async handle(system, _input, app) {
    const { store, clock, homeFolder } = system;
    const nowMs = clock.nowMs();
    const { version, startedMs, notReady, queued } = await app.health();
    const detectors = await store.detectors.list();
    const byStatus: Record<string, number> = {};
    const shown = detectors.slice(0, DETECTORS_MAX);
    const detectorList = await Promise.all(shown.map((detector) => describeShortly(detector, system, nowMs)));
    const nameOf = new Map(detectors.map(({ id, config }) => [id, config.name]));
    const commits = detectorList.flatMap(({ lastCommit }) => (lastCommit === null ? [] : [lastCommit]));
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
      lastCommit: commits.sort().at(-1) ?? null,
      detectorList,
      findings: (await store.health.open()).map(({ detectorId, kind, sinceMs, message }) => ({ detector: nameOf.get(detectorId) ?? "", kind, since: instantText(sinceMs), message })),
      disk: await diskOf(homeFolder),
    };
  },
});

async function describeShortly(detector: Detector, system: System, nowMs: number) {
  const { lagSeconds, dueIntervals } = lagOf(detector, nowMs);
  const [last] = await system.store.intervals.list(detector.id, { limit: 1, asOfMs: nowMs });
  const failure = await lastFailureOf(system, detector);
  return {
    name: detector.config.name,
    status: detector.status,
    muted: detector.muted,
    head: instantTextOrNull(detector.headMs),
    lagSeconds,
    dueIntervals,
    lastCommit: instantTextOrNull(last?.knownAtMs ?? null),
    lastFailure: failure?.message ?? null,
  };
}

async function diskOf(folder: string): Promise<{ freeBytes: number; totalBytes: number } | null> {
  const stats = await statfs(folder).catch(() => null); // a folder that is gone is doctor's business
  return stats === null ? null : { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
}
