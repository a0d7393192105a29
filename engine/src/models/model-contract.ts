/**
 * What every model must hold, whatever its mathematics. The runner hands in `test` and `assert`, so that this file needs
 * no test library and may be run on a model from anywhere.
 */
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import type { Frequency, Position, Rhythm } from "../time/rhythm.ts";
import { FREQUENCIES, rhythmOf } from "../time/rhythm.ts";
import type { Model } from "./model.ts";

export interface ContractRunner {
  readonly test: (name: string, run: () => void) => void;
  readonly ok: (holds: boolean, what: string) => void;
}

export function testModel(model: Model, { test, ok }: ContractRunner): void {
  const run = (rhythm: Rhythm, values: Float64Array) => runModel(model, rhythm, values);

  for (const frequency of FREQUENCIES) {
    const rhythm = rhythmOf(frequency);
    const values = seasonal(frequency, 1);

    test(`${model.name}, ${frequency}: the same series gives the same scores and the same state`, () => {
      const first = run(rhythm, values);
      const second = run(rhythm, values);
      ok(same(first.scores, second.scores) && same(first.state, second.state), "two runs differ");
    });

    test(`${model.name}, ${frequency}: scoring reads only, twice gives the same`, () => {
      const { state } = run(rhythm, values);
      const before = state.slice();
      const position = positionAt(values.length, rhythm);
      const first = model.score(state, rhythm, position, 150);
      const second = model.score(state, rhythm, position, 150);
      ok(same(state, before), "scoring wrote into the state");
      ok(first.score === second.score && first.expected === second.expected, "two scores differ");
    });

    test(`${model.name}, ${frequency}: save, load, go on is bit-identical`, () => {
      const half = Math.floor(values.length / 2);
      const whole = run(rhythm, values);
      const { state } = run(rhythm, values.subarray(0, half));
      const loaded = new Float64Array(new Uint8Array(new Uint8Array(state.buffer).slice()).buffer);
      for (let t = half; t < values.length; t++) model.learn(loaded, rhythm, positionAt(t, rhythm), values[t]);
      ok(same(loaded, whole.state), "states differ");
    });

    test(`${model.name}, ${frequency}: a planted spike scores highest`, () => {
      const spiked = values.slice();
      const at = values.length - 10;
      spiked[at] += 200;
      const { scores } = run(rhythm, spiked);
      const late = scores.subarray(4 * rhythm.dayLength);
      const highest = late.reduce((best, x) => (x > best ? x : best), 0);
      ok(scores[at] === highest, `the spike scores ${scores[at]}, something else ${highest}`);
    });

    test(`${model.name}, ${frequency}: an anomaly in the past does not hide the same anomaly later`, () => {
      const spiked = values.slice();
      const at = values.length - 10;
      const earlier = at - 2 * rhythm.dayLength - 3;
      spiked[earlier] += 200;
      spiked[at] += 200;
      const { scores } = run(rhythm, spiked);
      // Lower is right (it has become less rare), unseen is not: 10 is far above any threshold.
      ok(scores[at] > 10, `first ${scores[earlier]}, then ${scores[at]}`);
    });
  }

  const rhythm = rhythmOf("PT1H");
  const hourly = seasonal("PT1H", 2);

  test(`${model.name}: missing values are survived, score NaN, and expected is still given`, () => {
    const gaps = hourly.map((value, t) => (t % 7 === 3 || (t > 600 && t < 660) ? NaN : value));
    const { scores, expected } = run(rhythm, gaps);
    for (let t = 2 * rhythm.dayLength; t < gaps.length; t++) {
      ok(Number.isNaN(scores[t]) === Number.isNaN(gaps[t]), `score at ${t}`);
      ok(Number.isFinite(expected[t]), `expected at ${t}`);
    }
  });

  test(`${model.name}: a missing value learns nothing of the level and the profile`, () => {
    const { state } = run(rhythm, hourly);
    const before = model.score(state, rhythm, positionAt(hourly.length, rhythm), NaN).expected;
    model.learn(state, rhythm, positionAt(hourly.length, rhythm), NaN);
    const after = model.score(state, rhythm, positionAt(hourly.length, rhythm), NaN).expected;
    ok(before === after, `${before} became ${after}`);
  });

  test(`${model.name}: a constant series is calm, and its first change is not`, () => {
    const constant = new Float64Array(500).fill(42);
    constant[499] = 43;
    const { scores, expected } = run(rhythm, constant);
    ok(
      scores.subarray(100, 499).every((x) => x === 0),
      "a constant series has scores",
    );
    ok(expected[499] === 42, `expected ${expected[499]}`);
    ok(scores[499] > 5, `the change scores ${scores[499]}`);
  });

  test(`${model.name}: series of all kinds of nasty numbers give finite or NaN results, never an exception`, () => {
    const random = seededRandom(3);
    const nasty: Record<string, (t: number) => number> = {
      "all missing": () => NaN,
      "one value": (t) => (t === 5 ? 7 : NaN),
      "two values": (t) => t % 2,
      "negative zero": () => -0,
      "infinities": (t) => [Infinity, -Infinity, 1, NaN][t % 4],
      huge: (t) => (t % 2 === 0 ? 1e300 : -1e300),
      tiny: (t) => (t % 3) * 5e-324,
      mixed: () => [NaN, Infinity, -Infinity, 1e300, -1e300, 0, -0, 1, 1e-300][Math.floor(9 * random())],
      "zeros, then one": (t) => (t === 900 ? 1 : 0),
    };
    for (const [name, value] of Object.entries(nasty)) {
      const { scores, expected } = run(rhythm, Float64Array.from({ length: 1000 }, (_, t) => value(t)));
      scores.forEach((x, t) => ok(Number.isNaN(x) || (x >= 0 && x < Infinity), `${name}: score ${x} at ${t}`));
      expected.forEach((x, t) => ok(Number.isNaN(x) || Number.isFinite(x), `${name}: expected ${x} at ${t}`));
    }
  });
}

function runModel(model: Model, rhythm: Rhythm, values: Float64Array) {
  const state = new Float64Array(model.stateLength(rhythm));
  model.start(state, rhythm);
  const scores = new Float64Array(values.length);
  const expected = new Float64Array(values.length);
  for (let t = 0; t < values.length; t++) {
    const position = positionAt(t, rhythm);
    const judged = model.score(state, rhythm, position, values[t]);
    scores[t] = judged.score;
    expected[t] = judged.expected;
    model.learn(state, rhythm, position, values[t]);
  }
  return { state, scores, expected };
}

function positionAt(t: number, { dayLength, weekLength }: Rhythm): Position {
  return { inDay: t % dayLength, hourOfWeek: weekLength === 0 ? 0 : Math.floor((t * 24) / dayLength) % 168 };
}

function seasonal(frequency: Frequency, seed: number): Float64Array {
  const { dayLength } = rhythmOf(frequency);
  const random = seededRandom(seed);
  const length = Math.max(400, 7 * dayLength);
  return Float64Array.from({ length }, (_, t) => 100 + 30 * Math.sin((2 * Math.PI * t) / dayLength) + 3 * normal(random));
}

function same(a: Float64Array, b: Float64Array): boolean {
  const x = new Uint32Array(a.buffer, a.byteOffset, a.length * 2);
  const y = new Uint32Array(b.buffer, b.byteOffset, b.length * 2);
  return x.length === y.length && x.every((word, i) => word === y[i]);
}
