/**
 * From the leaves that arrived to a judgement for every series: numbers for new series, values for absent ones,
 * roll-ups from leaves, then the engine.
 */
import { growStates, judge, KINDS, type Anomaly, type IntervalInput, type Judgement } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { StoredSeries } from "../store/store.ts";
import { intervalInput, type LiveModels } from "./live-models.ts";

export interface JudgedBatch {
  readonly input: IntervalInput;
  readonly judgement: Judgement;
  /** [series] rows behind each value; 0 = the series was absent */
  readonly counts: Float64Array;
  readonly newSeries: readonly StoredSeries[];
}

/** Reads the models and writes nothing but their size: new series get fresh states at the end. */
export function judgeBatch(detector: Detector, models: LiveModels, batch: LeafBatch): JudgedBatch {
  const newSeries = models.table.extend(batch.keys, batch.interval.startMs);
  const seriesCount = models.table.count;
  if (seriesCount > models.states.seriesCount) models.states = growStates(models.states, seriesCount);

  const datasetArrived = batch.rows.processed > 0;
  const { values, counts } = fillSeries(models, batch, datasetArrived);
  const input = intervalInput(detector, models.table, batch.interval, values, datasetArrived);
  return { input, judgement: judge(models.states, input), counts, newSeries };
}

function fillSeries(models: LiveModels, batch: LeafBatch, datasetArrived: boolean): { values: Float64Array; counts: Float64Array } {
  const { table } = models;
  const values = new Float64Array(table.count).fill(NaN);
  const counts = new Float64Array(table.count);
  if (datasetArrived) {
    // A watched leaf without a row: zero where its measure says so. Only once rows did arrive, else everything would be.
    for (let s = 0; s < table.count; s++) {
      if (table.stored[s]!.isLeaf && table.measures[table.measureOf[s]!]!.whenAbsent === "zero") values[s] = 0;
    }
  }
  for (let i = 0; i < batch.keys.length; i++) {
    const s = table.numberOf(batch.keys[i]!)!;
    values[s] = batch.values[i]!;
    counts[s] = batch.counts[i]!;
  }
  const weights = counts.slice();
  table.levels.rollUp(values, weights);
  for (let s = 0; s < table.count; s++) {
    if (table.stored[s]!.isLeaf) continue;
    let rows = 0;
    for (const leaf of table.levels.leaves(s)) rows += counts[leaf]!;
    counts[s] = rows;
  }
  return { values, counts };
}

/** The findings that stand, one per series; what was held back stays in the judgement with its reason. */
export function findAnomalies({ input, judgement, counts }: JudgedBatch): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (let s = 0; s < input.values.length; s++) {
    let kind = KINDS[judgement.kind[s]!]!;
    if (kind === "none" || kind === "recovery" || judgement.heldBack[s] !== 0) continue;
    // Zero because no row came is another story than rows that say zero.
    if (kind === "drop to zero" && counts[s] === 0) kind = "stopped";
    anomalies.push({
      series: s,
      kind,
      direction: judgement.direction[s]! < 0 ? "down" : "up",
      severity: judgement.severity[s]!,
      score: Math.max(judgement.score[s]!, judgement.shiftScore[s]!),
      actual: input.values[s]!,
      expected: judgement.expected[s]!,
      lower: judgement.lower[s]!,
      upper: judgement.upper[s]!,
    });
  }
  return anomalies;
}
