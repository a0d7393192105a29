/**
 * Crawls a detector's history once, learns every series from it on worker threads, and commits: series, points,
 * checkpoint, head. History ends where live begins.
 */
import { judge, positionOf, rhythmOf, STATUSES, type SeriesStates } from "@foretop/engine";
import { crawlHistory } from "../crawl/crawl-history.ts";
import { liveFrom } from "../crawl/due-intervals.ts";
import type { HistoryBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { SegmentRow } from "../store/store.ts";
import { failpoint } from "../telemetry/failpoints.ts";
import { encodeCheckpoint } from "./checkpoint-bytes.ts";
import { historyMatrix, type HistoryMatrix } from "./history-matrix.ts";
import { learnMatrix } from "./learn-matrix.ts";
import { intervalInput, refuseTooManySeries } from "./live-models.ts";
import { SeriesTable } from "./series-table.ts";
import type { System } from "./system.ts";

export type LearnProgress =
  | { readonly step: "crawl"; readonly rows: number; readonly shareDone: number }
  | { readonly step: "learn"; readonly series: number; readonly shareDone: number }
  | { readonly step: "store"; readonly shareDone: number };

export interface HistoryReport {
  readonly status: "ACTIVE" | "LEARNING";
  readonly rows: number;
  readonly series: number;
  readonly intervals: number;
  readonly crawlSeconds: number;
  readonly learnSeconds: number;
}

export async function learnFromHistory(
  detector: Detector,
  system: System,
  { onProgress, signal }: { onProgress?: (progress: LearnProgress) => void; signal?: AbortSignal } = {},
): Promise<HistoryReport> {
  const started = performance.now();
  const headMs = liveFrom(detector, system.clock.nowMs());
  const history = await crawlHistory(detector, system, {
    endMs: headMs,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress: (p: { rows: number; shareDone: number }) => onProgress({ step: "crawl", ...p }) }),
  });
  failpoint("history.crawled");
  const crawled = performance.now();

  const table = new SeriesTable(detector.config);
  const series = table.extend(history.keys, history.startMs[0] ?? headMs);
  refuseTooManySeries(detector, table.count);
  const matrix = historyMatrix(table, history);
  const states = await learnMatrix(
    {
      rhythm: rhythmOf(detector.config.frequency),
      startMs: history.startMs,
      positions: Array.from(history.startMs, (ms) => positionOf(ms, detector.config.frequency, detector.config.zone)),
      matrix,
    },
    {
      threads: system.threads,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done) => onProgress?.({ step: "learn", series: done, shareDone: table.count === 0 ? 1 : done / table.count }),
    },
  );
  failpoint("history.learned");
  const learned = performance.now();

  const points = await writeHistory(detector, history, matrix, system, onProgress);
  const owner = { detectorId: detector.id, generation: detector.generation, startMs: headMs, endMs: headMs, attempt: history.attemptId };
  const checkpoint = table.count === 0 ? null : await system.store.segments.writeCheckpoint(owner, encodeCheckpoint({ states, open: [] }));
  const status = isReady(detector, table, states, headMs) ? "ACTIVE" : "LEARNING";
  failpoint("commit.before");
  await system.store.commitHistory({
    detectorId: detector.id,
    generation: detector.generation,
    series,
    points,
    checkpoint,
    headMs,
    status,
    quality: history.quality,
    knownAtMs: system.clock.nowMs(),
  });
  failpoint("commit.after");
  system.models.set({ detectorId: detector.id, generation: detector.generation, configHash: detector.configHash, lineage: detector.lineage, table, states, open: [], untilMs: headMs, sinceCheckpoint: 0 });
  return {
    status,
    rows: history.rows.processed,
    series: table.count,
    intervals: history.startMs.length,
    crawlSeconds: (crawled - started) / 1000,
    learnSeconds: (learned - crawled) / 1000,
  };
}

/** ACTIVE as soon as one series could be judged; the others go on learning and say so. */
function isReady(detector: Detector, table: SeriesTable, states: SeriesStates, headMs: number): boolean {
  if (states.seriesCount === 0) return false;
  const step = rhythmOf(detector.config.frequency).intervalSeconds * 1000;
  const probe = judge(
    states,
    intervalInput(detector, table, {
      interval: { startMs: headMs, endMs: headMs + step },
      values: new Float64Array(states.seriesCount),
      counts: new Float64Array(states.seriesCount),
      datasetArrived: true,
    }),
  );
  return probe.status.includes(STATUSES.indexOf("judged"));
}

/** Rows a history segment holds at most: bounds the memory for writing one. */
const ROWS_PER_SEGMENT_MAX = 2_000_000;

async function writeHistory(
  detector: Detector,
  history: HistoryBatch,
  matrix: HistoryMatrix,
  system: System,
  onProgress?: (progress: LearnProgress) => void,
): Promise<SegmentRow[]> {
  const { seriesCount, intervalCount } = matrix;
  if (seriesCount === 0) return [];
  const intervalsPerSegment = Math.max(1, Math.floor(ROWS_PER_SEGMENT_MAX / seriesCount));
  const rows: SegmentRow[] = [];
  for (let from = 0; from < intervalCount; from += intervalsPerSegment) {
    const to = Math.min(intervalCount, from + intervalsPerSegment);
    const owner = {
      detectorId: detector.id,
      generation: detector.generation,
      startMs: history.startMs[from]!,
      endMs: to < intervalCount ? history.startMs[to]! : history.endMs,
      attempt: history.attemptId,
    };
    rows.push(await system.store.segments.writePoints(owner, matrixPoints(history, matrix, from, to)));
    onProgress?.({ step: "store", shareDone: to / intervalCount });
  }
  return rows;
}

function matrixPoints(history: HistoryBatch, { seriesCount, intervalCount, values, counts }: HistoryMatrix, from: number, to: number) {
  const length = to - from;
  const points = {
    series: new Int32Array(seriesCount * length),
    startMs: new Float64Array(seriesCount * length),
    value: new Float64Array(seriesCount * length),
    count: new Float64Array(seriesCount * length),
    scores: null,
  };
  for (let s = 0; s < seriesCount; s++) {
    const at = s * length;
    points.series.fill(s, at, at + length);
    points.startMs.set(history.startMs.subarray(from, to), at);
    points.value.set(values.subarray(s * intervalCount + from, s * intervalCount + to), at);
    points.count.set(counts.subarray(s * intervalCount + from, s * intervalCount + to), at);
  }
  return points;
}
