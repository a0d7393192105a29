/**
 * Seeded instances for the search for causes, from the descriptions of the papers and of our own product's data. Each has
 * leaves in columns and the segments that were planted.
 */
import { exp, ln, normal, poisson, pow, seededRandom, type Random } from "./random.ts";

/** Per dimension a code, −1 where the dimension is open. */
export type PlantedSegment = readonly number[];

export interface Instance {
  readonly name: string;
  readonly sizes: readonly number[];
  /** [dimension][leaf] */
  readonly codes: readonly Int32Array[];
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  readonly spread: Float64Array | null;
  readonly planted: readonly PlantedSegment[];
}

export function grid(sizes: readonly number[]): Int32Array[] {
  const count = sizes.reduce((a, b) => a * b, 1);
  const codes = sizes.map(() => new Int32Array(count));
  const at = new Int32Array(sizes.length);
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < sizes.length; d++) codes[d]![i] = at[d]!;
    for (let d = sizes.length - 1; d >= 0; d--) {
      at[d] = at[d]! + 1;
      if (at[d]! < sizes[d]!) break;
      at[d] = 0;
    }
  }
  return codes;
}

const uniform = (random: Random, low: number, high: number) => low + (high - low) * random();
const integer = (random: Random, low: number, high: number) => low + Math.floor(random() * (high - low + 1));

function choose<T>(random: Random, from: readonly T[], count: number): T[] {
  const left = [...from];
  const chosen: T[] = [];
  for (let k = 0; k < count; k++) chosen.push(left.splice(integer(random, 0, left.length - 1), 1)[0]!);
  return chosen;
}

export interface PaperSet {
  readonly sizes: readonly number[];
  readonly noise: readonly [number, number];
  readonly severity: readonly [number, number];
  readonly deviation: readonly [number, number];
  readonly anomalies: readonly [number, number];
  readonly elements: readonly [number, number];
  readonly fullLayerOnly: boolean;
}

export const PAPER_SETS: Record<"S" | "L" | "H", PaperSet> = {
  S: { sizes: [10, 12, 10, 8, 5], noise: [0, 0.25], severity: [0.2, 1], deviation: [0, 0.1], anomalies: [1, 3], elements: [1, 3], fullLayerOnly: false },
  L: { sizes: [10, 24, 10, 15], noise: [0, 0.1], severity: [0.5, 1], deviation: [0, 0], anomalies: [1, 5], elements: [1, 1], fullLayerOnly: true },
  H: { sizes: [10, 5, 250, 20, 8, 12], noise: [0, 0.25], severity: [0.2, 1], deviation: [0, 0.1], anomalies: [1, 3], elements: [1, 3], fullLayerOnly: false },
};

