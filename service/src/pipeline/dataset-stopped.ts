import { judge, KINDS, type Anomaly } from "@foretop/engine";
import type { JudgedInterval } from "./judge-interval.ts";
import type { LiveModels } from "./live-models.ts";

const NONE = KINDS.indexOf("none");

/**
 * No row at all in an interval: the *dataset* stopped. One finding, on the first measure's total, not one per series
 * (engine.md §8). Whether silence is remarkable at this time of the week is the engine's to say: the total is judged as
 * if it were zero (missing, for measures that don't add up), without learning.
 */
export function datasetStopped(models: LiveModels, { input, judgement }: JudgedInterval): Anomaly[] {
  const { table } = models;
  const measure = table.measures[0];
  if (measure === undefined || table.count === 0) return [];
  const total = table.numberOf({ measure: measure.name, dimensions: [] });
  const series = total ?? table.stored.findIndex(({ key }) => key.measure === measure.name);
  if (series < 0) return [];

  const values = new Float64Array(input.values.length).fill(NaN);
  if (table.isAdditive(measure.name)) values[series] = 0;
  const probe = judge(models.states, { ...input, values, datasetArrived: true });
  if (probe.kind[series] === NONE || probe.heldBack[series] !== 0) return [];
  return [
    {
      series,
      kind: "stopped",
      direction: "down",
      severity: probe.severity[series]!,
      score: probe.score[series]!,
      actual: NaN,
      expected: judgement.expected[series]!,
      lower: judgement.lower[series]!,
      upper: judgement.upper[series]!,
    },
  ];
}
