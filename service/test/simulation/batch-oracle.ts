/**
 * The slow, obvious twin: all rows are there from the beginning, every interval is judged once and in order, in memory,
 * without store, ledger, checkpoint or correction. What streaming has told at the end of a quiet phase must be this.
 */
import { groupAnomalies, learn, seriesKey, seriesKeyText, type AnomalyGroup, type SeriesKey } from "@foretop/engine";
import { intervalStarts, positionOf, rhythmOf } from "@foretop/engine";
import type { LeafBatch } from "../../src/crawl/batch.ts";
import { groupId } from "../../src/pipeline/group-id.ts";
import { historyMatrix } from "../../src/pipeline/history-matrix.ts";
import { dataFromBatch } from "../../src/pipeline/interval-data.ts";
import { findAnomalies, judgeInterval, type JudgedInterval } from "../../src/pipeline/judge-interval.ts";
import { learnMatrix } from "../../src/pipeline/learn-matrix.ts";
import { openAfter, type LiveModels } from "../../src/pipeline/live-models.ts";
import { SeriesTable } from "../../src/pipeline/series-table.ts";
import type { Detector, DetectorConfig } from "../../src/resources/detector.ts";
import type { SourceRow } from "./source-table.ts";

export interface BatchRun {
  readonly table: SeriesTable;
  readonly judged: readonly JudgedInterval[];
  /** as they stand at the end, retracted and merged ones left out */
  readonly groups: readonly AnomalyGroup[];
}

/** @param rows  those of history and of all live intervals up to the head */
export async function runBatch(detector: Detector, rows: readonly SourceRow[]): Promise<BatchRun> {
  const { config } = detector;
  const { frequency, zone } = config;
  const fromMs = Math.min(...rows.map(({ ts }) => ts));
  const all = intervalStarts(fromMs - 86_400_000, detector.headMs!, frequency, zone);
  const startMs = all.slice(all.findIndex((start, i) => fromMs < (all[i + 1] ?? detector.headMs!) && fromMs >= start));
  const byInterval = Array.from(startMs, (start, i) => {
    const endMs = startMs[i + 1] ?? detector.headMs!;
    return leavesOf(config, { startMs: start, endMs }, rows.filter(({ ts }) => ts >= start && ts < endMs));
  });
  const historyCount = startMs.indexOf(detector.liveFromMs!);
  const table = new SeriesTable(config);
  const states = await learnHistory(config, table, byInterval.slice(0, historyCount), startMs.slice(0, historyCount));
  const models: LiveModels = {
    detectorId: detector.id, generation: 1, configHash: "", lineage: 0, table, states, open: [], untilMs: detector.liveFromMs!, sinceCheckpoint: 0,
  };
  const judgedAll: JudgedInterval[] = [];
  const groups = new Map<string, AnomalyGroup>();
  for (const batch of byInterval.slice(historyCount)) {
    table.extend(batch.keys, batch.interval.startMs);
    const judged = judgeInterval(detector, models, dataFromBatch(table, batch));
    const result = groupAnomalies({
      startMs: batch.interval.startMs,
      intervalSeconds: (batch.interval.endMs - batch.interval.startMs) / 1000,
      anomalies: findAnomalies(models, judged),
      keys: table.keys,
      isAdditive: (measure) => table.isAdditive(measure),
      open: models.open,
      generation: `${detector.id}:${detector.generation}`,
      hash: groupId,
    });
    for (const group of result.groups) groups.set(group.id, group);
    learn(models.states, judged.input, judged.judgement);
    models.open = openAfter(models.open, result.groups);
    judgedAll.push(judged);
  }
  return { table, judged: judgedAll, groups: [...groups.values()].filter(({ status }) => status === "open" || status === "closed") };
}

async function learnHistory(config: DetectorConfig, table: SeriesTable, batches: readonly LeafBatch[], startMs: Float64Array) {
  const keys = new Map<string, SeriesKey>();
  for (const batch of batches) for (const key of batch.keys) keys.set(seriesKeyText(key), key);
  const texts = [...keys.keys()].sort();
  table.extend([...keys.values()], startMs[0]);
  const values = new Float64Array(texts.length * batches.length).fill(NaN);
  const counts = new Float64Array(texts.length * batches.length);
  batches.forEach((batch, t) => {
    batch.keys.forEach((key, i) => {
      const at = texts.indexOf(seriesKeyText(key)) * batches.length + t;
      values[at] = batch.values[i];
      counts[at] = batch.counts[i];
    });
  });
  const matrix = historyMatrix(table, { startMs, keys: texts.map((text) => keys.get(text)!), values, counts } as unknown as Parameters<typeof historyMatrix>[1]); // what it looks at
  const positions = Array.from(startMs, (ms) => positionOf(ms, config.frequency, config.zone));
  return learnMatrix({ rhythm: rhythmOf(config.frequency), startMs, positions, matrix }, { threads: 1 });
}

/** Rows of one interval → one value per measure and combination, in order of the keys' texts. */
function leavesOf(config: DetectorConfig, interval: { startMs: number; endMs: number }, rows: readonly SourceRow[]): LeafBatch {
  const leaves = new Map<string, { key: SeriesKey; sum: number; count: number }>();
  for (const measure of config.measures) {
    for (const row of rows) {
      const key = seriesKey(measure.name, config.dimensions.map((name) => ({ name, value: row[name as "region" | "product"] })));
      const leaf = leaves.get(seriesKeyText(key)) ?? { key, sum: 0, count: 0 };
      leaf.sum += row[measure.column as "amount" | "price"];
      leaf.count += 1;
      leaves.set(seriesKeyText(key), leaf);
    }
  }
  const sorted = [...leaves.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, leaf]) => leaf);
  const isAverage = (key: SeriesKey): boolean => config.measures.find(({ name }) => name === key.measure)!.aggregation === "AVG";
  return {
    interval,
    keys: sorted.map(({ key }) => key),
    values: Float64Array.from(sorted, ({ key, sum, count }) => (isAverage(key) ? sum / count : sum)),
    counts: Float64Array.from(sorted, ({ count }) => count),
    rows: { processed: rows.length, invalid: 0, partial: 0, outside: 0, reasons: {} },
    quality: [],
    maxTimestampMs: null,
    remark: null,
    attemptId: "",
  };
}
