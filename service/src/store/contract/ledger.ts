import { expect, test } from "vitest";
import { aConfig, HEAD_MS, HOUR_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { LedgerAttempt, Store } from "../store.ts";

type Opening = Parameters<Store["ledger"]["open"]>[0];
type Result = Parameters<Store["ledger"]["close"]>[1];

const opening = (detectorId: string, changes: Partial<Opening> = {}): Opening => ({
  detectorId,
  generation: 1,
  purpose: "live",
  interval: { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS },
  statement: "select ts, 'it''s \"quoted\" 🦊' from orders where ts >= $1 and ts < $2",
  parameters: [HEAD_MS, HEAD_MS + HOUR_MS],
  queryHash: "query",
  startedMs: NOW_MS,
  ...changes,
});

const succeeded = (changes: Partial<Result> = {}): Result => ({
  outcome: "succeeded",
  errorCode: null,
  error: null,
  transient: null,
  rows: 42,
  bytes: 5_000_000_000,
  maxTimestampMs: HEAD_MS + HOUR_MS - 1,
  endedMs: NOW_MS + 50,
  ...changes,
});

export function testLedger(context: StoreContext): void {
  const aDetectorId = async () => (await context.store.detectors.create(aConfig(), "hash", NOW_MS)).id;

  test("an attempt is running until it is closed, and keeps what was asked", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    const attempt = await store.ledger.open(opening(detectorId));
    expect(attempt).toMatchObject({ ...opening(detectorId), id: `${detectorId}:1:${HEAD_MS}-${HEAD_MS + HOUR_MS}:1`, attempt: 1, outcome: "running", endedMs: null, statementId: null });
    await store.ledger.setStatementId(attempt.id, "pid 71");
    expect(await store.ledger.close(attempt.id, succeeded())).toBe(true);
    const closed: LedgerAttempt = { ...attempt, ...succeeded(), statementId: "pid 71" };
    expect(await store.ledger.get(attempt.id)).toEqual(closed);
    expect(await store.ledger.list(detectorId, { limit: 10 })).toEqual([closed]);
    expect(await store.ledger.get("no such attempt")).toBeNull();
  });

  test("attempts at an interval count up; one that still runs is marked abandoned by the next", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    const first = await store.ledger.open(opening(detectorId));
    const second = await store.ledger.open(opening(detectorId, { startedMs: NOW_MS + 7 }));
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    expect(await store.ledger.get(first.id)).toMatchObject({ outcome: "abandoned", endedMs: NOW_MS + 7 });
    // Its process was only slow, not dead: what it says now is too late, and it is told so.
    expect(await store.ledger.close(first.id, succeeded())).toBe(false);
    expect(await store.ledger.get(first.id)).toMatchObject({ outcome: "abandoned", rows: 0 });
  });

  test("a reading for late rows of a range that has moved on marks the one before abandoned, too; others are left alone", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    const range = (hour: number) => ({ startMs: HEAD_MS + hour * HOUR_MS, endMs: HEAD_MS + (hour + 2) * HOUR_MS });
    const live = await store.ledger.open(opening(detectorId));
    const died = await store.ledger.open(opening(detectorId, { purpose: "late", interval: range(0) }));
    await store.ledger.open(opening(detectorId, { purpose: "late", interval: range(1) }));
    expect(await store.ledger.get(died.id)).toMatchObject({ outcome: "abandoned" });
    expect(await store.ledger.get(live.id)).toMatchObject({ outcome: "running" });
  });

  test("a closed attempt is never changed", async () => {
    const { store } = context;
    const { id } = await store.ledger.open(opening(await aDetectorId()));
    const failure = succeeded({ outcome: "failed", errorCode: "CONNECT", error: "connection refused\u0000", transient: true, rows: 0, maxTimestampMs: null });
    await store.ledger.close(id, failure);
    await store.ledger.close(id, succeeded());
    await store.ledger.setStatementId(id, "late");
    expect(await store.ledger.get(id)).toMatchObject({ ...failure, error: "connection refused\uFFFD", statementId: null });
  });

  test("two processes that open the same interval get different attempts", async () => {
    const { store, other } = context;
    const detectorId = await aDetectorId();
    const attempts = await Promise.all(Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? store : other).ledger.open(opening(detectorId))));
    expect(attempts.map(({ attempt }) => attempt).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const stored = await store.ledger.list(detectorId, { limit: 10 });
    expect(stored.filter(({ outcome }) => outcome === "running")).toHaveLength(1);
  });

  test("intervals of one start but another end have attempts of their own", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    await store.ledger.open(opening(detectorId));
    const history = await store.ledger.open(opening(detectorId, { purpose: "history", interval: { startMs: HEAD_MS, endMs: HEAD_MS + 9 * HOUR_MS } }));
    expect(history.attempt).toBe(1);
  });

  test("list is newest first, within the range asked for, at most the limit", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    for (const hour of [2, 0, 1, 1]) {
      const startMs = HEAD_MS + hour * HOUR_MS;
      await store.ledger.open(opening(detectorId, { interval: { startMs, endMs: startMs + HOUR_MS } }));
    }
    const shown = async (page: { startMs?: number; endMs?: number; limit: number }) =>
      (await store.ledger.list(detectorId, page)).map(({ interval, attempt }) => [(interval.startMs - HEAD_MS) / HOUR_MS, attempt]);
    expect(await shown({ limit: 10 })).toEqual([[2, 1], [1, 2], [1, 1], [0, 1]]);
    expect(await shown({ limit: 2 })).toEqual([[2, 1], [1, 2]]);
    expect(await shown({ startMs: HEAD_MS + HOUR_MS, endMs: HEAD_MS + 2 * HOUR_MS, limit: 10 })).toEqual([[1, 2], [1, 1]]);
  });

  test("row counts are those of the newest succeeded attempt of each interval, newest first", async () => {
    const { store } = context;
    const detectorId = await aDetectorId();
    const read = async (hour: number, rows: number, outcome: Result["outcome"] = "succeeded", purpose: Opening["purpose"] = "live") => {
      const startMs = HEAD_MS + hour * HOUR_MS;
      const { id } = await store.ledger.open(opening(detectorId, { purpose, interval: { startMs, endMs: startMs + HOUR_MS } }));
      await store.ledger.close(id, succeeded({ rows, outcome }));
    };
    await read(0, 10);
    await read(0, 11);
    await read(1, 0, "failed");
    await read(2, 30);
    await read(3, 40, "incomplete");
    await read(4, 50, "succeeded", "rerun");
    await store.ledger.open(opening(detectorId, { interval: { startMs: HEAD_MS + 5 * HOUR_MS, endMs: HEAD_MS + 6 * HOUR_MS } }));
    const counted = (hour: number, rows: number) => ({
      startMs: HEAD_MS + hour * HOUR_MS,
      endMs: HEAD_MS + (hour + 1) * HOUR_MS,
      rows,
      maxTimestampMs: HEAD_MS + HOUR_MS - 1,
    });
    expect(await store.ledger.recentRowCounts(detectorId, 1, 10)).toEqual([counted(2, 30), counted(0, 11)]);
    expect(await store.ledger.recentRowCounts(detectorId, 1, 1)).toEqual([counted(2, 30)]);
    expect(await store.ledger.recentRowCounts(detectorId, 2, 10)).toEqual([]);
  });

  test("checks count down beside the readings' numbers, are listed when asked for, and are counted with the ranges that hold an interval", async () => {
    const { store } = context;
    const { id } = await store.detectors.create(aConfig(), "hash", NOW_MS);
    const range = { startMs: HEAD_MS - 2 * HOUR_MS, endMs: HEAD_MS + HOUR_MS };
    const live = await store.ledger.open(opening(id));
    await store.ledger.close(live.id, succeeded());
    const first = await store.ledger.open(opening(id, { purpose: "check", interval: range }));
    const second = await store.ledger.open(opening(id, { purpose: "check" }));
    const late = await store.ledger.open(opening(id, { purpose: "late" }));
    expect([live.attempt, first.attempt, second.attempt, late.attempt]).toEqual([1, -1, -1, 2]);
    expect((await store.ledger.get(first.id))!.outcome).toBe("abandoned"); // by the next check, whose range has moved on
    await store.ledger.close(late.id, succeeded({ endedMs: NOW_MS + 90 }));
    expect((await store.ledger.list(id, { limit: 9 })).map(({ purpose }) => purpose)).toEqual(["late", "live"]);
    expect((await store.ledger.list(id, { limit: 9, withChecks: true })).map(({ purpose }) => purpose).sort()).toEqual(["check", "check", "late", "live"]);
    const own = { startMs: HEAD_MS, endMs: HEAD_MS + HOUR_MS };
    expect(await store.ledger.asked(id, own)).toEqual({ readings: 2, checks: 2 });
    expect(await store.ledger.asked(id, own, NOW_MS + 60)).toEqual({ readings: 1, checks: 2 });
    expect(await store.ledger.asked(id, { startMs: HEAD_MS - HOUR_MS, endMs: HEAD_MS })).toEqual({ readings: 0, checks: 1 });
    expect(await store.ledger.asked(id, { startMs: HEAD_MS + HOUR_MS, endMs: HEAD_MS + 2 * HOUR_MS })).toEqual({ readings: 0, checks: 0 });
  });
}
