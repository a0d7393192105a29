/**
 * `npm run bench -- calibration`: what the default severity means on series in which nothing happens, and the smallest
 * change that is caught. Seeded; nobody's data.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { IntervalInput, SeriesStates } from "@foretop/engine";
import { DEFAULT_MEASURE_SETTINGS, createStates, judge, judgeAndLearn, learnHistory, rhythmOf, seededRandom } from "@foretop/engine";
import { writeDocsTable } from "../docs-table.ts";
import type { CleanKind } from "../synthetic/clean-series.ts";
import { CLEAN_KINDS } from "../synthetic/clean-series.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const SERIES = 6;
const DEFAULT_SCORE = 6.742; // severity 70
const MOMENTS = 40; // at which changes are tried, per series
const DROPS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20];
const SHIFTS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15];
const SHIFT_POINTS = 24;

export interface CalibrationResult {
  readonly name: string;
  /** alarms per series-year: point score ≥ 5, ≥ default; any finding of the product */
  readonly pointAt5: number;
  readonly pointAtDefault: number;
  readonly findings: number;
  /** findings, in groups per 1,000 series-weeks: a group is a run of findings with at most 3 quiet intervals */
  readonly groupsPer1000Weeks: number;
  /** smallest tested change caught at 95 % of random moments, in noise standard deviations; NaN = none tested */
  readonly drop: number;
  readonly rise: number;
  readonly shiftByPoint: number;
  readonly shift: number;
}

export function calibration(args: readonly string[]): void {
  const { values: options } = parseArgs({
    args: [...args],
    options: { only: { type: "string" }, save: { type: "boolean", default: true }, seed: { type: "string", default: "1" } },
    allowNegative: true,
  });
  const kinds = CLEAN_KINDS.filter((kind) => options.only === undefined || kind.name.includes(options.only));
  console.log("series                       alarms a series-year    findings   groups/1000    drop   rise   shift: point  any");
  console.log("                                at 5   at default                     weeks      (noise standard deviations)");
  const results = kinds.map((kind) => {
    const r = calibrate(kind, Number(options.seed));
    console.log(
      `${r.name.padEnd(26)} ${[r.pointAt5, r.pointAtDefault, r.findings].map((x) => x.toFixed(1).padStart(10)).join("")}` +
        `${r.groupsPer1000Weeks.toFixed(1).padStart(13)}${[r.drop, r.rise, r.shiftByPoint, r.shift].map((x) => String(x).padStart(8)).join("")}`,
    );
    return r;
  });
  if (!options.save || options.only !== undefined) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, "calibration.json"), `${JSON.stringify(results, null, 1)}\n`);
  const sd = (x: number) => (Number.isNaN(x) ? "–" : x);
  writeDocsTable("models/severity.md", "calibration", [
    ["series", "findings a series-year", "groups", "drop", "rise", "shift"],
    ...results.map((r) => [r.name, r.findings, r.groupsPer1000Weeks, sd(r.drop), sd(r.rise), sd(r.shift)]),
  ]);
}

