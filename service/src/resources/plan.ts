/**
 * What applying a configuration would mean, before it is done: changes against what is stored and what is relearned,
 * how much data it is (asked from the source, with limits), the exact SQL with a real interval bound, and what will
 * probably hurt. Changes nothing.
 */
import { intervalStartBefore, intervalStarts, missingRollUpKeys, nextIntervalStart, seriesKeyText, type Frequency } from "@foretop/engine";
import { shownSql } from "../connectors/sql/shown-sql.ts";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import { windowRemarks } from "../connectors/sql/window-remarks.ts";
import type { BoundQuery, Column, Source } from "../connectors/connector.ts";
import type { Interval } from "../crawl/batch.ts";
import { findColumns } from "../crawl/find-columns.ts";
import { planAggregation } from "../crawl/plan-aggregation.ts";
import { LeafTable } from "../crawl/leaf-table.ts";
import type { System } from "../pipeline/system.ts";
import { adviceOf, describeError, SourceError, type SourceErrorCode } from "../telemetry/errors.ts";
import { checkColumns } from "./check-columns.ts";
import { checkLinks } from "./check-links.ts";
import { checkSettings, noPlaces } from "./check-settings.ts";
import { configChanges, relearns, type ConfigChange } from "./config-changes.ts";
import { refuseProblems, type ConfigProblem } from "./config-problem.ts";
import type { DetectorConfig } from "./detector.ts";
import type { Locate } from "./parse-config.ts";
import { lastWholeInterval, withSource } from "./with-source.ts";

export interface Plan {
  /** its name */
  readonly detector: string;
  readonly action: "create" | "update" | "none";
  readonly relearns: boolean;
  readonly changes: ConfigChange[];
  readonly warnings: ConfigProblem[];
  /** null when the source could not be asked; a warning says why */
  readonly estimate: PlanEstimate | null;
  readonly statements: PlannedStatement[];
  /** who aggregates the rows, and why; null when the source could not be asked */
  readonly aggregation: PlannedAggregation | null;
}

export interface PlannedAggregation {
  readonly inDatabase: boolean;
  readonly why: string;
}

/** From a sample of the last intervals. */
export interface PlanEstimate {
  /** all levels together */
  readonly seriesCount: number;
  /** full combinations × measures */
  readonly leafCount: number;
  /** median of the sampled intervals */
  readonly rowsPerInterval: number;
  /** share of (leaf, interval) cells without a row, 0 to 1 */
  readonly absentShare: number;
  /** intervals of history that will be crawled */
  readonly intervalCount: number;
  readonly sampledIntervals: number;
  /** [dimension] how many values were seen */
  readonly dimensionValues: { dimension: string; count: number }[];
  /** on disk, by the measured upper bound of 200 bytes per series and interval */
  readonly bytesPerDay: number;
}

export interface PlannedStatement {
  readonly title: string;
  /** with placeholders, as it will be sent */
  readonly sql: string;
  /** with bound values in place */
  readonly shown: string;
}

export interface PlanOptions {
  readonly locate?: Locate;
  /** of the file; passed through */
  readonly warnings?: readonly ConfigProblem[];
  readonly signal?: AbortSignal;
}

/** A week of days or a day of hours: enough to see absent cells, little enough to be cheap. */
const SAMPLE_INTERVALS: Readonly<Record<Frequency, number>> = { PT5M: 24, PT10M: 24, PT1H: 24, P1D: 7 };
export const PLAN_ROWS_MAX = 200_000;
export const PLAN_SECONDS_MAX = 30;
const ROWS_PER_BATCH = 10_000;
const BYTES_PER_POINT = 200;
/** From here on absent cells are worth a word: a series that is mostly absent is judged late and by little. */
const ABSENT_SHARE_WARN = 0.5;
/** More values than this in one dimension look like an id, which no model learns anything from. */
const DIMENSION_VALUES_WARN = 1_000;
const SERIES_SHARE_WARN = 0.8;

/** Throws UserError for what the configuration gets wrong; a source that can't be asked is a warning. */
export async function planDetector(
  config: DetectorConfig,
  system: Pick<System, "store" | "clock" | "secrets" | "connectors" | "channels">,
  { locate = noPlaces, warnings: fileWarnings = [], signal }: PlanOptions = {},
): Promise<Plan> {
  refuseProblems(checkSettings(config, system, locate));
  refuseProblems(await checkLinks(config, system.store, locate));
  const existing = await system.store.detectors.getByName(config.name);
  const changes = existing === null ? [] : configChanges(existing.config, config);
  const warnings: ConfigProblem[] = [...fileWarnings, ...windowWarnings(config, system, locate)];
  const asked = await askSource(config, system, locate, warnings, signal);
  return {
    detector: config.name,
    action: existing === null ? "create" : changes.length > 0 ? "update" : "none",
    relearns: relearns(changes),
    changes,
    warnings,
    estimate: asked.estimate,
    statements: asked.statements,
    aggregation: asked.aggregation,
  };
}

