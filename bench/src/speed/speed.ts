/**
 * `npm run bench -- speed`: cost of judge + learn per point beside the same mathematics in C (-O3, when a compiler is
 * present), state bytes, a whole interval of many series, and learning history on worker threads.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Frequency, IntervalInput, SeriesStates } from "@foretop/engine";
import {
  DEFAULT_MEASURE_SETTINGS,
  createStates,
  encodeStates,
  judge,
  judgeAndLearn,
  learnHistory,
  normal,
  rhythmOf,
  seededRandom,
} from "@foretop/engine";

// The two functions below the product's door, for the comparison with C.
import { startState } from "../../../engine/src/models/ensemble.ts";
import { judgePoint } from "../../../engine/src/models/judge-point.ts";
import { learnPoint } from "../../../engine/src/models/learn-point.ts";
import { layoutOf } from "../../../engine/src/models/state-layout.ts";

const RESULTS = join(import.meta.dirname, "../../results");

export async function speed(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: { quick: { type: "boolean", default: false }, series: { type: "string", default: "50000" }, save: { type: "boolean", default: true } },
    allowNegative: true,
  });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}`;
  // Per-point figures are processor time, the least of several runs; on a shared machine they still rise with the load.
  const result: Record<string, unknown> = { machine, node: process.version, commit: commit(), loadBefore: loadavg()[0] };
  console.log(`${machine}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
  for (const frequency of ["PT1H", "PT5M", "P1D"] as const) result[frequency] = perPoint(frequency);
  result.interval50k = interval(50_000, 5);
  if (!options.quick) {
    result.interval1M = interval(1_000_000, 1);
    result.history = await history(Number(options.series), 2500);
  }
  result.loadAfter = loadavg()[0];
  if (!options.save || options.quick) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, "speed.json"), `${JSON.stringify(result, null, 1)}\n`);
}

function commit(): string | null {
  const asked = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

/** µs per point in JavaScript and C, and whether both end with the same bytes. */
function perPoint(frequency: Frequency): Record<string, unknown> {
  const rhythm = rhythmOf(frequency);
  const seriesCount = 40;
  const intervalCount = 10_000;
  const values = sampleValues(seriesCount, intervalCount, rhythm.dayLength);
  const positions = Array.from({ length: intervalCount }, (_, t) => positionAt(t, frequency));
  const startMs = Float64Array.from({ length: intervalCount }, (_, t) => t);
  const run = () => {
    const states = createStates(rhythm, seriesCount);
    // Processor time, not the clock: other work on the machine must not count.
    const from = process.cpuUsage();
    learnHistory(states, { startMs, positions, values }, { passes: 1 });
    return process.cpuUsage(from).user / (seriesCount * intervalCount);
  };
  run(); // the compiler's warm-up
  const times = Array.from({ length: 9 }, run);
  const us = Math.min(...times);
  const stateBytes = encodeStates(createStates(rhythm, 1)).length - 32;
  const c = inC(rhythm.dayLength, rhythm.weekLength, seriesCount, intervalCount, values);
  const sameBytes = c === null ? null : c.checksum === checksumOf(frequency, seriesCount, intervalCount, values);
  if (sameBytes === false) console.log(`${frequency}: C and JavaScript end with different bytes (ensemble.c follows an older ensemble.ts?)`);
  console.log(
    `${frequency}: ${us.toFixed(3)} µs a point judged and learned; state ${stateBytes} bytes` +
      (c === null ? "; no C compiler" : `; C -O3 ${c.us.toFixed(3)} µs, JavaScript takes ${(us / c.us).toFixed(2)}×`),
  );
  return { usPerPoint: us, stateBytes, usPerPointInC: c?.us ?? null, sameBytesAsC: sameBytes };
}

