import assert from "node:assert/strict";
import { test } from "vitest";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import { rhythmOf } from "../time/rhythm.ts";
import { holtWinters } from "./holt-winters.ts";
import { seasonalNaive } from "./seasonal-naive.ts";

const hourly = rhythmOf("PT1H");
const positionAt = (t: number) => ({ inDay: t % 24, hourOfWeek: t % 168 });

/** A season without anything large, so that nothing is clipped. */
function calm(seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: 240 }, (_, t) => 100 + 30 * Math.sin((t * Math.PI) / 12) + Math.max(-2, Math.min(2, normal(random))));
}

// Winters (1960), "Forecasting sales by exponentially weighted moving averages": the component form with α = 0.3 and
// γ = 0.15; the model keeps the error-correction form, in which it can clip.
test("unclipped, the level and the profile are those of Winters' recursion", () => {
  for (let seed = 0; seed < 5; seed++) {
    const values = calm(seed);
    const state = new Float64Array(holtWinters.stateLength(hourly));
    holtWinters.start(state, hourly);
    let level = NaN;
    const season: number[] = [];
    for (let t = 0; t < values.length; t++) {
      const { expected } = holtWinters.score(state, hourly, positionAt(t), values[t]);
      if (t < 24) {
        const before = t === 0 ? values[0] : level;
        season[t] = values[t] - before;
        level = before + (values[t] - before) / (t + 1);
      } else {
        assert.ok(Math.abs(expected - (level + season[t % 24])) < 1e-9, `seed ${seed}, ${t}`);
        const next = 0.3 * (values[t] - season[t % 24]) + 0.7 * level;
        season[t % 24] = 0.15 * (values[t] - next) + 0.85 * season[t % 24];
        level = next;
      }
      holtWinters.learn(state, hourly, positionAt(t), values[t]);
    }
  }
});

test("Holt–Winters: a spike moves what is expected next by no more than six spreads of the level's rate", () => {
  const values = calm(1);
  const after = (last: number) => {
    const state = new Float64Array(holtWinters.stateLength(hourly));
    holtWinters.start(state, hourly);
    values.forEach((value, t) => holtWinters.learn(state, hourly, positionAt(t), t === 239 ? last : value));
    return { expected: holtWinters.score(state, hourly, positionAt(240), NaN).expected, spread: state[2] };
  };
  assert.equal(after(1e6).expected, after(1e9).expected);
  const { expected, spread } = after(values[239]);
  const moved = after(1e9).expected - expected;
  assert.ok(moved > 0 && moved <= 0.3 * 8 * spread, `${moved} at a spread of ${spread}`); // six, and what the usual value itself was off by
});

test("seasonal naive expects what was there a season ago, over missing values too", () => {
  const values = calm(2).map((value, t) => (t === 100 ? NaN : value));
  const state = new Float64Array(seasonalNaive.stateLength(hourly));
  seasonalNaive.start(state, hourly);
  for (let t = 0; t < values.length; t++) {
    const { expected } = seasonalNaive.score(state, hourly, positionAt(t), values[t]);
    if (t >= 24) assert.equal(expected, t === 124 ? values[76] : values[t - 24]);
    seasonalNaive.learn(state, hourly, positionAt(t), values[t]);
  }
});
