import assert from "node:assert/strict";
import { test } from "vitest";
import {
  DEFAULT_MEASURE_SETTINGS,
  EngineError,
  HELD_BACK_REASONS,
  KINDS,
  STATUSES,
  createStates,
  decodeStates,
  encodeStates,
  explainExpected,
  growStates,
  judge,
  judgeAndLearn,
  learn,
  learnHistory,
  learnedUntilMs,
  pickStates,
  rhythmOf,
  sameStates,
  severityIf,
  smallestChangeCaught,
} from "../index.ts";
import type { Frequency, IntervalInput, Judgement, MeasureSettings, Position, SeriesStates } from "../index.ts";
import { normal, poisson } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";

const HOUR_MS = 3_600_000;
const hourly = rhythmOf("PT1H");

function positionAt(t: number, frequency: Frequency = "PT1H"): Position {
  const { dayLength, weekLength } = rhythmOf(frequency);
  return { inDay: t % dayLength, hourOfWeek: weekLength === 0 ? 0 : Math.floor((t * 24) / dayLength) % 168 };
}

function interval(t: number, values: ArrayLike<number>, settings: Partial<MeasureSettings> = {}): IntervalInput {
  return {
    startMs: t * HOUR_MS,
    position: positionAt(t),
    values: Float64Array.from(values),
    datasetArrived: true,
    settingsOf: new Uint8Array(values.length),
    settings: [{ ...DEFAULT_MEASURE_SETTINGS, ...settings }],
  };
}

/** Row-major values of series with a daily season, level 100 and noise 5. */
function seasonal(seed: number, seriesCount: number, intervalCount: number): Float64Array {
  const random = seededRandom(seed);
  const values = new Float64Array(seriesCount * intervalCount);
  for (let s = 0; s < seriesCount; s++) {
    for (let t = 0; t < intervalCount; t++) {
      values[s * intervalCount + t] = 100 + 30 * Math.sin((t * Math.PI) / 12) + 5 * normal(random);
    }
  }
  return values;
}

function learned(values: Float64Array, intervalCount: number): SeriesStates {
  const states = createStates(hourly, values.length / intervalCount);
  learnHistory(states, {
    startMs: Float64Array.from({ length: intervalCount }, (_, t) => t * HOUR_MS),
    positions: Array.from({ length: intervalCount }, (_, t) => positionAt(t)),
    values,
  });
  return states;
}

const LENGTH = 1000; // t = 1000 is 16:00; expected there is 100 + 30·sin(16π/12) = 74.02
const history = seasonal(1, 2, LENGTH);

function kindsOf(judgement: Judgement): string[] {
  return [...judgement.kind].map((k) => KINDS[k]);
}

test("a value as expected is no finding; a drop of half the level is a dip", () => {
  const states = learned(history, LENGTH);
  const calm = judge(states, interval(LENGTH, [74, 37]));
  assert.deepEqual(kindsOf(calm), ["none", "dip"]);
  assert.ok(Math.abs(calm.expected[0] - 74) < 5);
  assert.ok(calm.severity[0] < 50 && calm.severity[1] > 70, calm.severity.join());
  assert.deepEqual([...calm.direction], [0, -1]);
});

test("judging reads only: twice gives the same bytes, and the state keeps its own", () => {
  const states = learned(history, LENGTH);
  const before = encodeStates(states);
  const input = interval(LENGTH, [74, 137]);
  assert.deepEqual(judge(states, input), judge(states, input));
  smallestChangeCaught(states, 0, positionAt(LENGTH), DEFAULT_MEASURE_SETTINGS);
  explainExpected(states, 0, positionAt(LENGTH));
  assert.deepEqual(encodeStates(states), before);
});

