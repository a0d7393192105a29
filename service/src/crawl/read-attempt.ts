/**
 * One reading of a source, with its row in the ledger around it: exactly one statement, opened before it is sent, closed
 * with how it ended. A reading that a crash left "running" is marked abandoned by the next attempt.
 */
import { createHash } from "node:crypto";
import { datasetNeeds } from "../connectors/dataset-needs.ts";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import type { BoundQuery, Column, Connector, ReadWork, RowBatch, Source } from "../connectors/connector.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import type { Detector, DetectorConfig, QueryConfig } from "../resources/detector.ts";
import { HeadMovedError, type LedgerAttempt } from "../store/store.ts";
import { adviceOf, describeError, SourceError, UserError } from "../telemetry/errors.ts";
import { failpoint } from "../telemetry/failpoints.ts";
import type { Interval } from "./batch.ts";
import { rememberedAggregation } from "./remember-aggregation.ts";
import { NotAggregable } from "./not-aggregable.ts";
import type { Aggregation } from "./plan-aggregation.ts";

export interface AttemptOptions {
  readonly purpose: LedgerAttempt["purpose"];
  readonly signal?: AbortSignal;
  /** more rows than this are refused, naming `limitName` */
  readonly rowsMax: number;
  readonly limitName: "limits.rowsPerIntervalMax" | "limits.rowsPerHistoryMax";
}

export interface Attempt {
  readonly id: string;
  /** how the database aggregates what is read; null = its rows are read */
  readonly aggregation: Aggregation | null;
  /** the query's columns as the source described them beforehand; null where it wasn't asked */
  readonly described: readonly Column[] | null;
  /** Sends the statement. `onColumns` is called once, before the first row, also when there are no rows. */
  read(onColumns: (columns: readonly Column[]) => void): AsyncIterable<RowBatch>;
}

// Two batches are in memory at a time: 4,000 rows are about a megabyte, and few enough round trips not to show in the total.
const ROWS_PER_BATCH = 4000;

/**
 * Runs `work` on an open attempt. What it returns is returned; what it throws closes the attempt as failed (cancelled,
 * incomplete) and goes on as SourceError. `maxTimestampMs` of the result goes into the ledger. HeadMovedError when another
 * process has taken the reading over meanwhile.
 *
 * Where the database aggregates and its lines can't be used, the attempt fails, and a second one reads the rows at once.
 */
export async function readAttempt<T extends { readonly maxTimestampMs: number | null }>(
  detector: Detector,
  interval: Interval,
  system: CrawlSystem,
  options: AttemptOptions,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  failpoint("crawl.before");
  const isAggregated = { was: false };
  try {
    return await attemptOnce(detector, interval, system, options, work, isAggregated);
  } catch (error) {
    if (!isAggregated.was || !isUnusable(error)) throw error;
    return attemptOnce(detector, interval, system, options, work, null);
  }
}

/** The lines, or the statement that was to give them: the rows may be read all the same. */
function isUnusable(error: unknown): boolean {
  return error instanceof NotAggregable || (error instanceof SourceError && (error.code === "QUERY" || error.code === "NOT_FOUND"));
}