/** RiskLoc's recipe (2022). Half of the noise is in the forecast; no spread is given. */
export function paperInstance(setName: "S" | "L" | "H", seed: number, mode: "plain" | "noise" | "total" | "offset" = "plain"): Instance {
  const set = PAPER_SETS[setName];
  const random = seededRandom(seed * 4 + ["plain", "noise", "total", "offset"].indexOf(mode) + { S: 0, L: 1e6, H: 2e6 }[setName]);
  const { sizes } = set;
  const D = sizes.length;
  const codes = grid(sizes);
  const count = codes[0]!.length;
  const zeroRate = uniform(random, 0, 0.25);
  const sigma = uniform(random, ...set.noise);
  const alpha = uniform(random, 0.5, 1);
  const actual = new Float64Array(count);
  const expected = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const base = random() < zeroRate ? 0 : 100 * pow(-ln(1 - random()) + 1e-300, 1 / alpha);
    const noisy = base * (1 + sigma * normal(random));
    if (random() < 0.5) {
      actual[i] = base;
      expected[i] = Math.max(0, noisy);
    } else {
      actual[i] = noisy;
      expected[i] = base;
    }
  }
  const name = `${setName} ${mode} ${seed}`;
  if (mode === "noise") return { name, sizes, codes, actual, expected, spread: null, planted: [] };
  if (mode === "total") {
    const factor = 1 - uniform(random, 0.1, 0.6);
    const scale = random() < 0.5 ? factor : 1 / factor;
    for (let i = 0; i < count; i++) actual[i] = actual[i]! * scale;
    return { name, sizes, codes, actual, expected, spread: null, planted: [sizes.map(() => -1)] };
  }
  const planted: number[][] = [];
  const used = sizes.map(() => new Set<number>());
  const sets = new Set<string>();
  const anomalyCount = integer(random, ...set.anomalies);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += actual[i]! - expected[i]!;
  const strides = stridesOf(sizes);
  for (let a = 0; a < anomalyCount; a++) {
    const layer = set.fullLayerOnly ? D : integer(random, 1, D);
    const elementCount = integer(random, ...set.elements);
    const severity = uniform(random, ...set.severity) + sigma;
    const deviation = uniform(random, ...set.deviation);
    const up = mode === "offset" ? a % 2 === 1 : sum > 0;
    let dimensions: number[] = [];
    // A dimension whose values are used up could only lie under or over an earlier anomaly: drawn again.
    const hasFree = (d: number) => used[d]!.size < sizes[d]!;
    for (let tries = 0; tries < 200; tries++) {
      dimensions = choose(random, [...sizes.keys()], layer).sort((x, y) => x - y);
      if ((layer === D || !sets.has(dimensions.join())) && dimensions.every(hasFree)) break;
    }
    if (!dimensions.every(hasFree)) break;
    sets.add(dimensions.join());
    const elements = new Map<string, number[]>();
    for (let tries = 0; elements.size < elementCount && tries < 200; tries++) {
      const element = sizes.map((size, d) => {
        if (!dimensions.includes(d)) return -1;
        const free = Array.from({ length: size }, (_, c) => c).filter((c) => !used[d]!.has(c));
        return free[integer(random, 0, free.length - 1)]!;
      });
      if (layer === D && actual[element.reduce((at, c, d) => at + c * strides[d]!, 0)] === 0) continue;
      elements.set(element.join(), element);
    }
    for (const element of elements.values()) {
      for (const [d, c] of element.entries()) if (c >= 0) used[d]!.add(c);
      planted.push(element);
      forEachLeaf(sizes, element, (i) => {
        const r = severity + deviation * normal(random);
        if (up) expected[i] = Math.max(0, actual[i]! * (1 - r));
        else actual[i] = Math.max(0, expected[i]! * (1 - r));
      });
    }
  }
  return { name, sizes, codes, actual, expected, spread: null, planted };
}

export type CountMode = "mixed" | "offset" | "siblings" | "total" | "none";
const COUNT_SIZES = [8, 6, 5, 4];

/** Poisson counts with a forecast error and the spread that an engine would state. */
export function countInstance(seed: number, mode: CountMode): Instance {
  const random = seededRandom(3e6 + seed * 8 + ["mixed", "offset", "siblings", "total", "none"].indexOf(mode));
  const sizes = COUNT_SIZES;
  const codes = grid(sizes);
  const mean = leafMeans(random, sizes, exp(uniform(random, ln(2), ln(60))));
  const relative = uniform(random, 0.02, 0.1);
  const factor = new Float64Array(mean.length).fill(1);
  const planted = plantFactors(random, sizes, mode, factor);
  const actual = mean.map((m, i) => poisson(random, m * exp(relative * normal(random)) * factor[i]!));
  const spread = mean.map((f) => Math.sqrt(f + (relative * f) ** 2));
  return { name: `counts ${mode} ${seed}`, sizes, codes, actual, expected: mean, spread, planted };
}