/** What the query's own window loses now, or lost in the original. */
function windowWarnings(config: DetectorConfig, { connectors }: Pick<System, "connectors">, locate: Locate): ConfigProblem[] {
  const { dialect } = connectors.get(config.source.kind)!; // checkSettings has looked
  return windowRemarks(config.query, { frequency: config.frequency, dialect }).map(({ kind, message, file }) => ({
    message: kind === "was lost" ? `the original connector lost rows: ${message}` : message,
    where: file ?? locate(["query"]),
    advice: kind === "was lost" ? "Nothing to do: intervals are bound from the schedule, and these rows are read." : null,
  }));
}

/** Trouble that applying the same configuration would meet again: no plan, but an error with its advice. */
const IS_MISTAKE: ReadonlySet<SourceErrorCode> = new Set(["AUTHENTICATE", "PERMISSION", "NOT_FOUND", "QUERY", "REFUSED", "SHAPE"]);

interface Asked {
  readonly estimate: PlanEstimate | null;
  readonly statements: PlannedStatement[];
  readonly aggregation: PlannedAggregation | null;
}

async function askSource(config: DetectorConfig, system: Pick<System, "connectors" | "secrets" | "clock">, locate: Locate, warnings: ConfigProblem[], signal: AbortSignal | undefined): Promise<Asked> {
  // As the connector would send it; once connected it is known what the server really speaks.
  const last = lastWholeInterval(config, system.clock.nowMs());
  const { dialect } = system.connectors.get(config.source.kind)!; // checkSettings has looked
  let statements = [statementOf(bindQuery(config.query, config.timestamp.column, last, dialect), last)];
  const unasked = (error: unknown): Asked => {
    if (signal?.aborted === true || !(error instanceof SourceError) || IS_MISTAKE.has(error.code)) throw error;
    warnings.push({ message: `there is no estimate: ${describeError(error)}`, where: locate(["source"]), advice: adviceOf(error) });
    return { estimate: null, statements, aggregation: null };
  };
  try {
    return await withSource(config, system, signal, async (source, query, interval) => {
      statements = [statementOf(query, interval)];
      try {
        const columns = await source.describe(query, { timeoutMs: PLAN_SECONDS_MAX * 1000, ...(signal && { signal }) });
        const found = checkColumns(config, columns, locate);
        refuseProblems(found.problems);
        warnings.push(...found.warnings);
        // A source of files has one way to be read; there is nothing to choose.
        const planned = found.problems.length > 0 || source.dialect === "files" ? null : planAggregation(config, source, query, columns, interval);
        statements = [statementOf(planned?.aggregation?.query ?? query, interval)];
        const aggregation = planned === null ? null : { inDatabase: planned.aggregation !== null, why: planned.why };
        for (const finding of await source.check(query, config.timestamp.column)) {
          if (finding.level !== "ok") warnings.push({ message: finding.message, where: locate(["source"]), advice: finding.advice });
        }
        return { estimate: await estimate(config, source, columns, interval, locate, warnings, signal), statements, aggregation };
      } catch (error) {
        return unasked(error);
      }
    });
  } catch (error) {
    return unasked(error);
  }
}

function statementOf({ sql, parameters }: BoundQuery, { startMs, endMs }: Interval): PlannedStatement {
  return { title: `one interval: ${instantText(startMs)} up to ${instantText(endMs)}`, sql, shown: shownSql(sql, parameters) };
}

async function estimate(config: DetectorConfig, source: Source, columns: readonly Column[], last: Interval, locate: Locate, warnings: ConfigProblem[], signal: AbortSignal | undefined): Promise<PlanEstimate | null> {
  const sample = await readSample(config, source, columns, last, signal);
  const { table, startMs, isCut } = sample;
  const { limits, dimensions, measures, history } = config;
  if (table.processed === 0) {
    warnings.push({
      message: `the query gave no row for the last ${startMs.length} intervals (from ${instantText(startMs[0]!)})`,
      where: locate(["query"]),
      advice: "Is the data older, the zone another one, or offsetSeconds too short for when rows arrive?",
    });
    return null;
  }
  warnOfRows(config, sample, locate, warnings);

  const dimensionValues = dimensions.map((dimension, d) => ({ dimension, count: table.uniqueValues(d) }));
  // The whole intervals of a cut sample are not known: it says how many rows there are at least, not which are absent.
  const rowsPerInterval = isCut ? table.processed : median([...table.rowsPerInterval]);
  const { keys, counts } = table.take();
  const present = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const absentShare = isCut || keys.length === 0 ? 0 : 1 - present / counts.length;
  const isRolledUp = (name: string): boolean => measures.some((measure) => measure.name === name && measure.aggregation !== "COUNT_DISTINCT");
  const rollUps = config.levels === "all" ? missingRollUpKeys(keys.filter((key) => isRolledUp(key.measure)), knownKeys(keys)).length : 0;
  const seriesCount = keys.length + rollUps;

  for (const { dimension, count } of dimensionValues) {
    if (count > DIMENSION_VALUES_WARN) {
      warnings.push({ message: `the dimension "${dimension}" has ${count} values in ${startMs.length} intervals`, where: locate(["dimensions", dimensions.indexOf(dimension)]), advice: "Is it an id? Leave it out, or group its values in the query." });
    }
  }
  if (seriesCount > limits.seriesMax * SERIES_SHARE_WARN) {
    warnings.push({ message: `${seriesCount} series come near the limit of ${limits.seriesMax}`, where: locate(["limits", "seriesMax"]), advice: "Leave out a dimension, or raise limits.seriesMax." });
  }
  if (absentShare > ABSENT_SHARE_WARN) {
    const absent = [...new Set(measures.map((measure) => measure.whenAbsent))].join(" or ");
    warnings.push({ message: `${(absentShare * 100).toFixed(0)} % of the cells are absent (counted as ${absent})`, where: locate(["dimensions"]), advice: "Fewer dimensions, a longer interval, or whenAbsent per measure as the data means it." });
  }
  const intervalsPerDay = 86_400_000 / (nextIntervalStart(last.startMs, config.frequency, config.zone) - last.startMs);
  return {
    seriesCount,
    leafCount: keys.length,
    rowsPerInterval,
    absentShare,
    intervalCount: history.intervalsMax,
    sampledIntervals: startMs.length,
    dimensionValues,
    bytesPerDay: Math.round(seriesCount * intervalsPerDay * BYTES_PER_POINT),
  };
}