test("judge then learn, judgeAndLearn, and a state saved in between give the same bytes", () => {
  const apart = learned(history, LENGTH);
  const fused = learned(history, LENGTH);
  let saved = learned(history, LENGTH);
  const random = seededRandom(2);
  for (let t = LENGTH; t < LENGTH + 300; t++) {
    const value = () => (random() < 0.05 ? NaN : random() < 0.03 ? 500 : 100 + 30 * Math.sin((t * Math.PI) / 12) + 5 * normal(random));
    const input = interval(t, [value(), value()]);
    const judgement = judge(apart, input);
    learn(apart, input, judgement);
    assert.deepEqual(judgeAndLearn(fused, input), judgement);
    saved = decodeStates(encodeStates(saved));
    assert.deepEqual(judgeAndLearn(saved, input), judgement);
  }
  assert.ok(sameStates(apart, fused));
  assert.ok(sameStates(apart, saved));
});

test("a history learned in slices of series gives the same bytes as in one call", () => {
  const whole = learned(history, LENGTH);
  const first = learned(history.slice(0, LENGTH), LENGTH);
  const second = learned(history.slice(LENGTH), LENGTH);
  assert.ok(sameStates(pickStates(whole, [0]), first));
  assert.ok(sameStates(pickStates(whole, [1]), second));
});

test("one series never touches another's", () => {
  const changed = history.slice();
  for (let t = 0; t < LENGTH; t += 7) changed[LENGTH + t] = 1e9;
  assert.ok(sameStates(pickStates(learned(history, LENGTH), [0]), pickStates(learned(changed, LENGTH), [0])));
});

test("a new series is appended fresh, learns quietly and says how many points it needs", () => {
  const old = learned(history, LENGTH);
  const grown = growStates(old, 3);
  assert.ok(sameStates(pickStates(grown, [0, 1]), old));
  for (let t = LENGTH; t < LENGTH + 10; t++) {
    const judgement = judgeAndLearn(grown, interval(t, [74, 74, t]));
    assert.equal(STATUSES[judgement.status[2]], "learning");
    assert.equal(judgement.pointsNeeded[2], 300 - (t - LENGTH));
    assert.ok(Number.isNaN(judgement.score[2]) && Number.isNaN(judgement.severity[2]));
    assert.equal(judgement.pointsNeeded[0], 0);
  }
});

test("a missing value has an expected value, no score, and moves time on", () => {
  const states = learned(history, LENGTH);
  const judgement = judgeAndLearn(states, interval(LENGTH, [NaN, Infinity]));
  assert.deepEqual([...judgement.status].map((k) => STATUSES[k]), ["missing", "missing"]);
  assert.ok(Math.abs(judgement.expected[0] - 74) < 5);
  assert.ok(Number.isNaN(judgement.score[0]));
  assert.equal(learnedUntilMs(states, 0), LENGTH * HOUR_MS);
});

test("an interval judged twice or out of order is refused, names the series, and nothing is learned", () => {
  const states = learned(history, LENGTH);
  const before = encodeStates(states);
  for (const t of [LENGTH - 1, LENGTH - 5]) {
    assert.throws(
      () => judgeAndLearn(states, interval(t, [1, 1])),
      (error: unknown) => error instanceof EngineError && error.code === "INTERVAL_OUT_OF_ORDER" && error.series === 0,
    );
  }
  assert.deepEqual(encodeStates(states), before);
});

test("the band is where the severity reaches the threshold", () => {
  const states = learned(history, LENGTH);
  const { lower, upper } = judge(states, interval(LENGTH, [74, 74]));
  assert.ok(Math.abs(severityIf(states, 0, positionAt(LENGTH), upper[0]) - 70) < 1e-6);
  assert.ok(Math.abs(severityIf(states, 0, positionAt(LENGTH), lower[0]) - 70) < 1e-6);
  const { drop, expected } = smallestChangeCaught(states, 0, positionAt(LENGTH), DEFAULT_MEASURE_SETTINGS);
  assert.ok(Math.abs(expected - drop - lower[0]) < 1e-9);
});

