/**
 * `npm run bench -- store`: what the store costs on this machine – the embedded PostgreSQL's start, one interval of
 * 5,000 series written and committed durably, 28 days of one series read, a history of 12.5 million rows, checkpoints.
 * Ratios to what the disk itself takes say more than milliseconds on a machine that others use too.
 */
import { mkdtempSync, openSync, closeSync, fsyncSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "../../../service/src/store/embedded/embedded-postgres.ts";
import { openPostgresStore } from "../../../service/src/store/postgres/open-store.ts";
import { aCommit, aConfig, aGroup, aRecord, aSeries, HEAD_MS, HOUR_MS, NOW_MS, ownerOf } from "../../../service/src/store/store-fixtures.ts";
import type { Detector } from "../../../service/src/resources/detector.ts";
import type { PointsSegment, SegmentRow, Store } from "../../../service/src/store/store.ts";
import { silentLogger } from "../../../service/src/telemetry/logger.ts";

const SERIES = 5_000;
const INTERVALS_28_DAYS = 672;
const HISTORY_INTERVALS = 2_500;
const ROWS_PER_SEGMENT = 2_000_000;
const STATE_BYTES_PER_SERIES = 5_000;

export async function store(args: readonly string[]): Promise<void> {
  const isQuick = args.includes("--quick");
  const folder = mkdtempSync(join(process.cwd(), ".bench-store-"));
  const loadBefore = loadavg()[0];
  try {
    const start = await measureStart(folder);
    const postgres = await startEmbeddedPostgres(folder);
    await postgres.createDatabase("foretop");
    const opened = await openPostgresStore({ databaseUrl: postgres.url("foretop"), segments: join(folder, "segments"), log: silentLogger });
    const detector = await aDetector(opened);
    const interval = await measureIntervals(opened, detector, folder);
    const series = await measureSeries(opened, detector);
    const history = await measureHistory(opened, isQuick ? 250 : HISTORY_INTERVALS);
    const checkpoint = await measureCheckpoint(opened, detector);
    await opened.close();
    await postgres.stop();
    const report = {
      machine: { cores: cpus().length, model: cpus()[0].model, node: process.version, loadAverage: { before: round(loadBefore), after: round(loadavg()[0]) } },
      start,
      interval,
      series,
      history,
      checkpoint,
    };
    if (!isQuick) writeFileSync(new URL("../../results/store.json", import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
    console.log(JSON.stringify(report, null, 2));
  } finally {
    await removeEmbeddedPostgres(folder).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStart(folder: string): Promise<object> {
  const first = await timed(() => startEmbeddedPostgres(folder));
  const stop = await timed(() => first.result.stop());
  const later = [];
  for (let i = 0; i < 5; i++) {
    const started = await timed(() => startEmbeddedPostgres(folder));
    later.push(started.ms);
    await started.result.stop();
  }
  return { firstMs: round(first.ms), laterMs: round(median(later)), stopMs: round(stop.ms) };
}

async function aDetector(store: Store): Promise<Detector> {
  const { id } = await store.detectors.create(aConfig("bench"), "hash", NOW_MS);
  const series = Array.from({ length: SERIES }, (_, number) => aSeries(number));
  await store.commitHistory({ detectorId: id, generation: 1, series, points: [], checkpoint: null, headMs: HEAD_MS, status: "ACTIVE", quality: [], knownAtMs: NOW_MS });
  return (await store.detectors.get(id))!;
}

/** Four weeks of hourly intervals, each as the pipeline commits it: every tenth with a group of 50 members. */
async function measureIntervals(store: Store, detector: Detector, folder: string): Promise<object> {
  const writes: number[] = [];
  const cpu: number[] = [];
  const commits: number[] = [];
  const raw: number[] = [];
  let bytes = 0;
  for (let hour = 0; hour < INTERVALS_28_DAYS; hour++) {
    const startMs = HEAD_MS + hour * HOUR_MS;
    const points = judgedPoints(startMs, hour);
    const written = await timed(() => store.segments.writePoints(ownerOf(detector, startMs), points));
    const segment = written.result;
    bytes += segment.bytes;
    const members = Array.from({ length: 50 }, (_, s) => ({ ...aGroup(detector, 1).group.members[0], series: s }));
    const groups = hour % 10 === 0 ? [aGroup(detector, hour + 1, { startMs, members })] : [];
    const committed = await timed(() =>
      store.commitInterval(aCommit(detector, startMs, { points: segment, groups, record: aRecord(detector, startMs, { segmentId: segment.id }) })),
    );
    if (hour >= 20) {
      // The first ones compile.
      writes.push(written.ms);
      cpu.push(written.cpuMs);
      commits.push(committed.ms);
      raw.push(rawWriteMs(join(folder, "raw"), segment.bytes));
    }
  }
  return {
    series: SERIES,
    writeMs: spread(writes),
    writeCpuMs: round(median(cpu)),
    bytesPerRow: round(bytes / INTERVALS_28_DAYS / SERIES),
    writeToRawDiskRatio: round(median(writes) / median(raw)),
    commitMs: spread(commits),
  };
}

async function measureSeries(store: Store, detector: Detector): Promise<object> {
  const range = { startMs: HEAD_MS, endMs: HEAD_MS + INTERVALS_28_DAYS * HOUR_MS };
  const read = (series: number) => timed(() => store.segments.readSeries(detector.id, 1, [series], range));
  const first = await read(3_210);
  const again = await read(3_210);
  const another = await read(17);
  if (first.result[0].value.length !== INTERVALS_28_DAYS) throw new Error("the series is not whole");
  const merge = await timed(() => store.segments.compact(detector.id, range.endMs));
  const merged = await read(3_210);
  const mergedAnother = await read(17);
  if (JSON.stringify(merged.result) !== JSON.stringify(first.result)) throw new Error("merging has changed the series");
  const shown = ({ ms, cpuMs }: { ms: number; cpuMs: number }) => ({ ms: round(ms), cpuMs: round(cpuMs) });
  return {
    days: 28,
    asWritten: { files: INTERVALS_28_DAYS, first: shown(first), again: shown(again), another: shown(another) },
    merging: { ...merge.result, ...shown(merge) },
    merged: { files: merge.result.into, first: shown(merged), another: shown(mergedAnother) },
  };
}

async function measureHistory(store: Store, intervals: number): Promise<object> {
  const { id } = await store.detectors.create(aConfig("history"), "hash", NOW_MS);
  const detector = (await store.detectors.get(id))!;
  const perSegment = Math.floor(ROWS_PER_SEGMENT / SERIES);
  const rows: SegmentRow[] = [];
  let writeMs = 0;
  let rssMax = 0;
  for (let from = 0; from < intervals; from += perSegment) {
    const count = Math.min(perSegment, intervals - from);
    const points = historyPoints(from, count);
    const before = process.memoryUsage().rss;
    const written = await timed(() => store.segments.writePoints(ownerOf(detector, HEAD_MS + from * HOUR_MS, { endMs: HEAD_MS + (from + count) * HOUR_MS }), points));
    rssMax = Math.max(rssMax, process.memoryUsage().rss - before);
    writeMs += written.ms;
    rows.push(written.result);
  }
  const headMs = HEAD_MS + intervals * HOUR_MS;
  const series = Array.from({ length: SERIES }, (_, number) => aSeries(number));
  const commit = await timed(() =>
    store.commitHistory({ detectorId: id, generation: 1, series, points: rows, checkpoint: null, headMs, status: "ACTIVE", quality: [], knownAtMs: NOW_MS }),
  );
  const read = await timed(() => store.segments.readSeries(id, 1, [3_210], { startMs: HEAD_MS, endMs: headMs }));
  if (read.result[0].value.length !== intervals) throw new Error("the series is not whole");
  const total = intervals * SERIES;
  return {
    rows: total,
    writeSeconds: round(writeMs / 1000),
    bytesPerRow: round(rows.reduce((sum, { bytes }) => sum + bytes, 0) / total),
    extraMemoryMiB: round(rssMax / 2 ** 20),
    commitMs: round(commit.ms),
    readOneSeriesMs: round(read.ms),
  };
}

async function measureCheckpoint(store: Store, detector: Detector): Promise<object> {
  const random = lehmer(7);
  const floats = Float32Array.from({ length: (SERIES * STATE_BYTES_PER_SERIES) / 4 }, () => random() * 100);
  const states = new Uint8Array(floats.buffer);
  const endMs = HEAD_MS + HOUR_MS;
  const write = await timed(() => store.segments.writeCheckpoint(ownerOf(detector, endMs, { endMs }), states));
  await store.segments.nameCheckpoint(write.result, 0);
  const read = await timed(() => store.segments.latestCheckpoint(detector.id, 1, endMs));
  return { bytesPerSeries: STATE_BYTES_PER_SERIES, writeMs: round(write.ms), readMs: round(read.ms), compressedShare: round(write.result.bytes / states.byteLength) };
}

/** Half counts, half money with two digits, on a daily rhythm with noise. */
function valueOf(series: number, hour: number, random: () => number): { value: number; expected: number } {
  const level = Math.exp((series * 2.399) % 8);
  const expected = level * (1 + 0.3 * Math.sin((hour / 24) * 2 * Math.PI));
  const noisy = expected * (1 + 0.1 * (random() - 0.5));
  return { value: series % 2 === 0 ? Math.round(noisy) : Math.round(noisy * 100) / 100, expected };
}

function judgedPoints(startMs: number, hour: number): PointsSegment {
  const random = lehmer(hour + 1);
  const cells = Array.from({ length: SERIES }, (_, series) => valueOf(series, hour, random));
  const noise = cells.map(() => random());
  const numbers = (of: (cell: { value: number; expected: number }, i: number) => number) => Float64Array.from(cells, of);
  return {
    series: Int32Array.from(cells, (_, series) => series),
    startMs: new Float64Array(SERIES).fill(startMs),
    value: numbers(({ value }) => value),
    count: numbers(({ value }) => Math.round(value / 3)),
    scores: {
      expected: numbers(({ expected }) => expected),
      lower: numbers(({ expected }, i) => expected * (0.8 + 0.01 * noise[i])),
      upper: numbers(({ expected }, i) => expected * (1.2 - 0.01 * noise[i])),
      score: numbers((_, i) => (noise[i] - 0.5) * 3),
      severity: numbers((_, i) => Math.abs(noise[i] - 0.5) * 30),
      direction: Int8Array.from(noise, (n) => (n > 0.5 ? 1 : -1)),
      kind: new Uint8Array(SERIES),
      status: new Uint8Array(SERIES),
      heldBack: new Uint8Array(SERIES),
    },
  };
}

function historyPoints(from: number, count: number): PointsSegment {
  const random = lehmer(from + 1);
  const total = SERIES * count;
  const points = { series: new Int32Array(total), startMs: new Float64Array(total), value: new Float64Array(total), count: new Float64Array(total), scores: null };
  for (let row = 0; row < total; row++) {
    const series = Math.floor(row / count);
    const hour = from + (row % count);
    points.series[row] = series;
    points.startMs[row] = HEAD_MS + hour * HOUR_MS;
    points.value[row] = valueOf(series, hour, random).value;
    points.count[row] = Math.round(points.value[row] / 3);
  }
  return points;
}

/** What the disk takes for as many bytes: write and flush. */
function rawWriteMs(path: string, bytes: number): number {
  const started = performance.now();
  const file = openSync(path, "w");
  writeSync(file, new Uint8Array(bytes));
  fsyncSync(file);
  closeSync(file);
  return performance.now() - started;
}

function lehmer(seed: number): () => number {
  let state = (seed * 48_271) % 2_147_483_647;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Elapsed time, and this process's own on the processor: the same on a busy machine. */
async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; cpuMs: number; result: T }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - started, cpuMs: (user + system) / 1000, result };
}

function spread(values: readonly number[]): { median: number; p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: round(median(values)), p95: round(sorted[Math.floor(sorted.length * 0.95)]) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