function inC(
  dayLength: number,
  weekLength: number,
  seriesCount: number,
  intervalCount: number,
  values: Float64Array,
): { us: number; checksum: number } | null {
  const folder = mkdtempSync(join(tmpdir(), "foretop-speed-"));
  try {
    const program = join(folder, "ensemble");
    const source = join(import.meta.dirname, "ensemble.c");
    const compiled = spawnSync("cc", ["-O3", "-ffp-contract=off", "-o", program, source, "-lm"]);
    if (compiled.status !== 0) return null;
    const input = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const runs = Array.from({ length: 5 }, () => {
      const out = execFileSync(program, [dayLength, weekLength, seriesCount, intervalCount].map(String), { input, maxBuffer: 1 << 20 });
      const [seconds, checksum] = out.toString().split(" ").map(Number);
      return { us: (seconds * 1e6) / (seriesCount * intervalCount), checksum };
    });
    return { us: Math.min(...runs.map((each) => each.us)), checksum: runs[0].checksum };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** FNV-1a over all states after the same points, by the two functions that ensemble.c mirrors. */
function checksumOf(frequency: Frequency, seriesCount: number, intervalCount: number, values: Float64Array): number {
  const layout = layoutOf(rhythmOf(frequency));
  const d = new Float64Array(seriesCount * layout.stateLength);
  const f = new Float32Array(d.buffer);
  for (let s = 0; s < seriesCount; s++) {
    const b = s * layout.stateLength;
    startState(d, f, b, layout);
    for (let t = 0; t < intervalCount; t++) {
      const { inDay, hourOfWeek } = positionAt(t, frequency);
      judgePoint(d, f, b, layout, inDay, hourOfWeek, values[s * intervalCount + t]);
      learnPoint(d, f, b, layout, inDay, hourOfWeek, values[s * intervalCount + t]);
    }
  }
  let hash = 2166136261;
  for (const byte of new Uint8Array(d.buffer)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** Seconds for one interval of many hourly series, all of them known for 60 hours. */
function interval(seriesCount: number, repeats: number): { seconds: number; seriesCount: number } {
  const states = createStates(rhythmOf("PT1H"), seriesCount);
  const warm = createStates(rhythmOf("PT1H"), 1);
  const random = seededRandom(1);
  for (let t = 0; t < 60; t++) judgeAndLearn(warm, inputAt(t, Float64Array.of(100 + normal(random))));
  for (let s = 0; s < seriesCount; s++) (states.data as Float64Array).set(warm.data as Float64Array, s * states.stateLength);
  const values = Float64Array.from({ length: seriesCount }, () => 100 + normal(random));
  const seconds: number[] = [];
  for (let k = 0; k < repeats; k++) {
    const from = performance.now();
    judgeAndLearn(states, inputAt(60 + k, values));
    seconds.push((performance.now() - from) / 1000);
  }
  const best = Math.min(...seconds);
  const from = performance.now();
  judge(states, inputAt(60 + repeats, values));
  console.log(
    `${seriesCount} hourly series, one interval: ${best.toFixed(3)} s judged and learned, ${((performance.now() - from) / 1000).toFixed(3)} s judged only`,
  );
  return { seconds: best, seriesCount };
}

/** Seconds to learn a history (two passes) with a worker thread per core; rows are made by the workers themselves. */
async function history(seriesCount: number, intervalCount: number): Promise<Record<string, number>> {
  const threads = cpus().length;
  const from = performance.now();
  const processor = process.cpuUsage();
  await Promise.all(
    Array.from({ length: threads }, (_, k) => {
      const share = Math.floor((seriesCount * (k + 1)) / threads) - Math.floor((seriesCount * k) / threads);
      return new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL("./history-worker.ts", import.meta.url), { workerData: { seriesCount: share, intervalCount } });
        worker.on("error", reject);
        worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      });
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  const processorSeconds = process.cpuUsage(processor).user / 1e6;
  console.log(
    `${seriesCount} hourly series × ${intervalCount} intervals of history on ${threads} threads: ${seconds.toFixed(1)} s, ` +
      `${processorSeconds.toFixed(1)} s of processor time`,
  );
  return { seconds, processorSeconds, seriesCount, intervalCount, threads };
}

/** Learns in slices of 1,000 series, so that memory is bounded by a slice of values and the states. */
export function learnSlices(seriesCount: number, intervalCount: number): SeriesStates {
  const rhythm = rhythmOf("PT1H");
  const states = createStates(rhythm, seriesCount);
  const startMs = Float64Array.from({ length: intervalCount }, (_, t) => t * 3_600_000);
  const positions = Array.from({ length: intervalCount }, (_, t) => positionAt(t, "PT1H"));
  const values = sampleValues(1000, intervalCount, 24);
  for (let first = 0; first < seriesCount; first += 1000) {
    const rows = Math.min(1000, seriesCount - first);
    learnHistory(states, { startMs, positions, values: values.subarray(0, rows * intervalCount) }, { firstSeries: first });
  }
  return states;
}

function sampleValues(seriesCount: number, intervalCount: number, season: number): Float64Array {
  const random = seededRandom(1);
  const values = new Float64Array(seriesCount * intervalCount);
  for (let i = 0; i < values.length; i++) {
    const t = i % intervalCount;
    values[i] = 100 + 30 * Math.sin((2 * Math.PI * t) / season) + 5 * normal(random);
    if (random() < 0.01) values[i] = random() < 0.5 ? NaN : values[i] * 2;
  }
  return values;
}

function positionAt(t: number, frequency: Frequency) {
  const { dayLength, weekLength } = rhythmOf(frequency);
  return { inDay: t % dayLength, hourOfWeek: weekLength === 0 ? 0 : Math.floor((t * 24) / dayLength) % 168 };
}

function inputAt(t: number, values: Float64Array): IntervalInput {
  return {
    startMs: t * 3_600_000,
    position: positionAt(t, "PT1H"),
    values,
    datasetArrived: true,
    settingsOf: new Uint8Array(values.length),
    settings: [DEFAULT_MEASURE_SETTINGS],
  };
}