/** base × Π exp(.8 N) over the dimensions' values: an uneven grid as in any business. */
export function leafMeans(random: Random, sizes: readonly number[], base: number): Float64Array {
  const effects = sizes.map((size) => Array.from({ length: size }, () => exp(0.8 * normal(random))));
  const codes = grid(sizes);
  return Float64Array.from(codes[0]!, (_, i) => effects.reduce((product, effect, d) => product * effect[codes[d]![i]!]!, base));
}

function plantFactors(random: Random, sizes: readonly number[], mode: CountMode, factor: Float64Array): number[][] {
  if (mode === "none") return [];
  if (mode === "total") {
    factor.fill(uniform(random, 0.5, 0.9));
    return [sizes.map(() => -1)];
  }
  const planted: number[][] = [];
  const apply = (segment: number[], f: number) => {
    planted.push(segment);
    forEachLeaf(sizes, segment, (i) => (factor[i] = factor[i]! * f));
  };
  const size = () => (random() < 0.3 ? uniform(random, 1.4, 3) : uniform(random, 0, 0.7));
  if (mode === "siblings") {
    const [outer, inner] = choose(random, [...sizes.keys()], 2) as [number, number]; // two were asked for
    const outerValue = integer(random, 0, sizes[outer]! - 1);
    const values = choose(random, Array.from({ length: sizes[inner]! }, (_, c) => c), integer(random, 2, sizes[inner]! - 1));
    const f = size();
    for (const value of values) apply(sizes.map((_, d) => (d === outer ? outerValue : d === inner ? value : -1)), f);
    return planted;
  }
  const count = mode === "offset" ? integer(random, 2, 3) : integer(random, 1, 3);
  for (let tries = 0; planted.length < count && tries < 100; tries++) {
    const layer = integer(random, 1, 3);
    const dimensions = choose(random, [...sizes.keys()], layer);
    const segment = sizes.map((n, d) => (dimensions.includes(d) ? integer(random, 0, n - 1) : -1));
    if (planted.some((other) => contains(other, segment) || contains(segment, other))) continue;
    apply(segment, mode === "offset" ? (planted.length % 2 === 0 ? uniform(random, 0, 0.7) : uniform(random, 1.4, 3)) : size());
  }
  return planted;
}

/** Whether every leaf of `inner` is one of `outer`. */
function contains(outer: PlantedSegment, inner: PlantedSegment): boolean {
  return outer.every((code, d) => code < 0 || code === inner[d]);
}

function stridesOf(sizes: readonly number[]): number[] {
  const strides = new Array<number>(sizes.length);
  let stride = 1;
  for (let d = sizes.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= sizes[d]!;
  }
  return strides;
}

/** Calls `visit` with each leaf of a segment, in order. */
export function forEachLeaf(sizes: readonly number[], segment: PlantedSegment, visit: (leaf: number) => void): void {
  const strides = stridesOf(sizes);
  const walk = (d: number, at: number): void => {
    if (d === sizes.length) {
      visit(at);
      return;
    }
    if (segment[d]! >= 0) walk(d + 1, at + segment[d]! * strides[d]!);
    else for (let c = 0; c < sizes[d]!; c++) walk(d + 1, at + c * strides[d]!);
  };
  walk(0, 0);
}

export type RatioMode = "rate" | "offset" | "mix" | "total" | "none";

export interface RatioInstance {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly codes: readonly Int32Array[];
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
  readonly history: { readonly numerator: Float64Array; readonly denominator: Float64Array; readonly intervalCount: number };
  readonly planted: readonly PlantedSegment[];
}

