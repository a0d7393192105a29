/**
 * `npm run bench -- kinds`: known incidents planted into clean series, and what they are called. Prints the table of
 * confusions; an incident that is not found at all is wrong too.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Kind, Random } from "@foretop/engine";
import { KINDS, kindOfEvent, positionsOf, rhythmOf, scoreSeries, seededRandom } from "@foretop/engine";
import { writeDocsTable } from "../docs-table.ts";
import { CLEAN_KINDS } from "../synthetic/clean-series.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const SERIES = [
  "Gaussian, daily season",
  "Poisson, mean 50",
  "Student t(3)",
  "growth 1 % a week",
  "weekends −40 %",
  "AR(1) 0.7 noise",
  "missing 5 %",
  "5 min, Gaussian",
];
/** Planted things; `looked` = how many points from its start are looked at. */
interface Plant {
  readonly name: Kind;
  /** changes values from `at` on and returns [from, to) that is looked at */
  readonly plant: (values: Float64Array, at: number, noise: number, random: Random) => [number, number];
}

const between = (random: Random, low: number, high: number) => low + random() * (high - low);
const count = (random: Random, low: number, high: number) => Math.floor(between(random, low, high + 1));

const PLANTS: readonly Plant[] = [
  {
    name: "spike",
    plant: (values, at, noise, random) => {
      const length = count(random, 1, 2);
      const size = between(random, 12, 25) * noise;
      for (let i = 0; i < length; i++) values[at + i] += size;
      return [at, at + 12];
    },
  },
  {
    name: "dip",
    plant: (values, at, noise, random) => {
      const length = count(random, 1, 2);
      const size = between(random, 11, 14) * noise;
      for (let i = 0; i < length; i++) values[at + i] = Math.max(1, values[at + i] - size);
      return [at, at + 12];
    },
  },
  {
    name: "level shift",
    plant: (values, at, noise, random) => {
      const size = between(random, 6, 11) * noise * (random() < 0.5 ? 1 : -1);
      const up = size > 0 || values.subarray(at, at + 36).some((value) => value + size < 5);
      for (let t = at; t < values.length; t++) values[t] += up ? Math.abs(size) : size;
      return [at, at + 36];
    },
  },
  {
    name: "drop to zero",
    plant: (values, at, _noise, random) => {
      const length = count(random, 4, 24);
      for (let i = 0; i < length; i++) values[at + i] = 0;
      return [at, at + length];
    },
  },
  {
    name: "stopped",
    plant: (values, at, _noise, random) => {
      const length = count(random, 12, 24);
      for (let i = 0; i < length; i++) values[at + i] = NaN;
      return [at, at + length];
    },
  },
  {
    name: "flat line",
    plant: (values, at, _noise, random) => {
      const length = count(random, 12, 24);
      const value = values[at - 1];
      if (Number.isNaN(value)) values[at - 1] = values[at];
      for (let i = 0; i < length; i++) values[at + i] = values[at - 1];
      return [at, at + length];
    },
  },
  {
    name: "recovery",
    plant: (values, at, noise, random) => {
      const length = count(random, 18, 40);
      const size = between(random, 8, 13) * noise * (random() < 0.5 ? 1 : -1);
      const up = size > 0 || values.subarray(at, at + length).some((value) => value + size < 5);
      for (let i = 0; i < length; i++) values[at + i] += up ? Math.abs(size) : size;
      return [at + length, at + length + 6];
    },
  },
];

export interface KindsResult {
  readonly right: number;
  readonly cases: number;
  /** planted → called → how often */
  readonly table: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function measureKinds(casesEach: number, seed: number): KindsResult {
  const table: Record<string, Record<string, number>> = {};
  let right = 0;
  let cases = 0;
  for (const plant of PLANTS) {
    const called: Record<string, number> = {};
    for (const name of SERIES) {
      const kind = CLEAN_KINDS.find((each) => each.name === name);
      if (kind === undefined) throw new Error(`no clean series "${name}"`);
      const rhythm = rhythmOf(kind.frequency);
      for (let n = 0; n < casesEach; n++) {
        const random = seededRandom(seed + 1000 * n + 7);
        const history = kind.learnDays * rhythm.dayLength;
        const next = kind.start(random);
        const length = history + 2 * rhythm.dayLength + 150;
        const values = Float64Array.from({ length }, (_, t) => next(t));
        const at = history + 20 + Math.floor(random() * 2 * rhythm.dayLength);
        const [from, to] = plant.plant(values, at, kind.noiseAt(at), random);
        const startMs = Float64Array.from({ length }, (_, t) => t * rhythm.intervalSeconds * 1000);
        const judged = scoreSeries(rhythm, { values, ...positionsOf(startMs, rhythm, "UTC") }, { historyCount: history });
        const found = judged.kind.map((k, t) => (judged.heldBack[t] === 0 ? k : 0)).subarray(from, to);
        const text = KINDS[kindOfEvent(found)];
        called[text] = (called[text] ?? 0) + 1;
        cases++;
        if (text === plant.name) right++;
      }
    }
    table[plant.name] = called;
  }
  return { right, cases, table };
}

export function kinds(args: readonly string[]): void {
  const { values: options } = parseArgs({
    args: [...args],
    options: { cases: { type: "string", default: "25" }, seed: { type: "string", default: "1" }, save: { type: "boolean", default: true } },
    allowNegative: true,
  });
  const result = measureKinds(Number(options.cases), Number(options.seed));
  const columns = ["none", ...PLANTS.map((plant) => plant.name)];
  console.log(`planted \\ called ${columns.map((name) => name.padStart(13)).join("")}`);
  for (const [name, called] of Object.entries(result.table)) {
    console.log(`${name.padEnd(16)} ${columns.map((column) => String(called[column] ?? 0).padStart(13)).join("")}`);
  }
  console.log(`right: ${result.right} of ${result.cases} = ${((100 * result.right) / result.cases).toFixed(1)} %`);
  if (!options.save) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, "kinds.json"), `${JSON.stringify(result, null, 1)}\n`);
  writeDocsTable("models/kinds.md", "kinds", [
    ["planted \\ called", ...columns],
    ...Object.entries(result.table).map(([name, called]) => [name, ...columns.map((column) => called[column] ?? 0)]),
  ]);
}
