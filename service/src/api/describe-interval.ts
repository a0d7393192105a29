import type { z } from "zod";
import type { IntervalRecord, LedgerAttempt } from "../store/store.ts";
import { instantText, instantTextOrNull, intervalOf } from "./shapes/common.ts";
import type { attemptShape, intervalSummary } from "./shapes/interval.ts";

/** A line of the detector log. */
export function describeInterval(record: IntervalRecord): z.input<typeof intervalSummary> {
  const { interval, status, message, version, rows, seriesCount, anomalyCount, heldBackCount, knownAtMs } = record;
  return {
    ...intervalOf(interval),
    status,
    message,
    version,
    rows: rows === null ? null : { ...rows, reasons: { ...rows.reasons } },
    seriesCount,
    anomalyCount,
    heldBackCount,
    knownAt: instantText(knownAtMs),
  };
}

/** A row of the ledger. */
export function describeAttempt(attempt: LedgerAttempt): z.input<typeof attemptShape> {
  const { startedMs, endedMs } = attempt;
  return {
    id: attempt.id,
    interval: intervalOf(attempt.interval),
    attempt: attempt.attempt,
    purpose: attempt.purpose,
    outcome: attempt.outcome,
    errorCode: attempt.errorCode,
    error: attempt.error,
    transient: attempt.transient,
    rows: attempt.rows,
    bytes: attempt.bytes,
    maxTimestamp: instantTextOrNull(attempt.maxTimestampMs),
    started: instantText(startedMs),
    ended: instantTextOrNull(endedMs),
    milliseconds: endedMs === null ? null : endedMs - startedMs,
    queryHash: attempt.queryHash,
    statementId: attempt.statementId,
    statement: attempt.statement,
    parameters: attempt.parameters.map(instantText),
  };
}
