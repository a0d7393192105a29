/**
 * What Prometheus scrapes at /metrics. Counters count what this process did (store/counted-store.ts feeds them), gauges
 * say how things are now. Labels are few on purpose: a detector's name, an outcome, a channel – never a series.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  readonly intervals: Counter<"detector" | "outcome">;
  readonly anomalies: Counter<"detector">;
  readonly heldBack: Counter<"detector">;
  readonly groups: Counter<"detector">;
  readonly crawls: Counter<"detector" | "outcome">;
  readonly crawledRows: Counter<"detector">;
  readonly crawlSeconds: Histogram<"detector">;
  readonly deliveries: Counter<"outcome">;
  readonly lagSeconds: Gauge<"detector">;
  readonly dueIntervals: Gauge<"detector">;
  readonly detectors: Gauge<"status">;
  readonly openGroups: Gauge<"detector">;
  readonly queuedJobs: Gauge;
}

const CRAWL_SECONDS_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900];

/** @param options.process  also memory, CPU and event loop of this process */
export function createMetrics({ process = true }: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const detector = ["detector"] as const;
  return {
    registry,
    intervals: new Counter({ name: "foretop_intervals_total", help: "Intervals run, by outcome: completed or failed.", labelNames: ["detector", "outcome"], registers }),
    anomalies: new Counter({ name: "foretop_anomalies_total", help: "Points that were anomalies.", labelNames: detector, registers }),
    heldBack: new Counter({ name: "foretop_findings_held_back_total", help: "Findings that were held back, with a reason each.", labelNames: detector, registers }),
    groups: new Counter({ name: "foretop_groups_opened_total", help: "Anomaly groups opened.", labelNames: detector, registers }),
    crawls: new Counter({ name: "foretop_crawls_total", help: "Readings of the source, by outcome as in the ledger.", labelNames: ["detector", "outcome"], registers }),
    crawledRows: new Counter({ name: "foretop_crawled_rows_total", help: "Rows read from the source.", labelNames: detector, registers }),
    crawlSeconds: new Histogram({ name: "foretop_crawl_seconds", help: "How long a reading took.", labelNames: detector, buckets: CRAWL_SECONDS_BUCKETS, registers }),
    deliveries: new Counter({ name: "foretop_deliveries_total", help: "Tries to deliver a message, by outcome: sent, retried or given up.", labelNames: ["outcome"], registers }),
    lagSeconds: new Gauge({ name: "foretop_lag_seconds", help: "How long the next due interval has been waiting.", labelNames: detector, registers }),
    dueIntervals: new Gauge({ name: "foretop_due_intervals", help: "Intervals that are due and not judged.", labelNames: detector, registers }),
    detectors: new Gauge({ name: "foretop_detectors", help: "Detectors by status.", labelNames: ["status"], registers }),
    openGroups: new Gauge({ name: "foretop_open_groups", help: "Anomaly groups that go on.", labelNames: detector, registers }),
    queuedJobs: new Gauge({ name: "foretop_queued_jobs", help: "Jobs waiting.", registers }),
  };
}
