/**
 * Everything of a world that must be the same however it came about: sorted rows of points, scores and groups, the
 * outbox, what was received, what was exported. What may differ is left out and named here: the number of an attempt (a
 * process that died has used one), how many tries a delivery took, when it was sent, and, where two processes died in
 * one hour, the seconds that the third waited: known at is compared to the hour.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { HELD_BACK_REASONS, KINDS, STATUSES } from "@foretop/engine";
import { openPostgresStore } from "../../src/store/postgres/open-store.ts";
import type { Store, StoredGroup } from "../../src/store/store.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import type { ReceivedRequest } from "../webhook-receiver.ts";
import type { KillWorld } from "./kill-world.ts";
import { DETECTOR_NAME, HISTORY_INTERVALS, HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS } from "./world.ts";

export interface Snapshot {
  readonly detector: readonly string[];
  readonly series: readonly string[];
  /** one line per (series, interval): value, rows behind it and, where judged, everything that was said of it */
  readonly points: readonly string[];
  readonly intervals: readonly string[];
  readonly quality: readonly string[];
  /** attempts at intervals that nobody ended: none (one at late rows is ended by the next one, which may be still to come) */
  readonly running: readonly string[];
  readonly groups: readonly string[];
  /** the latest word on each group, whatever its number and since when it is known */
  readonly latestGroups: readonly string[];
  /** key → payload and status */
  readonly outbox: Readonly<Record<string, string>>;
  /** key → the bytes that arrived under it; several different ones are all listed */
  readonly received: Readonly<Record<string, readonly string[]>>;
  readonly exported: Readonly<Record<string, string>>;
}

export async function snapshotOf(world: KillWorld): Promise<Snapshot> {
  const store = await openPostgresStore({ databaseUrl: world.databaseUrl, segments: join(world.home, "segments"), log: silentLogger });
  try {
    // Files that no commit names are what died processes left; sweeping them must not touch anything that counts.
    await store.segments.sweep(Date.now() + HOUR);
    const detector = (await store.detectors.getByName(DETECTOR_NAME))!;
    const range = { startMs: LIVE_FROM_MS - HISTORY_INTERVALS * HOUR, endMs: LIVE_UNTIL_MS };
    const series = await store.series.list(detector.id, detector.generation);
    const { groups } = await store.groups.list({ detectorId: detector.id, limit: 1000 });
    const revisions = await Promise.all(groups.map(({ group }) => store.groups.revisions(group.id)));
    const intervals = await store.intervals.list(detector.id, { limit: 1000 });
    const quality = await Promise.all(intervals.map(({ interval }) => store.intervals.quality(detector.id, interval.startMs)));
    const attempts = await store.ledger.list(detector.id, { limit: 1000 });
    const deliveries = await store.deliveries.list({ detectorId: detector.id, limit: 1000 });
    return {
      detector: [`${detector.id} ${detector.generation} ${detector.status} head ${iso(detector.headMs!)} live from ${iso(detector.liveFromMs!)}`],
      series: series.map(({ number, keyText, isLeaf, firstSeenMs }) => `${number} ${keyText} ${isLeaf} ${iso(firstSeenMs)}`),
      points: await pointLines(store, detector.id, detector.generation, range),
      intervals: intervals.map((record) => comparable(JSON.stringify({ ...record, segmentId: null }))).sort(),
      quality: intervals.map(({ interval }, i) => `${iso(interval.startMs)} ${JSON.stringify(quality[i])}`).sort(),
      running: attempts.filter(({ outcome, purpose }) => outcome === "running" && purpose !== "late").map(({ id }) => id),
      groups: revisions.flat().map(groupLine).sort(),
      latestGroups: groups.map(({ group, knownAtMs: _known, reason: _reason, evidence: _evidence, ...stored }) => JSON.stringify({ ...stored, group: { ...group, revision: 0 } })).sort(),
      outbox: Object.fromEntries(deliveries.map(({ key, status, message }) => [key, `${status} ${JSON.stringify(message)}`])),
      received: receivedByKey(world.receiver.requests),
      exported: exportedFiles(join(world.home, "export")),
    };
  } finally {
    await store.close();
  }
}

async function pointLines(store: Store, detectorId: string, generation: number, range: { startMs: number; endMs: number }): Promise<string[]> {
  const lines: string[] = [];
  for (const row of await store.segments.listPoints(detectorId, generation, range)) {
    const { series, startMs, value, count, scores } = await store.segments.readPoints(row);
    for (let i = 0; i < series.length; i++) {
      const judged =
        scores === null
          ? ""
          : [
              scores.expected[i], scores.lower[i], scores.upper[i], scores.score[i], scores.severity[i], scores.direction[i],
              KINDS[scores.kind[i]!], STATUSES[scores.status[i]!], HELD_BACK_REASONS[scores.heldBack[i]!],
            ].join(" ");
      lines.push(`${iso(startMs[i]!)} ${String(series[i]).padStart(3, "0")} ${value[i]} ${count[i]} ${judged}`);
    }
  }
  return lines.sort();
}

function groupLine({ evidence, ...stored }: StoredGroup): string {
  return `${stored.group.id} ${stored.group.revision} ${comparable(JSON.stringify(stored))} ${comparable(JSON.stringify(evidence))}`;
}

/** `…:1772323200000-1772326800000:2` → without the 2; `"knownAtMs":…` → to the hour */
function comparable(text: string): string {
  return text.replace(/("attemptId":"[^"]*):\d+"/g, '$1"').replace(/("knownAtMs":)(\d+)/g, (_, name: string, ms: string) => name + Math.floor(Number(ms) / HOUR) * HOUR);
}

export function receivedByKey(requests: readonly ReceivedRequest[]): Record<string, string[]> {
  const received: Record<string, string[]> = {};
  for (const { headers, body } of requests) {
    const key = headers["idempotency-key"] as string; // every request of ours has one
    const bodies = (received[key] ??= []);
    if (!bodies.includes(body)) bodies.push(body);
  }
  return received;
}

function exportedFiles(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".csv") && statSync(join(folder, path)).isFile());
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