/** Failures of requests: binomial counts on Poisson traffic, 24 intervals of history. */
export function ratioInstance(seed: number, mode: RatioMode): RatioInstance {
  const random = seededRandom(4e6 + seed * 8 + ["rate", "offset", "mix", "total", "none"].indexOf(mode));
  const sizes = COUNT_SIZES;
  const D = sizes.length;
  const codes = grid(sizes);
  const count = codes[0]!.length;
  const traffic = leafMeans(random, sizes, exp(uniform(random, ln(20), ln(200))));
  const base = uniform(random, 0.01, 0.15);
  const effects = sizes.map((size) => Array.from({ length: size }, () => exp(0.3 * normal(random))));
  const noise = uniform(random, 0, 0.15);
  const rate = Float64Array.from({ length: count }, (_, i) =>
    Math.min(0.6, effects.reduce((product, effect, d) => product * effect[codes[d]![i]!]!, base) * exp(noise * normal(random))),
  );
  const intervalCount = 24;
  const history = { numerator: new Float64Array(intervalCount * count), denominator: new Float64Array(intervalCount * count), intervalCount };
  for (let k = 0; k < history.numerator.length; k++) {
    history.denominator[k] = poisson(random, traffic[k % count]!);
    history.numerator[k] = binomial(random, history.denominator[k]!, rate[k % count]!);
  }
  const factor = new Float64Array(count).fill(1);
  const trafficFactor = new Float64Array(count).fill(1);
  const planted: number[][] = [];
  const segment = (layer: number) => {
    const dimensions = choose(random, [...sizes.keys()], layer);
    return sizes.map((n, d) => (dimensions.includes(d) ? integer(random, 0, n - 1) : -1));
  };
  if (mode === "mix") forEachLeaf(sizes, segment(integer(random, 1, 3)), (i) => (trafficFactor[i] = 3));
  if (mode === "total") {
    const f = uniform(random, 1.6, 3);
    factor.fill(f);
    planted.push(sizes.map(() => -1));
  }
  if (mode === "rate" || mode === "offset") {
    const wanted = mode === "offset" ? 2 : integer(random, 1, 2);
    for (let tries = 0; planted.length < wanted && tries < 100; tries++) {
      const s = segment(integer(random, 1, Math.min(3, D)));
      if (planted.some((other) => contains(other, s) || contains(s, other))) continue;
      const f = mode === "offset" && planted.length === 1 ? 1 / uniform(random, 1.6, 5) : uniform(random, 1.6, 5);
      planted.push(s);
      forEachLeaf(sizes, s, (i) => (factor[i] = factor[i]! * f));
    }
  }
  const denominator = traffic.map((m, i) => poisson(random, m * trafficFactor[i]!));
  const numerator = denominator.map((b, i) => binomial(random, b, Math.min(0.95, rate[i]! * factor[i]!)));
  return { name: `ratio ${mode} ${seed}`, sizes, codes, numerator, denominator, history, planted };
}

function binomial(random: Random, n: number, p: number): number {
  if (n > 50 && n * p > 20 && n * (1 - p) > 20) return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal(random))));
  if (n > 50 && n * p <= 20) return Math.min(n, poisson(random, n * p));
  let count = 0;
  for (let k = 0; k < n; k++) if (random() < p) count++;
  return count;
}

export interface AverageInstance extends Instance {
  /** [leaf] rows behind each average */
  readonly counts: Float64Array;
}

/** Averages: each leaf the mean of its rows, with the spread that their number gives; 1–2 segments times .75–.95 or 1.05–1.3. */
export function averageInstance(seed: number, mode: "mixed" | "none"): AverageInstance {
  const random = seededRandom(5e6 + seed * 2 + (mode === "none" ? 1 : 0));
  const sizes = COUNT_SIZES;
  const codes = grid(sizes);
  const traffic = leafMeans(random, sizes, exp(uniform(random, ln(10), ln(100))));
  const counts = traffic.map((m) => Math.max(1, poisson(random, m)));
  const expected = leafMeans(random, sizes, 50).map((m) => pow(m / 50, 0.3) * 50);
  const relative = uniform(random, 0.2, 0.6); // of one row
  const factor = new Float64Array(expected.length).fill(1);
  const planted: number[][] = [];
  const wanted = mode === "none" ? 0 : integer(random, 1, 2);
  for (let tries = 0; planted.length < wanted && tries < 100; tries++) {
    const dimensions = choose(random, [...sizes.keys()], integer(random, 1, 3));
    const segment = sizes.map((n, d) => (dimensions.includes(d) ? integer(random, 0, n - 1) : -1));
    if (planted.some((other) => contains(other, segment) || contains(segment, other))) continue;
    const f = random() < 0.7 ? uniform(random, 0.75, 0.95) : uniform(random, 1.05, 1.3);
    planted.push(segment);
    forEachLeaf(sizes, segment, (i) => (factor[i] = factor[i]! * f));
  }
  const spread = expected.map((f, i) => (relative * f) / Math.sqrt(counts[i]!));
  const actual = expected.map((f, i) => f * factor[i]! + spread[i]! * normal(random));
  return { name: `averages ${mode} ${seed}`, sizes, codes, actual, expected, spread, planted, counts };
}

