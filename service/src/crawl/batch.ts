/** What a crawl hands to the engine: numbers by series, and how good the data was. */
import type { SeriesKey } from "@foretop/engine";

/** One bucket `[startMs, endMs)` of a detector's frequency on its zone's local grid; epoch ms. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** Why rows were not used, or used in part; every row of the result is accounted for by one of these or is good. */
export interface RowCounts {
  /** rows read from the source */
  readonly processed: number;
  /** rows without a usable timestamp or without any usable measure */
  readonly invalid: number;
  /** rows with at least one unusable cell that were used in part */
  readonly partial: number;
  /** rows whose timestamp lies outside the interval asked for */
  readonly outside: number;
  /** per reason, e.g. {"null measure": 3, "NaN": 1, "text in a measure": 2, "null dimension": 5} */
  readonly reasons: Readonly<Record<string, number>>;
}

/** One of the ten data-quality metrics of the wire (reference §2.10). */
export interface DataQualityMetric {
  readonly type:
    | "COLUMN_COMPLETENESS"
    | "DIMENSION_UNIQUENESS"
    | "TIME_SERIES_COUNT"
    | "ROWS_PROCESSED"
    | "ROWS_PARTIAL_COMPLIANCE"
    | "INVALID_ROWS_COMPLIANCE"
    | "BACKTEST_TRAINING_DATA_START_TIME_STAMP"
    | "BACKTEST_TRAINING_DATA_END_TIME_STAMP"
    | "BACKTEST_INFERENCE_DATA_START_TIME_STAMP"
    | "BACKTEST_INFERENCE_DATA_END_TIME_STAMP";
  readonly column: string | null;
  readonly description: string;
  readonly value: number;
}

/** The leaves that arrived in one interval. Columns are [leaf]; leaves in order of their key text. */
export interface LeafBatch {
  readonly interval: Interval;
  readonly keys: readonly SeriesKey[];
  /** aggregated value per leaf; NaN where every cell was null */
  readonly values: Float64Array;
  /** rows behind each leaf's value (for AVG levels and evidence) */
  readonly counts: Float64Array;
  readonly rows: RowCounts;
  readonly quality: readonly DataQualityMetric[];
  readonly maxTimestampMs: number | null;
  /** for the detector log, e.g. "judged with 40 % of the usual rows after waiting 2 intervals"; null when all is well */
  readonly remark: string | null;
  /** key of the ledger row of the reading */
  readonly attemptId: string;
}

/** Many intervals at once, as the history crawl returns them. */
export interface HistoryBatch {
  /** [interval] starts, ascending, without holes */
  readonly startMs: Float64Array;
  readonly endMs: number;
  readonly keys: readonly SeriesKey[];
  /** [leaf × interval], row-major; NaN where nothing arrived */
  readonly values: Float64Array;
  /** [leaf × interval] rows behind each value */
  readonly counts: Float64Array;
  readonly rows: RowCounts;
  /** [interval] rows read */
  readonly rowsPerInterval: Float64Array;
  readonly quality: readonly DataQualityMetric[];
  readonly maxTimestampMs: number | null;
  readonly attemptId: string;
}
