import type { Anomaly } from "@foretop/engine";
import type { LeafBatch } from "../crawl/batch.ts";
import { severityOfSilence } from "./severity-of-silence.ts";
import type { JudgedBatch } from "./judge-batch.ts";
import type { LiveModels } from "./live-models.ts";

/**
 * No row at all in an interval where rows are usual: the *dataset* stopped. One finding, on the total of the first
 * measure, not one per series (engine.md §8). The crawl has waited for late data before it says so.
 */
export function datasetStopped(models: LiveModels, judged: JudgedBatch, batch: LeafBatch): Anomaly[] {
  if (batch.rowsUsual < 1) return [];
  const { table } = models;
  const measure = table.measures[0];
  if (measure === undefined || table.count === 0) return [];
  const total = table.numberOf({ measure: measure.name, dimensions: [] });
  const series = total ?? table.stored.findIndex((s) => s.key.measure === measure.name);
  const expected = judged.judgement.expected[series]!;
  return [
    {
      series,
      kind: "stopped",
      direction: "down",
      severity: severityOfSilence(batch.rowsUsual),
      score: NaN,
      actual: NaN,
      expected,
      lower: judged.judgement.lower[series]!,
      upper: judged.judgement.upper[series]!,
    },
  ];
}
