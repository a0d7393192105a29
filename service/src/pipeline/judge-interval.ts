/** From the values of an interval to a judgement for every series, and to the findings that stand. */
import { growStates, judge, KINDS, type Anomaly, type IntervalInput, type Judgement } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import { datasetStopped } from "./dataset-stopped.ts";
import type { IntervalData } from "./interval-data.ts";
import { intervalInput, type LiveModels } from "./live-models.ts";

export interface JudgedInterval {
  readonly data: IntervalData;
  readonly input: IntervalInput;
  readonly judgement: Judgement;
}

/** Reads the models and writes nothing but their size: new series get fresh states at the end. */
export function judgeInterval(detector: Detector, models: LiveModels, data: IntervalData): JudgedInterval {
  const seriesCount = data.values.length;
  if (seriesCount > models.states.seriesCount) models.states = growStates(models.states, seriesCount);
  const input = intervalInput(detector, models.table, data);
  return { data, input, judgement: judge(models.states, input) };
}

/**
 * The findings that stand, at most one per series; what was held back stays in the judgement with its reason. A recovery
 * is among them: it is no anomaly, but it ends the group that it belongs to.
 */
export function findAnomalies(models: LiveModels, judged: JudgedInterval): Anomaly[] {
  if (!judged.data.datasetArrived) return datasetStopped(models, judged);
  const { judgement, data } = judged;
  const anomalies: Anomaly[] = [];
  for (let s = 0; s < data.values.length; s++) {
    let kind = KINDS[judgement.kind[s]!]!;
    if (kind === "none" || judgement.heldBack[s] !== 0) continue;
    // Zero because no row came is another story than rows that say zero.
    if (kind === "drop to zero" && data.counts[s] === 0) kind = "stopped";
    anomalies.push({
      series: s,
      kind,
      direction: judgement.direction[s]! < 0 ? "down" : "up",
      severity: judgement.severity[s]!,
      score: Math.max(judgement.score[s]!, judgement.shiftScore[s]!),
      actual: data.values[s]!,
      expected: judgement.expected[s]!,
      lower: judgement.lower[s]!,
      upper: judgement.upper[s]!,
    });
  }
  return anomalies;
}

export function anomalyCount(findings: readonly Anomaly[]): number {
  return findings.filter(({ kind }) => kind !== "recovery").length;
}

/** How many findings were held back: the detector log shows it. */
export function heldBackCount({ judgement }: JudgedInterval): number {
  let count = 0;
  for (const reason of judgement.heldBack) if (reason !== 0) count += 1;
  return count;
}