export interface DistinctInstance extends Instance {
  readonly total: { readonly actual: number; readonly expected: number };
  /** a segment's own distinct count, as its query would give it */
  readonly countOf: (segment: PlantedSegment) => { actual: number; expected: number; spread: number };
}

/** Users who visit one to four leaves each; in one segment a share of them stays away. Expected from eight quiet days. */
export function distinctInstance(seed: number, mode: "mixed" | "none"): DistinctInstance {
  const random = seededRandom(6e6 + seed * 2 + (mode === "none" ? 1 : 0));
  const sizes = [6, 5, 4];
  const codes = grid(sizes);
  const leafCount = codes[0]!.length;
  const userCount = integer(random, 4000, 20_000);
  const weight = leafMeans(random, sizes, 1);
  const cumulative: number[] = [];
  for (let i = 0; i < leafCount; i++) cumulative.push((cumulative[i - 1] ?? 0) + weight[i]!);
  const anyLeaf = () => {
    const at = random() * cumulative[leafCount - 1]!;
    return cumulative.findIndex((c) => c >= at);
  };
  const users = Array.from({ length: userCount }, () => Array.from({ length: integer(random, 1, 4) }, anyLeaf));
  const dimensions = choose(random, [...sizes.keys()], integer(random, 1, 2));
  const segment = sizes.map((n, d) => (dimensions.includes(d) ? integer(random, 0, n - 1) : -1));
  const planted = mode === "none" ? [] : [segment];
  const isIn = (leaf: number, s: PlantedSegment) => s.every((c, d) => c < 0 || c === codes[d]![leaf]);
  const lost = uniform(random, 0.2, 0.7);
  const day = (isFaulty: boolean): number[][] =>
    users.map((leaves) => (random() < 0.5 ? leaves.filter((leaf) => random() < 0.8 && !(isFaulty && isIn(leaf, segment) && random() < lost)) : []));
  const quiet = Array.from({ length: 8 }, () => day(false));
  const today = day(mode !== "none");
  const perLeaf = (visits: number[][]) => {
    const counts = new Float64Array(leafCount);
    for (const leaves of visits) for (const leaf of new Set(leaves)) counts[leaf] = counts[leaf]! + 1;
    return counts;
  };
  const distinct = (visits: number[][], s: PlantedSegment) => visits.filter((leaves) => leaves.some((leaf) => isIn(leaf, s))).length;
  const quietCounts = quiet.map(perLeaf);
  const expected = Float64Array.from({ length: leafCount }, (_, i) => quietCounts.reduce((sum, counts) => sum + counts[i]! / quiet.length, 0));
  const countOf = (s: PlantedSegment) => {
    const own = quiet.map((visits) => distinct(visits, s));
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    return { actual: distinct(today, s), expected: mean, spread: Math.sqrt(Math.max(1, mean)) };
  };
  const everything = sizes.map(() => -1);
  return {
    name: `distinct ${mode} ${seed}`,
    sizes,
    codes,
    actual: perLeaf(today),
    expected,
    spread: expected.map((f) => Math.sqrt(Math.max(1, f * (1 + 1 / quiet.length)))),
    planted,
    total: countOf(everything),
    countOf,
  };
}
