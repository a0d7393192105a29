import assert from "node:assert/strict";
import { test } from "vitest";
import {
  DEFAULT_MEASURE_SETTINGS,
  HELD_BACK_REASONS,
  KINDS,
  STATUSES,
  createStates,
  decodeStates,
  encodeStates,
  judgeAndLearn,
  learnHistory,
  rhythmOf,
  scoreSeries,
} from "../index.ts";
import type { Frequency, Judgement } from "../index.ts";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { FREQUENCIES } from "../time/rhythm.ts";

function placesOf(frequency: Frequency, length: number) {
  const { dayLength, weekLength } = rhythmOf(frequency);
  return {
    inDay: Uint16Array.from({ length }, (_, t) => t % dayLength),
    hourOfWeek: Uint8Array.from({ length }, (_, t) => (weekLength === 0 ? 0 : Math.floor((t * 24) / dayLength) % 168)),
  };
}

const COLUMNS: readonly (keyof Judgement)[] = [
  "expected", "lower", "upper", "score", "shiftScore", "incidentScore", "severity", "direction", "kind", "status", "heldBack", "pointsNeeded",
];

/** A season, noise, gaps, spikes, a shift, a stretch of zeros. */
function eventful(frequency: Frequency, seed: number, length: number): Float64Array {
  const { dayLength } = rhythmOf(frequency);
  const random = seededRandom(seed);
  return Float64Array.from({ length }, (_, t) => {
    if (random() < 0.02 || (t > 0.7 * length && t < 0.7 * length + 9)) return NaN;
    if (t > 0.8 * length && t < 0.8 * length + 6) return 0;
    const usual = 100 + 30 * Math.sin((2 * Math.PI * t) / dayLength) + 4 * normal(random) + (t > 0.9 * length ? 60 : 0);
    return random() < 0.01 ? 2 * usual : usual;
  });
}

for (const frequency of FREQUENCIES) {
  test(`${frequency}: a series scored from a file is judged to the bit as a live detector judges it, interval by interval`, () => {
    const rhythm = rhythmOf(frequency);
    const historyCount = Math.max(300, 3 * rhythm.dayLength);
    const length = historyCount + 400;
    const values = eventful(frequency, 1, length);
    const { inDay, hourOfWeek } = placesOf(frequency, length);
    const file = scoreSeries(rhythm, { values, inDay, hourOfWeek }, { historyCount });

    const stepMs = rhythm.intervalSeconds * 1000;
    const positions = Array.from({ length }, (_, t) => ({ inDay: inDay[t], hourOfWeek: hourOfWeek[t] }));
    const startMs = Float64Array.from({ length }, (_, t) => t * stepMs);
    let states = createStates(rhythm, 1);
    learnHistory(states, { startMs: startMs.subarray(0, historyCount), positions: positions.slice(0, historyCount), values: values.subarray(0, historyCount) });
    const kinds = new Set<string>();
    for (let t = historyCount; t < length; t++) {
      if (t % 50 === 0) states = decodeStates(encodeStates(states)); // a restart in between changes nothing
      const live = judgeAndLearn(
        states,
        {
          startMs: startMs[t],
          position: positions[t],
          values: values.subarray(t, t + 1),
          datasetArrived: true,
          settingsOf: new Uint8Array(1),
          settings: [DEFAULT_MEASURE_SETTINGS],
        },
        { pointsToLearn: 0 },
      );
      for (const column of COLUMNS) assert.ok(Object.is(live[column][0], file[column][t]), `${column} at ${t}: live ${live[column][0]}, file ${file[column][t]}`);
      kinds.add(KINDS[live.kind[0]]);
    }
    assert.ok(kinds.size >= 4, `the sample shows ${[...kinds].join(", ")}`);
  });
}

