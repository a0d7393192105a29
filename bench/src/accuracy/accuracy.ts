/**
 * `npm run bench -- accuracy --data FOLDER [--judge] [--only SET,SET] [--no-nab] [--no-baselines]`
 *
 * By default the second half of each set's learn part is scored, so that nobody looks at the judge part by accident.
 * `--judge` scores the judge parts and appends a line to bench/results/judge-log.jsonl: looking is counted.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scoreOf, scoreSeries, severityOf } from "@foretop/engine";
import type { Scorer } from "./baselines.ts";
import { gaussianZ, holtWinters, seasonalNaive, windowedGaussian } from "./baselines.ts";
import { EventScorer, commonThreshold } from "./event-metrics.ts";
import type { LabelledSeries } from "./labelled-set.ts";
import { readLabelledSet } from "./labelled-set.ts";
import { NAB_PROFILES, nabIncidentScores, nabScore, probation, readNab } from "./nab.ts";
import type { NabFile } from "./nab.ts";
import { oneMinusTail } from "./normal-tail.ts";

const SETS = ["yahooa1", "yahooa2", "yahooa3", "yahooa4", "mscloud5m", "aiops5m", "wsd5m"];
const RESULTS = join(import.meta.dirname, "../../results");
const DEFAULT_SCORE = scoreOf(70);

/** What a user sees: the point score, or the slow channel's where that is larger. */
const foretop: Scorer = (series) => {
  const { score, shiftScore } = scoreSeries(series.rhythm, series, { historyCount: series.historyCount });
  return score.map((x, t) => (shiftScore[t] > x ? shiftScore[t] : x));
};

/** Column `score` of `foretop score` alone. */
const foretopPoint: Scorer = (series) =>
  scoreSeries(series.rhythm, series, { historyCount: series.historyCount }).score;

const METHODS: Readonly<Record<string, Scorer>> = {
  foretop,
  "foretop, point score": foretopPoint,
  "Holt-Winters, gated": holtWinters(true),
  "Holt-Winters, learns all": holtWinters(false),
  "seasonal naive": seasonalNaive,
  "windowed Gaussian": windowedGaussian,
};

interface SetResult {
  readonly eventF1: number;
  readonly eventThreshold: number;
  readonly eventF1Default: number;
  readonly eventF1Common: number;
  readonly delayF1: number;
  readonly averagePrecision: number;
  readonly alarmsPerSeriesWeekDefault: number;
  readonly trueEventsPerSeriesWeek: number;
}

export function accuracy(args: readonly string[]): void {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      judge: { type: "boolean", default: false },
      only: { type: "string" },
      nab: { type: "boolean", default: true },
      baselines: { type: "boolean", default: true },
      save: { type: "boolean", default: true },
      why: { type: "string", default: "" },
    },
    allowNegative: true,
  });
  if (options.data === undefined) throw new Error("accuracy needs --data FOLDER (with tuning/ and nab/ inside)");
  const part = options.judge ? "judge" : "learn";
  const names = options.only === undefined ? SETS : options.only.split(",");
  const methods = options.baselines ? Object.keys(METHODS) : ["foretop", "foretop, point score"];

  const scorers: Record<string, EventScorer[]> = Object.fromEntries(methods.map((method) => [method, []]));
  const weeks: number[] = [];
  for (const name of names) {
    const path = join(options.data, "tuning", `${name}.csv.gz`);
    if (!existsSync(path)) throw new Error(`${path} is not there`);
    const set = readLabelledSet(path, part);
    weeks.push(set.reduce((sum, s) => sum + ((s.values.length - s.historyCount) * s.rhythm.intervalSeconds) / 604_800, 0));
    for (const method of methods) scorers[method].push(new EventScorer(set.map((s) => scored(s, METHODS[method]))));
  }

  const report: Record<string, unknown> = { part, defaultScore: DEFAULT_SCORE };
  for (const method of methods) {
    const common = commonThreshold(scorers[method]);
    const sets: Record<string, SetResult> = {};
    names.forEach((name, k) => {
      const scorer = scorers[method][k];
      const best = scorer.best();
      const atDefault = scorer.at(DEFAULT_SCORE);
      sets[name] = rounded({
        ...best,
        eventF1Default: scorer.eventF1(atDefault),
        eventF1Common: common.perSet[k],
        alarmsPerSeriesWeekDefault: atDefault.alarms / weeks[k],
        trueEventsPerSeriesWeek: scorer.eventCount / weeks[k],
      });
    });
    const mean = (key: keyof SetResult) => round(names.reduce((sum, name) => sum + sets[name][key], 0) / names.length);
    report[method] = {
      mean: {
        eventF1: mean("eventF1"),
        eventF1Default: mean("eventF1Default"),
        eventF1Common: round(common.mean),
        commonThreshold: round(common.threshold),
        delayF1: mean("delayF1"),
        averagePrecision: mean("averagePrecision"),
      },
      sets,
    };
    print(method, names, sets, common);
  }
  if (options.nab) report.nab = nab(join(options.data, "nab"));

  if (!options.save) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `accuracy-${part}.json`), `${JSON.stringify(report, null, 1)}\n`);
  if (options.judge) {
    const looks = existsSync(join(RESULTS, "judge-log.jsonl"))
      ? readFileSync(join(RESULTS, "judge-log.jsonl"), "utf8").trim().split("\n").length
      : 0;
    const line = { look: looks + 1, at: new Date().toISOString(), sets: names, why: options.why, mean: (report.foretop as { mean: unknown }).mean, nab: report.nab };
    appendFileSync(join(RESULTS, "judge-log.jsonl"), `${JSON.stringify(line)}\n`);
    console.log(`\nlook ${looks + 1} at the judge parts, logged`);
  }
}

