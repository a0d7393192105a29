/**
 * What a user configures: one detector = one dataset (a query on a source) + frequency + measures + alerts. Both file
 * formats (`params.json` of the original connector and our `foretop.yaml`) are parsed into this one model at the edge;
 * inside it is trusted.
 */
import type { Frequency } from "@foretop/engine";
import type { HealthSettings } from "./health-settings.ts";
import type { Retention } from "./retention.ts";

export type Aggregation = "SUM" | "AVG" | "COUNT" | "COUNT_DISTINCT" | "MIN" | "MAX";

/** Cells are counted, whatever they hold: the column may be of any type. */
export function isCounted(aggregation: Aggregation): boolean {
  return aggregation === "COUNT" || aggregation === "COUNT_DISTINCT";
}

export interface DetectorConfig {
  /** 1–63 of letters, digits, `-`, `_`; unique in the installation; immutable */
  readonly name: string;
  readonly description: string | null;
  readonly frequency: Frequency;
  /** IANA zone whose local grid the intervals follow and in which naive timestamps are read */
  readonly zone: string;
  /** seconds to wait after an interval ends before reading it, 0 … 432000 */
  readonly offsetSeconds: number;
  readonly source: SourceConfig;
  readonly query: QueryConfig;
  readonly timestamp: { readonly column: string; readonly format: string | null };
  readonly measures: readonly MeasureConfig[];
  /** column names, in the user's order; 0 … 10 */
  readonly dimensions: readonly string[];
  /** "all": total and single dimension values are series of their own beside the leaves; "leaves": only leaves */
  readonly levels: "all" | "leaves";
  readonly history: {
    /** how many intervals before "now" are crawled first; default 2500 */
    readonly intervalsMax: number;
  };
  readonly completeness: {
    /** an interval whose row count is under this share of the usual is not judged yet; 0 switches the check off */
    readonly rowShareMin: number;
    /** how many intervals a reading may be put off for it before the interval is judged as it is */
    readonly waitIntervalsMax: number;
  };
  /** how many of the last intervals are read again for late rows */
  readonly horizonIntervals: number;
  /** what is set; the rest follows the frequency (see retention.ts) */
  readonly retention?: Partial<Retention>;
  /** when the detector itself counts as in trouble: what is set; the rest follows the frequency (see health-settings.ts) */
  readonly health?: Partial<HealthSettings>;
  /** what measures are made of: absent where nothing is declared */
  readonly relations?: readonly RelationConfig[];
  /** detectors that are looked at together with this one, in both directions: absent where there are none */
  readonly links?: readonly LinkConfig[];
  readonly alerts: readonly AlertConfig[];
  /** false: the rows are always read, and aggregated by us. Else the database aggregates where that is provably the same */
  readonly aggregateInDatabase?: boolean;
  readonly limits: DetectorLimits;
}

/** A measure as a sum or product of others of the same detector, true of every interval and combination. */
export interface RelationConfig {
  readonly measure: string;
  readonly kind: "sum" | "product";
  /** an inverse part is subtracted in a sum, divided by in a product */
  readonly parts: readonly { readonly measure: string; readonly isInverse: boolean }[];
}

/** Another detector of the same frequency whose measures may have to do with this one's. */
export interface LinkConfig {
  /** its name */
  readonly detector: string;
  /** only these of its measures; empty = all */
  readonly measures: readonly string[];
}

/** Connection settings belong to the connector: it declares and checks its own (`Connector.settings`). */
export interface SourceConfig {
  /** a connector's kind, e.g. "postgres" */
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The user's SQL, never regenerated: values are spliced in as parameters, all else stays byte for byte.
 * "bound": one SELECT with :start and :end. "pinned": the original two files, whose clock functions are pinned.
 */
export type QueryConfig =
  | { readonly kind: "bound"; readonly sql: string; readonly file: string | null }
  | {
      readonly kind: "pinned";
      readonly historicalSql: string;
      readonly historicalFile: string | null;
      readonly continuousSql: string | null;
      readonly continuousFile: string | null;
    }
  /** a source of files, which knows no SQL: its settings say which files belong to an interval */
  | { readonly kind: "files" };

export interface MeasureConfig {
  /** the column, and the measure's name on the wire */
  readonly name: string;
  readonly column: string;
  readonly aggregation: Aggregation;
  /**
   * a ratio: the value is Σ column / Σ denominator, of an interval, a leaf or a roll-up alike; its aggregation is AVG, its
   * counts are the denominators
   */
  readonly denominator?: string;
  /** what a watched series without a row is worth; default zero for COUNT and SUM, missing else */
  readonly whenAbsent: "zero" | "missing";
  readonly severityMin: number;
  readonly direction: "up" | "down" | "both";
  readonly effectMin: number;
  readonly effectShareMin: number;
  readonly volumeMin: number;
}

export interface AlertConfig {
  /** 1–63, unique in the installation */
  readonly name: string;
  readonly description: string | null;
  /** groups of this severity or more, 0–100 */
  readonly severityMin: number;
  /** empty = all */
  readonly measures: readonly string[];
  readonly dimensionFilters: readonly { readonly dimension: string; readonly values: readonly string[] }[];
  readonly channel: ChannelConfig;
}

export interface ChannelConfig {
  /** a channel's kind, e.g. "log", "webhook", "export" */
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface DetectorLimits {
  readonly rowsPerIntervalMax: number;
  readonly rowsPerHistoryMax: number;
  readonly seriesMax: number;
  readonly querySecondsMax: number;
  readonly deliveriesPerHourMax: number;
}

export const DEFAULT_LIMITS: DetectorLimits = {
  rowsPerIntervalMax: 2_000_000,
  rowsPerHistoryMax: 200_000_000,
  seriesMax: 200_000,
  querySecondsMax: 900,
  deliveriesPerHourMax: 60,
};

/** Late rows: how many of the last intervals are read again, by frequency (architecture: "Data model, decided"). */
export const DEFAULT_HORIZON: Readonly<Record<Frequency, number>> = { PT5M: 12, PT10M: 6, PT1H: 24, P1D: 3 };

/** Statuses as on the wire (reference §1.3). */
export type DetectorStatus =
  | "INACTIVE"
  | "ACTIVATING"
  | "LEARNING"
  | "ACTIVE"
  | "DEACTIVATING"
  | "FAILED"
  | "DELETING";

export interface Detector {
  /** UUID, derived from the name and the creation count, never from chance */
  readonly id: string;
  /** counts relearnings: a changed query or measure starts a new generation, from 1 */
  readonly generation: number;
  readonly config: DetectorConfig;
  /** hash of the configuration as parsed, for "nothing changed" */
  readonly configHash: string;
  readonly status: DetectorStatus;
  readonly failureReason: string | null;
  readonly muted: boolean;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** end of the last interval whose learning is committed (history included); null before the history crawl */
  readonly headMs: number | null;
  /** counts corrections of past intervals: states and groups computed on an older lineage can't be committed */
  readonly lineage: number;
  /** where history ended and live intervals begin; null before */
  readonly liveFromMs: number | null;
}
