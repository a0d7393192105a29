import { statfs } from "node:fs/promises";
import { z } from "zod";
import { forecastSpace } from "../forecast-space.ts";
import { operation } from "../operation.ts";

const bytes = z.number().describe("bytes");

export const getSpace = operation({
  name: "getSpace",
  method: "GET",
  path: "/v1/space",
  doc: "What is stored, in bytes by kind: files by detector, tables of the database; and what it will be in a year by the retention of each detector.",
  input: z.strictObject({}),
  output: z.object({
    detectors: z.array(
      z.object({
        detector: z.string(),
        files: z.number(),
        intervals: z.number().describe("live intervals that are kept"),
        history: bytes.describe("points that were learned at activation"),
        scored: bytes.describe("points of live intervals with what was expected of them"),
        plain: bytes.describe("points of live intervals whose scores have expired"),
        checkpoints: bytes.describe("states of the models"),
        total: bytes,
        inAYear: bytes.nullable().describe("of files; null before the first live interval"),
      }),
    ),
    database: z.object({ ledger: bytes, intervals: bytes, groups: bytes, messages: bytes, other: bytes }),
    total: bytes,
    inAYear: bytes.nullable().describe("files and database; null where nothing can be said yet"),
    disk: z.object({ freeBytes: bytes, totalBytes: bytes }).nullable().describe("where FORETOP_HOME is; null where the system does not say"),
  }),
  async handle({ store, clock, homeFolder }) {
    const nowMs = clock.nowMs();
    const { detectors: spaces, tables } = await store.space();
    const all = await store.detectors.list();
    const detectors = all.flatMap((detector) => {
      const own = spaces.find(({ detectorId }) => detectorId === detector.id);
      if (own === undefined) return []; // deleted between the two queries
      const forecast = forecastSpace(detector, own, nowMs);
      const { files, intervals, historyBytes: history, scoredBytes: scored, plainBytes: plain, checkpointBytes: checkpoints } = own;
      const total = history + scored + plain + checkpoints;
      return [{ detector: detector.config.name, files, intervals, history, scored, plain, checkpoints, total, inAYear: forecast === null ? null : forecast.pointsBytes + forecast.checkpointBytes }];
    });
    const databaseBytes = Object.values(tables).reduce((sum, each) => sum + each, 0);
    const known = detectors.filter(({ inAYear }) => inAYear !== null);
    const oldestMs = Math.min(...all.flatMap(({ liveFromMs }) => (liveFromMs === null ? [] : [liveFromMs])));
    const stats = await statfs(homeFolder).catch(() => null);
    return {
      detectors,
      database: { ...tables },
      total: databaseBytes + detectors.reduce((sum, { total }) => sum + total, 0),
      inAYear: known.length === 0 ? null : Math.round(known.reduce((sum, { inAYear }) => sum + inAYear!, 0) + databaseInAYear(databaseBytes, nowMs - oldestMs)),
      disk: stats === null ? null : { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize },
    };
  },
});

const YEAR_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;

/** It grows with time; what is younger than a day says too little about a year. */
function databaseInAYear(bytesNow: number, ageMs: number): number {
  return bytesNow * (1 + YEAR_MS / Math.max(ageMs, DAY_MS));
}
