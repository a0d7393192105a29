/** The ten data-quality metrics of the retired service (reference §2.10), from one reading. */
import type { DetectorConfig } from "../resources/detector.ts";
import type { DataQualityMetric, Interval } from "./batch.ts";
import type { FilledTable } from "./fill-table.ts";

export interface QualityRanges {
  /** what was learned from, in history and backtests */
  readonly training?: Interval;
  /** what was judged, in backtests */
  readonly inference?: Interval;
}

export function dataQuality(config: DetectorConfig, { table, columns, found }: FilledTable, ranges: QualityRanges = {}): DataQualityMetric[] {
  const metrics: DataQualityMetric[] = [];
  const add = (type: DataQualityMetric["type"], description: string, value: number, column: string | null = null): void => {
    metrics.push({ type, column, description, value });
  };
  for (const index of new Set([found.timestamp, ...found.measures, ...found.dimensions])) {
    const share = table.processed === 0 ? 1 : 1 - table.emptyCells[index]! / table.processed;
    add("COLUMN_COMPLETENESS", "Share of rows in which the column is not empty, 0 to 1", share, columns[index]!.name);
  }
  config.dimensions.forEach((name, d) => add("DIMENSION_UNIQUENESS", "Different values of the dimension", table.uniqueValues(d), name));
  add("TIME_SERIES_COUNT", "Series formed: measures × combinations of dimension values", table.seriesCount);
  add("ROWS_PROCESSED", "Rows read from the source", table.processed);
  add("ROWS_PARTIAL_COMPLIANCE", "Rows used in part: a null dimension, or a measure that could not be used", table.partial);
  add("INVALID_ROWS_COMPLIANCE", "Rows not used: without a readable timestamp or any usable measure", table.invalid);
  return [...metrics, ...rangeMetrics(ranges)];
}

/** Instants as epoch seconds: every value on the wire is a number. */
export function rangeMetrics({ training, inference }: QualityRanges): DataQualityMetric[] {
  const metric = (type: DataQualityMetric["type"], description: string, ms: number): DataQualityMetric => ({ type, column: null, description, value: ms / 1000 });
  const metrics: DataQualityMetric[] = [];
  if (training !== undefined) {
    metrics.push(metric("BACKTEST_TRAINING_DATA_START_TIME_STAMP", "First instant learned from, epoch seconds", training.startMs));
    metrics.push(metric("BACKTEST_TRAINING_DATA_END_TIME_STAMP", "End of what was learned from, epoch seconds", training.endMs));
  }
  if (inference !== undefined) {
    metrics.push(metric("BACKTEST_INFERENCE_DATA_START_TIME_STAMP", "First instant judged, epoch seconds", inference.startMs));
    metrics.push(metric("BACKTEST_INFERENCE_DATA_END_TIME_STAMP", "End of what was judged, epoch seconds", inference.endMs));
  }
  return metrics;
}
