/**
 * What is known of a detector's query from earlier readings by this process: its columns, so that a source is asked for them once and not
 * before every statement, and whether aggregating in the database has failed. Nothing depends on it but time: a process that starts
 * anew asks again.
 */
import type { BoundQuery, Column, Source } from "../connectors/connector.ts";
import type { Detector } from "../resources/detector.ts";
import type { Interval } from "./batch.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import { NotAggregable } from "./not-aggregable.ts";
import { planAggregation, whyRowsOnly } from "./plan-aggregation.ts";
import type { Aggregation } from "./plan-aggregation.ts";

interface Known {
  readonly columns: readonly Column[];
  /** types of the aggregated result, as it came first; null before */
  types: string | null;
  /** epoch ms until which rows are read; 0 = they needn't be */
  rowsUntilMs: number;
}

/** By the system's connectors, then by detector and configuration. */
const MEMORIES = new WeakMap<object, Map<string, Known>>();
const KNOWN_MAX = 10_000;
/** A result that couldn't be used once is likely not to be usable the next time either; the failed try costs a statement. */
const ROWS_AFTER_FAILURE_MS = 3_600_000;
const DESCRIBE_SECONDS_MAX = 60;

export interface RememberedAggregation {
  /** null: rows are read */
  readonly aggregation: Aggregation | null;
  /** the query's columns as the source described them; null where it wasn't asked */
  readonly described: readonly Column[] | null;
  /** Throws NotAggregable when the result's types are other ones than before: a table was changed meanwhile. */
  checkTypes(received: readonly Column[]): void;
  /** The lines could not be used: for a while rows are read. */
  failed(): void;
}

export interface AggregationAsk {
  readonly source: Source;
  /** bound, as the user wrote it */
  readonly query: BoundQuery;
  readonly range: Interval;
  /** false: rows are to be read, whatever could be */
  readonly isWanted: boolean;
  readonly signal?: AbortSignal;
}

/** Asks the source for the query's columns where they are not known. Throws SourceError. */
export async function rememberedAggregation(detector: Detector, { source, query, range, isWanted, signal }: AggregationAsk, system: CrawlSystem): Promise<RememberedAggregation> {
  const { config } = detector;
  const none: RememberedAggregation = { aggregation: null, described: null, checkTypes: () => {}, failed: () => {} };
  const areRowsRead = !isWanted || whyRowsOnly(config, source) !== null;
  if (areRowsRead && source.tellsDigitsApart !== true && !memoryOf(system).has(keyOf(detector))) return none;
  const memory = memoryOf(system);
  const key = keyOf(detector);
  const known = memory.get(key) ?? remember(memory, key, await source.describe(query, { timeoutMs: Math.min(DESCRIBE_SECONDS_MAX, config.limits.querySecondsMax) * 1000, ...(signal && { signal }) }));
  if (areRowsRead || system.clock.nowMs() < known.rowsUntilMs) return { ...none, described: known.columns };
  return {
    described: known.columns,
    aggregation: planAggregation(config, source, query, known.columns, range).aggregation,
    checkTypes: (received) => {
      const types = JSON.stringify(received.map(({ nativeType, exact }) => [nativeType, exact?.scale ?? null]));
      known.types ??= types;
      if (types === known.types) return;
      memory.delete(key);
      throw new NotAggregable("the types of the query's columns have changed");
    },
    failed: () => {
      known.rowsUntilMs = system.clock.nowMs() + ROWS_AFTER_FAILURE_MS;
    },
  };
}

function keyOf({ id, generation, configHash }: Detector): string {
  return `${id}/${generation}/${configHash}`;
}

function memoryOf({ connectors }: CrawlSystem): Map<string, Known> {
  let memory = MEMORIES.get(connectors);
  if (memory === undefined) {
    memory = new Map();
    MEMORIES.set(connectors, memory);
  }
  return memory;
}

function remember(memory: Map<string, Known>, key: string, columns: readonly Column[]): Known {
  if (memory.size >= KNOWN_MAX) memory.delete(memory.keys().next().value!); // the oldest
  const known: Known = { columns, types: null, rowsUntilMs: 0 };
  memory.set(key, known);
  return known;
}
