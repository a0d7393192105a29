/** The ledger: every statement that was sent to a source. */
import type { Interval } from "../crawl/batch.ts";
import type { SourceErrorCode } from "../telemetry/errors.ts";

/** One row per (dataset, interval, attempt): what was asked, what came, how it ended. Never updated once closed. */
export interface LedgerAttempt {
  /** detectorId:generation:startMs-endMs:attempt */
  readonly id: string;
  readonly detectorId: string;
  readonly generation: number;
  /** "check": whether rows have changed, without reading them */
  readonly purpose: "history" | "live" | "rerun" | "late" | "backtest" | "check";
  readonly interval: Interval;
  /** from 1, per (detector, generation, interval); of checks from −1 down */
  readonly attempt: number;
  /** the statement with placeholders, as sent */
  readonly statement: string;
  /** instants bound to it, epoch ms */
  readonly parameters: readonly number[];
  readonly queryHash: string;
  /** the id under which the source knew it; null until it answered */
  readonly statementId: string | null;
  readonly outcome: "running" | "succeeded" | "failed" | "cancelled" | "abandoned" | "incomplete";
  readonly errorCode: SourceErrorCode | "INTERNAL" | null;
  readonly error: string | null;
  readonly transient: boolean | null;
  readonly rows: number;
  readonly bytes: number;
  readonly maxTimestampMs: number | null;
  readonly startedMs: number;
  readonly endedMs: number | null;
}

export interface LedgerStore {
  /**
   * Opens the next attempt; older attempts of the interval still "running" are marked "abandoned", and for purposes "late"
   * and "check" all older ones of that purpose.
   */
  open(attempt: Pick<LedgerAttempt, "detectorId" | "generation" | "purpose" | "interval" | "statement" | "parameters" | "queryHash" | "startedMs">): Promise<LedgerAttempt>;
  setStatementId(id: string, statementId: string): Promise<void>;
  /** @returns whether it was still running: false where another process gave it up for dead, and nothing may come of it */
  close(id: string, result: Pick<LedgerAttempt, "outcome" | "errorCode" | "error" | "transient" | "rows" | "bytes" | "maxTimestampMs" | "endedMs">): Promise<boolean>;
  get(id: string): Promise<LedgerAttempt | null>;
  /** Newest first; checks only when asked for. */
  list(detectorId: string, page: { startMs?: number; endMs?: number; limit: number; withChecks?: boolean }): Promise<readonly LedgerAttempt[]>;
  /** How many statements have asked for an interval (and had ended by `asOfMs`), alone or in a range with others; the history is not counted. */
  asked(detectorId: string, interval: Interval, asOfMs?: number): Promise<{ readonly readings: number; readonly checks: number }>;
  /** Forgets attempts that ended before; those that run stay. @returns how many */
  expire(detectorId: string, beforeMs: number): Promise<number>;
  /** Row counts of the last succeeded live or history intervals, newest first, for the completeness check. */
  recentRowCounts(detectorId: string, generation: number, limit: number): Promise<readonly { startMs: number; endMs: number; rows: number; maxTimestampMs: number | null }[]>;
}
