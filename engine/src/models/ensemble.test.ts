import assert from "node:assert/strict";
import { test } from "vitest";
import { scoreSeries } from "../scores/score-series.ts";
import { scoreOf, severityOf } from "../scores/severity.ts";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { rhythmOf } from "../time/rhythm.ts";
import { startState } from "./ensemble.ts";
import { judgePoint } from "./judge-point.ts";
import { learnPoint } from "./learn-point.ts";
import { J_EXPECTED, J_STACK, JUDGED } from "./judged.ts";
import { layoutOf } from "./state-layout.ts";

const hourly = rhythmOf("PT1H");

function positions(length: number) {
  return {
    inDay: Uint16Array.from({ length }, (_, t) => t % 24),
    hourOfWeek: Uint8Array.from({ length }, (_, t) => t % 168),
  };
}

/** A day's season, noise, gaps and a few large values. */
function sample(seed: number, length: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length }, (_, t) => {
    if (random() < 0.02) return NaN;
    const value = 100 + 30 * Math.sin((t * Math.PI) / 12) + 4 * normal(random);
    return random() < 0.01 ? value * 2 : value;
  });
}

const score = (values: Float64Array, historyCount = 0) =>
  scoreSeries(hourly, { values, ...positions(values.length) }, { historyCount, pointsToLearn: 0 });

test("scores do not change with the unit: a series in cents has the scores of the series in euros", () => {
  for (const factor of [0.01, 1024, 1e6]) {
    for (let seed = 0; seed < 5; seed++) {
      const values = sample(seed, 800);
      const one = score(values).score;
      const other = score(values.map((value) => value * factor)).score;
      one.forEach((x, t) => {
        // Profiles are kept as 32-bit numbers, which round differently in another unit.
        assert.ok(Number.isNaN(x) === Number.isNaN(other[t]) && !(Math.abs(x - other[t]) > 2e-3 * (1 + x)), `seed ${seed}, ${t}: ${x}, ${other[t]}`);
      });
    }
  }
});

test("turned upside down, a series has the same scores with drops for rises", () => {
  const values = sample(1, 800);
  const one = score(values);
  const other = score(values.map((value) => -value));
  one.score.forEach((x, t) => assert.ok(!(Math.abs(x - other.score[t]) > 1e-6 * (1 + x)), `${t}: ${x}, ${other.score[t]}`));
  one.direction.forEach((direction, t) => assert.equal(direction + other.direction[t], 0));
});

test("the judged value is not in its own baseline: whatever it is, expected and band are the same", () => {
  const values = sample(2, 700);
  const first = score(values);
  for (const strange of [0, -1e9, 1e9, NaN]) {
    const changed = values.slice();
    changed[699] = strange;
    const second = score(changed);
    assert.equal(second.expected[699], first.expected[699]);
    assert.equal(second.upper[699], first.upper[699]);
  }
});

test("expected stays inside what was ever seen, widened by 30 % and a spread: the stack cannot run away", () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = seededRandom(seed);
    // Mostly zeros with rare huge values: where recursive least squares once ran away to 1e23.
    const values = Float64Array.from({ length: 5000 }, () => (random() < 0.01 ? 1000 * random() : 0));
    const { expected } = score(values);
    expected.forEach((x, t) => assert.ok(t === 0 || (x > -1500 && x < 2800), `seed ${seed}, ${t}: ${x}`));
  }
});

test("a million zeros, then one: finite, found, and the zeros after it are calm", () => {
  const values = new Float64Array(1_000_010);
  values[1_000_000] = 1;
  const { score: scores, severity } = score(values);
  assert.ok(scores.subarray(10, 1_000_000).every((x) => x === 0));
  assert.ok(scores[1_000_000] > 6.75 && severity[1_000_000] <= 100, `${scores[1_000_000]}`);
  assert.ok(scores.subarray(1_000_001).every((x) => x < 1));
});