test("a held-back finding keeps its kind and gets its reason", () => {
  const states = learned(history, LENGTH);
  const reason = (value: number, settings: Partial<MeasureSettings>) => {
    const judgement = judge(states, interval(LENGTH, [value, 74], settings));
    return [KINDS[judgement.kind[0]], HELD_BACK_REASONS[judgement.heldBack[0]]];
  };
  assert.deepEqual(reason(20, {}), ["dip", ""]);
  assert.deepEqual(reason(20, { direction: "up" }), ["dip", "other direction"]);
  assert.deepEqual(reason(20, { effectMin: 60 }), ["dip", "below the minimum effect"]);
  assert.deepEqual(reason(20, { effectShareMin: 0.8 }), ["dip", "below the minimum effect"]);
  assert.deepEqual(reason(20, { volumeMin: 100 }), ["dip", "below the minimum volume"]);
  assert.deepEqual(reason(20, { severityMin: 99.99 }), ["dip", "below the sensitivity"]);
});

test("a series that stops, one that drops to zero and one that freezes are three findings", () => {
  const random = seededRandom(3);
  const values = Float64Array.from({ length: 3 * LENGTH }, () => poisson(random, 60));
  const states = learned(values, LENGTH);
  const seen = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let t = LENGTH; t < LENGTH + 16; t++) {
    const judgement = judgeAndLearn(states, interval(t, [NaN, 0, 61]));
    kindsOf(judgement).forEach((kind, s) => seen[s].add(kind));
  }
  assert.ok(seen[0].has("stopped"), [...seen[0]].join());
  assert.ok(seen[1].has("drop to zero"), [...seen[1]].join());
  assert.ok(seen[2].has("flat line"), [...seen[2]].join());
});

test("when the whole dataset is silent, no series is said to have stopped", () => {
  const states = learned(history, LENGTH);
  for (let t = LENGTH; t < LENGTH + 48; t++) {
    const judgement = judgeAndLearn(states, { ...interval(t, [NaN, NaN]), datasetArrived: false });
    assert.deepEqual(kindsOf(judgement), ["none", "none"]);
  }
});

test("bytes that are not states of this version are refused by name", () => {
  const bytes = encodeStates(learned(history, LENGTH));
  const refused = (change: (copy: Uint8Array) => Uint8Array | void, code: string) => {
    const copy = bytes.slice();
    const changed = change(copy) ?? copy;
    assert.throws(() => decodeStates(changed), (error: unknown) => error instanceof EngineError && error.code === code, code);
  };
  refused((copy) => copy.subarray(0, 10), "STATE_LENGTH");
  refused((copy) => copy.subarray(0, copy.length - 8), "STATE_LENGTH");
  refused((copy) => { copy.fill(0, 0, 4); }, "STATE_FORMAT");
  refused((copy) => { copy.set([99, 0, 0, 0], 4); }, "STATE_FUTURE_VERSION");
  refused((copy) => { copy.set([0, 0, 0, 0], 4); }, "STATE_OLD_VERSION");
  refused((copy) => { copy.set([9, 0, 0, 0], 12); }, "UNKNOWN_MODEL");
  refused((copy) => { copy.set([9, 0, 0, 0], 8); }, "UNKNOWN_FREQUENCY");
  refused((copy) => { copy.set([1, 0, 0, 0], 20); }, "STATE_LENGTH");
});

test("a history shorter than the season is refused where one is required, and learned from where it is not", () => {
  const states = createStates(hourly, 1);
  const short = {
    startMs: Float64Array.from({ length: 10 }, (_, t) => t * HOUR_MS),
    positions: Array.from({ length: 10 }, (_, t) => positionAt(t)),
    values: new Float64Array(10).fill(5),
  };
  const before = encodeStates(states);
  assert.throws(
    () => learnHistory(states, short, { seasonRequired: true }),
    (error: unknown) => error instanceof EngineError && error.code === "SEASON_LONGER_THAN_HISTORY" && error.series === 0,
  );
  assert.deepEqual(encodeStates(states), before);
  learnHistory(states, short);
  assert.equal(learnedUntilMs(states, 0), 9 * HOUR_MS);
});
