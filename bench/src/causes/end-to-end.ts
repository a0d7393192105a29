/**
 * From values to causes with our own forecasts: a detector of 10,000 leaves in four dimensions learns four weeks of hourly
 * counts with a daily and a weekly rhythm; then 20 % are missing in one segment that holds at least 1 % of the volume. It
 * counts when the segment is exactly named after the first or the second interval (both together). The total and the
 * single values are forecast as series of their own, as in the product, and leaves are brought into line with them.
 */
import { createStates, explainExpected, findCauses, judgeAndLearn, learnHistory, poisson, positionOf, raked, rhythmOf, seededRandom, DEFAULT_MEASURE_SETTINGS, type Random, type SeriesStates } from "@foretop/engine";
import { columns, named, plainReading, plantedText, timed, type Outcome } from "./causes.ts";
import { forEachLeaf, grid, leafMeans } from "./generators.ts";

const SIZES = [10, 10, 10, 10];
const LEAVES = 10_000;
/** leaves, then the single values of each dimension, then the total */
const SERIES = LEAVES + 40 + 1;
const WEEKS = 4;
const HOUR_MS = 3_600_000;
/** Mean count of a leaf and hour before its dimensions' effects: 10,000 leaves, some 100,000 events an hour. */
const BASE = 6;

/** Runs that one detector lives through; the next ones have a detector of their own, with other dimensions' effects. */
const RUNS_PER_DETECTOR = 50;

export function endToEnd({ runCount, isQuiet, firstSeed }: { runCount: number; isQuiet: boolean; firstSeed: number }): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let detector = 0; outcomes.length < runCount; detector++) {
    const count = Math.min(RUNS_PER_DETECTOR, runCount - outcomes.length);
    outcomes.push(...oneDetector({ runCount: count, isQuiet, seed: firstSeed + 1000 * detector + (isQuiet ? 7_000_000 : 8_000_000) }));
  }
  return outcomes;
}

function oneDetector({ runCount, isQuiet, seed }: { runCount: number; isQuiet: boolean; seed: number }): Outcome[] {
  const random = seededRandom(seed);
  const codes = grid(SIZES);
  const dimensions = columns(SIZES, codes);
  const mean = leafMeans(random, SIZES, BASE);
  const states = learned(mean, codes, random);
  const outcomes: Outcome[] = [];
  let t = WEEKS * 168;
  for (let run = 0; run < runCount; run++) {
    const segment = isQuiet ? null : heavySegment(mean, random);
    const factor = new Float64Array(LEAVES).fill(1);
    if (segment !== null) forEachLeaf(SIZES, segment, (i) => (factor[i] = 0.8));
    const planted = segment === null ? [] : [plantedText(segment)];
    const actual = new Float64Array(LEAVES);
    const expected = new Float64Array(LEAVES);
    const variance = new Float64Array(LEAVES);
    const own = new Float64Array(LEAVES);
    let totalExpected = 0;
    let totalSpread = 0;
    let predicted: string[] = [];
    let ms = 0;
    let plainMs = 0;
    const quiet: { startMs: number; values: Float64Array }[] = [];
    for (let k = 0; k < 2; k++, t++) {
      const startMs = t * HOUR_MS;
      const position = positionOf(startMs, "PT1H", "UTC");
      const values = countsAt(t, mean, factor, random);
      for (let s = 0; s < LEAVES; s++) {
        const { expected: f, spread } = explainExpected(states, s, position);
        actual[s] = actual[s]! + values[s]!;
        own[s] = Math.max(0, f);
        variance[s] = variance[s]! + spread * spread;
      }
      const level = (index: number) => explainExpected(states, LEAVES + index, position).expected;
      const levels = { total: level(40), values: SIZES.map((size, d) => Float64Array.from({ length: size }, (_, c) => level(10 * d + c))) };
      const total = explainExpected(states, LEAVES + 40, position);
      totalExpected += total.expected;
      totalSpread += total.spread; // of two intervals in a row: forecasts that err together err alike in both
      const inLine = raked(own, dimensions, levels);
      for (let s = 0; s < LEAVES; s++) expected[s] = expected[s]! + inLine[s]!;
      const [report, took] = timed(() => findCauses({ measure: "events", dimensions, actual, expected, spread: variance.map(Math.sqrt), sharedError: totalSpread / totalExpected }));
      ms = took;
      plainMs = plainReading(dimensions, actual, expected);
      const now = named(report);
      // Quiet runs must stay quiet both times; a planted segment must be named exactly once of the two.
      if (isQuiet ? now.length > 0 : predicted.join() !== planted.join()) predicted = now;
      quiet.push({ startMs, values: countsAt(t, mean, null, random) });
    }
    // The next run starts from a detector that has lived through two quiet hours instead.
    for (const { startMs, values } of quiet) learnOne(states, startMs, withLevels(values, codes));
    outcomes.push({ predicted, planted, ms, plainMs });
  }
  return outcomes;
}

function countsAt(t: number, mean: Float64Array, factor: Float64Array | null, random: Random): Float64Array {
  const hour = t % 24;
  const weekday = Math.floor(t / 24) % 7;
  const rhythm = (1 + 0.5 * Math.sin((2 * Math.PI * (hour - 9)) / 24)) * (weekday >= 5 ? 0.7 : 1);
  return mean.map((m, i) => poisson(random, m * rhythm * (factor === null ? 1 : factor[i]!)));
}

function learned(mean: Float64Array, codes: readonly Int32Array[], random: Random): SeriesStates {
  const states = createStates(rhythmOf("PT1H"), SERIES);
  const count = WEEKS * 168;
  const startMs = Float64Array.from({ length: count }, (_, t) => t * HOUR_MS);
  const positions = Array.from(startMs, (ms) => positionOf(ms, "PT1H", "UTC"));
  const values = new Float64Array(SERIES * count);
  for (let t = 0; t < count; t++) {
    const now = withLevels(countsAt(t, mean, null, random), codes);
    for (let s = 0; s < SERIES; s++) values[s * count + t] = now[s]!;
  }
  learnHistory(states, { startMs, positions, values });
  return states;
}

function withLevels(leaves: Float64Array, codes: readonly Int32Array[]): Float64Array {
  const all = new Float64Array(SERIES);
  all.set(leaves);
  for (let i = 0; i < LEAVES; i++) {
    for (let d = 0; d < 4; d++) all[LEAVES + 10 * d + codes[d]![i]!] = all[LEAVES + 10 * d + codes[d]![i]!]! + leaves[i]!;
    all[SERIES - 1] = all[SERIES - 1]! + leaves[i]!;
  }
  return all;
}

function learnOne(states: SeriesStates, startMs: number, values: Float64Array): void {
  judgeAndLearn(states, {
    startMs,
    position: positionOf(startMs, "PT1H", "UTC"),
    values,
    datasetArrived: true,
    settingsOf: new Uint8Array(values.length),
    settings: [DEFAULT_MEASURE_SETTINGS],
  });
}

/** A segment of one to three dimensions with at least 1 % of the volume. */
function heavySegment(mean: Float64Array, random: Random): number[] {
  const all = mean.reduce((a, b) => a + b, 0);
  for (;;) {
    const layer = 1 + Math.floor(random() * 3);
    const segment = SIZES.map(() => -1);
    while (segment.filter((c) => c >= 0).length < layer) segment[Math.floor(random() * SIZES.length)] = Math.floor(random() * 10);
    let volume = 0;
    forEachLeaf(SIZES, segment, (i) => (volume += mean[i]!));
    if (volume >= 0.01 * all) return segment;
  }
}