test("whatever the numbers, every column stays in its range and nothing is thrown", () => {
  const odd = [NaN, Infinity, -Infinity, 1e300, -1e300, 1e-300, 5e-324, 0, -0, 1, -1, Number.MAX_SAFE_INTEGER, Math.PI];
  for (let seed = 0; seed < 200; seed++) {
    const random = seededRandom(seed);
    const frequency = FREQUENCIES[seed % FREQUENCIES.length];
    const few = Array.from({ length: 1 + Math.floor(4 * random()) }, () => odd[Math.floor(odd.length * random())]);
    const length = 900;
    const oddShare = seed % 3 === 0 ? 1 : 0.1;
    const values = Float64Array.from({ length }, () => (random() < oddShare ? few[Math.floor(few.length * random())] : 10 + normal(random)));
    const out = scoreSeries(rhythmOf(frequency), { values, ...placesOf(frequency, length) }, { historyCount: seed % 2 === 0 ? 300 : 0, pointsToLearn: 5 });
    for (let t = 0; t < length; t++) {
      const say = (what: string) => `seed ${seed}, ${t}: ${what} of ${values[t]}`;
      for (const column of ["score", "shiftScore", "incidentScore"] as const) {
        assert.ok(Number.isNaN(out[column][t]) || (out[column][t] >= 0 && out[column][t] < Infinity), say(`${column} ${out[column][t]}`));
      }
      assert.ok(Number.isNaN(out.severity[t]) || (out.severity[t] >= 0 && out.severity[t] <= 100), say(`severity ${out.severity[t]}`));
      assert.ok(Number.isNaN(out.expected[t]) || Number.isFinite(out.expected[t]), say(`expected ${out.expected[t]}`));
      assert.ok(!(out.lower[t] > out.expected[t]) && !(out.upper[t] < out.expected[t]), say(`band ${out.lower[t]} … ${out.upper[t]} around ${out.expected[t]}`));
      assert.ok(KINDS[out.kind[t]] !== undefined && HELD_BACK_REASONS[out.heldBack[t]] !== undefined && STATUSES[out.status[t]] !== undefined, say("a name"));
      assert.ok(out.kind[t] > 0 || out.heldBack[t] === 0, say("held back without a finding"));
    }
  }
});

const days = (count: number, value: (t: number, random: () => number) => number, seed = 1) => {
  const random = seededRandom(seed);
  return Float64Array.from({ length: 24 * count }, (_, t) => value(t, random));
};
const found = (values: Float64Array, historyDays: number) => {
  const { kind, heldBack } = scoreSeries(rhythmOf("PT1H"), { values, ...placesOf("PT1H", values.length) }, { historyCount: 24 * historyDays });
  return kind.map((k, t) => (heldBack[t] === 0 && KINDS[k] !== "recovery" ? k : 0));
};
const wave = (t: number) => Math.sin((2 * Math.PI * t) / 24);

test("a series that grows by 3 % a week is followed without a flood of alarms", () => {
  const alarms = found(days(28 + 180, (t, random) => (100 + 30 * wave(t) + 4 * normal(random)) * 1.03 ** (t / 168)), 28).filter((k) => k > 0).length;
  assert.ok(alarms <= 4, `${alarms} in 180 days`);
});

test("a series that loses its rhythm is said so for some days, then it is usual", () => {
  const alarms = found(days(28 + 60, (t, random) => 100 + (t < 24 * 28 ? 30 * wave(t) : 0) + 4 * normal(random)), 28);
  assert.ok(alarms.subarray(24 * 28, 24 * 31).some((k) => k > 0));
  const late = alarms.subarray(24 * (28 + 21)).filter((k) => k > 0).length;
  assert.ok(late <= 1, `${late} after three weeks`);
});

test("moved by a constant, a series far from zero has nearly the same scores: only ratio expert and the floor of 0.1 % see the level", () => {
  const values = days(60, (t, random) => 1000 + 30 * wave(t) + 4 * normal(random) + (random() < 0.01 ? 60 : 0));
  const judged = (by: number) =>
    scoreSeries(rhythmOf("PT1H"), { values: values.map((value) => value + by), ...placesOf("PT1H", values.length) }, { historyCount: 24 * 28 }).score;
  const one = judged(0);
  const other = judged(500);
  for (let t = 24 * 28; t < values.length; t++) assert.ok(Math.abs(one[t] - other[t]) < 0.05 + 0.05 * one[t], `${t}: ${one[t]}, ${other[t]}`);
});

test("an incident in the history does not hide the same incident later, and the one after it", () => {
  const incident = (t: number) => [10, 20, 35, 50].some((day) => t >= 24 * day + 7 && t < 24 * day + 10);
  const alarms = found(days(60, (t, random) => 100 + 30 * wave(t) + 4 * normal(random) - (incident(t) ? 60 : 0)), 28);
  for (const day of [35, 50]) assert.ok(alarms.subarray(24 * day + 7, 24 * day + 10).some((k) => k > 0), `day ${day}`);
});
