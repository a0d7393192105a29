/**
 * A store that counts what passes through it. Everything worth a counter is a write to the store anyway, so the pipeline
 * needs to know nothing of metrics, and what was not committed is not counted.
 */
import type { IntervalRecord, LedgerAttempt, Store } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";

/** How many names and open attempts are remembered. */
const REMEMBERED_MAX = 10_000;

export function countedStore(store: Store, metrics: Metrics): Store {
  const nameOf = detectorNames(store);
  const openAttempts = new Map<string, LedgerAttempt>();

  const intervals = withOverrides(store.intervals, {
    async recordFailure(record) {
      await store.intervals.recordFailure(record);
      countInterval(record, await nameOf(record.detectorId), metrics);
    },
  });

  const ledger = withOverrides(store.ledger, {
    async open(attempt) {
      const opened = await store.ledger.open(attempt);
      if (opened.purpose === "check") return opened; // reads no rows
      if (openAttempts.size >= REMEMBERED_MAX) openAttempts.delete(openAttempts.keys().next().value!);
      openAttempts.set(opened.id, opened);
      return opened;
    },
    async close(id, result) {
      const wasRunning = await store.ledger.close(id, result);
      const opened = openAttempts.get(id);
      openAttempts.delete(id);
      if (opened === undefined || !wasRunning) return wasRunning; // of another process, or given up for dead
      const detector = await nameOf(opened.detectorId);
      metrics.crawls.inc({ detector, outcome: result.outcome });
      metrics.crawledRows.inc({ detector }, result.rows);
      if (result.endedMs !== null) metrics.crawlSeconds.observe({ detector }, (result.endedMs - opened.startedMs) / 1000);
      return wasRunning;
    },
  });

  const deliveries = withOverrides(store.deliveries, {
    async recordSent(...args) {
      await store.deliveries.recordSent(...args);
      metrics.deliveries.inc({ outcome: "sent" });
    },
    async recordFailed(key, detail, nextTryMs, nowMs) {
      await store.deliveries.recordFailed(key, detail, nextTryMs, nowMs);
      metrics.deliveries.inc({ outcome: nextTryMs === null ? "given up" : "retried" });
    },
  });

  return withOverrides(store, {
    intervals,
    ledger,
    deliveries,
    async commitInterval(commit) {
      await store.commitInterval(commit);
      const detector = await nameOf(commit.detectorId);
      countInterval(commit.record, detector, metrics);
      metrics.groups.inc({ detector }, commit.groups.filter(({ group }) => group.revision === 1).length);
    },
  });
}

/** The same object, with some members in place of its own. Methods keep their `this`, private fields included. */
function withOverrides<T extends object>(inner: T, overrides: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return Reflect.get(overrides, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function countInterval({ status, anomalyCount, heldBackCount }: IntervalRecord, detector: string, metrics: Metrics): void {
  metrics.intervals.inc({ detector, outcome: status === "COMPLETED" ? "completed" : "failed" });
  metrics.anomalies.inc({ detector }, anomalyCount);
  metrics.heldBack.inc({ detector }, heldBackCount);
}

/** A detector's name never changes, so it is asked for once. */
function detectorNames({ detectors }: Store): (id: string) => Promise<string> {
  const names = new Map<string, string>();
  return async (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const name = (await detectors.get(id))?.config.name ?? "deleted";
    if (names.size < REMEMBERED_MAX) names.set(id, name);
    return name;
  };
}