/** One kind: history, then the judged time with changes tried at random moments (and taken back). */
export function calibrate(kind: CleanKind, seed: number, triesChanges = true): CalibrationResult {
  const rhythm = rhythmOf(kind.frequency);
  const perDay = rhythm.weekLength === 0 ? 1 : rhythm.dayLength;
  const learnCount = kind.learnDays * perDay;
  const judgeCount = kind.judgeDays * perDay;
  const random = seededRandom(seed + 100);
  const series = Array.from({ length: SERIES }, (_, s) => kind.start(seededRandom(1000 * seed + s)));
  const positionAt = (t: number) => ({
    inDay: t % rhythm.dayLength,
    hourOfWeek: rhythm.weekLength === 0 ? 0 : Math.floor((t * 24) / rhythm.dayLength) % 168,
  });
  const rows = series.map((next) => Float64Array.from({ length: learnCount + judgeCount }, (_, t) => next(t)));
  const states = createStates(rhythm, SERIES);
  const history = new Float64Array(SERIES * learnCount);
  rows.forEach((row, s) => history.set(row.subarray(0, learnCount), s * learnCount));
  learnHistory(states, {
    startMs: Float64Array.from({ length: learnCount }, (_, t) => t * rhythm.intervalSeconds * 1000),
    positions: Array.from({ length: learnCount }, (_, t) => positionAt(t)),
    values: history,
  });
  const inputAt = (t: number, change = 0): IntervalInput => ({
    startMs: t * rhythm.intervalSeconds * 1000,
    position: positionAt(t),
    values: Float64Array.from(rows, (row) => changed(kind, row[t], change * kind.noiseAt(t))),
    datasetArrived: true,
    settingsOf: new Uint8Array(SERIES),
    settings: [DEFAULT_MEASURE_SETTINGS],
  });

  const runs = { at5: new Runs(), atDefault: new Runs(), findings: new Runs() };
  const dropCaught = new Float64Array(DROPS.length);
  const riseCaught = new Float64Array(DROPS.length);
  const shiftCaught = new Float64Array(SHIFTS.length);
  const shiftByPoint = new Float64Array(SHIFTS.length);
  let tried = 0; // shifts
  let triedNow = 0; // single changes, where there was a value to change
  const every = Math.floor(judgeCount / MOMENTS);
  let moment = learnCount + Math.floor(random() * every);
  for (let t = learnCount; t < learnCount + judgeCount; t++) {
    if (triesChanges && t === moment && t + SHIFT_POINTS < learnCount + judgeCount) {
      moment += 1 + Math.floor(2 * random() * every);
      const there = countWhere(rows, (row) => !Number.isNaN(row[t]));
      tried += SERIES;
      triedNow += there;
      DROPS.forEach((size, k) => {
        dropCaught[k] += countWhere(judge(states, inputAt(t, -size)).score, (x) => x >= DEFAULT_SCORE);
        riseCaught[k] += countWhere(judge(states, inputAt(t, size)).score, (x) => x >= DEFAULT_SCORE);
      });
      SHIFTS.forEach((size, k) => {
        const copy: SeriesStates = { ...states, data: states.data.slice() };
        const caught = new Uint8Array(SERIES);
        const caughtByPoint = new Uint8Array(SERIES);
        for (let i = 0; i < SHIFT_POINTS; i++) {
          const { score, shiftScore } = judgeAndLearn(copy, inputAt(t + i, kind.counts === true ? size : -size));
          for (let s = 0; s < SERIES; s++) {
            if (score[s] >= DEFAULT_SCORE) caughtByPoint[s] = caught[s] = 1;
            if (shiftScore[s] >= DEFAULT_SCORE) caught[s] = 1;
          }
        }
        shiftCaught[k] += countWhere(caught, (x) => x === 1);
        shiftByPoint[k] += countWhere(caughtByPoint, (x) => x === 1);
      });
    }
    const { score, kind: found, heldBack } = judgeAndLearn(states, inputAt(t));
    for (let s = 0; s < SERIES; s++) {
      if (score[s] >= 5) runs.at5.add(s, t);
      if (score[s] >= DEFAULT_SCORE) runs.atDefault.add(s, t);
      if (found[s] > 0 && heldBack[s] === 0) runs.findings.add(s, t);
    }
  }
  const years = (SERIES * kind.judgeDays) / 365;
  const smallest = (sizes: readonly number[], caught: Float64Array, among: number) => {
    const from = sizes.findIndex((_, k) => among > 0 && caught.subarray(k).every((x) => x >= 0.95 * among));
    return from < 0 ? NaN : sizes[from];
  };
  return {
    name: kind.name,
    pointAt5: round(runs.at5.count / years),
    pointAtDefault: round(runs.atDefault.count / years),
    findings: round(runs.findings.count / years),
    groupsPer1000Weeks: round((1000 * runs.findings.count) / ((SERIES * kind.judgeDays) / 7)),
    drop: smallest(DROPS, dropCaught, triedNow),
    rise: smallest(DROPS, riseCaught, triedNow),
    shiftByPoint: smallest(SHIFTS, shiftByPoint, tried),
    shift: smallest(SHIFTS, shiftCaught, tried),
  };
}

function changed(kind: CleanKind, value: number, change: number): number {
  if (change === 0 || Number.isNaN(value)) return value;
  const moved = value + change;
  return kind.counts === true ? Math.max(0, Math.round(moved)) : moved;
}

function countWhere<T>(values: ArrayLike<T>, holds: (x: T) => boolean): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (holds(values[i])) count++;
  return count;
}

/** Counts runs per series: points with at most 3 quiet ones between them are one. */
class Runs {
  count = 0;
  private readonly last = new Map<number, number>();

  add(series: number, t: number): void {
    const before = this.last.get(series);
    if (before === undefined || t - before > 4) this.count++;
    this.last.set(series, t);
  }
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}