/** @param isAggregated  told whether the database aggregates; null = it is not to */
async function attemptOnce<T extends { readonly maxTimestampMs: number | null }>(
  detector: Detector,
  interval: Interval,
  system: CrawlSystem,
  options: AttemptOptions,
  work: (attempt: Attempt) => Promise<T>,
  isAggregated: { was: boolean } | null,
): Promise<T> {
  const { config } = detector;
  const startedMs = system.clock.nowMs();
  const connector = connectorOf(config, system);
  const opened = await openSource(connector, config, system, options.signal);
  try {
    const query = bind(config, interval, opened.source?.dialect ?? connector.dialect);
    // A server that can't be reached or asked has its row in the ledger, too.
    const ask = { query, range: interval, isWanted: isAggregated !== null, ...(options.signal && { signal: options.signal }) };
    const asked = opened.source === null ? null : await rememberedAggregation(detector, { ...ask, source: opened.source }, system).catch((error: unknown) => ({ error }));
    const remembered = asked === null || "error" in asked ? null : asked;
    const aggregation = remembered?.aggregation ?? null;
    if (isAggregated !== null) isAggregated.was = aggregation !== null;
    const sent = aggregation?.query ?? query;
    const row = await system.store.ledger.open({
      detectorId: detector.id,
      generation: detector.generation,
      purpose: options.purpose,
      interval,
      statement: sent.sql,
      parameters: sent.parameters,
      queryHash: queryHash(config.query),
      startedMs,
    });
    failpoint("crawl.attempt-opened");
    const progress = { rows: 0, bytes: 0 };
    try {
      const { source } = opened;
      if (source === null) throw opened.error;
      if (asked !== null && "error" in asked) throw asked.error;
      const workOfIt: ReadWork = { key: `${detector.id}/${interval.startMs}-${interval.endMs}`, attemptId: row.id, range: interval, isHistory: options.purpose === "history" };
      const reading: Reading = { source, query: sent, aggregation, work: workOfIt, attemptId: row.id, timeoutMs: config.limits.querySecondsMax * 1000, options, progress, system };
      const read: Attempt["read"] = (onColumns) =>
        readBatches(reading, (columns) => {
          if (aggregation !== null) remembered?.checkTypes(columns);
          onColumns(columns);
        });
      const result = await work({ id: row.id, aggregation, described: remembered?.described ?? null, read });
      const wasOurs = await closeAttempt(row.id, system, progress, { outcome: "succeeded", maxTimestampMs: result.maxTimestampMs });
      // This process slept, and another one reads the interval anew: what we read may be out of date.
      if (!wasOurs) throw new HeadMovedError(`the reading ${row.id} was given up for dead and begun again by another process`);
      return result;
    } catch (error) {
      const failure = sourceErrorOf(error);
      if (isUnusable(failure)) remembered?.failed();
      await closeAttempt(row.id, system, progress, { outcome: outcomeOf(failure), maxTimestampMs: null, error: failure });
      throw failure;
    }
  } finally {
    await opened.source?.close();
  }
}

/** The source of a dataset, connected. Throws SourceError; the caller closes it. */
export async function openDataset(config: DetectorConfig, system: Pick<CrawlSystem, "connectors" | "secrets">, signal?: AbortSignal): Promise<Source> {
  const opened = await openSource(connectorOf(config, system), config, system, signal);
  if (opened.source === null) throw opened.error;
  return opened.source;
}

