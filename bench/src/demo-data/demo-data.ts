/**
 * `npm run bench -- demo-data`: data of the kind that the retired service's demo shows: hourly views of 3 platforms × 7
 * marketplaces, a daily cosine each, uniform noise, 0.5 % of hours hit by a spike or dip of 100–600 for 1–300 minutes. Ten
 * seeds; the history holds such incidents too, unlabelled.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { positionsOf, rhythmOf, scoreOf, scoreSeries, seededRandom } from "@foretop/engine";
import { EventScorer } from "../accuracy/event-metrics.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const SERIES = 21;
const HOURS = 24 * 90;
const HISTORY = 24 * 60;

/** One seed: what is found by the product's severity at its default, and at the best threshold. */
export function measureDemoData(seed: number): { default: number; best: number } {
  const rhythm = rhythmOf("PT1H");
  const startMs = Float64Array.from({ length: HOURS }, (_, t) => t * 3_600_000);
  const positions = positionsOf(startMs, rhythm, "UTC");
  const scorer = new EventScorer(
    Array.from({ length: SERIES }, (_none, s) => {
      const random = seededRandom(1234 + 1000 * seed + s);
      const between = (low: number, high: number) => low + random() * (high - low);
      const size = between(200, 400);
      const peak = between(12, 21);
      const offset = between(100, 200);
      const noise = between(2, 10);
      const values = Float64Array.from(
        startMs,
        (_start, t) => offset + (size / 2) * (1 + Math.cos(((t - peak) * Math.PI) / 12)) + between(-noise, noise),
      );
      const labels = new Uint8Array(HOURS);
      for (let t = 0; t < HOURS; t++) {
        if (random() >= 0.005) continue;
        const minutes = between(1, 300);
        const change = between(100, 600) * (random() < 0.5 ? 1 : -1);
        for (let i = 0; i * 60 < minutes && t + i < HOURS; i++) {
          // An hour that is hit for a part of it only is off by that part; below 20 minutes nobody would label it.
          const share = Math.min(1, (minutes - i * 60) / 60);
          values[t + i] = Math.max(0, values[t + i] + change * share);
          if (share >= 1 / 3 || i === 0) labels[t + i] = 1;
          if (share < 1 / 3 && i === 0) values[t] = Math.max(0, values[t] + change * (1 / 3 - share));
        }
      }
      const { score, shiftScore } = scoreSeries(rhythm, { values, ...positions }, { historyCount: HISTORY });
      const joined = score.map((x, t) => (shiftScore[t] > x ? shiftScore[t] : x));
      return {
        scores: joined.subarray(HISTORY),
        labels: labels.subarray(HISTORY),
        present: new Uint8Array(HOURS - HISTORY).fill(1),
      };
    }),
  );
  return { default: scorer.eventF1(scorer.at(scoreOf(70))), best: scorer.best().eventF1 };
}

export function demoData(args: readonly string[]): void {
  const { values: options } = parseArgs({ args: [...args], options: { save: { type: "boolean", default: true } }, allowNegative: true });
  const results = Array.from({ length: 10 }, (_, seed) => measureDemoData(seed));
  const mean = (key: "default" | "best") => results.reduce((sum, each) => sum + each[key], 0) / results.length;
  results.forEach((each, seed) => console.log(`seed ${seed}   F1 at the default ${each.default.toFixed(3)}   best ${each.best.toFixed(3)}`));
  console.log(`mean     F1 at the default ${mean("default").toFixed(3)}   best ${mean("best").toFixed(3)}`);
  if (!options.save) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, "demo-data.json"), `${JSON.stringify({ mean: { default: mean("default"), best: mean("best") }, seeds: results }, null, 1)}\n`);
}
