/**
 * The Numenta Anomaly Benchmark's scoring (Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms"): every
 * detection inside an anomaly window is worth the more the earlier it comes, only the best of a window counts, every one
 * outside costs. One threshold for the whole corpus and profile.
 */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { positionsOf, rhythmOfSeconds, scoreSeries } from "@foretop/engine";

export interface NabFile {
  readonly name: string;
  readonly seconds: Float64Array;
  readonly values: Float64Array;
  /** [window] first and last row inside */
  readonly windows: readonly (readonly [number, number])[];
}

export interface NabProfile {
  readonly name: string;
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

export const NAB_PROFILES: readonly NabProfile[] = [
  { name: "standard", truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  { name: "low-FP", truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  { name: "low-FN", truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
];

export function readNab(folder: string): NabFile[] {
  // JSON of a fixed form: file name → list of [first, last] timestamps.
  const windows = JSON.parse(readFileSync(join(folder, "combined_windows.json"), "utf8")) as Record<string, [string, string][]>;
  const files: NabFile[] = [];
  for (const group of readdirSync(folder).sort()) {
    if (!statSync(join(folder, group)).isDirectory()) continue;
    for (const file of readdirSync(join(folder, group)).sort()) {
      const lines = readFileSync(join(folder, group, file), "utf8").trim().split("\n").slice(1);
      const seconds = Float64Array.from(lines, (line) => epochSeconds(line.slice(0, line.indexOf(","))));
      const values = Float64Array.from(lines, (line) => Number(line.slice(line.indexOf(",") + 1)));
      const rows = windows[`${group}/${file}`].map(([from, to]): [number, number] => {
        const left = epochSeconds(from);
        const right = epochSeconds(to);
        return [seconds.findIndex((s) => s >= left), seconds.findLastIndex((s) => s <= right)];
      });
      files.push({ name: `${group}/${file}`, seconds, values, windows: rows });
    }
  }
  return files;
}

function epochSeconds(text: string): number {
  return Date.parse(`${text.trim().replace(" ", "T").replace(/\.\d+$/, "")}Z`) / 1000;
}

/** Rows at a file's start that are not scored. */
export function probation(rowCount: number): number {
  return Math.min(Math.floor(0.15 * rowCount), 750);
}

function sigma(p: number): number {
  return p > 3 ? -1 : 2 / (1 + Math.exp(5 * p)) - 1;
}

/**
 * Best normalised score over all thresholds: 0 is a detector that says nothing, 100 a perfect one.
 *
 * @param scores  per file, [row]; higher = more anomalous; NaN = not scored
 */
export function nabScore(
  files: readonly NabFile[],
  scores: readonly Float64Array[],
  profile: NabProfile,
): { score: number; threshold: number } {
  // Each row: what a detection there is worth. Windows count their best detection; everything else adds up.
  const rows: { score: number; value: number; window: number }[] = [];
  let windowCount = 0;
  files.forEach(({ windows, values }, k) => {
    const skip = probation(values.length);
    const first = windowCount;
    windowCount += windows.length;
    let next = 0;
    for (let i = skip; i < values.length; i++) {
      while (next < windows.length && windows[next][1] < i) next++;
      const score = scores[k][i];
      if (!(score > 0)) continue;
      if (next < windows.length && i >= windows[next][0]) {
        const [left, right] = windows[next];
        const p = -(right - i + 1) / (right - left + 1);
        rows.push({ score, value: (sigma(p) / sigma(-1)) * profile.truePositive, window: first + next });
      } else if (next === 0) rows.push({ score, value: -profile.falsePositive, window: -1 });
      else {
        const [left, right] = windows[next - 1];
        rows.push({ score, value: sigma((i - right) / (right - left)) * profile.falsePositive, window: -1 });
      }
    }
  });
  rows.sort((a, b) => b.score - a.score);
  const bestOf = new Float64Array(windowCount).fill(-profile.falseNegative);
  let total = -profile.falseNegative * windowCount;
  const none = total;
  let best = { score: total, threshold: Infinity };
  for (let i = 0; i < rows.length; i++) {
    const { score, value, window } = rows[i];
    if (window < 0) total += value;
    else if (value > bestOf[window]) {
      total += value - bestOf[window];
      bestOf[window] = value;
    }
    const last = i + 1 === rows.length || rows[i + 1].score !== score;
    if (last && total > best.score) best = { score: total, threshold: score };
  }
  const perfect = profile.truePositive * windowCount;
  return { score: (100 * (best.score - none)) / (perfect - none), threshold: best.threshold };
}

/** The engine's incident scores on a file, row by row; absent intervals are missing. */
export function nabIncidentScores(file: NabFile, column: "incidentScore" | "score" = "incidentScore"): Float64Array {
  const { seconds, values } = file;
  const steps = Array.from(seconds.subarray(1), (s, i) => s - seconds[i]).sort((a, b) => a - b);
  const rhythm = rhythmOfSeconds(Math.max(300, steps[Math.floor(steps.length / 2)]));
  const grid: number[] = [];
  const gridValues: number[] = [];
  const cellOf = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const step = i === 0 ? 1 : Math.round((seconds[i] - seconds[i - 1]) / rhythm.intervalSeconds);
    for (let k = 1; k < step && k <= 4 * rhythm.dayLength; k++) {
      grid.push(1000 * (seconds[i - 1] + k * rhythm.intervalSeconds));
      gridValues.push(NaN);
    }
    cellOf[i] = grid.length;
    grid.push(1000 * seconds[i]);
    gridValues.push(values[i]);
  }
  const judgement = scoreSeries(
    rhythm,
    { values: Float64Array.from(gridValues), ...positionsOf(grid, rhythm, "UTC") },
    { historyCount: cellOf[probation(values.length)] },
  );
  return Float64Array.from(cellOf, (cell) => judgement[column][cell]);
}
