import assert from "node:assert/strict";
import { test } from "vitest";
import type { LedgerAttempt } from "../store/store.ts";
import type { CrawlSystem } from "./crawl-system.ts";
import type { Detector } from "../resources/detector.ts";
import { aConfig } from "../store/store-fixtures.ts";
import { retryAtAfter, retryAtMs } from "./retry-rule.ts";

const HOUR = 3_600_000;
const attempt = (outcome: LedgerAttempt["outcome"], transient: boolean | null = null, endedMs: number | null = 1_000_000): LedgerAttempt => ({
  id: "", detectorId: "", generation: 1, purpose: "live", interval: { startMs: 0, endMs: HOUR }, attempt: 1, statement: "", parameters: [], queryHash: "",
  statementId: null, outcome, errorCode: null, error: null, transient, rows: 0, bytes: 0, maxTimestampMs: null, startedMs: 0, endedMs,
});
const waitSeconds = (...attempts: LedgerAttempt[]): number => (retryAtAfter(attempts, HOUR) - 1_000_000) / 1000;

test("never tried, cancelled by us or cut off by a crash: at once", () => {
  assert.equal(retryAtAfter([], HOUR), 0);
  assert.equal(retryAtAfter([attempt("cancelled", true)], HOUR), 0);
  assert.equal(retryAtAfter([attempt("abandoned")], HOUR), 0);
  assert.equal(retryAtAfter([attempt("running", null, null)], HOUR), 0);
});

test("trouble that may pass: 15 s, doubling to 15 minutes", () => {
  const failures = (count: number): LedgerAttempt[] => Array.from({ length: count }, () => attempt("failed", true));
  assert.deepEqual([1, 2, 3, 6, 7, 20].map((count) => waitSeconds(...failures(count))), [15, 30, 60, 480, 900, 900]);
});

test("trouble that somebody has to mend: 5 minutes, doubling to an hour – but never given up", () => {
  const failures = (count: number): LedgerAttempt[] => Array.from({ length: count }, () => attempt("failed", false));
  assert.deepEqual([1, 2, 4, 5, 20].map((count) => waitSeconds(...failures(count))), [300, 600, 2400, 3600, 3600]);
});

test("only failures in a row count", () => {
  assert.equal(waitSeconds(attempt("failed", true), attempt("cancelled", true), attempt("failed", true), attempt("failed", true)), 15);
});

test("data that had not arrived: a tenth of the interval, 30 s to 10 minutes", () => {
  const wait = (length: number): number => (retryAtAfter([attempt("incomplete", true)], length) - 1_000_000) / 1000;
  assert.deepEqual([300_000, 600_000, HOUR, 24 * HOUR].map(wait), [30, 60, 360, 600]);
});

test("read well and still due: at once the first time, then 15 s, doubling to 15 minutes; only readings in a row count", () => {
  const readings = (count: number): LedgerAttempt[] => Array.from({ length: count }, () => attempt("succeeded"));
  assert.equal(retryAtAfter(readings(1), HOUR), 0);
  assert.deepEqual([2, 3, 4, 7, 8, 20].map((count) => waitSeconds(...readings(count))), [15, 30, 60, 480, 900, 900]);
  assert.equal(retryAtAfter([attempt("succeeded"), attempt("failed", true), attempt("succeeded")], HOUR), 0);
});

test("an attempt without an end is not waited for", () => {
  for (const outcome of ["failed", "succeeded", "incomplete"] as const) assert.equal(retryAtAfter([attempt(outcome, true, null), attempt(outcome, true)], HOUR), 0);
});

test("the newest 20 attempts of the ledger count, of this interval and this generation only", async () => {
  const interval = { startMs: 10 * HOUR, endMs: 11 * HOUR };
  const failure = (changes: Partial<LedgerAttempt>): LedgerAttempt => ({ ...attempt("failed", true), detectorId: "d", generation: 3, interval, ...changes });
  const asked: unknown[] = [];
  const detector: Detector = { id: "d", generation: 3, config: aConfig() } as Detector; // the rule looks at no more of it
  const at = (...attempts: LedgerAttempt[]): Promise<number> => {
    const list = (...question: unknown[]) => {
      asked.push(question);
      return Promise.resolve(attempts);
    };
    return retryAtMs(detector, interval, { store: { ledger: { list } } } as unknown as CrawlSystem); // nothing else of the system is asked
  };
  assert.equal(await at(), 0);
  assert.deepEqual(asked, [["d", { ...interval, limit: 20 }]]);
  assert.equal(await at(failure({}), failure({})), 1_030_000);
  assert.equal(await at(failure({ generation: 2 })), 0);
  assert.equal(await at(failure({ interval: { startMs: 9 * HOUR, endMs: 11 * HOUR } })), 0);
  assert.equal(await at(failure({ interval: { startMs: 10 * HOUR, endMs: 12 * HOUR } })), 0);
  assert.equal(await at({ ...failure({}), outcome: "incomplete" }), 1_000_000 + HOUR / 10);
});