test("the end of a short absence is no news when leaving was loud, and is the news when leaving was not", () => {
  const random = seededRandom(8);
  const values = Float64Array.from({ length: 1200 }, () => 100 + 4 * normal(random));
  // Loud: to a third, for six points. Quiet: away by ever more, so that no point of the way is far off.
  for (let t = 1000; t < 1006; t++) values[t] -= 70;
  for (let t = 1100; t < 1110; t++) values[t] += 4 * (t - 1098);
  const judged = score(values, 800);
  assert.ok(judged.score[1000] >= 10, `leaving ${judged.score[1000]}`);
  assert.ok(judged.score.subarray(1006, 1012).every((x) => x < 6.75), `back ${[...judged.score.subarray(1006, 1012)].join()}`);
  const way = Math.max(...judged.score.subarray(1100, 1110));
  const back = Math.max(...judged.score.subarray(1110, 1113));
  assert.ok(way < 10 && back > way, `on the way ${way}, back ${back}`);
});

test("years of silence do not blow up the slow channel: a shift after them has a score like others", () => {
  const values = new Float64Array(60_000).fill(7);
  for (let t = 59_980; t < 60_000; t++) values[t] = t % 2 === 0 ? 9 : 10;
  const judged = score(values);
  for (const column of [judged.score, judged.shiftScore, judged.incidentScore]) {
    assert.ok(column.subarray(400).every((x) => Number.isFinite(x)), `${column.findIndex((x, t) => t >= 400 && !Number.isFinite(x))}`);
  }
  assert.ok(judged.shiftScore[59_985] > 6.75 && judged.shiftScore[59_985] < 2000, `${judged.shiftScore[59_985]}`); // was 4e22
});

test("a new level is an anomaly first and normal soon: no alarm after two days", () => {
  const random = seededRandom(3);
  const values = Float64Array.from({ length: 1400 }, (_, t) => 100 + 30 * Math.sin((t * Math.PI) / 12) + 4 * normal(random) + (t >= 1200 ? 80 : 0));
  const { severity } = score(values, 1000);
  assert.ok(severity.subarray(1200, 1206).some((x) => x >= 70));
  assert.ok(severity.subarray(1260).every((x) => !(x >= 70)), `${severity.subarray(1260).findIndex((x) => x >= 70)}`);
});

test("judging leaves the same numbers whatever was judged before: nothing is remembered outside the state", () => {
  const layout = layoutOf(hourly);
  const d = new Float64Array(2 * layout.stateLength);
  const f = new Float32Array(d.buffer);
  startState(d, f, 0, layout);
  startState(d, f, layout.stateLength, layout);
  const values = sample(4, 400);
  for (let t = 0; t < 400; t++) {
    judgePoint(d, f, 0, layout, t % 24, t % 168, values[t]);
    learnPoint(d, f, 0, layout, t % 24, t % 168, values[t]);
  }
  judgePoint(d, f, 0, layout, 16, 64, 123);
  const first = JUDGED.slice();
  judgePoint(d, f, layout.stateLength, layout, 0, 0, 5); // another series, new
  judgePoint(d, f, 0, layout, 16, 64, 123);
  assert.deepEqual([JUDGED[J_EXPECTED], JUDGED[J_STACK]], [first[J_EXPECTED], first[J_STACK]]);
});

// The table of docs/models/severity.md; 100·(1 − e^(−score/5.6)) to whole numbers.
test("severity and score are each other's inverse and have the documented values", () => {
  const documented: [number, number][] = [[3, 41], [4, 51], [5, 59], [6.75, 70], [8, 76], [10, 83], [15, 93], [20, 97]];
  for (const [at, severity] of documented) {
    assert.equal(Math.round(severityOf(at)), severity);
    assert.ok(Math.abs(scoreOf(severityOf(at)) - at) < 1e-9);
  }
  assert.equal(scoreOf(100), Infinity);
  assert.equal(scoreOf(0), 0);
});
