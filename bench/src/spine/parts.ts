/** What is measured, each part in a process of its own so that memory is its own. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { crawlHistory } from "../../../service/src/crawl/crawl-history.ts";
import { activateDetector } from "../../../service/src/pipeline/activate.ts";
import { CHECKPOINT_INTERVALS } from "../../../service/src/pipeline/checkpoint.ts";
import { runInterval } from "../../../service/src/pipeline/run-interval.ts";
import type { Detector } from "../../../service/src/resources/detector.ts";
import { copyOut } from "./copy-out.ts";
import { HOUR_MS, openWorld, START_MS, type World, type WorldPlace } from "./spine-world.ts";

export interface PartOptions extends WorldPlace {
  readonly seriesCount: number;
  readonly historyIntervals: number;
  readonly liveIntervals: number;
}

export type Figures = Readonly<Record<string, number>>;

const REPEATS = 3;

/** Rows/s of a history crawl beside COPY of the same rows in the same run, taken in turns. */
export async function crawlAgainstCopy(options: PartOptions): Promise<Figures> {
  await using world = await openWorld(options, { state: `state_crawl_${options.source}`, historyIntervals: options.historyIntervals });
  const client = new Client({ connectionString: new URL(options.source, options.serverUrl).href });
  await client.connect();
  const endMs = world.clock.nowMs();
  const literal = (ms: number) => `'${new Date(ms).toISOString()}'`;
  const query = `select ts, region, item, amount from facts where ts >= ${literal(START_MS)} and ts < ${literal(endMs)}`;
  const copied: number[] = [];
  const crawled: number[] = [];
  let rows = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const copying = performance.now();
    ({ rows } = await copyOut(client, `copy (${query}) to stdout`));
    copied.push(rows / seconds(copying));
    const crawling = performance.now();
    const history = await crawlHistory(world.detector, world.open.system, { endMs });
    crawled.push(history.rows.processed / seconds(crawling));
    if (history.rows.processed !== rows) throw new Error(`the crawl read ${history.rows.processed} rows, COPY ${rows}`);
  }
  await client.end();
  const copyRowsPerSecond = median(copied);
  const crawlRowsPerSecond = median(crawled);
  return { rows, copyRowsPerSecond, crawlRowsPerSecond, share: crawlRowsPerSecond / copyRowsPerSecond };
}

/** From PostgreSQL to trained: crawl, learn, segments and checkpoint written, committed. */
export async function train(options: PartOptions): Promise<Figures> {
  await using world = await openWorld(options, { state: `state_${options.source}`, historyIntervals: options.historyIntervals });
  const started = performance.now();
  const report = await activateDetector(world.detector.id, world.open.system);
  return {
    leaves: options.seriesCount,
    series: report.series,
    intervals: report.intervals,
    rows: report.rows,
    seconds: seconds(started),
    crawlSeconds: report.crawlSeconds,
    learnSeconds: report.learnSeconds,
    cpuSeconds: cpuSeconds(),
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** One interval, close → commit, many times over; reads of the source and bytes written. Needs `train` on the same home. */
export async function oneInterval(options: PartOptions): Promise<Figures> {
  await using world = await openWorld(options, { state: `state_${options.source}`, historyIntervals: options.historyIntervals });
  const source = new Client({ connectionString: new URL(options.source, options.serverUrl).href });
  await source.connect();
  const before = await counters(source, options);
  const durations: number[] = [];
  for (let i = 0; i < options.liveIntervals; i++) {
    const startMs = START_MS + (options.historyIntervals + i) * HOUR_MS;
    const started = performance.now();
    await runInterval(await current(world), { startMs, endMs: startMs + HOUR_MS }, world.open.system);
    durations.push(seconds(started));
  }
  const attempts = await world.open.system.store.ledger.list(world.detector.id, { startMs: world.clock.nowMs(), limit: 10 * options.liveIntervals });
  await new Promise((resolve) => setTimeout(resolve, STATISTICS_DELAY_MS));
  const after = await counters(source, options);
  await source.end();
  const points = options.seriesCount * options.liveIntervals;
  return {
    leaves: options.seriesCount,
    intervals: options.liveIntervals,
    // The first one loads the states from the checkpoint.
    firstSeconds: durations[0],
    medianSeconds: median(durations.slice(1)),
    p95Seconds: quantile(durations.slice(1), 0.95),
    maxSeconds: Math.max(...durations.slice(1)),
    // 1 = every row of the intervals was read from the table exactly once.
    sourceReadsPerRow: (after.rowsRead - before.rowsRead) / points,
    statementsPerInterval: attempts.length / options.liveIntervals,
    segmentBytesPerPoint: (after.segmentBytes - before.segmentBytes) / points,
    walBytesPerPoint: (after.walBytes - before.walBytes) / points,
    bytesPerPoint: (after.segmentBytes - before.segmentBytes + after.walBytes - before.walBytes) / points,
    cpuSecondsPerInterval: cpuSeconds() / options.liveIntervals,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** A whole cycle of checkpoints, so that their bytes are amortised. */
export const LIVE_INTERVALS = CHECKPOINT_INTERVALS;
/** PostgreSQL hands statistics on about a second after a statement. */
const STATISTICS_DELAY_MS = 1500;

async function current({ open, detector }: World): Promise<Detector> {
  return (await open.system.store.detectors.get(detector.id))!; // made in openWorld
}

/** Write-ahead log is the whole server's: nothing else runs on it meanwhile. */
async function counters(source: Client, { homeFolder }: WorldPlace): Promise<{ rowsRead: number; walBytes: number; segmentBytes: number }> {
  // Rows, not scans: the planner's own looks at the end of an index count as scans, too.
  const { rows } = await source.query<{ read: number; wal: number }>(
    `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as read, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal
     from pg_stat_user_tables where relname = 'facts'`,
  );
  return { rowsRead: rows[0].read, walBytes: rows[0].wal, segmentBytes: bytesIn(join(homeFolder, "segments")) };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function seconds(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}

/** Of this process, all threads, since its start: what a busy machine can't stretch as it does the clock. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