interface Sample {
  readonly table: LeafTable;
  readonly startMs: Float64Array;
  /** there were more rows than the limit: the last interval alone, or a part of it */
  readonly isCut: boolean;
}

/** The last intervals in one statement; where they are too many rows, the last interval alone. */
async function readSample(config: DetectorConfig, source: Source, columns: readonly Column[], last: Interval, signal: AbortSignal | undefined): Promise<Sample> {
  const count = SAMPLE_INTERVALS[config.frequency];
  const fromMs = intervalStartBefore(last.endMs, count, config.frequency, config.zone);
  const whole = await read({ startMs: fromMs, endMs: last.endMs });
  if (!whole.isCut) return whole;
  return read(last);

  async function read(range: Interval): Promise<Sample> {
    const startMs = intervalStarts(range.startMs, range.endMs, config.frequency, config.zone);
    const table = new LeafTable(config, findColumns(config, columns), { startMs, endMs: range.endMs, columnCount: columns.length });
    const query = bindQuery(config.query, config.timestamp.column, range, source.dialect);
    for await (const { rows, within } of source.read(query, { rowsPerBatch: ROWS_PER_BATCH, timeoutMs: PLAN_SECONDS_MAX * 1000, ...(signal && { signal }) })) {
      table.addRows(rows.slice(0, PLAN_ROWS_MAX - table.processed), within);
      if (table.processed >= PLAN_ROWS_MAX) return { table, startMs, isCut: true };
    }
    return { table, startMs, isCut: false };
  }
}

function warnOfRows({ limits, horizonIntervals }: DetectorConfig, { table, startMs, isCut }: Sample, locate: Locate, warnings: ConfigProblem[]): void {
  const { processed, invalid, outside, reasons } = table.counts();
  const biggest = isCut ? processed : Math.max(...table.rowsPerInterval);
  if (isCut) warnings.push({ message: `the last interval has ${PLAN_ROWS_MAX} rows or more: figures are lower bounds`, where: locate(["query"]), advice: "Aggregate in the query: the warehouse does it faster than the network carries the rows." });
  if (biggest > limits.rowsPerIntervalMax) warnings.push({ message: `an interval of ${biggest} rows is over the limit of ${limits.rowsPerIntervalMax}`, where: locate(["limits", "rowsPerIntervalMax"]), advice: "Aggregate in the query, or raise limits.rowsPerIntervalMax." });
  if (invalid > 0) {
    const list = Object.entries(reasons).map(([reason, count]) => `${reason}: ${count}`);
    warnings.push({ message: `${invalid} of ${processed} rows could not be used (${list.join(", ")})`, where: locate(["query"]), advice: "Cast or filter them in the query." });
  }
  if (outside > 0) warnings.push({ message: `${outside} of ${processed} rows lie outside the time that was asked for`, where: locate(["query"]), advice: "The query's condition should be on the timestamp column: ts >= :start and ts < :end." });
  const emptyAtEnd = trailingZeros(table.rowsPerInterval);
  if (emptyAtEnd > 0 && emptyAtEnd < startMs.length && !isCut) {
    warnings.push({
      message: `the newest ${emptyAtEnd === 1 ? "interval has" : `${emptyAtEnd} intervals have`} no row yet`,
      where: locate(["offsetSeconds"]),
      advice: `If rows arrive late, raise offsetSeconds; the last ${horizonIntervals} intervals are read again in any case.`,
    });
  }
}

function trailingZeros(values: Float64Array): number {
  let count = 0;
  while (count < values.length && values[values.length - 1 - count] === 0) count += 1;
  return count;
}

function knownKeys(keys: Parameters<typeof missingRollUpKeys>[0]): (key: (typeof keys)[number]) => boolean {
  const known = new Set(keys.map(seriesKeyText));
  return (key) => known.has(seriesKeyText(key));
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function instantText(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