/** Of the query as configured, the same for every interval. */
export function queryHash(query: QueryConfig): string {
  const texts = query.kind === "files" ? [] : query.kind === "bound" ? [query.sql] : [query.historicalSql, query.continuousSql];
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

type Opened = { readonly source: Source; readonly error: null } | { readonly source: null; readonly error: unknown };

async function openSource(connector: Connector, config: DetectorConfig, system: Pick<CrawlSystem, "secrets">, signal?: AbortSignal): Promise<Opened> {
  const settings = connector.settings.safeParse(config.source.settings);
  if (!settings.success) {
    const issues = settings.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    return { source: null, error: new SourceError(`the settings of the source don't fit: ${issues}`, { code: "REFUSED", transient: false, advice: "Correct the configuration and apply it again." }) };
  }
  try {
    const source = await connector.open(settings.data, { secrets: system.secrets, zone: config.zone, dataset: datasetNeeds(config), ...(signal && { signal }) });
    return { source, error: null };
  } catch (error) {
    return { source: null, error };
  }
}

function connectorOf(config: DetectorConfig, system: Pick<CrawlSystem, "connectors">): Connector {
  const connector = system.connectors.get(config.source.kind);
  if (connector !== undefined) return connector;
  throw new SourceError(`there is no connector for sources of kind ${config.source.kind}`, {
    code: "REFUSED",
    transient: false,
    advice: `Known kinds: ${[...system.connectors.keys()].join(", ")}.`,
  });
}

function bind(config: DetectorConfig, interval: Interval, dialect: Connector["dialect"]): BoundQuery {
  try {
    return bindQuery(config.query, config.timestamp.column, interval, dialect);
  } catch (error) {
    throw sourceErrorOf(error);
  }
}

interface Reading {
  readonly source: Source;
  readonly query: BoundQuery;
  readonly aggregation: Aggregation | null;
  readonly work: ReadWork;
  readonly attemptId: string;
  readonly timeoutMs: number;
  readonly options: AttemptOptions;
  readonly progress: { rows: number; bytes: number };
  readonly system: CrawlSystem;
}

async function* readBatches(
  { source, query, aggregation, work, attemptId, timeoutMs, options: { signal, rowsMax, limitName }, progress, system }: Reading,
  onColumns: (columns: readonly Column[]) => void,
): AsyncGenerator<RowBatch, void, undefined> {
  // At once, not with the first rows: of a statement that fails or outlives this process the id matters most.
  let recorded: Promise<void> = Promise.resolve();
  const batches = source.read(query, {
    rowsPerBatch: ROWS_PER_BATCH,
    timeoutMs,
    work,
    ...(signal && { signal }),
    onStatement: (id) => {
      recorded = system.store.ledger.setStatementId(attemptId, id);
      recorded.catch(() => {}); // awaited below
    },
    onColumns,
  });
  let read = 0;
  try {
    for await (const batch of batches) {
      const count = batch.count ?? batch.rows.length;
      read += count;
      // The ledger's rows are those of the query, whoever aggregates them: what is usual must not depend on it.
      progress.rows += aggregation === null ? count : batch.rows.reduce((sum, line) => sum + Number(line[aggregation.layout.rows]), 0);
      progress.bytes += batch.bytes;
      if (read > rowsMax) {
        throw new SourceError(`the query gives more than ${rowsMax} rows${aggregation === null ? "" : " when they are aggregated"} (${limitName})`, {
          code: "LIMIT",
          transient: false,
          advice: `Let the query aggregate (group by timestamp and dimensions), or raise ${limitName}.`,
        });
      }
      yield batch;
    }
  } finally {
    await Promise.allSettled([recorded]); // how the reading ended is told first
  }
  await recorded;
  failpoint("crawl.rows-read");
}

async function closeAttempt(
  id: string,
  system: CrawlSystem,
  { rows, bytes }: { rows: number; bytes: number },
  { outcome, maxTimestampMs, error = null }: { outcome: LedgerAttempt["outcome"]; maxTimestampMs: number | null; error?: unknown },
): Promise<boolean> {
  const advice = adviceOf(error);
  const wasOurs = await system.store.ledger.close(id, {
    outcome,
    errorCode: error === null ? null : error instanceof SourceError ? error.code : "INTERNAL",
    error: error === null ? null : advice === null ? describeError(error) : `${describeError(error)} – ${advice}`,
    transient: error instanceof SourceError ? error.transient : error === null ? null : true,
    rows,
    bytes,
    maxTimestampMs,
    endedMs: system.clock.nowMs(),
  });
  failpoint("crawl.attempt-closed");
  return wasOurs;
}

function outcomeOf(error: unknown): LedgerAttempt["outcome"] {
  if (!(error instanceof SourceError)) return "failed";
  if (error.code === "CANCELLED") return "cancelled";
  return error.code === "INCOMPLETE" ? "incomplete" : "failed";
}

/** A mistake in the configuration is, for an interval that is due, one more reason why it can't be read. */
function sourceErrorOf(error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  return new SourceError(error.message, { code: error.code === "SECRET" ? "AUTHENTICATE" : "REFUSED", transient: false, advice: error.advice, cause: error.cause });
}