function scored(series: LabelledSeries, scorer: Scorer) {
  const from = series.historyCount;
  return {
    scores: scorer(series).subarray(from),
    labels: series.labels.subarray(from),
    present: series.present.subarray(from),
  };
}

function nab(folder: string): Record<string, unknown> {
  const files = readNab(folder);
  const detectors: Record<string, Float64Array[]> = {
    "foretop, incident score": files.map((file) => nabIncidentScores(file)),
    "foretop, point score": files.map((file) => nabIncidentScores(file, "score")),
    "windowed Gaussian": files.map(({ values }) => gaussianZ(values, 6400, 100).map(oneMinusTail)),
    null: files.map(({ values }) => new Float64Array(values.length)),
    perfect: files.map(perfectScores),
  };
  const out: Record<string, unknown> = {};
  console.log("\nNAB                        standard   low-FP   low-FN");
  for (const [name, scores] of Object.entries(detectors)) {
    const results = NAB_PROFILES.map((profile) => round(nabScore(files, scores, profile).score));
    out[name] = Object.fromEntries(NAB_PROFILES.map((profile, k) => [profile.name, results[k]]));
    console.log(name.padEnd(26), results.map((x) => x.toFixed(1).padStart(8)).join(" "));
  }
  return out;
}

/** A detector that knows: each window's first row, nothing else. */
function perfectScores({ values, windows }: NabFile): Float64Array {
  const scores = new Float64Array(values.length);
  for (const [left] of windows) scores[Math.max(left, probation(values.length))] = 1;
  return scores;
}

function print(
  method: string,
  names: readonly string[],
  sets: Readonly<Record<string, SetResult>>,
  common: { threshold: number; mean: number },
): void {
  console.log(`\n${method.padEnd(26)} event F1  default  common   delay      AP   alarms/week (events)   best t`);
  const row = (name: string, r: SetResult) =>
    console.log(
      `  ${name.padEnd(24)} ${[r.eventF1, r.eventF1Default, r.eventF1Common, r.delayF1, r.averagePrecision].map((x) => x.toFixed(3).padStart(8)).join("")}` +
        `${r.alarmsPerSeriesWeekDefault.toFixed(2).padStart(10)} (${r.trueEventsPerSeriesWeek.toFixed(2)})  ${r.eventThreshold.toFixed(2).padStart(12)}`,
    );
  for (const name of names) row(name, sets[name]);
  const mean = (key: keyof SetResult) => names.reduce((sum, name) => sum + sets[name][key], 0) / names.length;
  console.log(
    `  ${"mean".padEnd(24)} ${[mean("eventF1"), mean("eventF1Default"), common.mean, mean("delayF1"), mean("averagePrecision")].map((x) => x.toFixed(3).padStart(8)).join("")}` +
      `   common threshold ${common.threshold.toFixed(2)} = severity ${severityOf(common.threshold).toFixed(0)}`,
  );
}

function rounded(result: SetResult): SetResult {
  return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, round(value)])) as unknown as SetResult; // same keys
}

function round(x: number): number {
  return Math.round(x * 10_000) / 10_000;
}
