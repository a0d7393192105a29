/**
 * Whether rows have changed, without reading them: the database makes one line an interval – how many rows, the newest
 * timestamp, a checksum over all cells – in a scan of its own. Two equal lines are the same rows but for a chance of 2⁻⁶⁴.
 *
 * PostgreSQL 14 or newer only: others lack a hash of a whole row. Where it can't be done for a query (a timestamp that is
 * text in a format of its own, a column of type json), the answer is null and the rows are read instead.
 */
import { intervalStarts } from "@foretop/engine";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import { quoteName } from "../connectors/sql/quote-name.ts";
import type { BoundQuery, Source } from "../connectors/connector.ts";
import type { Detector, DetectorConfig } from "../resources/detector.ts";
import { describeError, SourceError } from "../telemetry/errors.ts";
import type { Interval } from "./batch.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import { openDataset, queryHash } from "./read-attempt.ts";

/** A line by interval start; intervals without rows have none. */
export type Fingerprints = ReadonlyMap<number, string>;

const COLUMNS = ["foretop_interval", "foretop_print"];

/**
 * One statement, in the ledger as a "check".
 *
 * @returns null where the source can't. Throws SourceError when trying again later may help.
 */
export async function fingerprintRange(detector: Detector, range: Interval, system: CrawlSystem, signal?: AbortSignal): Promise<Fingerprints | null> {
  const { config } = detector;
  if (system.connectors.get(config.source.kind)?.dialect !== "postgres") return null;
  const starts = Array.from(intervalStarts(range.startMs, range.endMs, config.frequency, config.zone));
  const source = await openDataset(config, system, signal);
  try {
    if (source.dialect !== "postgres") return null; // Redshift speaks the protocol, not all of the language
    const query = fingerprintQuery(bindQuery(config.query, config.timestamp.column, range, source.dialect), config, starts);
    return await checked(detector, { source, query, range, starts, ...(signal && { signal }) }, system);
  } catch (error) {
    if (error instanceof SourceError && !error.transient && signal?.aborted !== true) return null;
    throw error;
  } finally {
    await source.close();
  }
}

interface Check {
  readonly source: Source;
  readonly query: BoundQuery;
  readonly range: Interval;
  readonly starts: readonly number[];
  readonly signal?: AbortSignal;
}

async function checked({ id: detectorId, generation, config }: Detector, { source, query, range, starts, signal }: Check, { store: { ledger }, clock }: CrawlSystem): Promise<Fingerprints | null> {
  const attempt = await ledger.open({ detectorId, generation, purpose: "check", interval: range, statement: query.sql, parameters: query.parameters, queryHash: queryHash(config.query), startedMs: clock.nowMs() });
  const prints = new Map<number, string>();
  const read = { rows: 0, bytes: 0 };
  let isOurs = true;
  let statementId: string | null = null;
  const close = (error: unknown): Promise<boolean> =>
    ledger.close(attempt.id, {
      outcome: error === null ? "succeeded" : error instanceof SourceError && error.code === "CANCELLED" ? "cancelled" : "failed",
      errorCode: error === null ? null : error instanceof SourceError ? error.code : "INTERNAL",
      error: error === null ? null : describeError(error),
      transient: error instanceof SourceError ? error.transient : null,
      ...read,
      maxTimestampMs: null,
      endedMs: clock.nowMs(),
    });
  try {
    const options = {
      rowsPerBatch: starts.length + 1,
      timeoutMs: config.limits.querySecondsMax * 1000,
      onStatement: (known: string) => (statementId = known),
      onColumns: (columns: readonly { name: string }[]) => (isOurs = String(columns.map(({ name }) => name)) === String(COLUMNS)),
      ...(signal && { signal }),
    };
    for await (const { rows, bytes } of source.read(query, options)) {
      read.rows += rows.length;
      read.bytes += bytes;
      for (const [bucket, print] of rows) {
        const startMs = starts[Number(bucket) - 1];
        if (startMs !== undefined) prints.set(startMs, String(print)); // rows outside of all intervals are nobody's
      }
    }
  } catch (error) {
    await close(error);
    throw error;
  }
  if (statementId !== null) await ledger.setStatementId(attempt.id, statementId);
  await close(null);
  return isOurs ? prints : null;
}

/** The user's statement, wrapped: its text and parameters stay as they are, the intervals' starts come behind them. */
export function fingerprintQuery({ sql, parameters }: BoundQuery, { timestamp }: Pick<DetectorConfig, "timestamp">, starts: readonly number[]): BoundQuery {
  const column = `t.${quoteName(timestamp.column)}::timestamptz`;
  // As parameters, not in the text: the same statement every turn, which the ledger keeps once.
  const bounds = starts.map((_, i) => `$${parameters.length + i + 1}`).join(", ");
  return {
    sql: [
      `select width_bucket(${column}, array[${bounds}]::timestamptz[]) as ${COLUMNS[0]},`,
      `  count(*) || ' ' || max(${column}) || ' ' || sum(hash_record_extended(t, 0)) as ${COLUMNS[1]}`,
      `from (\n${sql}\n) as t`,
      "group by 1",
    ].join("\n"),
    parameters: [...parameters, ...starts],
  };
}
